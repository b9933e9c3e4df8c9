"""The commands: their options, usage and help."""

import argparse

from scclint.cli.options import (
    add_choosing,
    add_cluster,
    add_color,
    add_configuration,
    add_crio,
    add_help,
    add_inputs,
    add_output,
    add_reading,
    add_rules,
    add_runtime,
    among,
)
from scclint.cli.parser import Commands, Formatter, Parser, add_command
from scclint.model.releases import DEFAULT

DESCRIPTION = """Shows which SCC admits each pod and which seccomp profile each container really
runs with, before you deploy. `scclint COMMAND --help` describes a command."""

EXIT_STATUS = """exit status:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  wrong usage or configuration, unreadable or unparsable input
  3  a bug of scclint
  4  nothing judged in the input, or in one of the paths"""

SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")

ON_PATHS = "[OPTIONS] [PATH ...]"


def build(first: str = "") -> argparse.ArgumentParser:
    """The parser; `args.command` names the command, `scclint.cli.main` knows what runs it.

    Where `first`, the first argument, is a command, only that one is made ready: no other can be asked for.
    """
    parser = Parser(prog="scclint", description=DESCRIPTION, formatter_class=Formatter, epilog=EXIT_STATUS, add_help=False)
    # Options of a group, and a `prog` for the commands: else argparse tries out a formatter, which measures the terminal.
    options = parser.add_argument_group("options")
    options.add_argument("-h", "--help", action="help", help="show this and end")
    options.add_argument("-V", "--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser, prog="scclint")
    adders = {
        "check": _check,
        "fix": _fix,
        "suggest": _suggest,
        "review": _review,
        "units": _units,
        "explain": _explain,
        "who-can": _who_can,
        "diff": _diff,
        "controls": _controls,
        "seccomp": _seccomp,
        "verify": _verify,
        "fleet": _fleet,
        "rules": _rules,
        "rule": _rule,
        "config": _config,
        "server": _server,
        "completion": _completion,
    }
    for add in [adders[first]] if first in adders else adders.values():
        add(commands)
    return parser


def _check(commands: Commands) -> None:
    from scclint.report import FORMATS

    parser = add_command(commands, "check", "report the problems of manifests, each at its exact line", usage=ON_PATHS)
    group = add_inputs(parser)
    group.add_argument("--changed", action="store_true", help="only units with changed files: PATH, or git's")
    add_cluster(parser)
    rules = add_rules(parser)
    rules.add_argument("--show-info", action="store_true", help="show findings of severity info")
    rules.add_argument(
        "--fail-on",
        choices=("error", "warning", "info"),
        metavar="SEVERITY",
        help="end with 1 from error, warning (default) or info on",
    )
    rules.add_argument("--exit-zero", action="store_true", help="end with 0 whatever is found")
    rules.add_argument("--no-ignores", action="store_true", help="report suppressed findings as if they were not")
    rules.add_argument("--baseline", metavar="FILE", help="leave out the findings recorded in FILE")
    rules.add_argument("--write-baseline", metavar="FILE", help="record the findings in FILE and end with 0")
    rules.add_argument("--diff-base", metavar="REV", help="only what is new since a git revision")
    rules.add_argument("--fix", action="store_true", help="apply the safe fixes first, as `scclint fix` does")
    out = add_output(parser, tuple(FORMATS), f"{', '.join(FORMATS)} (default: full); may repeat")
    out.add_argument("--template", metavar="FILE", help="lay out the report with a Jinja2 template")
    out.add_argument("--show-suppressed", action="store_true", help="list suppressed findings as well")
    out.add_argument("--statistics", action="store_true", help="count the findings of each rule instead")
    out.add_argument("--sarif-category", metavar="NAME", help="the category of the SARIF run")
    out.add_argument(
        "--fixes",
        choices=("auto", "always", "never"),
        metavar="WHEN",
        help="show proved fixes: auto (default), always or never",
    )
    out.add_argument("--show-files", action="store_true", help="list the files that would be read, and end")
    out.add_argument("--timings", action="store_true", help="tell where the time went, on standard error")
    out.add_argument("-q", "--quiet", action="store_true", help="findings and errors only")
    add_configuration(parser)


def _fix(commands: Commands) -> None:
    parser = add_command(
        commands,
        "fix",
        "apply the fixes that are proved to work",
        "Applies fixes that scclint has judged: the finding goes, and nothing gets worse.\n"
        "Safe fixes leave the pods as they are after admission.\n"
        "Ends with 0 if no selected finding is left.",
        usage=ON_PATHS,
    )
    add_inputs(parser)
    how = parser.add_argument_group("fixes")
    how.add_argument("--unsafe", action="store_true", help="also fixes after which a pod differs")
    how.add_argument("--force-generated", action="store_true", help="also in files that say that they are generated")
    how.add_argument("--diff", action="store_true", help="print the changes as a diff, and write nothing")
    how.add_argument("--check", action="store_true", help="write nothing, and end with 1 if something would change")
    add_rules(parser)
    add_cluster(parser)
    add_configuration(parser)


def _suggest(commands: Commands) -> None:
    parser = add_command(
        commands,
        "suggest",
        "the least SCC for a workload, and its grant",
        "Prints the least SCC that admits the pods of a workload or a service account,\n"
        "with the role and the binding that grant it, as YAML for `oc apply -f -`. Each\n"
        "field that allows something names the workload and the field that asks for it.\n\n"
        "  scclint suggest deployment/web\n"
        "  scclint suggest serviceaccount/web manifests/",
        usage="[OPTIONS] KIND/NAME [PATH ...]",
    )
    group = parser.add_argument_group("input")
    group.add_argument("what", metavar="KIND/NAME", help="a workload, or a service account")
    group.add_argument("paths", nargs="*", metavar="PATH", default=[], help="files and folders (default: .)")
    add_reading(group)
    add_choosing(group)
    add_cluster(parser)
    add_output(parser, ("yaml", "json"), "yaml (default) or json; may repeat")
    add_configuration(parser)


def _review(commands: Commands) -> None:
    parser = add_command(commands, "review", "table of every workload: its SCC, its seccomp profiles", usage=ON_PATHS)
    add_inputs(parser)
    add_cluster(parser)
    out = add_output(
        parser, ("text", "json", "csv", "markdown", "html"), "text (a table), json, csv, markdown or html; may repeat"
    )
    out.add_argument("--columns", type=_columns, metavar="NAMES", help="more columns: uid,fsgroup,caps,selinux,psa")
    out.add_argument(
        "--only",
        choices=("changed", "refused", "unconfined"),
        metavar="WHICH",
        help="changed (units with a changed file), refused or unconfined",
    )
    add_configuration(parser)


def _columns(text: str) -> list[str]:
    return among(text, ("uid", "fsgroup", "caps", "selinux", "psa"))


def _units(commands: Commands) -> None:
    parser = add_command(
        commands,
        "units",
        "table of the units: what is deployed, and judged, together",
        "Lists the units of the input: what one command or controller applies together.\n"
        "Each is judged on its own, with what it takes from the others by name.",
        usage=ON_PATHS,
    )
    add_inputs(parser)
    add_cluster(parser)
    add_output(parser, ("table", "json"), "table or json; may repeat")
    add_configuration(parser)


def _explain(commands: Commands) -> None:
    parser = add_command(
        commands,
        "explain",
        "how the verdict on one workload comes about",
        "Tells which SCC admits one workload and why, and each container's seccomp\n"
        "profile; then every SCC in the order it is tried and what became of it.\n\n"
        "  scclint explain web.yaml          the workloads of a file\n"
        "  scclint explain web.yaml:12       the workload at a line\n"
        "  scclint explain deployment/web    by kind and name, in the current folder",
        usage="[OPTIONS] FILE[:LINE] | KIND/NAME [PATH ...]",
    )
    group = parser.add_argument_group("input")
    group.add_argument("what", metavar="WORKLOAD", help="which one: FILE, FILE:LINE or KIND/NAME")
    group.add_argument("paths", nargs="*", metavar="PATH", default=[], help="more manifests to take into account")
    add_reading(group)
    add_choosing(group)
    add_cluster(parser)
    add_output(parser, ("text", "json"), "text or json; may repeat")
    add_configuration(parser)


def _who_can(commands: Commands) -> None:
    parser = add_command(
        commands,
        "who-can",
        "who may use an SCC, and through which grants",
        "Lists the subjects that may use an SCC by its lists or by RBAC, each with the\n"
        "path of its grant. Then the subjects that can get the SCC in another way.\n\n"
        "  scclint who-can privileged manifests/     who may use an SCC\n"
        "  scclint who-can privileged -n shop        grants that count in one namespace\n"
        "  scclint who-can --subject sa/shop/web     which SCCs a subject may use",
        usage="[OPTIONS] SCC | --subject KIND/NAME [PATH ...]",
    )
    group = parser.add_argument_group("input")
    group.add_argument("words", nargs="*", metavar="SCC", default=[], help="the SCC, then files or folders (default: .)")
    group.add_argument("--subject", metavar="KIND/NAME", help="sa/NAMESPACE/NAME, user/NAME or group/NAME, instead of an SCC")
    add_reading(group)
    add_choosing(group)
    add_cluster(parser)
    add_output(parser, ("text", "json"), "text (default) or json; may repeat")
    add_configuration(parser)


def _diff(commands: Commands) -> None:
    parser = add_command(
        commands,
        "diff",
        "what a change changes for each workload",
        "Judges two states and shows what differs for each workload: its SCC, user IDs,\n"
        "capabilities, seccomp profile and verdict. It names the objects that made the\n"
        "difference, and the subjects that gained or lost an SCC.\n\n"
        "  scclint diff old/ new/                    folders or files\n"
        "  scclint diff main...HEAD                  what a branch changes\n"
        "  scclint diff HEAD                         what is not committed yet\n"
        "  scclint diff --openshift 4.22,5.0         an upgrade\n"
        "  scclint diff dump/ --what-if scc.yaml     objects on top of a dump",
        usage="[OPTIONS] [A [B]]",
    )
    group = parser.add_argument_group("input")
    group.add_argument(
        "operands", nargs="*", metavar="A", default=[], help="a folder, file or git revision; then the other one"
    )
    group.add_argument("--what-if", action="append", metavar="FILE", help="apply these objects on top of A; may repeat")
    group.add_argument(
        "--fail-if",
        type=_fail_if,
        metavar="WHAT",
        help="end with 1 for: any, wider, refused or never (default: refused,wider)",
    )
    add_reading(group)
    add_cluster(parser)
    add_output(parser, ("text", "json", "markdown", "sarif"), "text (default), json, markdown or sarif; may repeat")
    add_configuration(parser)


def _controls(commands: Commands) -> None:
    parser = add_command(
        commands,
        "controls",
        "which controls of a compliance framework the input passes or fails",
        "Shows for each control of a framework whether the input passes or fails it, and\n"
        "what fails it. A control is not assessable if files do not show it, or if the\n"
        "input has no object that it is about. Every rule is in force.",
        usage=ON_PATHS,
    )
    group = add_inputs(parser)
    group.add_argument(
        "--framework",
        metavar="NAME",
        help="cis-ocp-1.9 (default), stig-ocp4-v2r3, nist-800-53, pci-dss-4, bsi, attack or owasp-k8s-2025",
    )
    add_cluster(parser)
    add_output(
        parser, ("text", "json", "markdown", "html", "sarif"), "text (default), json, markdown, html or sarif; may repeat"
    )
    add_configuration(parser)


def _fail_if(text: str) -> list[str]:
    return among(text, ("any", "wider", "refused", "never"))


def _seccomp(commands: Commands) -> None:
    parser = add_command(
        commands,
        "seccomp",
        "show and compare seccomp profiles",
        "Shows and compares seccomp profiles as the container runtime gets them.\n\n"
        "  scclint seccomp show --openshift 4.16 --cap SYS_ADMIN\n"
        "  scclint seccomp diff 4.16 4.20\n"
        "  scclint seccomp diff 4.20 profile.json\n"
        "  scclint seccomp diff web.yaml#web/app unconfined",
        usage="[OPTIONS] COMMAND ...",
    )
    add_help(parser)
    below = parser.add_subparsers(dest="action", metavar="COMMAND", title="commands", parser_class=Parser, required=True)
    show = add_command(below, "show", "the profile that RuntimeDefault is, as crictl inspect prints it")
    show.prog, show.usage = f"{parser.prog} show", "scclint seccomp show [OPTIONS]"
    show.add_argument("--openshift", metavar="RELEASE", help=f"of that OpenShift release (default: {DEFAULT})")
    add_runtime(show)
    show.add_argument("--cap", action="append", dest="caps", metavar="CAP", help="a capability of the container; may repeat")
    show.add_argument("-o", "--output", metavar="FILE", help="write there")
    add_help(show)
    diff = add_command(below, "diff", "what one profile lets through that another does not")
    diff.prog, diff.usage = f"{parser.prog} diff", "scclint seccomp diff [OPTIONS] A B"
    group = diff.add_argument_group("input")
    operand = "release (4.16, 1.29.8, 4.16+SYS_ADMIN), file, unconfined, or FILE#NAME/CONTAINER"
    group.add_argument("first", metavar="A", help=operand)
    group.add_argument("second", metavar="B", help="as A")
    add_reading(group)
    add_runtime(add_cluster(diff))
    add_output(diff, ("text", "json"), "text or json; may repeat")
    add_configuration(diff)


def _verify(commands: Commands) -> None:
    parser = add_command(
        commands,
        "verify",
        "compare what is predicted with what nodes show",
        "Compares what is predicted of manifests with captures of a running cluster: the\n"
        "output of crictl inspect, /proc/PID/status, oc get pod -o yaml. Ends with 1\n"
        "where they disagree.",
        usage="[OPTIONS] --manifests PATH ... --evidence PATH ...",
    )
    group = parser.add_argument_group("input")
    group.add_argument("--manifests", nargs="+", dest="paths", required=True, metavar="PATH", help="files or folders")
    group.add_argument("--evidence", nargs="+", required=True, metavar="PATH", help="captures, or folders of them")
    add_reading(group)
    add_crio(add_cluster(parser))
    add_output(parser, ("text", "json", "sarif"), "text (default), json or sarif; may repeat")
    add_configuration(parser)


def _fleet(commands: Commands) -> None:
    from scclint.cli.fleet_options import add_fleet

    add_fleet(commands)


def _rules(commands: Commands) -> None:
    parser = add_command(commands, "rules", "table of all rules")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="a table, or an array of rules")
    add_color(parser)
    add_configuration(parser)


