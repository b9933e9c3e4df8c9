"""`scclint seccomp show` and `scclint seccomp diff`."""

import os
import re
from argparse import Namespace
from collections.abc import Callable, Sequence

from scclint.apps.evidence.predict import Prediction, parse_profile, predictions
from scclint.apps.evidence.report import Operand, diff_json, diff_text, to_json
from scclint.config.model import Config
from scclint.console.arguments import open_units, settings, terminal_columns, write_formats
from scclint.console.pager import show
from scclint.console.status import OK, USAGE, status_of_units
from scclint.errors import UsageError
from scclint.files import read
from scclint.platform.releases import DEFAULT
from scclint.profiles.diff import compare
from scclint.profiles.runtime_default import crio_of, openshift_of, resolve
from scclint.record import replace
from scclint.registry import Registry
from scclint.report.output import write
from scclint.run.judge import OpenUnit
from scclint.run.shared import Run
from scclint.run.views import input_status
from scclint.seccomp.capabilities import ALL, CRIO_DEFAULT, bounding_set

ARCHES = ("amd64", "arm64", "s390x", "ppc64le")
_ALIASES = {"x86_64": "amd64", "aarch64": "arm64"}
_RELEASE = re.compile(r"(?:(openshift|crio):)?(\d+\.\d+(?:\.\d+)*)(?:\+(.+))?")
FORMS = (
    "an OpenShift release (4.16), a CRI-O release (1.29.8), either with added capabilities (4.16+SYS_ADMIN,BPF), `unconfined`, "
    "a profile file, or a container of a manifest (FILE#NAME/CONTAINER or FILE#KIND/NAME/CONTAINER)"
)

Predict = Callable[[str], list[Prediction]]
"""Return the predictions for every container in the manifests of a path."""


def run(args: Namespace) -> int:
    """Print a profile, or how two differ."""
    return _show(args) if args.action == "show" else _diff(args)


def _show(args: Namespace) -> int:
    """Print the resolved RuntimeDefault as crictl prints it. Raises UsageError for an unknown capability, release or architecture."""
    caps = bounding_set(cap for option in getattr(args, "caps", []) for cap in option.split(",") if cap)
    openshift = getattr(args, "openshift", "")
    crio, arch = _one_release(args, (openshift,) if openshift else ()) or crio_of(DEFAULT), _arch(args)
    if unknown := caps - ALL:
        raise UsageError(f"unknown capability {', '.join(sorted(unknown))}: write it as CAP_SYS_ADMIN or SYS_ADMIN")
    text, output = to_json(resolve(crio, caps, arch)), getattr(args, "output", "-")
    if output == "-":
        show(text)
    else:
        write(text, output)
    return OK


def _diff(args: Namespace) -> int:
    config, registry = settings(args)
    crio, arch = release(args, config) or crio_of(DEFAULT), _arch(args)

    def predict(path: str) -> list[Prediction]:
        args.paths = [path]
        opened_run, opened = open_on_one_cluster(args, config, registry)
        if status_of_units(opened_run, map(input_status, opened)) == USAGE:
            raise UsageError(f"{path}: cannot be read as manifests")
        return predictions(opened)

    first, second = (_operand(text, crio, arch, predict) for text in (args.first, args.second))
    diff = compare(first.profile, second.profile, arch)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return diff_json(first, second, diff)
        return diff_text(first, second, diff, None if output else terminal_columns())

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


def _operand(text: str, crio: str, arch: str, predict: Predict) -> Operand:
    """Return the profile that `text` names in one of the `FORMS`. `crio` is the nodes' release, used for containers.

    Raises UsageError for a text in no such form, and LoadError for a file that is not a valid profile.
    """
    if text == "unconfined":
        return Operand(text, None)
    if named := _RELEASE.fullmatch(text):
        return _runtime_default(named[1] or "", named[2], (named[3] or "").split(","), arch)
    path, mark, container = text.partition("#")
    if mark and os.path.exists(path):
        return _container(path, container, crio, arch, predict)
    if os.path.isfile(text):
        return Operand(text, parse_profile(read(text), text, arch))
    raise UsageError(f"{text!r} is not a profile to compare: use {FORMS}")


def _runtime_default(platform: str, release: str, caps: list[str], arch: str) -> Operand:
    if platform == "openshift" or (not platform and not release.startswith("1.")):
        crio, label = crio_of(release), f"RuntimeDefault of OpenShift {release}"
    else:
        crio, label = release, f"RuntimeDefault of CRI-O {release}"
    if added := [cap for cap in caps if cap]:
        label += f" with {', '.join(sorted(bounding_set(added) - CRIO_DEFAULT))}"
    return Operand(label, resolve(crio, bounding_set(added), arch))


def _container(path: str, wanted: str, crio: str, arch: str, predict: Predict) -> Operand:
    named = [(p, f"{p.row.name}/{p.container.name}") for p in predict(path)]
    matching = [p for p, name in named if wanted in (name, f"{p.row.kind}/{name}")]
    if len(matching) != 1:
        matches = f"{len(matching)} containers match" if matching else "no container matches"
        raise UsageError(f"{path}: {matches} {wanted!r}: use NAME/CONTAINER or KIND/NAME/CONTAINER")
    (predicted,) = matching
    row, profile = predicted.row, predicted.container.effective.localhost_profile
    label = f"{row.kind} {row.name}, container {predicted.container.name}: {predicted.type}"
    if predicted.type == "RuntimeDefault":
        return Operand(label, resolve(crio, predicted.caps if predicted.caps is not None else CRIO_DEFAULT, arch))
    if predicted.type == "Unconfined":
        return Operand(label, None)
    if predicted.profile is not None:
        return Operand(f"{label} {profile}", predicted.profile)
    missing = "is not admitted by any SCC" if predicted.type is None else f"uses {profile}, which is not in the input"
    raise UsageError(f"{path}: container {wanted} {missing}, so there is no profile to compare")
