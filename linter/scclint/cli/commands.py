"""The commands: their options, usage and help."""

import argparse
from collections.abc import Callable, Mapping
from typing import NamedTuple

from scclint.cli.options import (
    add_choice,
    add_choosing,
    add_cluster,
    add_color,
    add_configuration,
    add_crio,
    add_flag,
    add_help,
    add_inputs,
    add_judging,
    add_list,
    add_output,
    add_reading,
    add_rules,
    add_runtime,
    words_of,
)
from scclint.cli.parser import Formatter, Parser, add_action, add_actions, add_command
from scclint.model.releases import DEFAULT

DESCRIPTION = """Show which SCC admits each pod and which seccomp profile each container really
runs with, before you deploy. `scclint COMMAND --help` describes a command."""

EXIT_STATUS = """exit status:
  0  no finding of the severity of --fail-on or above
  1  a finding of the severity of --fail-on or above
  2  wrong usage or configuration, unreadable or unparsable input
  3  a bug of scclint
  4  nothing judged in the input, or in one of the paths"""

SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")

ON_PATHS = "[OPTIONS] [PATH ...]"
SEVERITIES = ("error", "warning", "info")


def build(first: str = "") -> argparse.ArgumentParser:
    """The parser; `args.command` names the command, `scclint.cli.main` knows what runs it.

    Where `first`, the first argument, is a command, only that one is made ready: no other can be asked for.
    """
    parser = Parser(prog="scclint", description=DESCRIPTION, formatter_class=Formatter, epilog=EXIT_STATUS, add_help=False)
    # Options of a group, and a `prog` for the commands: else argparse tries out a formatter, which measures the terminal.
    options = parser.add_argument_group("options")
    options.add_argument("-h", "--help", action="help", help="show this help and exit")
    options.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser, prog="scclint")
    for name in (first,) if first in COMMANDS else COMMANDS:
        command = COMMANDS[name]
        command.add_options(add_command(commands, name, command.summary, command.details, command.usage))
    return parser


class Command(NamedTuple):
    """What the help says of a command. `summary` is its line in the list of commands, and `details` its description."""

    add_options: Callable[[Parser], None]
    summary: str
    usage: str = "[OPTIONS]"
    details: str = ""


def _check(parser: Parser) -> None:
    from scclint.report import FORMATS

    group = add_inputs(parser)
    add_flag(group, "--changed", "only units with changed files: PATH, or those of git")
    add_cluster(parser)
    rules = add_rules(parser)
    add_flag(rules, "--show-info", "report findings of severity info as well")
    add_choice(rules, "--fail-on", SEVERITIES, "SEVERITY", "lowest that fails: error, warning (default) or info")
    add_flag(rules, "--exit-zero", "exit with 0, whatever is found")
    add_flag(rules, "--no-ignores", "report suppressed findings like the others")
    rules.add_argument("--baseline", metavar="FILE", help="do not report the findings recorded in FILE")
    rules.add_argument("--write-baseline", metavar="FILE", help="record the findings in FILE and exit with 0")
    rules.add_argument("--diff-base", metavar="REV", help="report only what is new since a git revision")
    add_flag(rules, "--fix", "apply the safe fixes first, as `scclint fix` does")
    out = add_output(parser, tuple(FORMATS), f"{', '.join(FORMATS)} (default: full); may repeat")
    out.add_argument("--template", metavar="FILE", help="lay out the report with a Jinja2 template")
    add_flag(out, "--show-suppressed", "list suppressed findings as well")
    add_flag(out, "--statistics", "count the findings of each rule instead")
    out.add_argument("--sarif-category", metavar="NAME", help="category of the SARIF run")
    add_choice(out, "--fixes", ("auto", "always", "never"), "WHEN", "show proved fixes: auto (default), always or never")
    add_flag(out, "--show-files", "list the files that would be read, and exit")
    add_flag(out, "--timings", "print the time of each stage to standard error")
    out.add_argument("-q", "--quiet", action="store_true", help="print findings and errors only")
    add_configuration(parser)


