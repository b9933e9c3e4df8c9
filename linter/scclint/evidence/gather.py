"""Find the captures in files, folders, must-gathers and sosreports."""

import os
import re
from collections.abc import Iterator, Sequence

from scclint.errors import LoadError, UsageError
from scclint.files.archive import is_archive
from scclint.files.dump import DumpFile, has_files, pod_in_dump, read_dump
from scclint.files.read import read
from scclint.files.walk import walk

_INSPECTED = re.compile(r"(?:.*/)?(sos_commands/crio/(?:containers/)?crictl_inspect_[^/]+)")
"""The output of `crictl inspect` in a sosreport (sos/report/plugins/crio.py in sosreport/sos); before 2021-12 without `containers/`."""


def capture_in(path: str) -> str:
    """Return the path below the root of the must-gather or sosreport for a file with captures; empty for other files."""
    found = _INSPECTED.fullmatch(path.replace(os.sep, "/")) if path.isascii() and path.isprintable() else None
    return found[1] if found else pod_in_dump(path)


def captures(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the captures in `paths`, each as path and text; of a plain folder every file, in order of path.

    Raises UsageError for a path that is missing, and LoadError for what cannot be read.
    """
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"no such evidence: {path}")
        is_folder = os.path.isdir(path)
        gathered = has_files(path, capture_in) if is_folder else is_archive(path)
        if gathered:
            yield from _gathered(path)
        elif is_folder:
            below = (os.path.join(folder, name) for folder, _, names in walk(path) for name in names)
            yield from ((file, read(file)) for file in sorted(below))
        else:
            yield path, read(path)


def _gathered(path: str) -> Iterator[tuple[str, str]]:
    found = False
    for file in read_dump(path, path, capture_in):
        if isinstance(file, LoadError):
            raise file
        assert isinstance(file, DumpFile)
        found = True
        yield file.name, file.text
    if not found:
        text = "has no pods of a must-gather, and no sos_commands/crio/containers/crictl_inspect_ID of a sosreport"
        raise LoadError(text, path)
