"""Who applies what: the one place that decides it, by what the input says."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scclint.deploy.unit import Kind, Unit

if TYPE_CHECKING:
    from scclint.deploy.split import Split

FRAGMENT = "each is a part or a patch that no kustomization includes"
DELETED = "each only names objects, for tasks and scripts to delete"


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
    """Return who applies each unit to a cluster, as far as the input says, by the name of the unit."""
    having = {file: unit for unit in reversed(units) for file in unit.files}
    having |= {f"{unit.name} as rendered": unit for unit in units}
    return {unit.name: _who_applies(split, unit, having) for unit in units}


def _who_applies(split: "Split", unit: Unit, having: Mapping[str, Unit]) -> str:
    """Return who applies a unit. `having` are the units by the files that they have, and by what they render to."""
    deployment = unit.deployment
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
    if holder.deployment.reason:
        return where
    perhaps = _open_command(split, split.outline.source(file).path if is_file else holder.path)
    what = "that file" if is_file else "that unit"
    return f"{where}; perhaps {perhaps} applies {what}" if perhaps else f"{where}; it is not known who applies {what}"


def _open_command(split: "Split", path: str) -> str:
    """Return the first command that may apply what is at a path, which it names with a variable; empty if there is none."""
    commands = split.deployed.commands.open if split.deployed.commands is not None else {}
    real = os.path.realpath(path)
    return next((shown for pattern, shown in commands.items() if re.fullmatch(pattern, real)), "")
