"""The commands: their options, usage and help, as a table."""

import argparse
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from scclint.cli.options import (
    ARCH,
    CHOOSING,
    CLUSTER,
    COLOR,
    CONFIGURATION,
    CRIO,
    HELP,
    INPUT,
    READING,
    RULES,
    Group,
    choice,
    flag,
    judging,
    number,
    option,
    output,
    paths,
    plain,
    repeated,
    words_of,
)
from scclint.cli.parser import Formatter, Parser, Parsers
from scclint.platform.releases import DEFAULT
from scclint.record import EMPTY
from scclint.report import FORMATS

DESCRIPTION = """Show which SCC admits each pod and which seccomp profile each container really
runs with, before you deploy. `scclint COMMAND --help` describes a command."""

EXIT_STATUS = """exit status:
  0  no finding of the severity of --fail-on or above
  1  a finding of the severity of --fail-on or above
  2  wrong usage or configuration, unreadable or unparsable input
  3  a bug of scclint
  4  nothing judged in the input or in one of the paths, or a kustomization or
     chart that could not be rendered"""

ON_PATHS = "[OPTIONS] [PATH ...]"

FLEET = option("--out", required=True, metavar="DIR", help="folder of the fleet, with its Parquet files")


class Command(NamedTuple):
    """What the help says of a command. `summary` is its line in the list of commands, and `details` its description.

    `groups` are its options. A group without a title has those that argparse lists as its own. A command with `actions` has commands of
    its own. `module` runs it; empty for the module of its name in this package. `extra` names the packages that it needs, if
    scclint itself does not.
    """

    summary: str
    groups: Sequence[Group] = ()
    usage: str = "[OPTIONS]"
    details: str = ""
    actions: "Mapping[str, Command]" = EMPTY
    module: str = ""
    extra: str = ""


FAIL_ON = choice(
    "--fail-on",
    ("error", "warning", "access", "gap", "never"),
    "FACTS",
    "what fails: error, warning, access (default) or gap, each with those before it; or never",
)

_MOST_USED = {
    "paths",
    "--openshift",
    "--namespace",
    "--helm-values",
    "--select",
    "--ignore",
    "--diff-base",
    "--fix",
}
_MOST_USED |= {"--format", "--output"}


def most_used_first(*groups: Group) -> tuple[Group, ...]:
    """Return the options with those that most runs need in a group of their own, which the help shows first."""
    first = [one for _, options in groups for one in options if _MOST_USED.intersection(one.names)]
    return ("most used", first), *((title, [one for one in options if one not in first]) for title, options in groups)


