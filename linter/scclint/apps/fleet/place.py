"""Makes a target available as a folder on this machine. Nothing that an archive says leads out of its folder."""

import os
import pathlib
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from tarfile import TarInfo
from tempfile import TemporaryDirectory
from typing import IO, Any

from scclint.apps.fleet.content import content_of, digest_of
from scclint.apps.fleet.targets import FleetTarget
from scclint.errors import LoadError
from scclint.files import work_tree
from scclint.files.dump import entries, is_archive
from scclint.limits import MAX_ARCHIVE, MAX_ARCHIVE_MEMBERS, MAX_BYTES, MAX_FOLDER_DEPTH
from scclint.record import Memo, record, replace

_CHUNK = 1 << 20


@record
class OpenTarget:
    """A target on this machine. A run over it starts in `folder`, and judges `path` there: `.`, or the name of a file.

    `content` is the digest of what the target contains. For an archive, it is that of the archive, `archive` is its path, and `folder`
    is empty until the archive is unpacked. `copied` is True if the files were copied or unpacked for the scan, and `skipped` says
    what was left out then.
    """

    folder: str
    path: str
    content: str
    archive: str = ""
    copied: bool = False
    skipped: tuple[str, ...] = ()


@contextmanager
def open_target(target: FleetTarget, rules: Memo) -> Iterator[OpenTarget]:
    """Open a target for the time of its judgement. Raises LoadError for one that cannot be read.

    `rules` keeps the ignore files of git in the folders above, which are read once for all targets in a folder.
    """
    # fsspec opens a URL, but `file://` is opened like a path.
    if "://" not in target.address or target.address.startswith("file://"):
        yield _local(target.path, target.address, rules)
        return
    with TemporaryDirectory(prefix="scclint-") as folder:
        path, skipped = _fetched(target.address, folder)
        yield replace(_local(path, target.address, rules), copied=True, skipped=skipped)


def _local(path: str, shown: str, rules: Memo) -> OpenTarget:
    if os.path.isdir(path):
        return OpenTarget(path, ".", digest_of(content_of(path), _rules_above(path, rules)))
    if not os.path.exists(path):
        raise LoadError("no such file or directory", shown)
    if is_archive(path) or (os.path.isfile(path) and (path.endswith(".zip") or zipfile.is_zipfile(path))):
        return OpenTarget("", ".", content_of(path), archive=path)
    return OpenTarget(*os.path.split(path), content_of(path))


def _rules_above(folder: str, rules: Memo) -> list[str]:
    """The content of the ignore files of git in the folders above, which decide what of the folder is read."""
    if os.path.lexists(os.path.join(folder, ".git")):
        return []
    parent = os.path.dirname(os.path.realpath(folder) if os.path.islink(folder) else folder)
    return rules(parent, lambda: _rules_from(parent))


@contextmanager
def unpacked(place: OpenTarget, shown: str) -> Iterator[OpenTarget]:
    """Unpack a target that is an archive for the time of its judgement."""
    with TemporaryDirectory(prefix="scclint-") as folder:
        skipped = unpack(place.archive, folder, shown)
        yield replace(place, folder=top_of(folder), copied=True, skipped=(*place.skipped, *skipped))


def _rules_from(folder: str) -> list[str]:
    """The content of the ignore files of git in a folder and those above, up to the top of its work tree."""
    top, here = work_tree(folder), pathlib.Path(os.path.realpath(folder))
    above = [parent for parent in (here, *here.parents) if top and parent.is_relative_to(top)]
    return [content_of(str(rules)) for parent in above if (rules := parent / ".gitignore").exists()]


def _fetched(address: str, folder: str) -> tuple[str, tuple[str, ...]]:
    """Copy a target from where its URL says. Return the path of the copy, and what was left out.

    Raises LoadError for whatever goes wrong there.
    """
    import fsspec

    # What fails is up to the file system, and each has errors of its own.
    try:
        system, path = fsspec.core.url_to_fs(address)
        if system.isdir(path):
            return folder, tuple(write_members(_members(system, path), folder))
        name = os.path.basename(path.rstrip("/")) or "target"
        _copy(system, path, os.path.join(folder, name), MAX_ARCHIVE if name.endswith(SUFFIXES) else MAX_BYTES, address)
    except LoadError:
        raise
    except ModuleNotFoundError as error:
        raise LoadError(f"needs the package {error.name}", address) from None
    except FileNotFoundError:
        raise LoadError("no such file or directory", address) from None
    except Exception as error:
        raise LoadError(f"cannot be read: {type(error).__name__}: {error}", address) from None
    return os.path.join(folder, name), ()


def _members(system: Any, path: str) -> Iterator[tuple[TarInfo, bytes | LoadError]]:
    """Yield the files of a folder as members of an archive. Raises LoadError if there are too many files or bytes."""
    top, size = path.rstrip("/"), 0
    for number, (name, info) in enumerate(sorted(system.find(path, detail=True).items())):
        size += info.get("size") or 0
        if number >= MAX_ARCHIVE_MEMBERS or size > MAX_ARCHIVE:
            raise LoadError(f"has more than {MAX_ARCHIVE_MEMBERS:,} files or {MAX_ARCHIVE >> 30} GiB, which are not read", path)
        relative = name.removeprefix(top).lstrip("/")
        if ".git" not in relative.split("/"):
            with system.open(name, "rb") as file:
                yield TarInfo(relative), up_to_limit(file, relative)


def _copy(system: Any, source: str, target: str, longest: int, shown: str) -> None:
    size = 0
    with system.open(source, "rb") as remote, open(target, "wb") as local:
        while part := remote.read(_CHUNK):
            size += len(part)
            if size > longest:
                raise LoadError(f"larger than {longest >> 20} MiB, which is not read", shown)
            local.write(part)


SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".zip")
"""The ends of the names of archives."""

_ENCRYPTED = 1
_LONGEST_LINK = 4096

_WHY = {
    tarfile.SpecialFileError: "is not a regular file",
    tarfile.AbsoluteLinkError: "is a link out of the archive",
    tarfile.LinkOutsideDestinationError: "is a link out of the archive",
}
"""What errors of the filter mean. Their own texts name the temporary folder."""


def unpack(archive: str, folder: str, shown: str) -> list[str]:
    """Unpack an archive into an empty folder, and return what was left out, and why.

    Raises LoadError, which calls the archive `shown`, if it cannot be read to its end or exceeds a limit, and on Python 3.11.3 and
    older, whose tarfile has no filters.
    """
    if not hasattr(tarfile, "data_filter"):
        raise LoadError("cannot be unpacked safely by this Python: use 3.11.4 or newer, or unpack it yourself", shown)
    return write_members(_of_zip(archive, shown) if zipfile.is_zipfile(archive) else entries(archive, shown), folder)


def write_members(members: Iterable[tuple[tarfile.TarInfo, bytes | LoadError]], folder: str) -> list[str]:
    """Write the members of an archive into an empty folder, and return what was left out, and why.

    A member goes where the filter `data` of tarfile puts it. Links are made last, and those that lead out of the folder are removed.
    """
    top = os.path.realpath(folder)
    links: dict[str, str] = {}
    skipped = []
    for header, content in members:
        if header.name.count("/") > MAX_FOLDER_DEPTH:
            skipped.append(f"{header.name}: is below more than {MAX_FOLDER_DEPTH} folders")
            continue
        try:
            if header.name.startswith("/") or "\\" in header.name:
                raise tarfile.AbsolutePathError(header)
            path = os.path.join(top, tarfile.data_filter(header, top).name)
            if header.issym():
                links[path] = header.linkname
            else:
                _make(path, header, content, top)
        except tarfile.FilterError as error:
            skipped.append(f"{header.name}: {_WHY.get(type(error), 'has a path that leads out of the archive')}")
        except LoadError as error:
            skipped.append(f"{header.name}: {error.message}")
        except (OSError, ValueError):
            # A file in place of a folder, or a name that the system does not take.
            skipped.append(f"{header.name}: has a name that cannot be used")
    return skipped + _make_links(links, top)


def top_of(folder: str) -> str:
    """Return the folder that an unpacked archive is about: its only folder, as in archives of repositories, else all of it."""
    names = os.listdir(folder)
    inner = os.path.join(folder, names[0]) if len(names) == 1 else folder
    return inner if os.path.isdir(inner) and not os.path.islink(inner) else folder


def _make(path: str, header: tarfile.TarInfo, content: bytes | LoadError, top: str) -> None:
    """Make a folder, file or hard link. Symbolic links do not exist yet, so each path is in the folder `top`."""
    if header.isdir():
        os.makedirs(path, exist_ok=True)
        return
    target = os.path.join(top, os.path.normpath(header.linkname)) if header.islnk() else ""
    if target and not os.path.isfile(target):
        raise LoadError("is a link to a file that is not there", header.name)
    if not target and isinstance(content, LoadError):
        raise content
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        # The last of several members with one name counts. The file may be linked.
        os.unlink(path)
    if target:
        os.link(target, path)
    elif isinstance(content, bytes):
        with open(path, "wb") as file:
            file.write(content)


def _make_links(links: Mapping[str, str], top: str) -> list[str]:
    """Make symbolic links, and remove those that lead out of the folder `top`. Return which links are not there, and why."""
    made, skipped = [], []
    for path, target in links.items():
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
            made.append(path)
        except (OSError, ValueError):
            skipped.append(f"{os.path.relpath(path, top)}: has a name that cannot be used")
    # A link that is removed changes where others lead.
    while leaving := [path for path in made if os.path.isabs(os.readlink(path)) or not _is_in(os.path.realpath(path), top)]:
        for path in leaving:
            os.unlink(path)
            made.remove(path)
            skipped.append(f"{os.path.relpath(path, top)}: is a link out of the archive")
    return skipped


def _is_in(real: str, top: str) -> bool:
    return real == top or real.startswith(os.path.join(top, ""))


def _of_zip(path: str, shown: str) -> Iterator[tuple[tarfile.TarInfo, bytes | LoadError]]:
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


def _zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[tarfile.TarInfo, bytes | LoadError]:
    """A member of a zip archive as tar would have it."""
    header = tarfile.TarInfo(member.filename.removeprefix("./").rstrip("/"))
    sort = stat.S_IFMT(member.external_attr >> 16)
    if member.is_dir():
        header.type = tarfile.DIRTYPE
        return header, b""
    if member.flag_bits & _ENCRYPTED:
        return header, LoadError("is encrypted", header.name)
    if sort not in (0, stat.S_IFREG, stat.S_IFLNK):
        header.type = tarfile.FIFOTYPE
        return header, b""
    with archive.open(member) as file:
        if sort == stat.S_IFLNK:
            header.type, header.linkname = tarfile.SYMTYPE, os.fsdecode(file.read(_LONGEST_LINK))
        return header, up_to_limit(file, header.name)


def up_to_limit(file: IO[bytes], name: str) -> bytes | LoadError:
    """The content of a member. What its header says of its size can be wrong."""
    content = file.read(MAX_BYTES + 1)
    return LoadError(f"larger than {MAX_BYTES >> 20} MiB, which is not read", name) if len(content) > MAX_BYTES else content
