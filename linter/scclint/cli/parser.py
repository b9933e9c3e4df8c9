"""The parsers of the command line: argparse with other error messages and shorter help."""

import argparse
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

from scclint.report.output import say, write
from scclint.text import closest_match, meant_choice

_COMMANDS = {
    **dict.fromkeys(("scan", "lint", "test", "validate", "analyze", "analyse", "audit", "run"), "check"),
    **dict.fromkeys(("list", "list-rules"), "rules"),
    **dict.fromkeys(("show", "docs", "info"), "rule"),
    **dict.fromkeys(("grant", "adm"), "suggest"),
    **dict.fromkeys(("compare", "upgrade"), "diff"),
}
"""Commands of other linters and of `oc`, and those that do the same here."""

_OPTIONS = {
    "-f": "--format, or the path alone",
    **dict.fromkeys(("--output-format", "--out", "--reporter"), "--format"),
    **dict.fromkeys(("-c", "--config-file", "--rcfile"), "--config"),
    "--json": "--format json",
    "--sarif": "--format sarif",
    **dict.fromkeys(("--severity", "--severity-threshold", "--min-severity", "--level"), "--fail-on"),
    "-v": "--verbose",
    "--debug": "--timings",
    **dict.fromkeys(("--ocp", "--openshift-version", "--ocp-version", "--release", "--target-release"), "--openshift"),
    **dict.fromkeys(("--target", "--target-version"), "--openshift"),
    **dict.fromkeys(("--kubernetes-version", "--k8s-version", "--kube-version"), "--kubernetes"),
    **dict.fromkeys(("--disable", "--skip", "--skip-check", "--exclude-rule", "--exclude-rules"), "--ignore"),
    **dict.fromkeys(("--enable", "--rule", "--rules", "--check", "--only", "--include"), "--select"),
    "--no-color": "--color never",
    **dict.fromkeys(("--values", "--var-files"), "--helm-values"),
    "--set": "--helm-set",
    **dict.fromkeys(("--dry-run", "--preview"), "--diff"),
    **dict.fromkeys(("--autofix", "--auto-fix"), "--fix"),
    **dict.fromkeys(("--since", "--base"), "--diff-base"),
    "--diff": "--diff-base, or `scclint fix --diff`",
    **dict.fromkeys(("--soft-fail", "--exit-code", "--no-fail", "--no-exit-code"), "--fail-on never"),
    "--unsafe-fixes": "--unsafe",
    "--strict": "--fail-on gap",
    "--all": "--extend-select advice",
    "--user": "--as",
}
"""Options of other linters, of `oc` and of helm, and what to write here instead."""

_NOT_NEEDED = {
    **dict.fromkeys(("-r", "-R", "--recursive"), "a folder is read with all that is below it"),
    **dict.fromkeys(("-d", "--dir", "--directory", "--file", "--files", "--filename", "--path"), "write the path alone"),
    **dict.fromkeys(
        ("--kubeconfig", "--cluster", "--server", "--token"), "no cluster is contacted: --cluster-state takes a dump"
    ),
}
"""Options of other tools that are not needed here, and why."""

_VALUES = {
    **dict.fromkeys(("ocp", "openshift4", "okd", "aro", "rosa", "osd", "rosa-classic"), ("openshift",)),
    **dict.fromkeys(("hcp", "rosa-hcp", "hosted"), ("hypershift",)),
    **dict.fromkeys(("ibm", "ibmcloud", "iks"), ("roks",)),
    **dict.fromkeys(("k8s", "vanilla", "eks", "gke", "aks"), ("kubernetes",)),
    **dict.fromkeys(("text", "txt", "human", "pretty", "default", "table", "tty"), ("full", "text", "table")),
    **dict.fromkeys(("short", "compact", "line", "oneline", "unix"), ("concise",)),
    **dict.fromkeys(("yaml", "yml", "raw"), ("yaml", "json")),
    **dict.fromkeys(("md", "gfm", "summary"), ("markdown",)),
    **dict.fromkeys(("codeclimate", "code-climate", "codequality"), ("gitlab",)),
    **dict.fromkeys(("gha", "actions", "github-actions", "annotations"), ("github",)),
    **dict.fromkeys(("rejected", "denied", "failed", "failing"), ("refused",)),
    **dict.fromkeys(("critical", "high"), ("error",)),
    **dict.fromkeys(("medium", "moderate"), ("warning",)),
    **dict.fromkeys(("low", "note", "style", "all", "info", "any"), ("gap",)),
    **dict.fromkeys(("yes", "true", "on", "force"), ("always",)),
    **dict.fromkeys(("no", "false", "off", "none", "0"), ("never",)),
    **dict.fromkeys(("sh", "ksh", "dash"), ("bash",)),
    **dict.fromkeys(("pwsh", "ps1"), ("powershell",)),
}
"""Values of options of other tools, and what means the same here: the first that the option takes, or another option."""

