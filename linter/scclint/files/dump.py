"""Dumps of a cluster as `oc adm must-gather` and `oc adm inspect` write them, in a folder or in a tar archive.

The layout is that of openshift/oc (pkg/cli/admin/inspect). Only the files with facts that bear on verdicts are read. They are named by
their path below the root of the dump, so that a folder and an archive of the same dump give the same results.

An archive, plain or compressed with gzip or xz, can come from anywhere. It is read as a stream, so that nothing is written to the disk,
each member and the whole archive have limits, and a member that is not a regular file has no content.
"""

import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, NamedTuple, cast

from scclint.errors import LoadError
from scclint.files import decode, display, os_error, read_bytes, walk
from scclint.limits import MAX_ARCHIVE, MAX_ARCHIVE_HEADER, MAX_ARCHIVE_MEMBERS, MAX_BYTES, MAX_DUMP, MAX_XZ_MEMORY

CLUSTER, NAMESPACES = "cluster-scoped-resources", "namespaces"
_GZ = ".gz"
_RBAC = ("rbac.authorization.k8s.io", "authorization.openshift.io")
_RESOURCES: Mapping[str, frozenset[str]] = {
    CLUSTER: frozenset((
        *(f"{group}/{resource}" for group in _RBAC for resource in ("clusterroles", "clusterrolebindings")),
        *(f"config.openshift.io/{resource}" for resource in ("clusterversions", "featuregates", "infrastructures")),
        *(f"machineconfiguration.openshift.io/{r}" for r in ("kubeletconfigs", "machineconfigpools", "machineconfigs")),
        "machineconfiguration.openshift.io/containerruntimeconfigs", "node.k8s.io/runtimeclasses",
        *(
            f"admissionregistration.k8s.io/{act}admissionpolic{end}"
            for act in ("validating", "mutating")
            for end in ("ies", "ybindings")
        ),
        "core/persistentvolumes", "storage.k8s.io/csidrivers", "storage.k8s.io/storageclasses", "operator.tekton.dev/tektonconfigs",
        "core/namespaces", "core/nodes", "security.openshift.io/securitycontextconstraints",
        *(f"security-profiles-operator.x-k8s.io/{resource}" for resource in ("seccompprofiles", "profilebindings")),
    )),
    NAMESPACES: frozenset((
        *(f"{group}/{resource}" for group in _RBAC for resource in ("roles", "rolebindings")),
        "core/serviceaccounts", "core/pods", "core/persistentvolumeclaims", "core/events",
        *(f"security-profiles-operator.x-k8s.io/{resource}" for resource in ("seccompprofiles", "profilebindings")),
    )),
}  # fmt: skip
"""The resources that are read of each tree, as GROUP/RESOURCE."""

_WORKLOADS = frozenset((
    "apps/deployments", "apps/daemonsets", "apps/statefulsets", "apps.openshift.io/deploymentconfigs", "batch/cronjobs", "batch/jobs",
))  # fmt: skip
"""The resources of a namespace whose pods tell more than they do, as GROUP/RESOURCE."""

_CONFIG_MAPS = frozenset(
    f"{NAMESPACES}/{namespace}/core/configmaps{end}.yaml"
    for namespace, name in (("kube-public", "microshift-version"), ("openshift-config", "selinux-conflicts"))
    for end in ("", f"/{name}")
)
"""The files with the version of MicroShift, and with what OpenShift 5.0 reports about SELinux labels of volumes."""

_EVENTS = "/core/events"
_REPORTED = ("microshift-version", "conflictsPresent", "SELinux")
"""Texts without which events and these ConfigMaps are not read: most of them are about something else."""

_MADE = ("must-gather.local.", "inspect.local.")
"""The prefixes of the folders that `oc` makes."""

_RENDERED = "rendered-"
"""The prefix of MachineConfigs that the operator merges from others. No pool selects them."""


class DumpFile(NamedTuple):
    """A file of a dump: its path below the root of the dump, its path on the disk or in the archive, and its text."""

    name: str
    origin: str
    text: str

    @property
    def has_pods(self) -> bool:
        return bool(pod_in_dump(self.name))


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


