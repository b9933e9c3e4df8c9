"""Digests of what a target contains, by which a scan knows what has changed."""

import os
import stat
from hashlib import blake2b, file_digest

from scclint.files import walk

_SAFELY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How to open what may have become a FIFO since it was listed."""


def content_of(path: str) -> str:
    """Return the digest of a file, or of the names and contents of everything in a folder.

    `.git` is left out: a clone of the same commit has another one. Links count by what they say, not by what they lead to. What
    cannot be read counts as that.
    """
    if not os.path.isdir(path):
        return _of_file(path)
    digest = blake2b(digest_size=32)

    def add(name: str, content: str) -> None:
        # No name contains a NUL.
        digest.update(os.fsencode(name.removeprefix(path)) + b"\0" + content.encode() + b"\0")

    for folder, folders, names in walk(path, lambda error: add(os.fsdecode(error.filename), f"error {error.errno}")):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = sorted({*folders}.difference(links, (".git",)))
        for file in (os.path.join(folder, name) for name in sorted((*names, *links))):
            add(file, _of_link(file) if os.path.islink(file) else _of_file(file))
    return digest.hexdigest()


def digest_of(*values: object) -> str:
    """Return the digest of values whose `repr` shows all that they are."""
    return blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def _of_link(path: str) -> str:
    try:
        return "link " + os.fsencode(os.readlink(path)).hex()
    except OSError as error:
        return f"error {error.errno}"


def _of_file(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFELY)
        with open(descriptor, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return "special"
            return file_digest(file, lambda: blake2b(digest_size=32)).hexdigest()
    except OSError as error:
        return f"error {error.errno}"
