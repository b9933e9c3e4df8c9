"""Options that several commands share, a function for each group of the help.

An option that is a setting carries the name of its `Config` field and has no default: if it is not given, the configuration file
decides.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from scclint.model.releases import DEFAULT


class Params(argparse.Action):
    """Gathers `NAME=VALUE` into a dict; the last value of a name counts."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        name, equals, value = str(values).partition("=")
        if not equals or not name:
            parser.error(f"argument {option_string}: expected NAME=VALUE, not {values!r}")
        setattr(namespace, self.dest, {**getattr(namespace, self.dest, {}), name: value})


def add_flag(group: "argparse._ActionsContainer", option: str, help: str) -> None:
    group.add_argument(option, action="store_true", help=help)


def add_list(group: "argparse._ActionsContainer", option: str, metavar: str, help: str, dest: str | None = None) -> None:
    """Add an option that may repeat."""
    group.add_argument(option, action="append", dest=dest, metavar=metavar, help=help)


def add_choice(group: "argparse._ActionsContainer", option: str, choices: Sequence[str], metavar: str, help: str) -> None:
    group.add_argument(option, choices=choices, metavar=metavar, help=help)


def add_inputs(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("input")
    group.add_argument(
        "paths", nargs="*", metavar="PATH", default=["."], help="files, folders, or - for standard input (default: .)"
    )
    add_reading(group)
    add_choosing(group)
    return group


def add_reading(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--stdin-filename", metavar="NAME", help="name of standard input in the report")
    add_list(group, "--context", "PATH", "manifests that affect verdicts, but get no findings")
    add_list(group, "--cluster-state", "PATH", "must-gather or other dump of the cluster")
    add_list(group, "--profile-dir", "DIR", "folder of seccomp profiles, laid out as on nodes", "profile_dirs")
    group.add_argument(
        "--param", action=Params, dest="params", metavar="NAME=VALUE", help="value for a parameter of OpenShift Templates"
    )
    group.add_argument("--helm-chart", metavar="DIR", help="chart of the rendered input: findings point there")
    add_choice(group, "--render", ("auto", "never", "require"), "WHEN", "run kustomize, helm: auto (default), never or require")
    add_list(group, "--helm-values", "FILE", "values file for each chart that is rendered")
    add_list(group, "--helm-set", "KEY=VALUE", "a value for each chart that is rendered")
    add_list(group, "--exclude", "GLOB", "skip matching files in folders")
    add_flag(group, "--force-exclude", "skip them also if they are named as PATH")
    group.add_argument("--jobs", metavar="N", type=number, help="number of processes (default: by input size)")
    add_flag(group, "--no-cache", "judge everything again, and write no cache")


def add_choosing(group: "argparse._ArgumentGroup") -> None:
    add_list(group, "--unit", "GLOB", "report only on units with this name; may repeat", "unit_globs")


def add_cluster(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "--openshift", metavar="RELEASE", type=words, help=f"releases to judge for: 4.20,5.0 (default: {DEFAULT})"
    )
    platforms = ("openshift", "microshift", "hypershift", "roks", "kubernetes")
    add_choice(group, "--platform", platforms, "NAME", "openshift (default), microshift, hypershift, roks, or kubernetes")
    add_choice(
        group, "--feature-set", ("Default", "TechPreviewNoUpgrade"), "NAME", "of the cluster: Default or TechPreviewNoUpgrade"
    )
    group.add_argument("--kubernetes", metavar="1.N", help="plain Kubernetes of this version")
    add_flag(group, "--seccomp-default", "plain Kubernetes whose kubelets use seccompDefault")
    group.add_argument(
        "--upgraded-from-4.10",
        action="store_true",
        dest="upgraded_from_4_10",
        help="the cluster was first installed as 4.10 or older",
    )
    add_list(group, "--addon", "NAME", "a product whose SCCs the cluster has; may repeat", "addons")
    group.add_argument("-n", "--namespace", metavar="NAME", help="namespace of objects that name none")
    group.add_argument("--as", metavar="USER", dest="as_user", help="who creates bare Pods (default: an administrator)")
    add_list(group, "--as-group", "GROUP", "group of this user; may repeat")
    return group


def add_rules(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """The options that choose rules."""
    group = parser.add_argument_group("rules")
    group.add_argument("--select", metavar="RULES", type=words, help="only these: IDs, names, prefixes or tags (SEC2,rbac)")
    group.add_argument("--ignore", metavar="RULES", type=words, help="do not run these")
    group.add_argument("--extend-select", metavar="RULES", type=words, help="run these as well")
    add_choice(group, "--profile", ("default", "strict"), "NAME", "rule set: default or strict")
    return group


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str], what: str) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("output")
    group.add_argument("--format", action="append", choices=formats, metavar="FORMAT", help=what)
    group.add_argument("-o", "--output", action="append", metavar="FILE", help="file for each --format, in order (- is stdout)")
    add_color(group)
    return group


def add_judging(
    parser: argparse.ArgumentParser, formats: Sequence[str], what: str
) -> "tuple[argparse._ArgumentGroup, argparse._ArgumentGroup]":
    """Add what every command has that judges pods. Return the groups of the cluster and of the output."""
    groups = add_cluster(parser), add_output(parser, formats, what)
    add_configuration(parser)
    return groups


def add_color(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto (default), always or never"
    )


def add_configuration(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("configuration")
    group.add_argument("--config", metavar="FILE", help="read this configuration file")
    add_flag(group, "--isolated", "read no configuration file")
    add_help(group)


def add_help(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument("-h", "--help", action="help", help="show this help and exit")


def number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text!r}")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def words_of(*known: str) -> Callable[[str], list[str]]:
    """Return the type of an option whose value is a list of known words."""

    def read(text: str) -> list[str]:
        from scclint.text import listed

        found = list(words(text))
        if unknown := [word for word in found if word not in known]:
            raise argparse.ArgumentTypeError(f"expected {listed(known, 'or')}, not {unknown[0]!r}")
        return found

    return read


def add_runtime(parser: "argparse._ActionsContainer") -> None:
    add_crio(parser)
    parser.add_argument("--arch", metavar="ARCH", help="architecture of the nodes: amd64 (default), arm64, s390x or ppc64le")


def add_crio(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument("--crio", metavar="1.N[.P]", help="CRI-O of the nodes; without P, its newest patch release")
