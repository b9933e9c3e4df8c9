"""Digests of what a target contains, by which a scan knows what has changed."""

import os
import stat
from hashlib import blake2b, file_digest

_SAFELY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How to open what may have become a FIFO since it was listed."""


def content_of(path: str) -> str:
    """Return the digest of a file, or of the names and contents of everything in a folder.

    `.git` is left out: a clone of the same commit has another one. Links count by what they say, not by what they lead to. What
    cannot be read counts as that.
    """
    if not os.path.isdir(path):
        return _of_file(path)
    found = blake2b(digest_size=32)
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(os.path.join(path, folder)) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            found.update(_line(folder, f"error {error.errno}"))
            continue
        for entry in listed:
            name = os.path.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if entry.name != ".git":
                    pending.append(name)
            else:
                found.update(_line(name, _of_entry(entry)))
    return found.hexdigest()


def digest_of(*values: object) -> str:
    """Return the digest of values whose `repr` shows all that they are."""
    return blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def _line(name: str, content: str) -> bytes:
    # No name contains a NUL.
    return os.fsencode(name) + b"\0" + content.encode() + b"\0"


def _of_entry(entry: "os.DirEntry[str]") -> str:
    try:
        if entry.is_symlink():
            return "link " + os.fsencode(os.readlink(entry.path)).hex()
        return _of_file(entry.path) if entry.is_file(follow_symlinks=False) else "special"
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
