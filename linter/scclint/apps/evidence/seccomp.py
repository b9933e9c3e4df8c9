"""`scclint seccomp show` and `scclint seccomp diff`."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scclint.cli.inputs import open_units, settings
from scclint.cli.output import terminal_columns, write_formats
from scclint.cli.pager import show
from scclint.cli.status import OK, USAGE, status_of_units
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.model.releases import DEFAULT
from scclint.profiles.runtime_default import crio_of, openshift_of
from scclint.record import replace
from scclint.registry import Registry
from scclint.report.output import write
from scclint.run.judge import OpenUnit
from scclint.run.shared import Run

if TYPE_CHECKING:
    from scclint.apps.evidence.verify import Prediction

ARCHES = ("amd64", "arm64", "s390x", "ppc64le")
_ALIASES = {"x86_64": "amd64", "aarch64": "arm64"}


def run(args: Namespace) -> int:
    """Print a profile, or how two differ."""
    return _show(args) if args.action == "show" else _diff(args)


def _show(args: Namespace) -> int:
    from scclint.apps.evidence import report as commands

    caps = [cap for option in getattr(args, "caps", []) for cap in option.split(",") if cap]
    openshift = getattr(args, "openshift", "")
    crio = _one_release(args, (openshift,) if openshift else ()) or crio_of(DEFAULT)
    text, output = commands.show(crio, caps, _arch(args)), getattr(args, "output", "-")
    if output == "-":
        show(text)
    else:
        write(text, output)
    return OK


def _diff(args: Namespace) -> int:
    from scclint.apps.evidence import report as commands
    from scclint.apps.evidence.operands import operand
    from scclint.profiles.diff import compare

    config, registry = settings(args)
    crio, arch = release(args, config) or crio_of(DEFAULT), _arch(args)

    def predict(paths: Sequence[str]) -> "list[Prediction]":
        from scclint.apps.evidence.predict import predictions

        args.paths = list(paths)
        asked, opened = open_on_one_cluster(args, config, registry)
        if status_of_units(asked, opened) == USAGE:
            raise UsageError(f"{', '.join(paths)}: cannot be read as manifests")
        return predictions(opened)

    first, second = (operand(text, crio, arch, predict) for text in (args.first, args.second))
    diff = compare(first.profile, second.profile, arch)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return commands.diff_json(first, second, diff)
        return commands.diff_text(first, second, diff, None if output else terminal_columns())

    write_formats(args, render, paged=True)
    return OK


def open_on_one_cluster(args: Namespace, config: Config, registry: Registry) -> tuple[Run, list[OpenUnit]]:
    """The units, each with the one world that evidence or a profile is compared with."""
    if crio := getattr(args, "crio", ""):
        config = replace(config, openshift=(openshift_of(crio),))
    return open_units(args, config, registry)


def release(args: Namespace, config: Config) -> str:
    """The CRI-O release asked for by command line or configuration; empty if none was."""
    return _one_release(args, config.openshift if config.platform != "kubernetes" else ())


def _one_release(args: Namespace, openshift: Sequence[str]) -> str:
    crio: str = getattr(args, "crio", "")
    if crio and hasattr(args, "openshift"):
        raise UsageError("--openshift and --crio both say what the nodes run: give one of them")
    if crio:
        openshift_of(crio)
        return crio
    if len(openshift) > 1:
        raise UsageError(f"only one cluster can be compared with, not {', '.join(openshift)}: give one with --openshift")
    return crio_of(openshift[0]) if openshift else ""


def _arch(args: Namespace) -> str:
    text = getattr(args, "arch", "amd64")
    arch = _ALIASES.get(text, text)
    if arch not in ARCHES:
        raise UsageError(f"unknown architecture {text!r}: use one of {', '.join(ARCHES)}")
    return arch
