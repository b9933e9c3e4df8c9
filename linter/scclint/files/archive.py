"""The members of tar archives, plain or compressed with gzip or xz, read as a stream.

An archive can come from anywhere. So nothing is written to the disk, each member and the whole archive have limits, and a member that
is not a regular file has no content.
"""

import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

from scclint.errors import LoadError
from scclint.files.read import os_error
from scclint.limits import MAX_ARCHIVE, MAX_ARCHIVE_HEADER, MAX_ARCHIVE_MEMBERS, MAX_BYTES, MAX_XZ_MEMORY

_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz")
_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\0"
_USTAR = slice(257, 262)
_EMPTY_READS = 4
_DAMAGED = "is damaged: its compressed data cannot be read to the end"


def is_archive(path: str) -> bool:
    """Return whether a path is a regular file with the name or the first bytes of an archive."""
    if not os.path.isfile(path):
        return False
    if path.endswith(_SUFFIXES):
        return True
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError:
        return False
    return head.startswith((_GZIP, _XZ)) or head[_USTAR] == b"ustar"


def entries(
    path: str, shown: str, wanted: Callable[[str], bool] = lambda name: True
) -> Iterator[tuple[tarfile.TarInfo, bytes | LoadError]]:
    """Yield the members of an archive whose path is `wanted`, in their order: the header, and the content or why there is none.

    `shown` is how errors call the archive. Names are without `./`. Names and targets are as the archive has them, and may lead
    anywhere. Raises LoadError for an archive that cannot be read to its end, or exceeds a limit.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(len(_XZ))
            file.seek(0)
            yield from _entries(_inflated(file, head, shown), shown, wanted)
    except (EOFError, zlib.error):
        raise LoadError(_DAMAGED, shown) from None
    except tarfile.TarError as error:
        problem = str(error)
        # tarfile passes on what zlib says.
        raise LoadError(
            _DAMAGED if problem.startswith("zlib") else f"is not a tar archive, or is damaged: {problem}", shown
        ) from None
    except OSError as error:
        # gzip reports its own errors without a number.
        raise LoadError(_DAMAGED, shown) if error.errno is None else os_error(error, shown) from None


def inflate(content: bytes, name: str) -> bytes:
    """Return what gzip compressed. Raises LoadError if `content` is no gzip or inflates beyond the limit of a file."""
    import gzip
    import io

    try:
        data = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise LoadError(_DAMAGED, name) from None
    if len(data) > MAX_BYTES:
        raise LoadError(f"inflates to more than {MAX_BYTES >> 20} MiB, which is not read", name)
    return data


def _entries(file: IO[bytes], shown: str, wanted: Callable[[str], bool]) -> Iterator[tuple[tarfile.TarInfo, bytes | LoadError]]:
    stream = _Stream(file, shown)
    # Of a stream tarfile uses `read` alone.
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", tarinfo=_Header) as archive:
        count = 0
        while (header := stream.next_header(archive)) is not None:
            count += 1
            if count > MAX_ARCHIVE_MEMBERS:
                raise LoadError(f"has more than {MAX_ARCHIVE_MEMBERS:,} members, which are not read", shown)
            # tarfile would keep the header of each member.
            archive.members.clear()  # type: ignore[attr-defined]  # typeshed lacks it
            header.name = header.name.removeprefix("./")
            if wanted(header.name):
                yield header, _content(archive, header)


def _content(archive: tarfile.TarFile, header: tarfile.TarInfo) -> bytes | LoadError:
    name = header.name
    if os.pardir in name.split("/") or name.startswith("/"):
        return LoadError("has a path that leads out of the archive, and is not read", name)
    if header.issym() or header.islnk():
        return LoadError("is a link, which is not followed", name)
    if not header.isreg() or header.issparse():
        return LoadError("is not a regular file, and is not read", name)
    if header.size > MAX_BYTES:
        return LoadError(f"larger than {MAX_BYTES >> 20} MiB, which is not read", name)
    file = archive.extractfile(header)
    data = file.read() if file else b""
    if len(data) < header.size:
        raise tarfile.ReadError("it ends early")
    return data


class _Header(tarfile.TarInfo):
    """A header that tarfile cannot read is an error. tarfile itself takes it for the end of the archive, if it is not the first."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # typeshed lacks it
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError("it ends early" if str(error) == "empty header" else str(error)) from None
        except (ValueError, IndexError, KeyError, OverflowError, RecursionError) as error:
            # The errors of parsing what a header says in its extensions.
            raise tarfile.ReadError(f"bad header ({type(error).__name__})") from None


class _Stream:
    """The bytes of an archive, with limits: of all bytes, and of those that one header takes."""

    def __init__(self, file: IO[bytes], shown: str) -> None:
        self._file = file
        self._shown = shown
        self._position = 0
        self._allowed = MAX_ARCHIVE_HEADER
        self._empty = 0

    def next_header(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        """Return the next header, reading over the content of the member before it; None at the end of the archive."""
        # The offset is where the next header begins.
        self._allowed = archive.offset + MAX_ARCHIVE_HEADER
        header = archive.next()
        self._allowed = archive.offset + MAX_ARCHIVE_HEADER
        return header

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._position += len(data)
        if self._position > MAX_ARCHIVE:
            gibibytes = MAX_ARCHIVE >> 30
            raise LoadError(f"has more than {gibibytes} GiB, which is not read: unpack it and pass the folder", self._shown)
        if self._position > self._allowed:
            raise tarfile.ReadError("bad header (too long)")
        # For a member of a false size, tarfile reads on at the end of the file as often as the size says.
        self._empty = 0 if data else self._empty + 1
        if self._empty > _EMPTY_READS:
            raise tarfile.ReadError("it ends early")
        return data


def _inflated(file: IO[bytes], head: bytes, shown: str) -> IO[bytes]:
    """The bytes of an archive that begins with `head`, decompressed."""
    if head.startswith(_GZIP):
        import gzip

        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    return cast("IO[bytes]", _Unxz(file, shown)) if head == _XZ else file


class _Unxz:
    """The bytes that xz compressed. Python's own reader has no limit for its dictionary."""

    def __init__(self, file: IO[bytes], shown: str) -> None:
        import lzma

        self._file = file
        self._shown = shown
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)
        self._error = lzma.LZMAError

    def read(self, size: int) -> bytes:
        data = b""
        while not data and not self._decompressor.eof:
            more = self._file.read(1 << 16) if self._decompressor.needs_input else b""
            if not more and self._decompressor.needs_input:
                raise EOFError
            try:
                data = self._decompressor.decompress(more, size)
            except self._error:
                problem = f"is damaged, or needs more than {MAX_XZ_MEMORY >> 20} MiB of memory to decompress"
                raise LoadError(problem, self._shown) from None
        return data
