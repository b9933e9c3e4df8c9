"""What operators and Ansible playbooks apply: templates and the files beside them, by the folder of the operator's assets or the role."""

import os
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING

from scclint.deploy.applied import FRAGMENT, with_names
from scclint.deploy.facts import NO_FACTS
from scclint.deploy.plain import alternatives, whole
from scclint.deploy.unit import Kind, Unit
from scclint.files import ASSET_FOLDERS
from scclint.files.globs import path_filter
from scclint.objects.expand.ansible import applied, files_of_tasks, other_files_of_tasks
from scclint.objects.types import Workload
from scclint.record import grouped

if TYPE_CHECKING:
    from scclint.deploy.split import Split

_PARTS_OF_ROLE = ("tasks", "templates", "files", "handlers")
_MAIN = ("main.yml", "main.yaml")


def roles(files: Iterable[str]) -> frozenset[str]:
    """Return the folders of the Ansible roles among some files: those with `tasks/main.yml`."""
    folders = (os.path.split(file) for file in files if file.endswith(_MAIN))
    return frozenset(
        os.path.dirname(folder) for folder, name in folders if name in _MAIN and os.path.basename(folder) == "tasks"
    )


def applied_with(file: str, known_roles: Set[str]) -> tuple[Kind, str]:
    """Return the kind and folder of the unit of a template: its role, the assets that it is in, or else its own folder."""
    folder = os.path.dirname(file)
    steps = folder.split("/")
    for end in range(len(steps), 0, -1):
        role = "/".join(steps[: end - 1])
        if steps[end - 1] in _PARTS_OF_ROLE and role in known_roles:
            return "ansible", role
    assets = next((end for end, step in enumerate(steps, 1) if step in ASSET_FOLDERS), 0)
    return "operator", "/".join(steps[:assets]) if assets else folder


def units(split: "Split", templates: Sequence[str]) -> Iterator[Unit]:
    """The templates and assets that operators apply, and the roles and playbooks of Ansible."""
    known_roles = roles(split.outline.files)
    groups = grouped((applied_with(file, known_roles), file) for file in templates)
    for (found_kind, folder), inside in sorted(groups.items()):
        yield from _units_in(split, found_kind, folder, inside, templates)


def _units_in(split: "Split", found_kind: Kind, folder: str, inside: Sequence[str], templates: Sequence[str]) -> Iterator[Unit]:
    """The units of the templates `inside` a folder, with what is applied with them. `templates` are all."""
    outline = split.outline
    is_role = found_kind == "ansible"
    takes_all = is_role or os.path.basename(folder) in ASSET_FOLDERS
    below = split.below(folder) if takes_all else inside
    documents = [document for file in inside for document in outline.documents(file)]
    tasks = [found for document in documents for found in files_of_tasks(document)]
    kind, by = found_kind, "a template, which a program fills in and applies"
    if is_role or any(any(applied(document)) for document in documents):
        kind, by = "ansible", f"an Ansible {'role' if is_role else 'playbook'} applies it"
    if names := {name for name, _, state in tasks if state == "absent"}:
        names -= {name for name, _, state in tasks if state != "absent"}
        split.deleted += with_names(split, (file for file in split.below(folder) if os.path.basename(file) in names))
    deleted = frozenset(split.deleted)
    files = split.take(file for file in below if file not in deleted)
    # What a program of the repository merges into other manifests.
    patches = {} if is_role else dict(_patches(split, files))
    split.undeployed |= dict.fromkeys(patches.values(), FRAGMENT)
    files = tuple(file for file in files if file not in patches)
    files += tuple(file for file in _other_files(split, inside, folder) if file not in files)
    for group in alternatives(files, lambda file: outline.facts(file).identities):
        path = group.path or folder or "."
        for reading in range(max(map(outline.readings, set(group.files).intersection(templates)), default=1)):
            name = outline.name(path) + (f"#{reading + 1}" if reading else "")
            reason = f"{by}, with other branches of its conditions" if reading else by
            yield Unit(name, kind, path, group.files, reason, group.shared, reading=reading, gives=not reading)


def _other_files(split: "Split", files: Iterable[str], folder: str) -> tuple[str, ...]:
    """The files of any name with objects that tasks in some files apply. `folder` is that of the role or playbook."""
    outline, excluded = split.outline, path_filter(split.config.exclude)
    named = (
        os.path.join(base, below, path)
        for file in files
        for document in outline.documents(file)
        for path in other_files_of_tasks(document)
        for base in dict.fromkeys((folder, os.path.dirname(file)))
        for below in ("", "files", "templates")
    )
    there = dict.fromkeys(outline.shown(path) for path in named if outline.has(path))
    return tuple(file for file in there if not excluded(outline.name(file)) and outline.facts(file) != NO_FACTS)


def _patches(split: "Split", files: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each file of parts in a folder `patches` with that folder, and each file whose objects have no names with its own path."""
    for file in files:
        folder = os.path.dirname(file)
        is_part = os.path.basename(split.outline.name(folder)) == "patches" and not split.outline.tells_of_objects(
            file, "whole", whole
        )
        if is_part:
            yield file, folder
        # A workload without a name is more likely a mistake than a patch.
        elif split.outline.tells_of_objects(
            file,
            "nameless",
            lambda objects: bool(objects) and not any(obj.name or isinstance(obj, Workload) for obj in objects),
        ):
            yield file, file