def _fix(parser: Parser) -> None:
    add_inputs(parser)
    how = parser.add_argument_group("fixes")
    add_flag(how, "--unsafe", "apply also fixes that change a pod")
    add_flag(how, "--force-generated", "change also files that say that they are generated")
    add_flag(how, "--diff", "print the changes as a diff, and write nothing")
    add_flag(how, "--check", "write nothing, and exit with 1 if something would change")
    add_rules(parser)
    add_cluster(parser)
    add_configuration(parser)


def _add_object(parser: Parser, metavar: str, what: str, paths: str) -> None:
    """Add the input of a command that is about one object."""
    group = parser.add_argument_group("input")
    group.add_argument("what", metavar=metavar, help=what)
    group.add_argument("paths", nargs="*", metavar="PATH", default=[], help=paths)
    add_reading(group)
    add_choosing(group)


def _suggest(parser: Parser) -> None:
    _add_object(parser, "WORKLOAD", "FILE, FILE:LINE, KIND/NAME or serviceaccount/NAME", "files and folders (default: .)")
    add_judging(parser, ("yaml", "json"), "yaml (default) or json; may repeat")


def _review(parser: Parser) -> None:
    add_inputs(parser)
    formats = ("text", "json", "csv", "markdown", "html")
    _, out = add_judging(parser, formats, "text (a table), json, csv, markdown or html; may repeat")
    out.add_argument(
        "--columns",
        type=words_of("uid", "fsgroup", "caps", "selinux", "psa"),
        metavar="NAMES",
        help="more columns: uid,fsgroup,caps,selinux,psa",
    )
    only = ("changed", "refused", "unconfined")
    add_choice(out, "--only", only, "WHICH", "changed (units with a changed file), refused or unconfined")


def _units(parser: Parser) -> None:
    add_inputs(parser)
    add_judging(parser, ("table", "json"), "table or json; may repeat")


def _explain(parser: Parser) -> None:
    _add_object(parser, "WORKLOAD", "which one: FILE, FILE:LINE or KIND/NAME", "more manifests that affect the verdict")
    add_judging(parser, ("text", "json"), "text or json; may repeat")


def _who_can(parser: Parser) -> None:
    group = parser.add_argument_group("input")
    group.add_argument(
        "words", nargs="*", metavar="SCC", default=[], help="name of the SCC, then files or folders (default: .)"
    )
    group.add_argument("--subject", metavar="KIND/NAME", help="sa/NAMESPACE/NAME, user/NAME or group/NAME, instead of an SCC")
    add_reading(group)
    add_choosing(group)
    add_judging(parser, ("text", "json"), "text (default) or json; may repeat")


def _diff(parser: Parser) -> None:
    group = parser.add_argument_group("input")
    group.add_argument(
        "operands", nargs="*", metavar="A", default=[], help="state before, then state after: folder, file or git revision"
    )
    add_list(group, "--what-if", "FILE", "state after: A with these objects; may repeat")
    group.add_argument(
        "--fail-if",
        type=words_of("any", "wider", "refused", "never"),
        metavar="WHAT",
        help="exit with 1 for: any, wider, refused or never (default: refused,wider)",
    )
    add_reading(group)
    add_judging(parser, ("text", "json", "markdown", "sarif"), "text (default), json, markdown or sarif; may repeat")


def _controls(parser: Parser) -> None:
    group = add_inputs(parser)
    group.add_argument(
        "--framework",
        metavar="NAME",
        help="cis-ocp-1.9 (default), stig-ocp4-v2r3 or nist-800-53",
    )
    add_judging(
        parser, ("text", "json", "markdown", "html", "sarif"), "text (default), json, markdown, html or sarif; may repeat"
    )


