"""The command line as argparse sees it. Options that are settings carry the name of their `Config` field and no default,
so that what was not given leaves the configuration file's word standing.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import TypeAlias

Run = Callable[[argparse.Namespace], int]

DESCRIPTION = (
    "Finds out before the cluster does which SCC admits each pod and which seccomp profile each container really runs with."
)

EXIT_STATUS = """exit status:
  0  nothing at or above --fail-on       3  a bug of scclint
  1  findings at or above --fail-on      4  no manifest found (empty input included)
  2  wrong usage or configuration, unreadable or unparsable input"""

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")


class Parser(argparse.ArgumentParser):
    """Errors name the command to ask for help, and leave by the status of the documented table."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")


def build() -> argparse.ArgumentParser:
    """The whole parser; `args.command` names the command, `scclint.cli.main` knows what runs it."""
    parser = Parser(prog="scclint", description=DESCRIPTION, formatter_class=Formatter, epilog=EXIT_STATUS)
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    _check(commands)
    _review(commands)
    _explain(commands)
    _rules(commands)
    _config(commands)
    return parser


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Narrow help columns, descriptions as written."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def _command(commands: Commands, name: str, summary: str, description: str = "") -> Parser:
    text = description or f"{summary[0].upper()}{summary[1:]}."
    return commands.add_parser(
        name, help=summary, description=text, formatter_class=Formatter, argument_default=argparse.SUPPRESS
    )


def _check(commands: Commands) -> None:
    parser = _command(commands, "check", "report what is wrong with manifests, at the very line")
    _inputs(parser)
    _cluster(parser)
    rules = parser.add_argument_group("rules")
    rules.add_argument("--select", metavar="RULES", type=_words, help="only these: ids, names, prefixes or tags, by commas")
    rules.add_argument("--ignore", metavar="RULES", type=_words, help="none of these")
    rules.add_argument("--extend-select", metavar="RULES", type=_words, help="these as well")
    rules.add_argument("--profile", choices=("default", "strict"), help="the rule set to start from")
    rules.add_argument("--show-info", action="store_true", help="show findings of severity info")
    rules.add_argument("--fail-on", choices=("error", "warning", "info"), help="least severity for status 1 (warning)")
    rules.add_argument("--no-ignores", action="store_true", help="report what comments, annotations and configuration suppress")
    rules.add_argument("--baseline", metavar="FILE", help="leave out the findings recorded in FILE")
    rules.add_argument("--write-baseline", metavar="FILE", help="record the present findings in FILE and end with status 0")
    _output(parser, FORMATS, "text with source lines (full), one line each (concise), or for a machine")
    out = parser.add_argument_group("more about output")
    out.add_argument("--template", metavar="FILE", help="render the report through a Jinja2 template of your own")
    out.add_argument("--show-suppressed", action="store_true", help="list suppressed findings as well")
    out.add_argument("--statistics", action="store_true", help="end with a count for each rule")
    out.add_argument("--sarif-category", metavar="NAME", help="the category of the SARIF run")
    out.add_argument("--show-files", action="store_true", help="list the files that would be read, and end")
    out.add_argument("--exit-zero", action="store_true", help="status 0 whatever is found")
    out.add_argument("-q", "--quiet", action="store_true", help="only findings: no summary when there are none, no notices")
    _configuration(parser)


def _review(commands: Commands) -> None:
    parser = _command(
        commands, "review", "table of every workload: its SCC, by whose grant, and each container's seccomp profile"
    )
    _inputs(parser)
    _cluster(parser)
    _output(parser, ("text", "json"), "a table, or an object with `workloads`")
    _configuration(parser)


def _explain(commands: Commands) -> None:
    parser = _command(
        commands,
        "explain",
        "how the verdict on one workload comes about, candidate by candidate",
        "Tells how the verdict on one workload comes about: every SCC in the order it is tried, and what became\n"
        "of it, then each container's seccomp profile.\n\n"
        "  scclint explain web.yaml          the workloads of a file\n"
        "  scclint explain web.yaml:12       the workload at a line\n"
        "  scclint explain deployment/web    by kind and name, in the current folder",
    )
    parser.add_argument("what", metavar="FILE[:LINE] | KIND/NAME", help="which workload to explain")
    parser.add_argument("paths", nargs="*", metavar="PATH", default=[], help="more manifests to take into account")
    _reading(parser)
    _cluster(parser)
    _output(parser, ("text", "json"), "prose, or an object with `workloads`")
    _configuration(parser)


def _rules(commands: Commands) -> None:
    parser = _command(commands, "rules", "table of all rules")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="a table, or an array of rules")
    _color(parser)
    parser = _command(commands, "rule", "the manual page of a rule")
    parser.add_argument("rule", metavar="RULE", help="a rule's id or name")
    _color(parser)


def _config(commands: Commands) -> None:
    parser = _command(commands, "config", "the settings in force and where each comes from")
    parser.add_argument("paths", nargs="*", metavar="PATH", default=["."], help="what would be linted (.)")
    _cluster(parser)
    _configuration(parser)


def _inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", default=["."], help="files, folders, or - for standard input (.)")
    _reading(parser)


def _reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("input")
    group.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in the report")
    group.add_argument("--context", action="append", metavar="PATH", help="manifests to take into account, not to report on")
    group.add_argument("--cluster-state", action="append", metavar="PATH", help="dumps of the cluster's SCCs, namespaces, RBAC")
    group.add_argument("--exclude", action="append", metavar="GLOB", help="leave out what matches")
    group.add_argument("--force-exclude", action="store_true", help="leave it out even when named as PATH")


def _cluster(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("cluster")
    group.add_argument("--openshift", metavar="4.N[,4.M]", type=_words, help="releases to judge for (the newest known)")
    group.add_argument("--platform", choices=("openshift", "kubernetes"), help="plain Kubernetes has no SCCs")
    group.add_argument("--kubernetes", metavar="1.N", help="its version")
    group.add_argument("--seccomp-default", action="store_true", help="its kubelets default unset profiles to RuntimeDefault")
    group.add_argument(
        "--upgraded-from-4.10", action="store_true", dest="upgraded_from_4_10", help="everyone may use `restricted`"
    )
    group.add_argument("-n", "--namespace", metavar="NAME", help="where objects go that name none")
    group.add_argument("--as", metavar="USER", dest="as_user", help="who creates bare Pods (an administrator)")
    group.add_argument("--as-group", metavar="GROUP", action="append", help="a group of that user; may repeat")


def _output(parser: argparse.ArgumentParser, formats: Sequence[str], what: str) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--format", action="append", choices=formats, metavar="FORMAT", help=f"{', '.join(formats)}: {what}")
    group.add_argument("-o", "--output", action="append", metavar="FILE", help="write there; pairs with --format by place")
    _color(group)


def _color(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colour on a terminal (auto)")


def _configuration(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("configuration")
    group.add_argument("--config", metavar="FILE", help="read this configuration file")
    group.add_argument("--isolated", action="store_true", help="read none")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
