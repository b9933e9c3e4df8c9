"""Dumps of a cluster as `oc adm must-gather` and `oc adm inspect` write them, in a folder or in an archive.

The layout is that of openshift/oc (pkg/cli/admin/inspect). Only the files with facts that bear on verdicts are read. They are named by
their path below the root of the dump, so that a folder and an archive of the same dump give the same results.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.files.read import decode, read_bytes
from scclint.limits import MAX_DUMP

CLUSTER, NAMESPACES = "cluster-scoped-resources", "namespaces"
_GZ = ".gz"
_RBAC = ("rbac.authorization.k8s.io", "authorization.openshift.io")
_RESOURCES: Mapping[str, frozenset[str]] = {
    CLUSTER: frozenset((
        *(f"{group}/{resource}" for group in _RBAC for resource in ("clusterroles", "clusterrolebindings")),
        *(f"config.openshift.io/{resource}" for resource in ("clusterversions", "featuregates", "infrastructures")),
        *(f"machineconfiguration.openshift.io/{r}" for r in ("kubeletconfigs", "machineconfigpools", "machineconfigs")),
        "core/namespaces", "core/nodes", "security.openshift.io/securitycontextconstraints",
        *(f"security-profiles-operator.x-k8s.io/{resource}" for resource in ("seccompprofiles", "profilebindings")),
    )),
    NAMESPACES: frozenset((
        *(f"{group}/{resource}" for group in _RBAC for resource in ("roles", "rolebindings")),
        "core/serviceaccounts", "core/pods",
        *(f"security-profiles-operator.x-k8s.io/{resource}" for resource in ("seccompprofiles", "profilebindings")),
    )),
}  # fmt: skip
"""The resources that are read of each tree, as GROUP/RESOURCE."""

MICROSHIFT = f"{NAMESPACES}/kube-public/core/configmaps"
"""Where a dump of MicroShift has its version: in the ConfigMap `microshift-version`."""

_MADE = ("must-gather.local.", "inspect.local.")
"""The prefixes of the folders that `oc` makes."""

_RENDERED = "rendered-"
"""The prefix of MachineConfigs that the operator merges from others. No pool selects them."""


class DumpFile(NamedTuple):
    """A file of a dump: its path below the root of the dump, its path on the disk or in the archive, and its text."""

    name: str
    origin: str
    text: str


def place_in_dump(path: str) -> str:
    """Return the path below the root of the dump for a file with facts that bear on verdicts; empty for other files."""
    if not path.isascii() or not path.isprintable():
        return ""
    parts = path.removesuffix(_GZ).replace(os.sep, "/").split("/")
    starts = (index for index, part in enumerate(parts) if part in _RESOURCES)
    return next(("/".join(parts[start:]) for start in starts if _has_facts(parts[start], parts[start + 1 :])), "")


def telling_place(path: str) -> str:
    """Return the same as `place_in_dump`, but empty for `namespaces/NAME/NAME.yaml`, which folders of manifests can have, too."""
    place = place_in_dump(path)
    return place if place.startswith(CLUSTER) or place.count("/") > 2 else ""


def pod_in_dump(path: str) -> str:
    """Return the same as `place_in_dump` for a file with pods; empty for other files."""
    place = place_in_dump(path)
    return place if "/pods/" in place or place.endswith("/core/pods.yaml") else ""


def _has_facts(tree: str, path: list[str]) -> bool:
    if tree == NAMESPACES:
        namespace, *path = path or [""]
        if f"{tree}/{namespace}/{'/'.join(path)}" in (f"{MICROSHIFT}.yaml", f"{MICROSHIFT}/microshift-version.yaml"):
            return True
        if path == [f"{namespace}.yaml"] or (len(path) == 3 and path[0] == "pods" and path[2] == f"{path[1]}.yaml"):
            return True
    if len(path) not in (2, 3) or not path[-1].endswith(".yaml"):
        return False
    group, resource, *name = path
    wanted = f"{group}/{resource if name else resource.removesuffix('.yaml')}" in _RESOURCES[tree]
    return wanted and not (name and name[0].startswith(_RENDERED))


def has_files(folder: str, place: Callable[[str], str]) -> bool:
    """Return whether a folder has a file, at any depth, for which `place` returns a name."""
    return any(True for _ in _below(folder, place))


def holds_dump(path: str) -> bool:
    """Return whether a folder, or an archive that can be read, has a file of a dump."""
    from scclint.files.archive import entries, is_archive

    if os.path.isdir(path):
        return has_files(path, telling_place)
    try:
        return is_archive(path) and any(True for _ in entries(path, path, lambda name: bool(place_in_dump(name))))
    except LoadError:
        return False


def is_dump(path: str) -> bool:
    """Return whether a path is a dump, and not a folder that has a dump somewhere among other files.

    As in omc, the root of a dump is looked for below folders that contain only one folder each.
    """
    if not os.path.isdir(path) or os.path.basename(os.path.abspath(path)).startswith(_MADE):
        return holds_dump(path)
    while True:
        with os.scandir(path) as entries:
            inside = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        if any(os.path.basename(folder) in _RESOURCES for folder in inside):
            return has_files(path, telling_place)
        if len(inside) != 1:
            return False
        (path,) = inside


def texts_of_dump(path: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a dump that verdicts depend on, each by the path of the dump and its path below the root, and its text.

    Raises LoadError for a file that cannot be read.
    """
    from scclint.files.discover import display

    for file in read_dump(path, path):
        if isinstance(file, LoadError):
            raise file
        yield os.path.join(display(path), file.name), file.text


def read_dump(path: str, shown: str, place: Callable[[str], str] = place_in_dump) -> Iterator[DumpFile | LoadError]:
    """Yield the files of a dump in a folder or an archive for which `place` returns a name, sorted by name.

    A file that cannot be read is a LoadError among them. `shown` is how errors call the dump. Raises LoadError if the archive as a
    whole cannot be read, or has too many of them.
    """
    from scclint.files.archive import inflate

    items: list[DumpFile | LoadError] = []
    size = 0
    for origin, content in _contents(path, shown, place):
        try:
            if isinstance(content, LoadError):
                raise content
            text = decode(inflate(content, origin) if origin.endswith(_GZ) else content, place(origin))
        except LoadError as error:
            items.append(LoadError(error.message, place(origin), error.line, error.column))
            continue
        size += len(text)
        if size > MAX_DUMP:
            raise LoadError(f"has more than {MAX_DUMP >> 20} MiB of objects, which are not read", shown)
        items.append(DumpFile(place(origin), origin, text))
    yield from sorted(items, key=lambda item: item[:2] if isinstance(item, DumpFile) else (item.file, ""))


def _contents(path: str, shown: str, place: Callable[[str], str]) -> Iterator[tuple[str, bytes | LoadError]]:
    """Yield the path of each file below the folder or in the archive, with its content."""
    if not os.path.isdir(path):
        from scclint.files.archive import entries

        yield from ((header.name, content) for header, content in entries(path, shown, lambda name: bool(place(name))))
        return
    for name in _below(path, place):
        full = os.path.join(path, name)
        try:
            if os.path.islink(full):
                raise LoadError("is a link, which is not followed", name)
            if not os.path.isfile(full):
                raise LoadError("is not a regular file, and is not read", name)
            yield name, read_bytes(full, name)
        except LoadError as error:
            yield name, error


def _below(folder: str, place: Callable[[str], str]) -> Iterator[str]:
    from scclint.files.walk import walk

    for at, _, files in walk(folder):
        for file in files:
            name = os.path.relpath(os.path.join(at, file), folder)
            if place(name):
                yield name
