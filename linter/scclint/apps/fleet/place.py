"""Makes a target available as a folder on this machine."""

import os
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from tarfile import TarInfo
from tempfile import TemporaryDirectory
from typing import Any

from scclint.apps.fleet.content import content_of, digest_of
from scclint.apps.fleet.targets import FleetTarget
from scclint.apps.fleet.unpack import SUFFIXES, can_unpack, top_of, unpack, up_to_limit, write_members
from scclint.errors import LoadError
from scclint.files import work_tree
from scclint.limits import MAX_ARCHIVE, MAX_ARCHIVE_MEMBERS, MAX_BYTES
from scclint.memo import Memo
from scclint.record import record, replace

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
    if not target.is_url:
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
    if can_unpack(path):
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
