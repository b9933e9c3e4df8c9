"""Unpacks archives into an empty folder. Nothing that an archive says leads out of the folder."""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from scclint.errors import LoadError
from scclint.files.archive import ArchiveEntry, entries, is_archive
from scclint.limits import MAX_ARCHIVE, MAX_ARCHIVE_MEMBERS, MAX_BYTES, MAX_FOLDER_DEPTH

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".zip")
"""The ends of the names of archives."""

_ENCRYPTED = 1
_LONGEST_LINK = 4096


def can_unpack(path: str) -> bool:
    """Return whether a file is an archive, by its name or its first bytes."""
    return is_archive(path) or (os.path.isfile(path) and (path.endswith(".zip") or zipfile.is_zipfile(path)))


def unpack(archive: str, folder: str, shown: str) -> list[str]:
    """Unpack an archive into an empty folder, and return what was left out, and why.

    Links are made last, and those that lead out of the folder are removed. Raises LoadError, which calls the archive `shown`, if it
    cannot be read to its end or exceeds a limit.
    """
    found = _of_zip(archive, shown) if zipfile.is_zipfile(archive) else entries(archive, shown)
    return _Unpacking(os.path.realpath(folder)).run(found)


def top_of(folder: str) -> str:
    """Return the folder that an unpacked archive is about: its only folder, as in archives of repositories, else all of it."""
    names = os.listdir(folder)
    inner = os.path.join(folder, names[0]) if len(names) == 1 else folder
    return inner if os.path.isdir(inner) and not os.path.islink(inner) else folder


class _Unpacking:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._skipped: list[str] = []
        self._links: dict[str, str] = {}

    def run(self, found: Iterator[ArchiveEntry]) -> list[str]:
        for entry in found:
            path = self._path(entry.name)
            if path == self._folder:
                continue
            if path is None:
                self._skip(entry.name, "has a path that leads out of the archive")
            elif entry.name.count("/") > MAX_FOLDER_DEPTH:
                self._skip(entry.name, f"is below more than {MAX_FOLDER_DEPTH} folders")
            elif entry.sort == "special":
                self._skip(entry.name, "is not a regular file")
            elif entry.sort == "link":
                self._links[path] = entry.target
            else:
                self._make(path, entry)
        self._make_links()
        return self._skipped

    def _make(self, path: str, entry: ArchiveEntry) -> None:
        try:
            if entry.sort == "folder":
                os.makedirs(path, exist_ok=True)
                return
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.lexists(path):
                # The last of several members with one name counts. The file may be linked.
                os.unlink(path)
            if entry.sort == "hard link":
                self._make_hard_link(path, entry)
            elif isinstance(entry.content, LoadError):
                self._skip(entry.name, entry.content.message)
            else:
                with open(path, "wb") as file:
                    file.write(entry.content)
        except (OSError, ValueError):
            # A file in place of a folder, or a name that the system does not take.
            self._skip(entry.name, "has a name that cannot be used")

    def _make_hard_link(self, path: str, entry: ArchiveEntry) -> None:
        target = self._path(entry.target)
        # Symbolic links do not exist yet, so the file is in the folder.
        if target is None or not os.path.isfile(target):
            self._skip(entry.name, "is a link to a file that is not there")
        else:
            os.link(target, path)

    def _make_links(self) -> None:
        made = []
        for path, target in self._links.items():
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                os.symlink(target, path)
            except (OSError, ValueError):
                self._skip(os.path.relpath(path, self._folder), "has a name that cannot be used")
            else:
                made.append(path)
        # A link that is removed changes where others lead.
        while leaving := [path for path in made if self._leaves(path)]:
            for path in leaving:
                os.unlink(path)
                made.remove(path)
                self._skip(os.path.relpath(path, self._folder), "is a link out of the archive")

    def _leaves(self, path: str) -> bool:
        if os.path.isabs(os.readlink(path)):
            return True
        real = os.path.realpath(path)
        return real != self._folder and not real.startswith(os.path.join(self._folder, ""))

    def _path(self, name: str) -> str | None:
        """Where a member goes; None for one that leads out of the folder. It does not go through links, which are made last."""
        parts = name.split("/")
        if name.startswith("/") or os.pardir in parts or "\0" in name or os.path.isabs(name) or "\\" in name:
            return None
        return os.path.normpath(os.path.join(self._folder, *parts))

    def _skip(self, name: str, why: str) -> None:
        self._skipped.append(f"{name}: {why}")


def _of_zip(path: str, shown: str) -> Iterator[ArchiveEntry]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_ARCHIVE_MEMBERS:
                raise LoadError(f"has more than {MAX_ARCHIVE_MEMBERS:,} members, which are not read", shown)
            if sum(member.file_size for member in members) > MAX_ARCHIVE:
                raise LoadError(
                    f"has more than {MAX_ARCHIVE >> 30} GiB, which is not read: unpack it and pass the folder", shown
                )
            for member in members:
                yield _zipped(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as error:
        raise LoadError(f"is not a zip archive, or is damaged: {error}", shown) from None


def _zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ArchiveEntry:
    mode = member.external_attr >> 16
    name = member.filename.removeprefix("./")
    if member.is_dir():
        return ArchiveEntry(name.rstrip("/"), "folder")
    if member.flag_bits & _ENCRYPTED:
        return ArchiveEntry(name, "file", LoadError("is encrypted", name))
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFLNK):
        return ArchiveEntry(name, "special")
    with archive.open(member) as file:
        if stat.S_ISLNK(mode):
            return ArchiveEntry(name, "link", target=os.fsdecode(file.read(_LONGEST_LINK)))
        return ArchiveEntry(name, "file", _up_to_limit(file, name))


def _up_to_limit(file: IO[bytes], name: str) -> bytes | LoadError:
    """The content of a member. What its header says of its size can be wrong."""
    content = file.read(MAX_BYTES + 1)
    return LoadError(f"larger than {MAX_BYTES >> 20} MiB, which is not read", name) if len(content) > MAX_BYTES else content