def _rule(commands: Commands) -> None:
    parser = add_command(commands, "rule", "the manual page of a rule", usage="[OPTIONS] RULE")
    parser.add_argument("rule", metavar="RULE", help="a rule's id or name")
    add_color(parser)
    add_configuration(parser)


def _config(commands: Commands) -> None:
    parser = add_command(commands, "config", "the settings in force and where each comes from", usage=ON_PATHS)
    parser.add_argument("paths", nargs="*", metavar="PATH", default=["."], help="what would be linted (default: .)")
    add_cluster(parser)
    add_configuration(parser)


def _server(commands: Commands) -> None:
    parser = add_command(
        commands,
        "server",
        "language server for editors",
        "Serves an editor over the Language Server Protocol on standard input and output.\n"
        "The editor starts it; the documentation has the settings of common editors.",
    )
    group = parser.add_argument_group("connection")
    group.add_argument("--stdio", action="store_true", help="use standard input and output, which is the default")
    group = parser.add_argument_group("configuration")
    group.add_argument("--config", metavar="FILE", help="read this configuration file for every folder")
    add_help(group)


def _completion(commands: Commands) -> None:
    parser = add_command(
        commands,
        "completion",
        "script that lets a shell complete the command line",
        "Prints a script that lets a shell complete commands, options, rules and values.\n\n"
        "  bash        into ~/.local/share/bash-completion/completions/scclint\n"
        "  zsh         into a file _scclint in a folder of $fpath\n"
        "  fish        into ~/.config/fish/completions/scclint.fish\n"
        "  powershell  at the end of the file $PROFILE\n"
        "  tcsh        into a file that ~/.tcshrc sources",
        usage="[OPTIONS] SHELL",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh, fish, powershell or tcsh")
    add_help(parser)