COMMANDS: Mapping[str, Command] = {
    "check": Command(
        "report the problems of manifests, each at its exact line",
        most_used_first(
            ("input", (*INPUT, flag("--changed", "only units with changed files: PATH, or those of git"))),
            ("cluster", CLUSTER),
            (
                "rules",
                (
                    *RULES,
                    flag("--verbose", "show every place, reason and consequence of a finding"),
                    FAIL_ON,
                    flag("--no-ignores", "report suppressed findings like the others"),
                    option("--diff-base", metavar="REV", help="report only what is new since a git revision"),
                    flag("--fix", "apply the safe fixes first, as `scclint fix` does"),
                ),
            ),
            output(
                tuple(FORMATS),
                f"{', '.join(FORMATS)} (default: full); may repeat",
                option("--template", metavar="FILE", help="lay out the report with a Jinja2 template"),
                flag("--show-suppressed", "list suppressed findings as well"),
                option("--sarif-category", metavar="NAME", help="category of the SARIF run"),
                choice("--fixes", ("auto", "always", "never"), "WHEN", "show proved fixes: auto (default), always or never"),
                flag("--show-files", "list the files that would be read, and exit"),
                flag("--timings", "print the time of each stage to standard error"),
                option("-q", "--quiet", action="store_true", help="print findings and errors only"),
            ),
            CONFIGURATION,
        ),
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
        "apply the fixes that are proved to work",
        (
            ("input", INPUT),
            (
                "fixes",
                (
                    flag("--unsafe", "apply also fixes that change a pod"),
                    flag("--pin", "instead require the SCC that admits each workload now"),
                    flag("--force-generated", "change also files that say that they are generated"),
                    flag("--diff", "print the changes as a diff, and write nothing"),
                    flag("--check", "write nothing, and exit with 1 if something would change"),
                ),
            ),
            ("rules", RULES),
            ("cluster", CLUSTER),
            CONFIGURATION,
        ),
        ON_PATHS,
        """\
Apply fixes that are proved: scclint judged the changed files, the finding is
gone, and no pod gets worse. Without --unsafe, no pod changes at all. The exit
status is 0 if no selected finding is left.

  scclint fix --diff deploy/
  scclint fix deploy/
  scclint fix --unsafe --diff --select SCC101 deploy/
  scclint fix --pin --diff deploy/""",
    ),
    "suggest": Command(
        "print the least SCC for a workload, and its grant",
        judging(
            (
                option("what", metavar="WORKLOAD", help="FILE, FILE:LINE, KIND/NAME or serviceaccount/NAME"),
                paths("files and folders (default: .)"),
                *READING,
                *CHOOSING,
            ),
            ("yaml", "json"),
            "yaml (default) or json; may repeat",
        ),
        "[OPTIONS] FILE[:LINE] | KIND/NAME [PATH ...]",
        """\
Print the least SCC that admits the pods of a workload or a service account,
with the role and the binding that grant it, as YAML for `oc apply -f -`. Each
field that allows something names the workload and the field that asks for it.

  scclint suggest deployment/web
  scclint suggest serviceaccount/web manifests/""",
    ),
    "review": Command(
        "list every workload with its SCC and its seccomp profiles",
        judging(
            INPUT,
            ("text", "json", "csv", "markdown", "html"),
            "text (a table), json, csv, markdown or html; may repeat",
            option(
                "--columns",
                type=words_of("uid", "fsgroup", "caps", "selinux", "psa"),
                metavar="NAMES",
                help="more columns: uid,fsgroup,caps,selinux,psa",
            ),
            choice(
                "--only",
                ("changed", "refused", "unconfined"),
                "WHICH",
                "changed (units with a changed file), refused or unconfined",
            ),
        ),
        ON_PATHS,
        """\
List every workload: the SCC that admits its pods, the Pod Security level that
they meet, and the seccomp profile of each container.

  scclint review deploy/
  scclint review --only unconfined deploy/
  scclint review --format html --output workloads.html deploy/""",
    ),
    "units": Command(
        "list the units: what is deployed and judged together",
        judging(INPUT, ("table", "json"), "table or json; may repeat"),
        ON_PATHS,
        """\
List the units of the input. One command or controller applies a whole unit.
Each unit is judged on its own, with the objects that it takes from others.""",
    ),
    "explain": Command(
        "explain why a workload gets its SCC and its profiles",
        judging(
            (
                option("what", nargs="?", default="", metavar="WHAT", help="FILE, FILE:LINE, KIND/NAME, or a cause"),
                paths("more manifests that affect the verdict"),
                option(
                    "--message",
                    metavar="TEXT",
                    help="errors of a cluster to explain: a file, - for standard input, or the text",
                ),
                *READING,
                *CHOOSING,
            ),
            ("text", "json"),
            "text or json; may repeat",
        ),
        "[OPTIONS] WHAT | --message TEXT [PATH ...]",
        """\
Show which SCC admits a workload and why, and the seccomp profile of each
container. Then list every SCC in the order in which the cluster tries them,
each with the reason why it rejects the pod.

  scclint explain web.yaml          the workloads of a file
  scclint explain web.yaml:12       the workload at a line
  scclint explain deployment/web    by kind and name, in the current folder
  scclint explain 1a2b3c4d          all of a cause that `scclint check` names

With --message, explain an error that you copied from a terminal, an event or a
log. With manifests as well, show the finding about the workload and its fix.

  oc describe rs web-5d9 | scclint explain --message - deploy/""",
    ),
    "who-can": Command(
        "list who may use an SCC, and through which grants",
        judging(
            (
                option(
                    "words", nargs="*", metavar="SCC", default=[], help="name of the SCC, then files or folders (default: .)"
                ),
                option("--subject", metavar="KIND/NAME", help="sa/NAMESPACE/NAME, user/NAME or group/NAME, instead of an SCC"),
                *READING,
                *CHOOSING,
            ),
            ("text", "json"),
            "text (default) or json; may repeat",
        ),
        "[OPTIONS] SCC | --subject KIND/NAME [PATH ...]",
        """\
List the users, groups and service accounts that may use an SCC, each with the
path of its grant. Then list the subjects that can get the SCC in another way,
for example because they may create pods as another account.

  scclint who-can privileged manifests/     who may use an SCC
  scclint who-can privileged -n shop        grants that count in one namespace
  scclint who-can --subject sa/shop/web     which SCCs a subject may use""",
    ),
    "accept": Command(
        "record the problems, access and gaps that are there now",
        (
            ("input", INPUT),
            ("file", (option("--reason", metavar="TEXT", help="why, which is written to what is new"),)),
            ("rules", RULES),
            ("cluster", CLUSTER),
            CONFIGURATION,
        ),
        ON_PATHS,
        """\
Write the facts of the input into .scclint-accepted.yaml beside the settings,
grouped by object. `check` does not report them any more, wherever they are
written. Comments and reasons in the file stay, and facts that are gone are
removed. A change under review cannot accept itself.

  scclint accept                            all that is there
  scclint accept --reason "reads logs" agent.yaml""",
    ),
    "diff": Command(
        "show what is new in a change, and what it does to each workload",
        judging(
            (
                option(
                    "operands",
                    nargs="*",
                    metavar="A",
                    default=[],
                    help="state before, then state after: folder, file or git revision",
                ),
                FAIL_ON,
                *READING,
            ),
            ("text", "json", "markdown", "sarif"),
            "text (default), json, markdown or sarif; may repeat",
        ),
        "[OPTIONS] [A [B]]",
        """\
Judge two states and show which problems, access and gaps are new, which are
gone, and which workloads get another SCC, user ID, capabilities, seccomp
profile or verdict.

  scclint diff old/ new/                    folders or files
  scclint diff main...HEAD                  what a branch changes
  scclint diff HEAD                         what is not committed yet
  scclint diff --openshift 4.22,5.0         an upgrade""",
    ),
    "seccomp": Command(
        "show and compare seccomp profiles",
        usage="[OPTIONS] COMMAND ...",
        details="""\
Show and compare seccomp profiles as the container runtime gets them.

  scclint seccomp show --openshift 4.16 --cap SYS_ADMIN
  scclint seccomp diff 4.16 4.20
  scclint seccomp diff 4.20 profile.json
  scclint seccomp diff web.yaml#web/app unconfined""",
        actions={
            "show": Command(
                "print RuntimeDefault in the form of crictl inspect",
                plain(
                    option("--openshift", metavar="RELEASE", help=f"OpenShift release of the cluster (default: {DEFAULT})"),
                    CRIO,
                    ARCH,
                    repeated("--cap", "CAP", "capability of the container; may repeat", dest="caps"),
                    option("-o", "--output", metavar="FILE", help="write the profile there (default: standard output)"),
                ),
            ),
            "diff": Command(
                "show what one profile allows and another does not",
                judging(
                    (
                        option(
                            "first",
                            metavar="A",
                            help="release (4.16, 1.29.8, 4.16+SYS_ADMIN), file, unconfined, or FILE#NAME/CONTAINER",
                        ),
                        option("second", metavar="B", help="the other profile, written like A"),
                        *READING,
                    ),
                    ("text", "json"),
                    "text or json; may repeat",
                    cluster=(*CLUSTER, CRIO, ARCH),
                ),
                "[OPTIONS] A B",
            ),
        },
        module="scclint.apps.evidence.seccomp",
    ),
    "verify": Command(
        "compare predictions with captures of a running cluster",
        judging(
            (
                option("--manifests", nargs="+", dest="paths", required=True, metavar="PATH", help="files or folders"),
                option("--evidence", nargs="+", required=True, metavar="PATH", help="captures, or folders of them"),
                *READING,
            ),
            ("text", "json", "sarif"),
            "text (default), json or sarif; may repeat",
            cluster=(*CLUSTER, CRIO),
        ),
        "[OPTIONS] --manifests PATH ... --evidence PATH ...",
        """\
Compare the predicted seccomp profiles with captures of a running cluster: the
output of crictl inspect, /proc/PID/status, oc get pod -o yaml. The exit status
is 1 if they disagree.""",
        module="scclint.apps.evidence.command",
    ),
    "fleet": Command(
        "judge many repositories, and query the results",
        usage="[OPTIONS] COMMAND ...",
        details="""\
Judge many targets, such as the repositories of a company, and keep the results
in Parquet files. If a scan was stopped, run it again: it continues. The next
scan judges only targets that have changed.

  scclint fleet run --out fleet/ repositories/*
  scclint fleet run --out fleet/ --targets targets.csv
  scclint fleet report --out fleet/ -o fleet.html
  scclint fleet sql --out fleet/ 'FROM rejected'""",
        actions={
            "run": Command(
                "judge every target that has changed since the last scan",
                (
                    (
                        "targets",
                        (
                            option("targets", nargs="*", metavar="TARGET", default=[], help="folder, archive or URL to judge"),
                            repeated(
                                "--targets",
                                "FILE",
                                "CSV file with the columns target and team; may repeat",
                                dest="target_files",
                            ),
                            FLEET,
                        ),
                    ),
                    (
                        "execution",
                        (
                            option(
                                "--jobs",
                                metavar="N",
                                type=number,
                                help="processes on this machine (default: one for each core)",
                            ),
                            option(
                                "--scheduler",
                                metavar="ADDRESS",
                                help="judge on a Dask cluster: address of its scheduler, tcp://host:8786",
                            ),
                            option("-q", "--quiet", action="store_true", help="show no progress"),
                        ),
                    ),
                    ("cluster", CLUSTER),
                    CONFIGURATION,
                ),
                "[OPTIONS] --out DIR TARGET ...",
            ),
            "report": Command(
                "write one HTML page about the latest scan",
                plain(FLEET, option("-o", "--output", metavar="FILE", help="write the page there (default: standard output)")),
                "[OPTIONS] --out DIR",
            ),
            "sql": Command(
                "query the results in SQL",
                plain(
                    option("sql", metavar="SQL", help='the query: "SELECT target, status FROM targets"'),
                    FLEET,
                    option("--format", choices=("table", "json", "csv"), default="table", help="table (default), json or csv"),
                    option("-o", "--output", metavar="FILE", help="write the answer there (default: standard output)"),
                ),
                "[OPTIONS] --out DIR SQL",
                "Answers a query in the SQL of DuckDB over the tables and views of the finished\n"
                "scans. A query can read nothing else, and write nothing.",
            ),
            "export": Command(
                "write the findings of the latest scan for other programs",
                plain(
                    FLEET,
                    option(
                        "--format",
                        choices=("policyreport", "openreports", "ocsf"),
                        required=True,
                        metavar="FORMAT",
                        help="policyreport, openreports (objects for kubectl apply) or ocsf",
                    ),
                    option("-o", "--output", metavar="FILE", help="write there (default: standard output)"),
                ),
                "[OPTIONS] --out DIR --format FORMAT",
            ),
        },
        module="scclint.apps.fleet.command",
        extra="fleet",
    ),
    "rules": Command(
        "list all rules",
        (
            ("", (option("--format", choices=("text", "json"), default="text", help="a table, or an array of rules"), COLOR)),
            CONFIGURATION,
        ),
    ),
    "rule": Command(
        "print the manual page of a rule",
        (("", (option("rule", metavar="RULE", help="ID or name of the rule"), COLOR)), CONFIGURATION),
        "[OPTIONS] RULE",
        module="scclint.cli.rules",
    ),
    "config": Command(
        "print the settings, and where each of them is set",
        (("", (paths("files and folders whose settings to print (default: .)", "."),)), ("cluster", CLUSTER), CONFIGURATION),
        ON_PATHS,
    ),
    "server": Command(
        "start the language server for editors",
        (
            ("connection", (flag("--stdio", "use standard input and output, which is the default"),)),
            ("configuration", (option("--config", metavar="FILE", help="read this configuration file for every folder"), HELP)),
        ),
        details="""\
Serve an editor over the Language Server Protocol on standard input and output.
The editor starts it. The documentation has the settings of common editors.""",
        module="scclint.apps.lsp.messages",
        extra="lsp",
    ),
    "mcp": Command(
        "start the MCP server for agents",
        plain(option("roots", nargs="*", metavar="DIR", default=["."], help="folders that the tools may read (default: .)")),
        "[OPTIONS] [DIR ...]",
        """\
Serve an agent over the Model Context Protocol on standard input and output. The
tools, such as check and explain, read files below these folders, and write
nothing.""",
        module="scclint.apps.mcp.server",
        extra="mcp",
    ),
    "cache": Command(
        "remove what is stored between runs",
        plain(option("action", choices=("clean",), metavar="clean", help="remove all stored results and renderings")),
        "[OPTIONS] clean",
        """\
Remove the results and renderings that other commands store between runs. They
are in the folder scclint of $XDG_CACHE_HOME, else of ~/.cache.""",
    ),
    "completion": Command(
        "print a script that completes the command line in a shell",
        plain(
            option(
                "shell",
                choices=("bash", "zsh", "fish", "powershell", "tcsh"),
                metavar="SHELL",
                help="bash, zsh, fish, powershell or tcsh",
            )
        ),
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


@cache
def build(first: str = "") -> argparse.ArgumentParser:
    """The parser; `args.command` names the command, `scclint.cli.main` knows what runs it.

    Where `first`, the first argument, is a command, only that one is made ready: no other can be asked for.
    """
    parser = Parser(prog="scclint", description=DESCRIPTION, formatter_class=Formatter, epilog=EXIT_STATUS, add_help=False)
    # Options of a group, and a `prog` for the commands: else argparse tries out a formatter, which measures the terminal.
    options = parser.add_argument_group("options")
    options.add_argument(*HELP.names, **HELP.settings)
    options.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser, prog="scclint")
    for name in (first,) if first in COMMANDS else COMMANDS:
        _add(commands, name, COMMANDS[name], "scclint")
    return parser


def _add(parsers: Parsers, name: str, command: Command, above: str) -> None:
    """Add the parser of a command. Abbreviated options are refused: a new option would make them ambiguous in someone's script."""
    parser = parsers.add_parser(
        name,
        help=command.summary,
        description=command.details or f"{command.summary[0].upper()}{command.summary[1:]}.",
        usage=f"{above} {name} {command.usage}",
        prog=f"{above} {name}",
        formatter_class=Formatter,
        argument_default=argparse.SUPPRESS,
        add_help=False,
        allow_abbrev=False,
    )
    for title, options in command.groups:
        group = parser.add_argument_group(title) if title else parser
        for names, settings in options:
            group.add_argument(*names, **settings)
    if command.actions:
        parser.add_argument(*HELP.names, **HELP.settings)
        actions = parser.add_subparsers(
            dest="action", metavar="COMMAND", title="commands", parser_class=Parser, required=True, prog=f"{above} {name}"
        )
        for action, below in command.actions.items():
            _add(actions, action, below, f"{above} {name}")
