"""The identity of a finding: its rule, file, object and field, never a line, and the set of the subjects that it is about.

A finding is old if its subjects are a subset of those recorded. Containers are known by their names, and the subjects of a binding
or SCC by theirs, so that neither a moved line nor an added item makes an old finding new, or hides a new one behind an old one.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scclint.finding import Finding, Path
from scclint.model.terms import CONTAINER_LISTS

SUBJECT_LISTS = ("subjects", "users", "groups", "userNames", "groupNames")
"""Lists at the top of a binding or SCC whose items are subjects."""


class Key(NamedTuple):
    """What a finding is recognised by. `message` is set, with its line and column numbers blanked, where there is no object.

    A recorded key without `subjects` accepts findings about any.
    """

    rule: str
    file: str
    kind: str = ""
    namespace: str = ""
    name: str = ""
    container: str = ""
    path: str = ""
    message: str = ""
    subjects: tuple[str, ...] = ()

    @property
    def alike(self) -> "Key":
        """The key without the subjects."""
        return self._replace(subjects=())

    def accepts(self, other: "Key") -> bool:
        """Whether a finding of the `other` key, which is alike, is about no subject that this key does not have."""
        return not self.subjects or set(other.subjects) <= set(self.subjects)


def match(keys: Sequence[Key], recorded: Mapping[Key, int]) -> tuple[list[Key | None], Counter[Key]]:
    """Return for each key the recorded key that accepts it, or None, and how many of each recorded key are left.

    `recorded` says how many findings each of its keys accepts. Equal keys are matched first.
    """
    left = Counter(recorded)
    alike: dict[Key, list[Key]] = {}
    for key in recorded:
        alike.setdefault(key.alike, []).append(key)
    found: list[Key | None] = [None] * len(keys)
    for index, key in enumerate(keys):
        if left[key] > 0:
            left[key] -= 1
            found[index] = key
    for index, key in enumerate(keys):
        if found[index] is None:
            wider = next((old for old in alike.get(key.alike, ()) if left[old] > 0 and old.accepts(key)), None)
            if wider is not None:
                left[wider] -= 1
                found[index] = wider
    return found, left


def key_of(finding: Finding, folder: str = ".") -> Key:
    """Return the key of a finding, with its file relative to `folder`."""
    subject = finding.subject
    file = os.path.relpath(finding.span.file, folder).replace(os.sep, "/")
    if not subject.kind:
        return Key(finding.rule_id, file, message=without_lines(finding.message))
    path = stable_path(finding.path, subject.container)
    return Key(
        finding.rule_id, file, subject.kind, subject.namespace, subject.name, subject.container, path, "", finding.subjects
    )


def without_lines(message: str) -> str:
    """Return a message without the numbers of lines and columns."""
    return re.sub(r"\b(line|column) \d+", r"\1", message)


def stable_path(path: Path, container: str) -> str:
    """Return a path within its object as text, with names instead of indices where items have names.

    The place of the object within a list or template is left out: `("items", 3, "spec", "containers", 1, "image")` for the
    container `web` is `spec.containers[web].image`.
    """
    while len(path) >= 2 and path[0] in ("items", "objects") and isinstance(path[1], int):
        path = path[2:]
    out = ""
    for depth, (before, part) in enumerate(zip(("", *path), path, strict=False)):
        if isinstance(part, str):
            out += f"{'.' if out else ''}{part}"
        elif before in CONTAINER_LISTS and container:
            out += f"[{container}]"
        elif before == "deployments" or (depth == 1 and before in SUBJECT_LISTS):
            out += "[]"
        else:
            out += f"[{part}]"
    return out


def as_written_now(path: str) -> str:
    """Return a path that an earlier version of scclint recorded as `stable_path` writes it."""
    return re.sub(rf"^({'|'.join(SUBJECT_LISTS)})\[\d+\]", r"\1[]", path)
