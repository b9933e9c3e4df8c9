"""OLM bundles: a folder with `manifests/` that holds a ClusterServiceVersion, as `operator-sdk` and catalogs lay them out."""

import os
from collections.abc import Callable, Iterable, Mapping

MANIFESTS = "manifests"
_PARTS = (MANIFESTS, "metadata", "tests")
"""Folders of a bundle. What else lies beside them (`config/`, code) is not part of it."""

_SUGGESTED = "operatorframework.io/suggested-namespace"
_NAMED = "clusterserviceversion"
_KIND = "ClusterServiceVersion"

Files = Mapping[str, tuple[str, ...]]
"""The files of each bundle, sorted, by the bundle's folder."""


def bundles(files: Iterable[str], text_of: Callable[[str], str]) -> Files:
    """The bundles among some files: folders whose `manifests/` holds a ClusterServiceVersion."""
    by_folder = _by_folder(files)
    parts: dict[str, str] = {}
    for folder, inside in by_folder.items():
        if os.path.basename(folder) == MANIFESTS and _holds_csv(inside, text_of):
            top = os.path.dirname(folder)
            parts |= {os.path.join(top, part): top for part in _PARTS}
    found: dict[str, list[str]] = {}
    for folder, inside in by_folder.items():
        at = folder
        while at and at not in parts and os.path.dirname(at) != at:
            at = os.path.dirname(at)
        if at in parts:
            found.setdefault(parts[at], []).extend(inside)
    return {top: tuple(sorted(below)) for top, below in found.items()}


def stray_bundles(files: Iterable[str], text_of: Callable[[str], str]) -> Files:
    """Folders with another name than `manifests` that hold a file called `*clusterserviceversion*` with such an object."""
    found = {}
    for folder, inside in _by_folder(files).items():
        if _holds_csv([file for file in inside if _NAMED in file.lower()], text_of):
            found[folder] = tuple(sorted(inside))
    return found


def suggested_namespace(files: Iterable[str], text_of: Callable[[str], str]) -> str:
    """Return the namespace in which the operator of a bundle is installed unless the user chooses another; empty if it suggests none.

    Source: https://olm.operatorframework.io/docs/advanced-tasks/adding-console-annotations/
    """
    import re

    for file in sorted(files):
        if _SUGGESTED in (text := text_of(file)):
            found = re.search(
                rf"""^[ \t{{"']*{_SUGGESTED}["']?[ \t]*:[ \t]*["']?([a-z0-9][-a-z0-9]*)["']?[ \t]*(?:#.*)?$""", text, re.M
            )
            if found is not None:
                return found[1]
    return ""


def _by_folder(files: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in files:
        found.setdefault(os.path.dirname(file), []).append(file)
    return found


def _holds_csv(files: Iterable[str], text_of: Callable[[str], str]) -> bool:
    # Most are named for it, so that the first that is read answers.
    likely_first = sorted(files, key=lambda file: _NAMED not in file.lower())
    return any(_is_csv(text_of(file)) for file in likely_first)


def _is_csv(text: str) -> bool:
    if _KIND not in text:
        return False
    import re

    return re.search(rf"""^[ \t{{]*["']?kind["']?[ \t]*:[ \t]*["']?{_KIND}\b""", text, re.M) is not None
