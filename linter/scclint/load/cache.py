"""What earlier runs found out about documents: a text need not be parsed twice.

Entries go by the hash of a document's text and are JSON, which can be wrong but cannot do anything. Those are kept that the last
run over the same paths from the same folder had use for.
"""

import json
import os
from collections.abc import Iterable

from scclint.files.store import StoredFile, digest, of_others, own_folder
from scclint.load.folding import Facts


class Cache:
    """The entries for one set of paths."""

    def __init__(self, folder: str, scope: Iterable[str], version: str) -> None:
        """As for a `StoredFile`."""
        self._file = StoredFile(folder, scope, "documents", version, [os.path.dirname(__file__), *of_others()])
        self._known: dict[bytes, bytes] | None = None
        self._used: dict[bytes, bytes] = {}
        self._new = False

    def get(self, text: str) -> tuple[Facts, str] | None:
        """What an earlier run found out about a document of that text, and its data as JSON text."""
        if self._known is None:
            pairs = (line.partition(b" ") for line in self._file.read())
            self._known = {key: entry for key, _, entry in pairs}
        key = digest(text).encode()
        entry = self._known.get(key)
        known = None if entry is None else _decode(entry)
        if entry is not None and known is not None:
            self._used[key] = entry
        return known

    def put(self, text: str, facts: Facts, data: str) -> None:
        self._used[digest(text).encode()] = _encode(facts, data)
        self._new = True

    def save(self) -> None:
        """Write the entries that this run found or had use for, where there is anything new, and forget them all."""
        used, self._used, self._known = self._used, {}, {}
        if self._new:
            self._file.write(key + b" " + entry for key, entry in used.items())


def cache_for(scope: Iterable[str], version: str) -> Cache | None:
    """The user's cache for what is linted; None where the user has no folder to keep it in."""
    folder = own_folder()
    return Cache(folder, scope, version) if folder else None


def _encode(facts: Facts, data: str) -> bytes:
    head = json.dumps([*facts.region, facts.kind, facts.api_version, facts.has_items, facts.faithful], separators=(",", ":"))
    return f"{head}\t{data}".encode()


def _decode(entry: bytes) -> tuple[Facts, str] | None:
    head, _, data = entry.partition(b"\t")
    try:
        line, column, end_line, end_column, kind, api_version, has_items, faithful = json.loads(head)
        text = data.decode()
    except (ValueError, TypeError, RecursionError):
        return None
    found = (line, column, end_line, end_column, kind, api_version, has_items, faithful)
    if tuple(map(type, found)) != (int, int, int, int, str, str, bool, bool):
        return None
    return Facts((line, column, end_line, end_column), kind, api_version, has_items, faithful), text