def _seccomp(parser: Parser) -> None:
    below = add_actions(parser)
    show = add_action(below, "seccomp", "show", "print RuntimeDefault in the form of crictl inspect", "[OPTIONS]")
    show.add_argument("--openshift", metavar="RELEASE", help=f"OpenShift release of the cluster (default: {DEFAULT})")
    add_runtime(show)
    add_list(show, "--cap", "CAP", "capability of the container; may repeat", "caps")
    show.add_argument("-o", "--output", metavar="FILE", help="write the profile there (default: standard output)")
    add_help(show)
    diff = add_action(below, "seccomp", "diff", "show what one profile allows and another does not", "[OPTIONS] A B")
    group = diff.add_argument_group("input")
    operand = "release (4.16, 1.29.8, 4.16+SYS_ADMIN), file, unconfined, or FILE#NAME/CONTAINER"
    group.add_argument("first", metavar="A", help=operand)
    group.add_argument("second", metavar="B", help="the other profile, written like A")
    add_reading(group)
    cluster, _ = add_judging(diff, ("text", "json"), "text or json; may repeat")
    add_runtime(cluster)


def _verify(parser: Parser) -> None:
    group = parser.add_argument_group("input")
    group.add_argument("--manifests", nargs="+", dest="paths", required=True, metavar="PATH", help="files or folders")
    group.add_argument("--evidence", nargs="+", required=True, metavar="PATH", help="captures, or folders of them")
    add_reading(group)
    cluster, _ = add_judging(parser, ("text", "json", "sarif"), "text (default), json or sarif; may repeat")
    add_crio(cluster)


def _fleet(parser: Parser) -> None:
    from scclint.cli.fleet_options import add_fleet

    add_fleet(parser)


def _rules(parser: Parser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="a table, or an array of rules")
    add_color(parser)
    add_configuration(parser)


def _rule(parser: Parser) -> None:
    parser.add_argument("rule", metavar="RULE", help="ID or name of the rule")
    add_color(parser)
    add_configuration(parser)


def _config(parser: Parser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", default=["."], help="files and folders whose settings to print (default: .)"
    )
    add_cluster(parser)
    add_configuration(parser)


def _server(parser: Parser) -> None:
    group = parser.add_argument_group("connection")
    add_flag(group, "--stdio", "use standard input and output, which is the default")
    group = parser.add_argument_group("configuration")
    group.add_argument("--config", metavar="FILE", help="read this configuration file for every folder")
    add_help(group)


