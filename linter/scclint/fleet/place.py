"""Makes a target available as a folder on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from scclint.errors import LoadError
from scclint.files.ignored import work_tree
from scclint.fleet.content import content_of, digest_of
from scclint.fleet.targets import FleetTarget
from scclint.record import record


@record
class OpenTarget:
    """A target on this machine. A run over it starts in `folder`, and judges `path` there: `.`, or the name of a file.

    `content` is the digest of what the target contains. `copied` is True if the files were copied or unpacked for the scan, and
    `skipped` says what was left out then.
    """

    folder: str
    path: str
    content: str
    copied: bool = False
    skipped: tuple[str, ...] = ()


@contextmanager
def opened(target: FleetTarget) -> Iterator[OpenTarget]:
    """Open a target for the time of its judgement. Raises LoadError for one that cannot be read."""
    yield _local(target)


def _local(target: FleetTarget) -> OpenTarget:
    path = target.path
    if not os.path.exists(path):
        raise LoadError("no such file or directory", target.address)
    if not os.path.isdir(path):
        return OpenTarget(*os.path.split(path), content_of(path))
    return OpenTarget(path, ".", digest_of(content_of(path), _rules_above(path)))


def _rules_above(folder: str) -> list[str]:
    """The content of the ignore files of git in the folders above, which decide what of the folder is read."""
    top, found = work_tree(folder), []
    at = os.path.realpath(folder)
    while top and at != top:
        at = os.path.dirname(at)
        rules = os.path.join(at, ".gitignore")
        if os.path.exists(rules):
            found.append(content_of(rules))
    return found
