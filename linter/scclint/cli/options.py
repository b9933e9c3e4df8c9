"""Options that several commands share, as tables.

An option that is a setting carries the name of its `Config` field and has no default: if it is not given, the configuration file
decides.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from scclint.platform.releases import DEFAULT, minor_release
from scclint.text import listed, whole_number


class Option(NamedTuple):
    """An option, or an argument without hyphens: its names, and its settings as `add_argument` of argparse takes them."""

    names: tuple[str, ...]
    settings: dict[str, Any]


Group: TypeAlias = tuple[str, Sequence[Option]]
"""The options below one title of the help."""


def option(*names: str, **settings: Any) -> Option:
    """Return an option with one value, or with what the settings say."""
    return Option(names, settings)


def flag(name: str, help: str, **settings: Any) -> Option:
    """Return an option without a value."""
    return option(name, action="store_true", help=help, **settings)


def repeated(name: str, metavar: str, help: str, **settings: Any) -> Option:
    """Return an option that may repeat."""
    return option(name, action="append", metavar=metavar, help=help, **settings)


def choice(name: str, choices: Sequence[str], metavar: str, help: str, **settings: Any) -> Option:
    """Return an option with a value that is one of several."""
    return option(name, choices=choices, metavar=metavar, help=help, **settings)


def paths(help: str, *default: str) -> Option:
    """Return the argument for any number of paths."""
    return option("paths", nargs="*", metavar="PATH", default=[*default], help=help)


def number(text: str) -> int:
    """Read a number from 1 on."""
    if not text.isdecimal() or not (value := whole_number(text)):
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text!r}")
    return value


def namespace(text: str) -> str:
    """Read the name of a namespace, which is a label of RFC 1123."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a namespace: write lowercase letters, digits and hyphens")
    return text


def helm_value(text: str) -> str:
    """Read `KEY=VALUE`, as helm's `--set` takes it."""
    if "=" not in text.lstrip("="):
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, not {text!r}")
    return text


def words(text: str) -> tuple[str, ...]:
    """Read words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def words_of(*choices: str) -> Callable[[str], list[str]]:
    """Return the type of an option whose value is a list of known words."""

    def read(text: str) -> list[str]:
        values = list(words(text))
        if unknown := [word for word in values if word not in choices]:
            raise argparse.ArgumentTypeError(f"expected {listed(choices, 'or')}, not {unknown[0]!r}")
        return values

    return read


class Params(argparse.Action):
    """Gathers `NAME=VALUE` into a dict; the last value of a name counts."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        name, equals, value = str(values).partition("=")
        if not equals or not name:
            parser.error(f"argument {option_string}: expected NAME=VALUE, not {values!r}")
        setattr(namespace, self.dest, {**getattr(namespace, self.dest, {}), name: value})


READING = (
    option("--stdin-filename", metavar="NAME", help="name of standard input in the report"),
    repeated("--context", "PATH", "manifests that affect verdicts, but get no findings"),
    repeated("--cluster-state", "PATH", "must-gather or other dump of the cluster"),
    repeated("--profile-dir", "DIR", "folder of seccomp profiles, laid out as on nodes", dest="profile_dirs"),
    option("--param", action=Params, dest="params", metavar="NAME=VALUE", help="value for a parameter of OpenShift Templates"),
    option("--helm-chart", metavar="DIR", help="chart of the rendered input: findings point there"),
    choice("--render", ("auto", "never", "require"), "WHEN", "run kustomize, helm: auto (default), never or require"),
    repeated("--helm-values", "FILE", "values file for each chart that is rendered"),
    repeated("--helm-set", "KEY=VALUE", "a value for each chart that is rendered", type=helm_value),
    repeated("--exclude", "GLOB", "skip matching files in folders"),
    flag("--force-exclude", "skip them also if they are named as PATH"),
    option("--jobs", metavar="N", type=number, help="number of processes (default: by input size)"),
    flag("--no-cache", "judge everything again, and write no cache"),
)

CHOOSING = (repeated("--unit", "GLOB", "report only on units with this name; may repeat", dest="unit_globs"),)

INPUT = (paths("files, folders, or - for standard input (default: .)", "."), *READING, *CHOOSING)

CLUSTER = (
    option("--openshift", metavar="RELEASE", type=words, help=f"releases to judge for: 4.20,5.0 (default: {DEFAULT})"),
    choice(
        "--platform",
        ("openshift", "microshift", "hypershift", "roks", "kubernetes"),
        "NAME",
        "openshift (default), microshift, hypershift, roks, or kubernetes",
    ),
    choice("--feature-set", ("Default", "TechPreviewNoUpgrade"), "NAME", "of the cluster: Default or TechPreviewNoUpgrade"),
    option("--kubernetes", metavar="1.N", type=minor_release, help="plain Kubernetes of this version"),
    flag("--seccomp-default", "plain Kubernetes whose kubelets use seccompDefault"),
    flag("--upgraded-from-4.10", "the cluster was first installed as 4.10 or older", dest="upgraded_from_4_10"),
    repeated("--addon", "NAME", "a product whose SCCs the cluster has; may repeat", dest="addons"),
    option("-n", "--namespace", metavar="NAME", type=namespace, help="namespace of objects that name none"),
    option("--as", metavar="USER", dest="as_user", help="who creates bare Pods (default: an administrator)"),
    repeated("--as-group", "GROUP", "group of this user; may repeat"),
)

CRIO = option("--crio", metavar="1.N[.P]", help="CRI-O of the nodes; without P, its newest patch release")
ARCH = option("--arch", metavar="ARCH", help="architecture of the nodes: amd64 (default), arm64, s390x or ppc64le")

RULES = (
    option("--select", metavar="RULES", type=words, help="only these: IDs, names, prefixes or tags (SEC2,rbac)"),
    option("--ignore", metavar="RULES", type=words, help="do not run these"),
    option("--extend-select", metavar="RULES", type=words, help="run these as well"),
)

COLOR = option(
    "--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto (default), always or never"
)
HELP = option("-h", "--help", action="help", help="show this help and exit")
CONFIGURATION: Group = (
    "configuration",
    (
        option("--config", metavar="FILE", help="read this configuration file"),
        flag("--isolated", "read no configuration file"),
        HELP,
    ),
)


def plain(*options: Option) -> tuple[Group, ...]:
    """Return the options of a command that reads no configuration."""
    return (("", (*options, HELP)),)


_OF_OC = {"yaml": "json", "yml": "json", "wide": "full", "name": "concise", "text": "full"}
"""Formats of `oc -o`, and those that are closest to them here; the first of a command if it does not have these."""


def output(formats: Sequence[str], help: str, *more: Option) -> Group:
    """Return the options for the formats of a command and for their places."""

    def file(text: str) -> str:
        meant = text if text in formats else _OF_OC.get(text, "")
        if meant:
            wanted = meant if meant in formats else formats[0]
            raise argparse.ArgumentTypeError(f"{text!r} would be the name of a file: write --format {wanted}, or ./{text}")
        return text

    help_of_file = "file for each --format, in order (- is stdout)"
    places = option("-o", "--output", action="append", metavar="FILE", type=file, help=help_of_file)
    return "output", (repeated("--format", "FORMAT", help, choices=formats), places, COLOR, *more)


def judging(
    inputs: Sequence[Option], formats: Sequence[str], help: str, *more: Option, cluster: Sequence[Option] = CLUSTER
) -> tuple[Group, ...]:
    """Return the options of a command that judges pods and is no `check`: `more` are those of its output."""
    return ("input", inputs), ("cluster", cluster), output(formats, help, *more), CONFIGURATION
