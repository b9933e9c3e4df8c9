"""The command line as argparse sees it. Options that are settings carry the name of their `Config` field and no default,
so that what was not given leaves the configuration file's word standing.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from scclint.model.releases import DEFAULT

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

Run = Callable[[argparse.Namespace], int]

DESCRIPTION = """Shows which SCC admits each pod and which seccomp profile each container really
runs with, before you deploy. `scclint COMMAND --help` describes a command."""

EXIT_STATUS = """exit status:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  wrong usage or configuration, unreadable or unparsable input
  3  a bug of scclint
  4  no manifest found in folders or standard input"""

SHELLS = ("bash", "zsh", "tcsh")


class Parser(argparse.ArgumentParser):
    """Errors name the command to ask for help, and leave by the status of the documented table."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What a command does not know is an error of that command, where argparse has its caller complain of it."""
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(map(self._with_hint, unknown))}")
        return namespace, unknown

    def _with_hint(self, word: str) -> str:
        from scclint.text import closest_match

        options = [option for option in self._option_string_actions if option.startswith("--")]
        meant = closest_match(word.partition("=")[0], options)
        return f"{word} (did you mean {meant}?)" if meant else word

    def error(self, message: str) -> None:  # type: ignore[override]
        from scclint.report.output import say

        say(f"{self.prog}: {message}\nTry '{self.prog} --help'.")
        self.exit(2)

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help as argparse does, and report a standard output that cannot be written to."""
        from scclint.report.output import write

        if file is not None:
            file.write(self.format_help())
        elif not write(self.format_help(), None):
            self.exit(2)


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
        "review": _review,
        "units": _units,
        "explain": _explain,
        "seccomp": _seccomp,
        "verify": _verify,
        "rules": _rules,
        "rule": _rule,
        "config": _config,
        "completion": _completion,
    }
    for add in [adders[first]] if first in adders else adders.values():
        add(commands)
    return parser


class Params(argparse.Action):
    """Gathers `NAME=VALUE` into a dict; the last value of a name counts."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        name, equals, value = str(values).partition("=")
        if not equals or not name:
            parser.error(f"argument {option_string}: expected NAME=VALUE, not {values!r}")
        setattr(namespace, self.dest, {**getattr(namespace, self.dest, {}), name: value})


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Descriptions as written, `-o, --output FILE` once, and groups close together: a command's help is one screen."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(action.option_strings)} {self._format_args(action, action.dest.upper())}"

    def format_help(self) -> str:
        head, *groups = super().format_help().split("\n\n")
        text = head
        for before, group in zip((head, *groups), groups, strict=False):
            close = before.startswith("usage:") or (_is_group(before) and _is_group(group))
            text += ("\n" if close else "\n\n") + group
        return text


def _is_group(paragraph: str) -> bool:
    return paragraph.partition("\n")[0].endswith(":")


ON_PATHS = "[OPTIONS] [PATH ...]"

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def _command(commands: Commands, name: str, summary: str, description: str = "", usage: str = "[OPTIONS]") -> Parser:
    """A command's parser. Abbreviated options are refused: a new option would make them ambiguous in someone's script."""
    return commands.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        usage=f"scclint {name} {usage}",
        formatter_class=Formatter,
        argument_default=argparse.SUPPRESS,
        add_help=False,
        allow_abbrev=False,
    )


def _check(commands: Commands) -> None:
    from scclint.report import FORMATS

    parser = _command(commands, "check", "report the problems of manifests, each at its exact line", usage=ON_PATHS)
    group = _inputs(parser)
    group.add_argument("--changed", action="store_true", help="only units with a changed file: PATH, or what git shows")
    _cluster(parser)
    rules = parser.add_argument_group("rules")
    rules.add_argument("--select", metavar="RULES", type=_words, help="only these: ids, names, prefixes, tags: SEC2,rbac")
    rules.add_argument("--ignore", metavar="RULES", type=_words, help="none of these")
    rules.add_argument("--extend-select", metavar="RULES", type=_words, help="these as well")
    rules.add_argument("--profile", choices=("default", "strict"), metavar="NAME", help="the rule set: default or strict")
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
    out = _output(parser, tuple(FORMATS), f"{', '.join(FORMATS)} (default: full); may repeat")
    out.add_argument("--template", metavar="FILE", help="lay out the report with a Jinja2 template")
    out.add_argument("--show-suppressed", action="store_true", help="list suppressed findings as well")
    out.add_argument("--statistics", action="store_true", help="count the findings of each rule instead")
    out.add_argument("--sarif-category", metavar="NAME", help="the category of the SARIF run")
    out.add_argument("--show-files", action="store_true", help="list the files that would be read, and end")
    out.add_argument("--timings", action="store_true", help="tell where the time went, on standard error")
    out.add_argument("-q", "--quiet", action="store_true", help="findings and errors only")
    _configuration(parser)


