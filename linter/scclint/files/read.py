"""Bytes to text, with every reason not to stated as a LoadError."""

import os
import stat
import sys
from typing import BinaryIO

from scclint.errors import LoadError
from scclint.limits import MAX_BYTES

STDIN = "-"
"""The path that means standard input."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def read(path: str, name: str = "") -> str:
    """The text of a regular file; `name` is how errors call it. UTF-8, or UTF-16 and UTF-32 with a byte order mark.

    Raises LoadError for what is missing, unreadable, no regular file, larger than `MAX_BYTES` or not text.
    """
    return decode(read_bytes(path, name or path), name or path)


def read_bytes(path: str, name: str) -> bytes:
    """The content of a regular file. Raises LoadError as `read` does, but not for what is not text."""
    try:
        # Non-blocking, because a FIFO may have replaced the file since it was listed, and opening one waits for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise LoadError(f"is {file_type(status.st_mode)}, not a regular file", name)
            if status.st_size > MAX_BYTES:
                raise _too_large(name)
            data = os.read(descriptor, status.st_size + 1)
            if len(data) == status.st_size:
                return data
            # Another program is writing it, or the system says no size, as of `/proc`.
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                return read_all(file, name, start=data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise os_error(error, name) from None
    except ValueError:
        # A NUL, which no path has.
        raise LoadError("is not a path", name) from None


def is_stream(path: str) -> bool:
    """Whether a path is standard input, written as `-`, or a FIFO such as the shell makes of `<(command)`."""
    if path == STDIN:
        return True
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def read_stream(path: str, name: str = "") -> str:
    """Return the text of a path for which `is_stream` is true; `name` is how errors call it.

    Raises LoadError if it cannot be read or is no text.
    """
    name = name or path
    try:
        if path != STDIN:
            with open(path, "rb", buffering=0) as file:
                return decode(read_all(file, name), name)
        if sys.stdin is None:
            raise LoadError("standard input is closed", name)
        return decode(read_all(sys.stdin.buffer, name), name)
    except OSError as error:
        raise os_error(error, name) from None


def read_all(file: BinaryIO, name: str, start: bytes = b"") -> bytes:
    """Return the content of a binary stream, such as standard input, after the `start` that was read of it.

    Raises LoadError beyond `MAX_BYTES`.
    """
    parts = [start]
    size = len(start)
    while part := file.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise _too_large(name)
    return b"".join(parts)


def decode(data: bytes, name: str) -> str:
    """Raises LoadError at the line and column of the first byte that is no text."""
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    data = data.removeprefix(mark)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        raise _not_text(f"byte {data[error.start]:#04x} is not {encoding[:6].upper().rstrip('-')}", before, name) from None
    zero = text.find("\0")
    if zero >= 0:
        raise _not_text("it has a NUL character", text[:zero], name)
    return text


def encoded_like(data: bytes, text: str) -> bytes:
    """Return `text` in the encoding of `data`, which `decode` could read, with the same byte order mark."""
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    return mark + text.encode(encoding)


def _not_text(problem: str, before: str, name: str) -> LoadError:
    line_start = before.rfind("\n") + 1
    return LoadError(f"not a text file: {problem}", name, before.count("\n") + 1, len(before) - line_start + 1)


def _too_large(name: str) -> LoadError:
    return LoadError(f"larger than {MAX_BYTES >> 20} MiB, which is not read", name)


def os_error(error: OSError, name: str) -> LoadError:
    """The operating system's refusal in plain words."""
    if isinstance(error, FileNotFoundError):
        return LoadError("no such file or directory", name)
    if isinstance(error, PermissionError):
        return LoadError("cannot be read: permission denied", name)
    return LoadError(f"cannot be read: {error.strerror or error}", name)


def file_type(mode: int) -> str:
    """What a path is that is no regular file, with its article."""
    names = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a FIFO (pipe text in with `-` instead)"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISBLK, "a block device"),
    )
    return next((name for test, name in names if test(mode)), "something special")
