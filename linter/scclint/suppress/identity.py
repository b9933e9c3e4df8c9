"""The identity of a finding: its rule, file, object with the part of it, and field, never a line, and two sets: the subjects that
it is about, and what its object opens.

A finding is old if both are subsets of those recorded. Containers are known by their names, and the subjects of a binding
or SCC by theirs, so that neither a moved line nor an added item makes an old finding new, or hides a new one behind an old one.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from scclint.admission.access import ANYTHING
from scclint.finding import Finding, Path
from scclint.model.terms import CONTAINER_LISTS

SUBJECT_LISTS = ("subjects", "users", "groups", "userNames", "groupNames")
"""Lists at the top of a binding or SCC whose items are subjects."""


class Key(NamedTuple):
    """What a finding is recognised by. `message` is set, with its line and column numbers blanked, where there is no object.

    A recorded key without `subjects` accepts findings about any, and one without `part` those about any part of the object.
    `opens` has `ANYTHING` where it was not recorded.
    """

    rule: str
    file: str
    kind: str = ""
    namespace: str = ""
    name: str = ""
    part: str = ""
    container: str = ""
    path: str = ""
    message: str = ""
    subjects: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()

    @property
    def alike(self) -> "Key":
        """The key without the part of the object, the subjects and what the object opens."""
        return self._replace(part="", subjects=(), opens=())

    def accepts(self, other: "Key") -> bool:
        """Whether a finding of the `other` key, which is alike, has no other part or subject, and opens nothing that this key does not have.

        A recorded text that ends with `*` has all that begin with it.
        """
        if self.part and other.part != self.part:
            return False
        if self.subjects and not set(other.subjects) <= set(self.subjects):
            return False
        beginnings = tuple(text[:-1] for text in self.opens if text.endswith(ANYTHING))
        return all(text in self.opens or text.startswith(beginnings) for text in other.opens)

    def opens_less(self, recorded: "Key") -> bool:
        """Whether the object opens less than that of a recorded key, if that accepts this key."""
        return ANYTHING not in recorded.opens and len(self.opens) < len(recorded.opens)


def match(keys: Sequence[Key], recorded: Mapping[Key, int]) -> tuple[list[Key | None], Counter[Key]]:
    """Return for each key the recorded key that accepts it, or None, and how many of each recorded key are left.

    `recorded` says how many findings each of its keys accepts. Equal keys are matched first. If an object opens less than recorded, its
    finding may be at another field.
    """
    left = Counter(recorded)
    alike: dict[Key, list[Key]] = {}
    for key in recorded:
        for group in (key.alike, key.alike._replace(path=ANYTHING)):
            alike.setdefault(group, []).append(key)
    acceptors: list[Key | None] = [None] * len(keys)
    for index, key in enumerate(keys):
        equal = key if left[key] > 0 else key._replace(opens=(ANYTHING,))
        if left[equal] > 0:
            left[equal] -= 1
            acceptors[index] = equal
    for index, key in enumerate(keys):
        if acceptors[index] is None:
            here, anywhere = alike.get(key.alike, ()), alike.get(key.alike._replace(path=ANYTHING), ())
            candidates = chain(here, (old for old in anywhere if key.opens_less(old)))
            wider = next((old for old in candidates if left[old] > 0 and old.accepts(key)), None)
            if wider is not None:
                left[wider] -= 1
                acceptors[index] = wider
    return acceptors, left


def key_of(finding: Finding, folder: str = ".") -> Key:
    """Return the key of a finding, with its file relative to `folder`."""
    subject = finding.subject
    file = os.path.relpath(finding.span.file, folder).replace(os.sep, "/")
    if not subject.kind:
        return Key(finding.rule_id, file, message=without_lines(finding.message))
    path = stable_path(finding.path, subject.container)
    return Key(
        *(finding.rule_id, file, subject.kind, subject.namespace, subject.name, subject.part, subject.container, path, ""),
        *(finding.subjects, finding.opens),
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
