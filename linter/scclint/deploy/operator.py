"""What operators and Ansible playbooks apply: templates and the files beside them, by the folder of the operator's assets or the role."""

import os
from collections.abc import Iterable, Set

from scclint.deploy.unit import Kind
from scclint.files import ASSET_FOLDERS

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
