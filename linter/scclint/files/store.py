"""The user's folder for what earlier runs found out: files that are replaced as a whole, bounded in size, and never trusted.

Runs at the same time each leave a good file, and the last one stays. Nothing here raises for what the disk holds or refuses.
"""

import os
import sys
from collections.abc import Iterable
from hashlib import blake2b
from importlib.util import find_spec

from scclint import __version__
from scclint.files.replace import replace_file
from scclint.limits import MAX_STORED, MAX_STORED_FILE

_OURS_ONLY = 0o700
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How to open what may have become a link or a FIFO."""


class StoredFile:
    """Lines for one scope (what is linted, from where), written by the very code that reads them."""

    def __init__(self, folder: str, scope: Iterable[str], sort: str, code: str) -> None:
        """`folder` is the user's own (see `own_folder`), `sort` the file's suffix; `code` is a stamp of the modules on which the lines
        depend, besides the version of scclint (see `stamp`)."""
        self._folder = folder
        self._path = os.path.join(folder, f"{digest(chr(0).join(scope))}.{sort}")
        python = f"{sys.version_info[0]}.{sys.version_info[1]}"
        self._header = f"scclint {__version__} {code} python {python}".encode()

    def read(self) -> list[bytes]:
        """Return the lines without their ends. Empty if the file does not exist or another version wrote it."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | _SAFELY)
            with open(descriptor, "rb") as file:
                header, *lines = file.read(2 * MAX_STORED_FILE).split(b"\n")
        except OSError:
            return []
        return lines if header == self._header else []

    def write(self, lines: Iterable[bytes]) -> None:
        """Replace the file, if the disk lets us."""
        stored_lines = [self._header]
        size = 0
        for line in lines:
            size += len(line) + 1
            if size <= MAX_STORED_FILE:
                stored_lines.append(line)
        try:
            replace_file(self._path, b"\n".join(stored_lines))
            _prune(self._folder)
        except OSError:
            return


def stored_file(scope: Iterable[str], sort: str, code: str) -> StoredFile | None:
    """Return a file in the user's own folder; None if there is no such folder. The arguments are those of `StoredFile`."""
    folder = own_folder()
    return StoredFile(folder, scope, sort, code) if folder else None


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
    # If other users can write to the folder, they could change verdicts.
    foreign = hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & 0o022)
    return "" if foreign or not os.path.isdir(folder) or os.path.islink(folder) else folder


def clear() -> tuple[int, int]:
    """Remove all files of the user's folder. Returns how many they were, and their bytes. Raises OSError for a file that stays."""
    folder = own_folder()
    if not folder:
        return 0, 0
    with os.scandir(folder) as files:
        sizes = {
            file.path: file.stat(follow_symlinks=False).st_size for file in files if not file.is_dir(follow_symlinks=False)
        }
    for path in sizes:
        os.unlink(path)
    return len(sizes), sum(sizes.values())


def digest(text: str) -> str:
    """Return the hex digest of a text."""
    return digest_of_bytes(text.encode("utf-8", "surrogatepass"))


def digest_of_bytes(data: bytes) -> str:
    """Return the hex digest of bytes."""
    return blake2b(data, digest_size=32).hexdigest()


def of_others() -> list[str]:
    """The modules of others that read YAML and conditions, where they are installed."""
    specs = map(find_spec, ("ruamel.yaml", "_ruamel_yaml", "_ruamel_yaml_clibz", "cel"))
    return [spec.origin for spec in specs if spec and spec.origin]


def stamp(code: Iterable[str]) -> str:
    """Return a hash of the names, sizes and times of modules, and of the modules and data files in folders.

    In a checkout, the code can change while the version stays the same. Files in a zip archive are left out, because nobody edits
    them in place.
    """
    stats: list[tuple[str, int, int]] = []
    for path in code:
        try:
            if os.path.isdir(path):
                with os.scandir(path) as files:
                    statuses = {file.path: file.stat() for file in files if file.name.endswith((".py", ".json"))}
            else:
                statuses = {path: os.stat(path)}
        except OSError:
            continue
        stats += ((name, status.st_size, status.st_mtime_ns) for name, status in statuses.items())
    return digest(repr(sorted(stats)))


def _prune(folder: str) -> None:
    with os.scandir(folder) as files:
        files_by_age = sorted(((s := file.stat(follow_symlinks=False)).st_mtime_ns, s.st_size, file.path) for file in files)
    total = sum(size for _, size, _ in files_by_age)
    for _, size, path in files_by_age:
        if total <= MAX_STORED:
            return
        os.unlink(path)
        total -= size