def _workloads_in_dump(path: str) -> str:
    """Return the same as `place_in_dump` for a file with workloads; empty for other files."""
    parts = path.removesuffix(_GZ).replace(os.sep, "/").split("/")
    starts = [index for index, part in enumerate(parts) if part == NAMESPACES and path.isascii() and path.isprintable()]
    for _, group, resource, *name in (parts[start + 1 :] for start in starts if len(parts) - start in (4, 5)):
        if f"{group}/{resource if name else resource.removesuffix('.yaml')}" in _WORKLOADS and parts[-1].endswith(".yaml"):
            return "/".join(parts[starts[-1] :])
    return ""


def _has_facts(tree: str, path: list[str]) -> bool:
    if tree == NAMESPACES:
        namespace, *path = path or [""]
        if f"{tree}/{namespace}/{'/'.join(path)}" in _CONFIG_MAPS:
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
    for file in read_dump(path, path):
        if isinstance(file, LoadError):
            raise file
        # Events describe no object of the cluster.
        if _EVENTS not in file.name:
            yield os.path.join(display(path), file.name), file.text


def texts_of_workloads(path: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a dump with workloads, as `texts_of_dump` does those that verdicts depend on."""
    for file in read_dump(path, path, _workloads_in_dump):
        if isinstance(file, LoadError):
            raise file
        yield os.path.join(display(path), file.name), file.text


def read_dump(path: str, shown: str, place: Callable[[str], str] = place_in_dump) -> Iterator[DumpFile | LoadError]:
    """Yield the files of a dump in a folder or an archive for which `place` returns a name, sorted by name.

    A file that cannot be read is a LoadError among them. `shown` is how errors call the dump. Raises LoadError if the archive as a
    whole cannot be read, or has too many of them.
    """

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
        name = place(origin)
        if (_EVENTS in name or name in _CONFIG_MAPS) and not any(mark in text for mark in _REPORTED):
            continue
        size += len(text)
        if size > MAX_DUMP:
            raise LoadError(f"has more than {MAX_DUMP >> 20} MiB of objects, which are not read", shown)
        items.append(DumpFile(name, origin, text))
    yield from sorted(items, key=lambda item: item[:2] if isinstance(item, DumpFile) else (item.file, ""))


def _contents(path: str, shown: str, place: Callable[[str], str]) -> Iterator[tuple[str, bytes | LoadError]]:
    """Yield the path of each file below the folder or in the archive, with its content."""
    if not os.path.isdir(path):
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
    for at, _, files in walk(folder):
        for file in files:
            name = os.path.relpath(os.path.join(at, file), folder)
            if place(name):
                yield name


_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz")
_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\0"
_USTAR = slice(257, 262)
_EMPTY_READS = 4
_DAMAGED = "is damaged: its compressed data cannot be read to the end"


def is_archive(path: str) -> bool:
    """Return whether a path is a regular file with the name or the first bytes of an archive."""
    if not os.path.isfile(path):
        return False
    if path.endswith(_SUFFIXES):
        return True
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError:
        return False
    return head.startswith((_GZIP, _XZ)) or head[_USTAR] == b"ustar"


def entries(
    path: str, shown: str, wanted: Callable[[str], bool] = lambda name: True
) -> Iterator[tuple[tarfile.TarInfo, bytes | LoadError]]:
    """Yield the members of an archive whose path is `wanted`, in their order: the header, and the content or why there is none.

    `shown` is how errors call the archive. Names are without `./`. Names and targets are as the archive has them, and may lead
    anywhere. Raises LoadError for an archive that cannot be read to its end, or exceeds a limit.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(len(_XZ))
            file.seek(0)
            yield from _entries(_inflated(file, head, shown), shown, wanted)
    except (EOFError, zlib.error):
        raise LoadError(_DAMAGED, shown) from None
    except tarfile.TarError as error:
        problem = str(error)
        # tarfile passes on what zlib says.
        raise LoadError(
            _DAMAGED if problem.startswith("zlib") else f"is not a tar archive, or is damaged: {problem}", shown
        ) from None
    except OSError as error:
        # gzip reports its own errors without a number.
        raise LoadError(_DAMAGED, shown) if error.errno is None else os_error(error, shown) from None


def inflate(content: bytes, name: str) -> bytes:
    """Return what gzip compressed. Raises LoadError if `content` is no gzip or inflates beyond the limit of a file."""
    import gzip

    try:
        data = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise LoadError(_DAMAGED, name) from None
    if len(data) > MAX_BYTES:
        raise LoadError(f"inflates to more than {MAX_BYTES >> 20} MiB, which is not read", name)
    return data


def _entries(file: IO[bytes], shown: str, wanted: Callable[[str], bool]) -> Iterator[tuple[tarfile.TarInfo, bytes | LoadError]]:
    stream = _Stream(file, shown)
    # Of a stream tarfile uses `read` alone.
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", tarinfo=_Header) as archive:
        count = 0
        while (header := stream.next_header(archive)) is not None:
            count += 1
            if count > MAX_ARCHIVE_MEMBERS:
                raise LoadError(f"has more than {MAX_ARCHIVE_MEMBERS:,} members, which are not read", shown)
            # tarfile would keep the header of each member.
            archive.members.clear()  # type: ignore[attr-defined]  # typeshed lacks it
            header.name = header.name.removeprefix("./")
            if wanted(header.name):
                yield header, _content(archive, header)


def _content(archive: tarfile.TarFile, header: tarfile.TarInfo) -> bytes | LoadError:
    name = header.name
    if os.pardir in name.split("/") or name.startswith("/"):
        return LoadError("has a path that leads out of the archive, and is not read", name)
    if header.issym() or header.islnk():
        return LoadError("is a link, which is not followed", name)
    if not header.isreg() or header.issparse():
        return LoadError("is not a regular file, and is not read", name)
    if header.size > MAX_BYTES:
        return LoadError(f"larger than {MAX_BYTES >> 20} MiB, which is not read", name)
    file = archive.extractfile(header)
    data = file.read() if file else b""
    if len(data) < header.size:
        raise tarfile.ReadError("it ends early")
    return data


class _Header(tarfile.TarInfo):
    """A header that tarfile cannot read is an error. tarfile itself takes it for the end of the archive, if it is not the first."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # typeshed lacks it
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError("it ends early" if str(error) == "empty header" else str(error)) from None
        except (ValueError, IndexError, KeyError, OverflowError, RecursionError) as error:
            # The errors of parsing what a header says in its extensions.
            raise tarfile.ReadError(f"bad header ({type(error).__name__})") from None


class _Stream:
    """The bytes of an archive, with limits: of all bytes, and of those that one header takes."""

    def __init__(self, file: IO[bytes], shown: str) -> None:
        self._file = file
        self._shown = shown
        self._position = 0
        self._allowed = MAX_ARCHIVE_HEADER
        self._empty = 0

    def next_header(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        """Return the next header, reading over the content of the member before it; None at the end of the archive."""
        # The offset is where the next header begins.
        self._allowed = archive.offset + MAX_ARCHIVE_HEADER
        header = archive.next()
        self._allowed = archive.offset + MAX_ARCHIVE_HEADER
        return header

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._position += len(data)
        if self._position > MAX_ARCHIVE:
            gibibytes = MAX_ARCHIVE >> 30
            raise LoadError(f"has more than {gibibytes} GiB, which is not read: unpack it and pass the folder", self._shown)
        if self._position > self._allowed:
            raise tarfile.ReadError("bad header (too long)")
        # For a member of a false size, tarfile reads on at the end of the file as often as the size says.
        self._empty = 0 if data else self._empty + 1
        if self._empty > _EMPTY_READS:
            raise tarfile.ReadError("it ends early")
        return data


def _inflated(file: IO[bytes], head: bytes, shown: str) -> IO[bytes]:
    """The bytes of an archive that begins with `head`, decompressed."""
    if head.startswith(_GZIP):
        import gzip

        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    return cast("IO[bytes]", _Unxz(file, shown)) if head == _XZ else file


class _Unxz:
    """The bytes that xz compressed. Python's own reader has no limit for its dictionary."""

    def __init__(self, file: IO[bytes], shown: str) -> None:
        self._file = file
        self._shown = shown
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)
        self._error = lzma.LZMAError

    def read(self, size: int) -> bytes:
        data = b""
        while not data and not self._decompressor.eof:
            more = self._file.read(1 << 16) if self._decompressor.needs_input else b""
            if not more and self._decompressor.needs_input:
                raise EOFError
            try:
                data = self._decompressor.decompress(more, size)
            except self._error:
                problem = f"is damaged, or needs more than {MAX_XZ_MEMORY >> 20} MiB of memory to decompress"
                raise LoadError(problem, self._shown) from None
        return data
