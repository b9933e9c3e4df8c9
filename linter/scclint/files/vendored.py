"""Copies of Go modules, which `go mod vendor` writes to `vendor/` beside a list of them. Nobody deploys their manifests."""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from scclint.files import SourceFile, display

_VENDOR = "vendor"
_LIST = "modules.txt"


def without_vendored(files: Iterable[SourceFile], folders: Sequence[str]) -> tuple[list[SourceFile], dict[str, int]]:
    """Leave out of files what lies in a `vendor/` of Go modules below one of the folders that the user named.

    Return the other files, and the number of files that are left out by `vendor/`, as displayed.
    """

    @cache
    def is_vendor(folder: str) -> bool:
        return os.path.isfile(os.path.join(folder, _LIST))

    tops = [os.path.join(os.path.abspath(folder), "") for folder in folders]
    kept: list[SourceFile] = []
    left_out: dict[str, int] = {}
    for file in files:
        path = os.path.abspath(file.path) if f"{_VENDOR}{os.sep}" in file.path else ""
        vendor = next((folder for folder in _vendors(path, tops) if is_vendor(folder)), None)
        if vendor is None:
            kept.append(file)
        else:
            shown = display(file.path.removesuffix(path[len(vendor) :]))
            left_out[shown] = left_out.get(shown, 0) + 1
    return kept, left_out


def _vendors(path: str, tops: Sequence[str]) -> Iterator[str]:
    """The folders called `vendor` that lead to a file from the nearest of the folders `tops` above it."""
    top = max((top for top in tops if path.startswith(top)), key=len, default=path)
    steps = path[len(top) :].split(os.sep)
    return (os.path.join(top, *steps[: index + 1]) for index, step in enumerate(steps[:-1]) if step == _VENDOR)
