"""Who applies what: the one place that decides it, by evidence in the content of files."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scclint.deploy.bundle import is_base
from scclint.deploy.facts import NO_FACTS
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.unit import COMMENTED, OF_BUNDLE, Kind, Shown, Unit
from scclint.record import replace

if TYPE_CHECKING:
    from scclint.deploy.split import Split

FRAGMENT = "each is a part or a patch that no kustomization includes"
DELETED = "each only names objects, for tasks and scripts to delete"


def with_evidence(split: "Split", unit: Unit) -> Unit:
    """The unit with the evidence that nobody applies it, if there is any."""
    is_known = unit.shown is not None or os.path.realpath(unit.path) in split.configured_paths
    if is_known or unit.kind not in ("kustomize", "chart", "bundle", "directory"):
        return unit
    describing = {"kustomize": NAMES, "chart": (CHART_FILE,)}.get(unit.kind, ())
    paths = (os.path.normpath(os.path.join(unit.path, name)) for name in describing)
    csvs = [file for file in unit.files if unit.kind == "bundle" and "clusterserviceversion" in file]
    described = next((file for file in (*paths, *csvs) if file in unit.files), "")
    shown = split.evidence.of_unit(unit, described)
    if shown is None and unit.kind == "kustomize" and not unit.deployment.reason and is_commented_out(split, unit.path):
        shown = COMMENTED
    if csvs and os.path.basename(unit.path) == "bases":
        shown = OF_BUNDLE if is_base(split, csvs) else shown
    return replace(unit, shown=shown, gives=False) if shown is not None else unit


def is_commented_out(split: "Split", folder: str) -> bool:
    """Whether a kustomization names a folder, by its path, only in a comment: what includes it would have it in its build."""
    real = os.path.realpath(folder)
    return (
        split.evidence.is_commented_out(real, split.kustomizations) and split.outline.shown(folder) not in split.outline.named
    )


def shown_of(split: "Split", file: str) -> Shown | None:
    """The evidence that nobody applies a file, which nothing takes; None without any, and for a file that the user named."""
    if not split.may_show or file in split.outline.named:
        return None
    of_object = split.outline.facts(file) != NO_FACTS
    return split.evidence.of_file(file) or (split.evidence.of_unlisted(file, split.kustomizations) if of_object else None)


def with_names(split: "Split", files: Iterable[str]) -> Iterator[str]:
    """Yield those of the files whose objects have nothing but a name, which is enough to delete them."""
    for file in (file for file in files if file in split.left):
        keys = split.outline.tells_of_objects(
            file, "keys", lambda objects: sorted({key for o in objects for key in o.manifest})
        )
        if keys == ["apiVersion", "kind", "metadata"]:
            yield file


_NOT_KNOWN = "not known (scclint finds no object or command that applies it)"
_APPLIED_BY: Mapping[Kind, str] = {
    "bundle": "OLM, which installs the bundle",
    "operator": "not known (a program fills in its templates first)",
    "ansible": "Ansible, with the playbook or role",
    "hydrated": "Argo CD",
}
"""Who applies a unit of a kind, if no object or command of the input says so."""


def who_applies(split: "Split", units: Sequence[Unit]) -> dict[str, str]:
    """Return who applies each unit to a cluster, as far as the input says, and why nobody does if it says that, by the name of the unit."""
    having = {file: unit for unit in reversed(units) for file in unit.files}
    having |= {f"{unit.name} as rendered": unit for unit in units}
    return {unit.name: _who_applies(split, unit, having) for unit in units}


def _who_applies(split: "Split", unit: Unit, having: Mapping[str, Unit]) -> str:
    """Return who applies a unit. `having` are the units by the files that they have, and by what they render to."""
    deployment = unit.deployment
    if unit.applied == "shown" and unit.shown is not None:
        return f"nobody, because {unit.shown.why}"
    if deployment.by_controller:
        sources = split.deployed.sources
        file = min((file for path, by, file in sources if (path, by) == (deployment.path, deployment.by)), default="")
        holder = having.get(file)
        return deployment.by if holder is None or holder.name == unit.name else deployment.by + _in(split, file, holder)
    if deployment.commands:
        return deployment.commands[0].partition(" (without ")[0]
    perhaps = _open_command(split, unit.path)
    return f"perhaps {perhaps}" if perhaps else _APPLIED_BY.get(unit.kind, _NOT_KNOWN)


def _in(split: "Split", file: str, holder: Unit) -> str:
    """Return where the object is that deploys a unit, in a file or in what a unit renders to, and what is known of who applies that."""
    is_file = file in holder.files
    where = f" in {file}" if is_file else f" in unit {holder.title}"
    if holder.applied == "applied":
        return where
    perhaps = _open_command(split, split.outline.source(file).path if is_file else holder.path)
    what = "that file" if is_file else "that unit"
    return f"{where}; perhaps {perhaps} applies {what}" if perhaps else f"{where}; it is not known who applies {what}"


def _open_command(split: "Split", path: str) -> str:
    """Return the first command that may apply what is at a path, which it names with a variable; empty if there is none."""
    commands = split.deployed.commands.open if split.deployed.commands is not None else {}
    real = os.path.realpath(path)
    return next((shown for pattern, shown in commands.items() if re.fullmatch(pattern, real)), "")