def _review(commands: Commands) -> None:
    parser = _command(commands, "review", "table of every workload: its SCC, its seccomp profiles", usage=ON_PATHS)
    _inputs(parser)
    _cluster(parser)
    _output(parser, ("text", "json"), "text (a table) or json; may repeat")
    _configuration(parser)


def _units(commands: Commands) -> None:
    parser = _command(
        commands,
        "units",
        "table of the units: what is deployed, and judged, together",
        "Lists the units of the input: what one command or controller applies together.\n"
        "Each is judged on its own, with what it takes from the others by name.",
        usage=ON_PATHS,
    )
    _inputs(parser)
    _cluster(parser)
    _output(parser, ("table", "json"), "table or json; may repeat")
    _configuration(parser)


def _explain(commands: Commands) -> None:
    parser = _command(
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
    _reading(group)
    _choosing(group)
    _cluster(parser)
    _output(parser, ("text", "json"), "text or json; may repeat")
    _configuration(parser)


def _seccomp(commands: Commands) -> None:
    parser = _command(
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
    _help(parser)
    below = parser.add_subparsers(dest="action", metavar="COMMAND", title="commands", parser_class=Parser, required=True)
    show = _command(below, "show", "the profile that RuntimeDefault is, as crictl inspect prints it")
    show.prog, show.usage = f"{parser.prog} show", "scclint seccomp show [OPTIONS]"
    show.add_argument("--openshift", metavar="RELEASE", help=f"of that OpenShift release (default: {DEFAULT})")
    _runtime(show)
    show.add_argument("--cap", action="append", dest="caps", metavar="CAP", help="a capability of the container; may repeat")
    show.add_argument("-o", "--output", metavar="FILE", help="write there")
    _help(show)
    diff = _command(below, "diff", "what one profile lets through that another does not")
    diff.prog, diff.usage = f"{parser.prog} diff", "scclint seccomp diff [OPTIONS] A B"
    group = diff.add_argument_group("input")
    operand = "release (4.16, 1.29.8, 4.16+SYS_ADMIN), file, unconfined, or FILE#NAME/CONTAINER"
    group.add_argument("first", metavar="A", help=operand)
    group.add_argument("second", metavar="B", help="as A")
    _reading(group)
    _runtime(_cluster(diff))
    _output(diff, ("text", "json"), "text or json; may repeat")
    _configuration(diff)


def _verify(commands: Commands) -> None:
    parser = _command(
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
    _reading(group)
    _crio(_cluster(parser))
    _output(parser, ("text", "json", "sarif"), "text (default), json or sarif; may repeat")
    _configuration(parser)


def _runtime(parser: "argparse._ActionsContainer") -> None:
    _crio(parser)
    parser.add_argument("--arch", metavar="ARCH", help="of the nodes: amd64 (default), arm64, s390x or ppc64le")


def _crio(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument("--crio", metavar="1.N[.P]", help="that CRI-O release; without a patch release its newest")


def _rules(commands: Commands) -> None:
    parser = _command(commands, "rules", "table of all rules")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="a table, or an array of rules")
    _color(parser)
    _configuration(parser)


def _rule(commands: Commands) -> None:
    parser = _command(commands, "rule", "the manual page of a rule", usage="[OPTIONS] RULE")
    parser.add_argument("rule", metavar="RULE", help="a rule's id or name")
    _color(parser)
    _configuration(parser)


def _config(commands: Commands) -> None:
    parser = _command(commands, "config", "the settings in force and where each comes from", usage=ON_PATHS)
    parser.add_argument("paths", nargs="*", metavar="PATH", default=["."], help="what would be linted (default: .)")
    _cluster(parser)
    _configuration(parser)


def _completion(commands: Commands) -> None:
    parser = _command(
        commands,
        "completion",
        "script that lets a shell complete the command line",
        "Prints a script that lets a shell complete commands, options, rules and values.\n\n"
        "  bash  into ~/.local/share/bash-completion/completions/scclint\n"
        "  zsh   into a file _scclint in a folder of $fpath\n"
        "  tcsh  into a file that ~/.tcshrc sources",
        usage="[OPTIONS] SHELL",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or tcsh")
    _help(parser)


def _inputs(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("input")
    group.add_argument(
        "paths", nargs="*", metavar="PATH", default=["."], help="files, folders, or - for standard input (default: .)"
    )
    _reading(group)
    _choosing(group)
    return group


def _reading(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input")
    group.add_argument("--context", action="append", metavar="PATH", help="manifests to take into account, not to report on")
    group.add_argument(
        "--cluster-state", action="append", metavar="PATH", help="dump of the cluster's SCCs, namespaces and RBAC"
    )
    group.add_argument(
        "--profile-dir", action="append", dest="profile_dirs", metavar="DIR", help="seccomp profiles, laid out as on nodes"
    )
    group.add_argument("--param", action=Params, dest="params", metavar="NAME=VALUE", help="set a parameter of Templates")
    group.add_argument("--helm-chart", metavar="DIR", help="the chart that was rendered: report at its templates")
    group.add_argument(
        "--render", choices=("auto", "never", "require"), metavar="WHEN", help="auto (default), never or require"
    )
    group.add_argument("--helm-values", action="append", metavar="FILE", help="values file for each chart that is rendered")
    group.add_argument("--helm-set", action="append", metavar="KEY=VALUE", help="a value for each chart that is rendered")
    group.add_argument("--exclude", action="append", metavar="GLOB", help="leave out what matches in folders")
    group.add_argument("--force-exclude", action="store_true", help="exclude what is named as PATH, too")
    group.add_argument(
        "--jobs", metavar="N", type=_number, help="processes that judge units (default: one per core for much input, else 1)"
    )
    group.add_argument("--no-cache", action="store_true", help="judge all anew, and keep nothing for the next run")


def _choosing(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--unit", action="append", dest="unit_globs", metavar="GLOB", help="report only on units of that name; may repeat"
    )


def _cluster(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "--openshift", metavar="RELEASE", type=_words, help=f"releases to judge for: 4.20,5.0 (default: {DEFAULT})"
    )
    group.add_argument(
        "--platform",
        choices=("openshift", "microshift", "hypershift", "roks", "kubernetes"),
        metavar="NAME",
        help="openshift (default), microshift, hypershift, roks, or kubernetes",
    )
    group.add_argument(
        "--feature-set",
        choices=("Default", "TechPreviewNoUpgrade"),
        metavar="NAME",
        help="Default or TechPreviewNoUpgrade",
    )
    group.add_argument("--kubernetes", metavar="1.N", help="plain Kubernetes of that version")
    group.add_argument("--seccomp-default", action="store_true", help="kubelets run with seccompDefault")
    group.add_argument(
        "--upgraded-from-4.10",
        action="store_true",
        dest="upgraded_from_4_10",
        help="a cluster where everyone may still use restricted",
    )
    group.add_argument("-n", "--namespace", metavar="NAME", help="where objects go that name none")
    group.add_argument("--as", metavar="USER", dest="as_user", help="who creates bare Pods (default: an administrator)")
    group.add_argument("--as-group", metavar="GROUP", action="append", help="a group of that user; may repeat")
    return group


def _output(parser: argparse.ArgumentParser, formats: Sequence[str], what: str) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("output")
    group.add_argument("--format", action="append", choices=formats, metavar="FORMAT", help=what)
    group.add_argument(
        "-o", "--output", action="append", metavar="FILE", help="where each --format goes, in order (- is stdout)"
    )
    _color(group)
    return group


def _color(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto (default), always or never"
    )


def _configuration(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("configuration")
    group.add_argument("--config", metavar="FILE", help="read this configuration file")
    group.add_argument("--isolated", action="store_true", help="read no configuration file")
    _help(group)


def _help(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument("-h", "--help", action="help", help="show this and end")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text!r}")
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
