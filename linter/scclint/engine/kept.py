"""Values that runs over one scope keep for later runs, by key. They are read once and written once a run."""

from typing import Any

from scclint.engine.part_json import pack, unpack
from scclint.files.store import StoredFile


class KeptValues:
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
