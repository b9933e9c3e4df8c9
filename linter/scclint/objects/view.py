"""Views on what a manifest says: every value knows where it was written, or where it is missing."""

from typing import Any, Generic, TypeVar

from scclint.finding import Path, Place
from scclint.record import Frozen, set_fields
from scclint.source import Span
from scclint.text import plain
from scclint.yaml.nodes import MappingNode, Node, locate, node_at

T = TypeVar("T")

_VAGUE = frozenset(("capabilities", "flexVolume", "seLinuxOptions", "seccompProfile", "sysctls"))


class Field(Generic[T]):
    """A value in a manifest, whether it was written at all, and where.

    `value` is None when the field is absent or null; `present` is True if the manifest contains the key, even with
    null. `path` leads to it from the object's root. Its `span` is the `key: value` on its line, and for an absent field
    the key of the mapping it is missing from (for a container: its `- name:` line).
    """

    __slots__ = ("_root", "path", "present", "value")

    def __init__(self, value: T | None, present: bool, path: Path, root: Node) -> None:
        self.value = value
        self.present = present
        self.path = path
        self._root = root

    def below(self, *path: str | int) -> "Field[Any]":
        """The field at `path` within this one's value."""
        return View(self._root, self.value, self.path).field(*path)

    def __bool__(self) -> bool:
        """Whether there is a value that is not empty, zero or false."""
        return bool(self.value)

    @property
    def span(self) -> Span:
        return locate(self._root, self.path)[0]

    @property
    def key(self) -> Place:
        """The key alone, for what is wrong with the name of the field. The field itself where it is no entry of a mapping."""
        holder = node_at(self._root, self.path[:-1])
        entry = holder.entry(str(self.path[-1])) if isinstance(holder, MappingNode) else None
        return Place(self.span if entry is None else entry.key.span, self.path)

    @property
    def named(self) -> str:
        """What messages call it: `runAsUser: 1001`, or its key if the value is not a scalar: `emptyDir`, `hostPath /dev`.

        A key that is unclear on its own has the name of its mapping in front: `capabilities.add: NET_ADMIN`.
        """
        names = [step for step in self.path if isinstance(step, str)]
        key = ".".join(names[-2:] if names[-2:-1] and names[-2] in _VAGUE else names[-1:])
        if isinstance(self.value, dict):
            # The path identifies a hostPath volume.
            return f"{key} {self.value['path']}" if isinstance(self.value.get("path"), str) else key
        return key if isinstance(self.value, list) else f"{key}: {plain(self.value)}"

    def __repr__(self) -> str:
        return f"Field({self.value!r}, present={self.present}, path={self.path})"


class View(Frozen):
    """A part of a manifest: the object itself, its pod template, a container, an RBAC rule. It cannot be changed.

    `path` leads from the root of the document to the part, `data` is the part as plain JSON-like values.
    """

    __slots__ = ("data", "path", "root")

    root: Node
    data: Any
    path: Path

    def __init__(self, root: Node, data: Any, path: Path = ()) -> None:
        set_fields(self, root=root, data=data, path=path)

    def field(self, *path: str | int) -> Field[Any]:
        """The field at `path` within this part, absent where any step of it is."""
        value: Any = self.data
        present = True
        for step in path:
            if isinstance(step, str):
                present = isinstance(value, dict) and step in value
            else:
                present = isinstance(value, list) and step < len(value)
            if not present:
                value = None
                break
            value = value[step]
        return Field(value, present, self.path + path, self.root)

    @property
    def span(self) -> Span:
        """Where the part is introduced: the line a reader would call its beginning."""
        return locate(self.root, self.path)[0]
