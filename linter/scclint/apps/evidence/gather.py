"""Find the captures in files, folders and must-gathers."""

import os
from collections.abc import Iterator, Sequence

from scclint.errors import LoadError, UsageError
from scclint.files.archive import is_archive
from scclint.files.dump import DumpFile, has_files, pod_in_dump, read_dump
from scclint.files.read import read
from scclint.files.walk import walk


def captures(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the captures in `paths`, each as path and text; of a plain folder every file, in order of path.

    Raises UsageError for a path that is missing, and LoadError for what cannot be read.
    """
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"no such evidence: {path}")
        is_folder = os.path.isdir(path)
        gathered = has_files(path, pod_in_dump) if is_folder else is_archive(path)
        if gathered:
            yield from _gathered(path)
        elif is_folder:
            below = (os.path.join(folder, name) for folder, _, names in walk(path) for name in names)
            yield from ((file, read(file)) for file in sorted(below))
        else:
            yield path, read(path)


def _gathered(path: str) -> Iterator[tuple[str, str]]:
    has_pods = False
    for file in read_dump(path, path, pod_in_dump):
        if isinstance(file, LoadError):
            raise file
        assert isinstance(file, DumpFile)
        has_pods = True
        yield file.name, file.text
    if not has_pods:
        raise LoadError("has no pods of a must-gather", path)
