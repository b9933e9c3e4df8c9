"""Values that runs over one scope store for later runs, by key. They are read once and written once a run."""

import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from scclint.engine.part_json import pack, unpack
from scclint.files.store import StoredFile, of_others, stored_file
from scclint.registry import Registry


class StoredValues:
    """The values of an earlier run, and those of this one. Nothing here raises for what the disk holds or refuses.

    `whole` is False for a run over a part of the scope: it keeps all that is known about the rest.
    """

    def __init__(self, file: StoredFile, *, whole: bool = True) -> None:
        self._file = file
        self._known = self._read()
        self._kept: dict[str, Any] = {} if whole else dict(self._known)

    def __getitem__(self, key: str) -> Any:
        """Return the value of an earlier run. Raises KeyError. It can be anything that JSON can express."""
        return self._known[key]

    def __setitem__(self, key: str, value: object) -> None:
        """Keep a value of this run."""
        self._kept[key] = value

    def take_over(self, key: str) -> None:
        """Keep the value of an earlier run. Raises KeyError."""
        self._kept[key] = self._known[key]

    def save(self) -> None:
        """Write what is to be kept, if it differs from what is known."""
        if self._kept != self._known:
            self._file.write(pack([[key, value] for key, value in self._kept.items()]))

    def _read(self) -> dict[str, Any]:
        try:
            return dict(unpack(self._file.read()))
        except (ValueError, TypeError, RecursionError):
            return {}


def stored_values(scope: Iterable[str], sort: str, registry: Registry, *, whole: bool = True) -> StoredValues | None:
    """Return the values of a sort, such as `parts`, for a scope: what is linted, and from which folder.

    Returns None if the user has no folder for them.
    """
    file = stored_file(scope, sort, _code(registry))
    return StoredValues(file, whole=whole) if file else None


def _code(registry: Registry) -> Iterator[str]:
    """Yield the modules, and folders of modules and data, that findings depend on."""
    package = os.path.dirname(os.path.dirname(__file__))
    schemas = str(import_module("scclint.schemas").__file__)
    rules = {rule.check.__code__.co_filename for rule in registry if hasattr(rule.check, "__code__")}
    yield from of_others()
    for root in sorted({package, *map(os.path.dirname, [schemas, *rules])}):
        yield from (folder for folder, _, _ in os.walk(root))