def _completion(parser: Parser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh, fish, powershell or tcsh")
    add_help(parser)


COMMANDS: Mapping[str, Command] = {
    "check": Command(
        _check,
        "report the problems of manifests, each at its exact line",
        ON_PATHS,
        """\
Report which pods the cluster rejects, which containers run without seccomp, and
why. Each problem has its line in the file, and how to fix it.

  scclint check deploy/
  scclint check --openshift 4.20,5.0 deploy/
  helm template charts/web --namespace shop | scclint check -
  scclint check --format sarif --output scclint.sarif .""",
    ),
    "fix": Command(
        _fix,
        "apply the fixes that are proved to work",
        ON_PATHS,
        """\
Apply fixes that are proved: scclint judged the changed files, the finding is
gone, and no pod gets worse. Without --unsafe, no pod changes at all. The exit
status is 0 if no selected finding is left.

  scclint fix --diff deploy/
  scclint fix deploy/
  scclint fix --unsafe --diff --select SCC101 deploy/""",
    ),
    "suggest": Command(
        _suggest,
        "print the least SCC for a workload, and its grant",
        "[OPTIONS] FILE[:LINE] | KIND/NAME [PATH ...]",
        """\
Print the least SCC that admits the pods of a workload or a service account,
with the role and the binding that grant it, as YAML for `oc apply -f -`. Each
field that allows something names the workload and the field that asks for it.

  scclint suggest deployment/web
  scclint suggest serviceaccount/web manifests/""",
    ),
    "review": Command(
        _review,
        "list every workload with its SCC and its seccomp profiles",
        ON_PATHS,
        """\
List every workload: the SCC that admits its pods, the Pod Security level that
they meet, and the seccomp profile of each container.

  scclint review deploy/
  scclint review --only unconfined deploy/
  scclint review --format html --output workloads.html deploy/""",
    ),
    "units": Command(
        _units,
        "list the units: what is deployed and judged together",
        ON_PATHS,
        """\
List the units of the input. One command or controller applies a whole unit.
Each unit is judged on its own, with the objects that it takes from others.""",
    ),
    "explain": Command(
        _explain,
        "explain why a workload gets its SCC and its profiles",
        "[OPTIONS] FILE[:LINE] | KIND/NAME [PATH ...]",
        """\
Show which SCC admits a workload and why, and the seccomp profile of each
container. Then list every SCC in the order in which the cluster tries them,
each with the reason why it rejects the pod.

  scclint explain web.yaml          the workloads of a file
  scclint explain web.yaml:12       the workload at a line
  scclint explain deployment/web    by kind and name, in the current folder""",
    ),
    "who-can": Command(
        _who_can,
        "list who may use an SCC, and through which grants",
        "[OPTIONS] SCC | --subject KIND/NAME [PATH ...]",
        """\
List the users, groups and service accounts that may use an SCC, each with the
path of its grant. Then list the subjects that can get the SCC in another way,
for example because they may create pods as another account.

  scclint who-can privileged manifests/     who may use an SCC
  scclint who-can privileged -n shop        grants that count in one namespace
  scclint who-can --subject sa/shop/web     which SCCs a subject may use""",
    ),
    "diff": Command(
        _diff,
        "show what a change does to each workload",
        "[OPTIONS] [A [B]]",
        """\
Judge two states and show what differs for each workload: its SCC, user IDs,
capabilities, seccomp profile and verdict. Name the objects that made the
difference, and the subjects that gained or lost an SCC.

  scclint diff old/ new/                    folders or files
  scclint diff main...HEAD                  what a branch changes
  scclint diff HEAD                         what is not committed yet
  scclint diff --openshift 4.22,5.0         an upgrade
  scclint diff dump/ --what-if scc.yaml     objects on top of a dump""",
    ),
    "controls": Command(
        _controls,
        "show which controls of a compliance framework the input meets",
        ON_PATHS,
        """\
Show for each control of a framework whether the input passes or fails it, and
what fails it. A control is not assessable if files do not show it, or if the
input has no object that it is about. Rules that are turned off count as well.""",
    ),
    "seccomp": Command(
        _seccomp,
        "show and compare seccomp profiles",
        "[OPTIONS] COMMAND ...",
        """\
Show and compare seccomp profiles as the container runtime gets them.

  scclint seccomp show --openshift 4.16 --cap SYS_ADMIN
  scclint seccomp diff 4.16 4.20
  scclint seccomp diff 4.20 profile.json
  scclint seccomp diff web.yaml#web/app unconfined""",
    ),
    "verify": Command(
        _verify,
        "compare predictions with captures of a running cluster",
        "[OPTIONS] --manifests PATH ... --evidence PATH ...",
        """\
Compare the predicted seccomp profiles with captures of a running cluster: the
output of crictl inspect, /proc/PID/status, oc get pod -o yaml. The exit status
is 1 if they disagree.""",
    ),
    "fleet": Command(
        _fleet,
        "judge many repositories, and query the results",
        "[OPTIONS] COMMAND ...",
        """\
Judge many targets, such as the repositories of a company, and keep the results
in Parquet files. If a scan was stopped, run it again: it continues. The next
scan judges only targets that have changed.

  scclint fleet run --out fleet/ repositories/*
  scclint fleet run --out fleet/ --targets targets.csv
  scclint fleet report --out fleet/ -o fleet.html
  scclint fleet sql --out fleet/ 'FROM refused_on_5_0'""",
    ),
    "rules": Command(_rules, "list all rules"),
    "rule": Command(_rule, "print the manual page of a rule", "[OPTIONS] RULE"),
    "config": Command(_config, "print the settings, and where each of them is set", ON_PATHS),
    "server": Command(
        _server,
        "start the language server for editors",
        details="""\
Serve an editor over the Language Server Protocol on standard input and output.
The editor starts it. The documentation has the settings of common editors.""",
    ),
    "completion": Command(
        _completion,
        "print a script that completes the command line in a shell",
        "[OPTIONS] SHELL",
        """\
Print a script that lets a shell complete commands, options, rules and values.
Write it to this file:

  bash        ~/.local/share/bash-completion/completions/scclint
  zsh         a file _scclint in a folder of $fpath
  fish        ~/.config/fish/completions/scclint.fish
  powershell  the end of the file $PROFILE
  tcsh        a file that ~/.tcshrc sources""",
    ),
}
