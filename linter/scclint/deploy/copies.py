"""Copies of the files that a renderer reads, or links to them, with other texts in place of some: what it would render after an edit."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from shutil import copyfile

from scclint.files import encoded_like, is_below, walk


@contextmanager
def copied(files: Iterable[str], root: str, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield a folder with files to be read, each at its path from `root`. `texts` replaces the texts of files, or adds files, by real path.

    Raises OSError if a file cannot be read or is outside `root`.
    """
    top = os.path.realpath(root)
    with tempfile.TemporaryDirectory(prefix="scclint-", ignore_cleanup_errors=True) as folder:
        home = os.path.realpath(folder)
        for file in files:
            inside = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file)), top)
            target = os.path.normpath(os.path.join(home, inside))
            if not is_below(target, home) or not os.path.isfile(file):
                raise OSError(f"{file} cannot be copied")
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


def files_below(folder: str) -> Iterator[str]:
    """Yield the paths of all files below a folder, but those of git. Raises OSError for what cannot be read, and for links to folders."""
    for at, folders, files in walk(folder, _refuse):
        folders[:] = [name for name in folders if name != ".git"]
        if any(os.path.islink(os.path.join(at, name)) for name in folders):
            raise OSError("helm follows links to folders, which are not walked here")
        yield from (os.path.join(at, name) for name in files)


def _refuse(error: OSError) -> None:
    raise error
