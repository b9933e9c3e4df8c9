"""Which files a run reads."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from scclint.errors import LoadError
from scclint.files import SUFFIXES, TEXT_SUFFIXES, SourceFile, discover, display
from scclint.record import EMPTY

StrPath = str | os.PathLike[str]
Paths = StrPath | Iterable[StrPath]
"""One path, or several. A plain text is one path."""

_VENDOR = "vendor"
_LIST = "modules.txt"
_EMPTY = "holds no YAML or JSON file that is read: files that git ignores or the settings exclude do not count"


class SourceSettings(Protocol):
    """The settings that decide what is read (see `scclint.config.model.Config`)."""

    @property
    def exclude(self) -> tuple[str, ...]: ...

    @property
    def force_exclude(self) -> bool: ...

    @property
    def profile_dirs(self) -> tuple[str, ...]: ...

    @property
    def cluster_state(self) -> tuple[str, ...]: ...


class Dump(NamedTuple):
    """A must-gather or the like, in a folder or an archive: its path, and the path as people should see it."""

    path: str
    display: str


class Sources(NamedTuple):
    """The inputs of a run: what to report on, the state of a cluster, and other manifests that count. An unreadable one is an error.

    `paths` are those to report on as the user wrote them, and `folders` the folders among them. `named` are the files and folders,
    as displayed, that the user named to inform verdicts. `texts` are scripts and code in the folders, and `vendored` the files that are
    left out because they are copies of Go modules, by their folder as displayed. `excluded` is the number of files
    that the settings exclude.
    """

    targets: Sequence[SourceFile | LoadError]
    state: Sequence[SourceFile | Dump | LoadError] = ()
    context: Sequence[SourceFile | LoadError] = ()
    folders: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    texts: Sequence[SourceFile] = ()
    vendored: Mapping[str, Sequence[SourceFile]] = EMPTY
    excluded: int = 0


def find_sources(
    paths: Sequence[str],
    config: SourceSettings,
    *,
    context: Sequence[str] = (),
    stdin_filename: str = "<stdin>",
    tracked_only: bool = False,
    state: Sequence[SourceFile | Dump | LoadError] | None = None,
) -> Sources:
    """The files that a run reads, in order.

    `paths` are files, folders or `-` to report on; profiles in the configuration's profile folders are reported on as well.
    `context`, and the configuration's cluster state, inform verdicts. A folder of these three without files is an error.
    `tracked_only` leaves out of folders what git does not track: a commit hook must not judge by files that are not part of the commit.
    `state` are the files of the cluster state, if they are not to be read where the configuration names them.
    """

    def found(
        paths: Sequence[str],
        stdin: str = "",
        tracked_only: bool = tracked_only,
        suffixes: tuple[str, ...] = SUFFIXES,
        left_out: list[str] | None = None,
    ) -> list[SourceFile | LoadError]:
        return list(
            discover(
                paths,
                stdin_filename=stdin,
                exclude=config.exclude,
                force_exclude=config.force_exclude,
                tracked_only=tracked_only,
                suffixes=suffixes,
                left_out=left_out,
            )
        )

    def empty(paths: Sequence[str]) -> Iterator[LoadError]:
        yield from (LoadError(_EMPTY, display(path)) for path in paths if not found([path], tracked_only=False))

    folders = tuple(path for path in paths if os.path.isdir(path))
    suffixes = (*SUFFIXES, *TEXT_SUFFIXES) if folders else SUFFIXES
    left_out: list[str] = []
    targets = found([*paths, *config.profile_dirs], stdin_filename, suffixes=suffixes, left_out=left_out)
    named = {display(path) for path in paths}
    texts = (
        [target for target in targets if _name(target).endswith(TEXT_SUFFIXES) and _name(target) not in named]
        if folders
        else []
    )
    apart = frozenset(map(_name, texts))
    errors = [target for target in targets if isinstance(target, LoadError) and target.file not in apart]
    files = (target for target in targets if isinstance(target, SourceFile) and target.display not in apart)
    source_files, vendored = _without_vendored(files, folders)
    if state is None:
        state = [
            item for path in config.cluster_state for item in _dump(path) or found([path], tracked_only=False) or empty([path])
        ]
    return Sources(
        [*source_files, *errors, *empty(config.profile_dirs)],
        state,
        [*found(context), *empty(context)],
        folders,
        frozenset(map(display, (*config.cluster_state, *context))),
        tuple(paths),
        _without_vendored((target for target in texts if isinstance(target, SourceFile)), folders)[0],
        vendored,
        sum(path.endswith(SUFFIXES) for path in left_out),
    )


def _name(item: SourceFile | LoadError) -> str:
    return item.display if isinstance(item, SourceFile) else item.file


def _dump(path: str) -> list[Dump]:
    """The dump at a path; none if it is something else."""
    if os.path.isdir(path):
        from scclint.files.dump import has_files, telling_place

        return [Dump(path, display(path))] if has_files(path, telling_place) else []
    from scclint.files.dump import is_archive

    return [Dump(path, display(path))] if is_archive(path) else []


def _without_vendored(
    files: Iterable[SourceFile], folders: Sequence[str]
) -> tuple[list[SourceFile], dict[str, list[SourceFile]]]:
    """Leave out of files what lies in a `vendor/` of Go modules below one of the folders that the user named.

    Return the other files, and those that are left out by `vendor/`, as displayed. `go mod vendor` writes the copies of modules
    there, beside a list of them. Nobody deploys their manifests.
    """

    @cache
    def is_vendor(folder: str) -> bool:
        return os.path.isfile(os.path.join(folder, _LIST))

    tops = [os.path.join(os.path.abspath(folder), "") for folder in folders]
    source_files: list[SourceFile] = []
    left_out: dict[str, list[SourceFile]] = {}
    for file in files:
        path = os.path.abspath(file.path) if f"{_VENDOR}{os.sep}" in file.path else ""
        vendor = next((folder for folder in _vendors(path, tops) if is_vendor(folder)), None)
        if vendor is None:
            source_files.append(file)
        else:
            shown = display(file.path.removesuffix(path[len(vendor) :]))
            left_out.setdefault(shown, []).append(file)
    return source_files, left_out


def _vendors(path: str, tops: Sequence[str]) -> Iterator[str]:
    """The folders called `vendor` that lead to a file from the nearest of the folders `tops` above it."""
    top = max((top for top in tops if path.startswith(top)), key=len, default=path)
    steps = path[len(top) :].split(os.sep)
    return (os.path.join(top, *steps[: index + 1]) for index, step in enumerate(steps[:-1]) if step == _VENDOR)
