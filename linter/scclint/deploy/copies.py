"""Copies of the files that a renderer reads, or links to them, with other texts in place of some: what it would render after an edit."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from shutil import copyfile

from scclint.files import encoded_like, is_below, walk
from scclint.limits import MAX_CHART_ENTRIES


@contextmanager
def copied(files: Iterable[str], root: str, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield a folder with files to be read, each at its path from `root`. `texts` replaces the texts of files, or adds files, by real path.

    Raises OSError if a file cannot be read or is outside `root`.
    """
    top = os.path.realpath(root)
    known: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="scclint-", ignore_cleanup_errors=True) as folder:
        home = os.path.realpath(folder)
        for file in files:
            inside = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file)), top)
            target = os.path.normpath(os.path.join(home, inside))
            if not is_below(target, home) or not os.path.isfile(file):
                raise OSError(f"{file} cannot be copied")
            _link(os.path.dirname(file), top, home, known)
            if os.path.lexists(target):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            real = os.path.realpath(file)
            if real in texts:
                with open(file, "rb") as source, open(target, "wb") as copy:
                    copy.write(encoded_like(source.read(), texts[real]))
                continue
            # A chart has many files and is rendered often. A link is never written through: no target is written twice.
            try:
                os.link(real, target)
            except OSError:
                copyfile(real, target)
        for path in (path for path in texts if not os.path.exists(path)):
            target = os.path.join(home, os.path.relpath(path, top))
            if is_below(target, home):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "x", encoding="utf-8", newline="") as added:
                    added.write(texts[path])
        yield home


def _link(folder: str, top: str, home: str, known: set[str]) -> None:
    """Add the links to folders on the way to a folder to the copy `home` of `top`, but those of `known` folders, which it adds to these."""
    while folder not in known and len(folder) > len(os.path.dirname(folder)):
        known.add(folder)
        above = os.path.realpath(os.path.dirname(folder))
        link = os.path.join(home, os.path.relpath(os.path.join(above, os.path.basename(folder)), top))
        real = os.path.realpath(folder)
        if os.path.islink(folder) and is_below(link, home) and is_below(real, top) and not os.path.lexists(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(os.path.relpath(real, above), link)
        folder = os.path.dirname(folder)


def files_below(folder: str) -> Iterator[str]:
    """Yield the paths of all files below a folder, but those of git, also through links to folders, which helm follows.

    Raises OSError for what cannot be read, for a link to a folder that contains it, and for more files than a chart may have.
    """
    pending: list[tuple[str, tuple[str, ...]]] = [(folder, (os.path.realpath(folder),))]
    number = 0
    while pending:
        top, way = pending.pop()
        for at, folders, files in walk(top, _refuse):
            folders[:] = [name for name in folders if name != ".git"]
            number += len(folders) + len(files)
            if number > MAX_CHART_ENTRIES:
                raise OSError(f"it has more than {MAX_CHART_ENTRIES:,} files and folders, links followed")
            for link in (path for name in folders if os.path.islink(path := os.path.join(at, name))):
                real = os.path.realpath(link)
                if real in way or is_below(os.path.realpath(at), real):
                    raise OSError(f"{link} is a link to a folder that contains it")
                pending.append((link, (*way, real)))
            yield from (os.path.join(at, name) for name in files)


def _refuse(error: OSError) -> None:
    raise error