_ARGUMENTS = {
    "scclint rules": "`scclint rule {}`",
    "scclint seccomp show": "--openshift {}",
}
"""For commands that take no arguments, what to write instead of one."""


def meant_value(value: str, choices: Sequence[str], cutoff: float = 0.6) -> str:
    """Return the choice that a wrong value means, by the words of other tools or else by its letters; empty if none is close."""
    known = (meant for meant in _VALUES.get(value.lower(), ()) if meant in choices or meant.startswith("--"))
    return next(known, "") or meant_choice(value, choices, cutoff)


class Parser(argparse.ArgumentParser):
    """Errors name the command to ask for help, and leave by the status of the documented table."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What a command does not know is an error of that command, where argparse has its caller complain of it."""
        namespace, unknown = super().parse_known_args(args, namespace)
        unknown = self._after_options(namespace, unknown)
        if unknown:
            alone = _ARGUMENTS.get(self.prog, "").format(*unknown) if len(unknown) == 1 and unknown[0][0] != "-" else ""
            shown = [f"{unknown[0]} (did you mean {alone}?)"] if alone else map(self._with_hint, unknown)
            self.error(f"unrecognized arguments: {' '.join(shown)}")
        return namespace, unknown

    def _after_options(self, namespace: argparse.Namespace, unknown: list[str]) -> list[str]:
        """Take the paths that come after an option, which argparse leaves over, and return the rest: `PATH -n shop PATH`."""
        action = next(
            (candidate for candidate in self._actions if candidate.nargs == "*" and not candidate.option_strings),
            None,
        )
        if action is None or not unknown:
            return unknown
        paths = getattr(namespace, action.dest)
        more = [word for word in unknown if word == "-" or not word.startswith("-")]
        setattr(namespace, action.dest, [*(() if paths is action.default else paths), *more])
        return [word for word in unknown if word not in more]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is not among the choices, and name the one that was meant."""
        if action.choices is None or value in action.choices:
            return
        choices = list(map(str, action.choices))
        meant = _COMMANDS.get(str(value), "")
        meant = meant if meant in choices else meant_value(str(value), choices)
        hint = f" (did you mean {meant}?)" if meant else ""
        if not isinstance(action, argparse._SubParsersAction):
            raise argparse.ArgumentError(action, f"unknown value {value!r}{hint}; use one of {', '.join(choices)}")
        if not meant and os.path.exists(value):
            hint = f" (did you mean {self.prog} {choices[0]} {value}?)"
        self.error(f"unknown command {value!r}{hint}")

    def _with_hint(self, word: str) -> str:
        options = [option for option in self._option_string_actions if option.startswith("--")]
        written = word.partition("=")[0]
        if written in _NOT_NEEDED:
            return f"{word} ({_NOT_NEEDED[written]})"
        meant = _OPTIONS.get(written, "")
        if meant.partition(" ")[0].rstrip(",") not in options:
            meant = closest_match(written, options)
        return f"{word} (did you mean {meant}?)" if meant else word

    def error(self, message: str) -> None:  # type: ignore[override]

        say(f"{self.prog}: {message}\nTry '{self.prog} --help'.")
        self.exit(2)

    def print_help(self, file: Any = None) -> None:
        """Print the help to standard output, and report one that cannot be written to."""
        write(self.format_help(), None)


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


Parsers: TypeAlias = "argparse._SubParsersAction[Parser]"
