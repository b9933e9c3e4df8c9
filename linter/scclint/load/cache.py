"""What earlier runs found out about documents, kept in the user's cache directory: a text need not be parsed twice.

Entries go by the hash of a document's text and are JSON, which can be wrong but cannot do anything. One file holds the entries
that the last run over the same paths from the same folder had use for; it is replaced as a whole, so that runs at the same time
each leave a good one, and the last one stays.
"""

import json
import os
import sys
from collections.abc import Iterable
from hashlib import blake2b

from scclint.load.trees import Facts

FORMAT = 1
LARGEST = 1 << 26
"""Bytes of one file; what does not fit is left out."""
TOTAL = 1 << 28
"""Bytes of all files; those that were not written for the longest time go first."""
_OURS_ONLY = 0o700
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How to open what may have become a link or a FIFO."""


class Cache:
    """The entries for one set of paths. Nothing here raises for what the disk holds or refuses: it is a cache."""

    def __init__(self, folder: str, scope: Iterable[str], version: str) -> None:
        """`folder` is the user's own (see `own_folder`); `scope` names what is linted; `version` is scclint's."""
        self._folder = folder
        self._file = os.path.join(folder, _digest("\0".join(scope)) + ".cache")
        self._header = (
            f"scclint {version} {FORMAT} {_loader_stamp()} python {sys.version_info[0]}.{sys.version_info[1]}".encode()
        )
        self._known: dict[bytes, bytes] | None = None
        self._used: dict[bytes, bytes] = {}
        self._new = False

    def get(self, text: str) -> tuple[Facts, str] | None:
        """What an earlier run found out about a document of that text, and its data as JSON text."""
        if self._known is None:
            self._known = self._read()
        key = _digest(text).encode()
        entry = self._known.get(key)
        known = None if entry is None else _decode(entry)
        if entry is not None and known is not None:
            self._used[key] = entry
        return known

    def put(self, text: str, facts: Facts, data: str) -> None:
        self._used[_digest(text).encode()] = _encode(facts, data)
        self._new = True

    def save(self) -> None:
        """Write the entries that this run found or had use for, where there is anything new, and forget them all."""
        used, self._used, self._known = self._used, {}, {}
        if not self._new:
            return
        lines = [self._header]
        size = 0
        for key, entry in used.items():
            size += len(key) + len(entry) + 2
            if size <= LARGEST:
                lines.append(key + b" " + entry)
        try:
            _replace(self._file, b"\n".join(lines))
            _prune(self._folder)
        except OSError:
            return

    def _read(self) -> dict[bytes, bytes]:
        try:
            descriptor = os.open(self._file, os.O_RDONLY | _SAFELY)
            with open(descriptor, "rb") as file:
                header, *lines = file.read(2 * LARGEST).split(b"\n")
        except OSError:
            return {}
        if header != self._header:
            return {}
        pairs = (line.partition(b" ") for line in lines)
        return {key: entry for key, _, entry in pairs}


def cache_for(scope: Iterable[str], version: str) -> Cache | None:
    """The user's cache for what is linted; None where the user has no folder to keep it in."""
    folder = own_folder()
    return Cache(folder, scope, version) if folder else None


def own_folder() -> str:
    """The folder for scclint's cache, made if need be; empty where there is none that is this user's alone to write to."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(base, "scclint")
    try:
        os.makedirs(base, exist_ok=True)
        if not os.path.isdir(folder):
            os.mkdir(folder, _OURS_ONLY)
        status = os.lstat(folder)
    except OSError:
        return ""
    # What others can write to could tell us that a workload is no workload.
    foreign = hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & 0o022)
    return "" if foreign or not os.path.isdir(folder) or os.path.islink(folder) else folder


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def _loader_stamp() -> str:
    """Changes with the code whose results are kept, also where the version does not, as in a checkout."""
    try:
        with os.scandir(os.path.dirname(__file__)) as files:
            newest = max((file.stat().st_mtime_ns for file in files if file.name.endswith(".py")), default=0)
    except OSError:
        # In a zip archive, which is not edited in place.
        newest = 0
    return f"{newest:x}"


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


def _replace(path: str, content: bytes) -> None:
    """Atomically: a reader sees the old file or the new one."""
    draft = f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(draft, path)
    except OSError:
        if os.path.lexists(draft):
            os.unlink(draft)
        raise


def _prune(folder: str) -> None:
    with os.scandir(folder) as files:
        found = sorted(((s := file.stat(follow_symlinks=False)).st_mtime_ns, s.st_size, file.path) for file in files)
    total = sum(size for _, size, _ in found)
    for _, size, path in found:
        if total <= TOTAL:
            return
        os.unlink(path)
        total -= size
