"""What a run stores for later runs over the same scope: renderings, results of units, proofs of fixes, and answers about files."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from scclint.finding import Operation
from scclint.registry import Registry, builtin

if TYPE_CHECKING:
    from scclint.files.store import StoredFile

T = TypeVar("T")


class _Sort(NamedTuple):
    """The values of one sort, by key: those that `file` has, and those that it is to have. There is no file without a folder for it."""

    file: "StoredFile | None"
    known: dict[str, Any]
    kept: dict[str, Any]


class RunStore:
    """Values by sort and key, for one `scope`: what is linted, and from which folder. Nothing is stored without one.

    `shared` says that several runs at the same time find what one of them keeps, also without a scope. They share `answers` about files,
    by path and content; None for a single run.

    A value is what JSON can express, or a record of that; with an empty key it is not stored. A sort is read when it is first asked
    for, and `save` writes what this run used of it. Nothing here raises for what the disk holds or refuses.
    """

    def __init__(self, scope: Iterable[str], registry: Registry, *, shared: bool = False) -> None:
        self.scope = tuple(scope)
        self.is_used = shared or bool(self.scope)
        self.answers: dict[str, dict[str, Any]] | None = {} if shared else None
        self._registry = registry
        self._sorts: dict[str, _Sort | None] = {}

    def find(self, sort: str, key: str, restore: Callable[[Any], T | None]) -> T | None:
        """Return what `restore` makes of a value that was kept or that an earlier run stored; None if it makes nothing of it."""
        opened = self._open(sort) if key else None
        found = opened.kept.get(key, opened.known.get(key)) if opened else None
        if opened is None or found is None:
            return None
        try:
            value = restore(found)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # No run of ours wrote that.
            return None
        if value is not None:
            opened.kept[key] = found
        return value

    def keep(self, sort: str, key: str, value: object) -> None:
        """Keep a value for later runs, unless it is None."""
        opened = self._open(sort) if key and value is not None else None
        if opened is not None:
            opened.kept[key] = value

    def keep_others(self, sort: str, keys: Iterable[str] | None = None) -> None:
        """Keep the values of a sort that earlier runs stored by these keys, None for all, because this run does not ask for them."""
        if (opened := self._open(sort)) is not None:
            known = opened.known
            chosen = known if keys is None else {key: known[key] for key in keys if key in known}
            opened.kept.update({**chosen, **opened.kept})

    def save(self) -> None:
        """Write the sorts that differ from what their files have."""
        for sort, opened in self._sorts.items():
            if opened is not None and opened.file is not None and opened.kept != opened.known:
                opened.file.write(_pack([[key, value] for key, value in opened.kept.items()]))
                self._sorts[sort] = opened._replace(known=dict(opened.kept))

    def _open(self, sort: str) -> _Sort | None:
        if self.is_used and sort not in self._sorts:
            self._sorts[sort] = self._read(sort)
        return self._sorts.get(sort)

    def _read(self, sort: str) -> _Sort | None:
        from scclint.files.store import stored_file

        file = stored_file(self.scope, sort, _stamp(self._registry)) if self.scope else None
        if file is None:
            return _Sort(None, {}, {})
        try:
            return _Sort(file, dict(_unpack(file.read())), {})
        except (ValueError, TypeError, RecursionError):
            return _Sort(file, {}, {})


NO_STORE = RunStore((), Registry(()))


def _stamp(registry: Registry) -> str:
    """Return a hash of the modules and data that findings depend on."""
    from scclint.files.store import stamp

    return _own_stamp() + stamp(_below(_folders_of_rules(registry) - _folders_of_rules(builtin())))


@cache
def _own_stamp() -> str:
    """The part of the stamp that is the same for the whole process, because it imports its own code only once."""
    from scclint.files.store import of_others, stamp

    package = os.path.dirname(os.path.dirname(__file__))
    schemas = os.path.dirname(str(import_module("scclint.schemas").__file__))
    return stamp([*of_others(), *_below({package, schemas} | _folders_of_rules(builtin()))])


def _folders_of_rules(registry: Registry) -> set[str]:
    return {os.path.dirname(rule.check.__code__.co_filename) for rule in registry if hasattr(rule.check, "__code__")}


def _below(roots: Iterable[str]) -> Iterator[str]:
    return (folder for root in sorted(roots) for folder, _, _ in os.walk(root))


def _pack(values: Iterable[Any]) -> list[bytes]:
    """Return one line for each value, behind a line by which `_unpack` knows that none is damaged."""
    from json import dumps

    lines = [dumps(value, separators=(",", ":"), default=_plain).encode() for value in values]
    return [_checksum(lines), *lines]


def _unpack(lines: Sequence[bytes]) -> list[Any]:
    """Return the values that were packed, with lists for records. Raises ValueError for other lines."""
    from json import loads

    if not lines or lines[0] != _checksum(lines[1:]):
        raise ValueError("not what was packed")
    return [loads(line) for line in lines[1:]]


def _checksum(lines: Iterable[bytes]) -> bytes:
    from hashlib import blake2b

    return blake2b(b"\n".join(lines), digest_size=32).hexdigest().encode()


def _plain(value: Any) -> Any:
    """A record as the list of its fields, a severity as its word, a day as text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Enum):
        return value.value
    kind = [type(value).__name__] if isinstance(value, Operation) else []
    return [*kind, *(getattr(value, name) for name in value.__match_args__)]
