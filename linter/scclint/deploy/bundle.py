"""OLM bundles: a folder with `manifests/` that holds a ClusterServiceVersion, as `operator-sdk` and catalogs lay them out."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from scclint.deploy.unit import Deployment, Unit

if TYPE_CHECKING:
    from scclint.deploy.split import Split

MANIFESTS = "manifests"
_PARTS = (MANIFESTS, "metadata", "tests")
"""Folders of a bundle. What else lies beside them (`config/`, code) is not part of it."""

_SUGGESTED = "operatorframework.io/suggested-namespace"
NAMED = "clusterserviceversion"
_NUMBERS = r"\d{1,9}(?:\.\d{1,9}){1,4}"
_VERSIONED = (
    rf"(?P<beside>(?:.*/)?(?:[^./]+\.(?=.*\.{NAMED}\.))?)v?(?:(?P<folder>{_NUMBERS})|(?P<file>{_NUMBERS})\.{NAMED}\.ya?ml)"
)
"""A folder of a release, or a file of one: `0.2.0`, `memcached.v0.2.0.clusterserviceversion.yaml`."""
_KIND = "ClusterServiceVersion"

Files = Mapping[str, tuple[str, ...]]
"""The files of each bundle, sorted, by the bundle's folder."""

Find = Callable[[Iterable[str], Callable[[str], bool]], Files]


def bundles(files: Iterable[str], holds_csv: Callable[[str], bool]) -> Files:
    """The bundles among some files: folders whose `manifests/` has a file that `holds_csv`."""
    by_folder = _by_folder(files)
    parts: dict[str, str] = {}
    for folder, inside in by_folder.items():
        if os.path.basename(folder) == MANIFESTS and _holds_csv(inside, holds_csv):
            top = os.path.dirname(folder)
            parts |= {os.path.join(top, part): top for part in _PARTS}
    by_top: dict[str, list[str]] = {}
    for folder, inside in by_folder.items():
        at = folder
        while at and at not in parts and os.path.dirname(at) != at:
            at = os.path.dirname(at)
        if at in parts:
            by_top.setdefault(parts[at], []).extend(inside)
    return {top: tuple(sorted(below)) for top, below in by_top.items()}


def stray_bundles(files: Iterable[str], holds_csv: Callable[[str], bool]) -> Files:
    """Folders with another name than `manifests` that hold a file called `*clusterserviceversion*` with such an object."""
    strays = {}
    for folder, inside in _by_folder(files).items():
        if _holds_csv([file for file in inside if NAMED in file.lower()], holds_csv):
            strays[folder] = tuple(sorted(inside))
    return strays


def csv_name(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the package and the version in the name of a ClusterServiceVersion with a spec, `memcached.v0.2.0`; empty without them."""
    if not holds_csv(text) or not re.search(r"""(?m)^[ {]*["']?spec["']?[ \t]*:""", text):
        return "", ()
    with_hyphen = re.search(rf"(?m)^ {{2,4}}name:[ \t]+([\w-]+?)-v?({_NUMBERS})(?![\w.])", text)
    named = rf"""(?m)\bname["']?[ \t]*:[ \t]*["']?([\w.-]+?)\.v?({_NUMBERS})(?![\w.])"""
    match = with_hyphen or re.search(named, text)
    return (match[1], tuple(map(int, match[2].split(".")))) if match is not None else ("", ())


def suggested_namespace(text: str) -> str:
    """Return the namespace in which an operator is installed unless the user chooses another; empty if the text suggests none.

    Source: https://olm.operatorframework.io/docs/advanced-tasks/adding-console-annotations/
    """
    if _SUGGESTED not in text:
        return ""
    match = re.search(
        rf"""^[ \t{{"']*{_SUGGESTED}["']?[ \t]*:[ \t]*["']?([a-z0-9][-a-z0-9]*)["']?[ \t]*(?:#.*)?$""", text, re.M
    )
    return match[1] if match is not None else ""


def holds_csv(text: str) -> bool:
    """Return whether a text has a ClusterServiceVersion."""
    if _KIND not in text:
        return False
    return re.search(rf"""^[ \t{{]*["']?kind["']?[ \t]*:[ \t]*["']?{_KIND}\b""", text, re.M) is not None


def _by_folder(files: Iterable[str]) -> dict[str, list[str]]:
    by_folder: dict[str, list[str]] = {}
    for file in files:
        by_folder.setdefault(os.path.dirname(file), []).append(file)
    return by_folder


def _holds_csv(files: Iterable[str], holds_csv: Callable[[str], bool]) -> bool:
    # Most are named for it, so that the first that is read answers.
    return any(map(holds_csv, sorted(files, key=lambda file: NAMED not in file.lower())))


def csv_name_of(split: "Split", file: str) -> tuple[str, tuple[int, ...]]:
    """What `csv_name` says of the text of a file."""
    name, version = split.outline.tells(file, "csv name", csv_name)
    return name, tuple(version)


def is_base(split: "Split", files: Iterable[str]) -> bool:
    """Whether these ClusterServiceVersions are those that `operator-sdk` makes a bundle of the input from."""
    packages = {package for file in files if (package := csv_name_of(split, file)[0])}
    return bool(packages) and packages <= _bundled_packages(split)


def _bundled_packages(split: "Split") -> frozenset[str]:
    """The packages of the bundles."""
    files = (file for file in split.outline.files if NAMED in file and os.path.basename(os.path.dirname(file)) == MANIFESTS)
    return frozenset(package for file in files if (package := csv_name_of(split, file)[0]))


def units(split: "Split", find: Find) -> Iterator[Unit]:
    """The bundles that `find` finds."""
    tells = split.outline.tells
    candidates = list(split.left)
    by_folder = find(candidates, lambda file: tells(file, "csv", holds_csv))
    for folder, files in sorted(by_folder.items()):
        reason = "an OLM bundle: it holds a ClusterServiceVersion"
        path = folder or "."
        suggested = (tells(file, "namespace", suggested_namespace) for file in sorted(files))
        deployment = Deployment(namespace=next(filter(None, suggested), ""))
        name, taken = split.outline.name(path), split.take(files)
        yield Unit(name, "bundle", path, taken, reason, deployment=deployment, gives=False, takes=False)
