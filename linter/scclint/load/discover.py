"""From the paths of a command line to the files to read, in a fixed order."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.load.ignored import listed_by_git, work_tree
from scclint.load.read import file_type, os_error

SUFFIXES = (".yaml", ".yml", ".json")
"""What is taken from folders; files named one by one may be called anything."""


class SourceFile(NamedTuple):
    """A file to read: `path` as the system knows it (`-` is standard input), `display` as people should see it."""

    path: str
    display: str


def discover(
    paths: Iterable[str],
    *,
    stdin_filename: str = "<stdin>",
    exclude: Sequence[str] = (),
    force_exclude: bool = False,
    tracked_only: bool = False,
) -> Iterator[SourceFile | LoadError]:
    """The files that `paths` name, each once: files, `-`, and what folders hold, sorted within each folder named.

    In folders, git-ignored files, `.git`, and linked folders are left out, and a link to a file counts where it stays in the tree
    (the folder named, or the git work tree that this is in); one that leads out of it is a LoadError. `exclude` takes patterns
    (see `globs`) for paths relative to the folder named, or as displayed. Files named one by one are excluded with
    `force_exclude` only.
    `tracked_only` leaves out of folders in a git work tree what git does not track.
    A path that is missing, unreadable or no regular file is a LoadError among the files.
    """
    excluded: Callable[[str], bool] = _no
    if exclude:
        from scclint.load.globs import path_filter

        excluded = path_filter(exclude)
    seen: set[str] = set()
    for path in paths:
        for item in _expand(path, stdin_filename, excluded, force_exclude, tracked_only):
            if isinstance(item, SourceFile):
                identity = item.path if item.path == "-" else os.path.join(os.getcwd(), _plain(item.path))
                if identity in seen:
                    continue
                seen.add(identity)
            yield item


def display(path: str) -> str:
    """A path for people: POSIX separators, no `./` in front, undecodable bytes as `\\xNN`."""
    shown = _plain(path).replace(os.sep, "/")
    return os.fsencode(shown).decode("utf-8", "backslashreplace")


def _plain(path: str) -> str:
    """The path without detours, unless one leads through a link: `link/..` is not the folder that has the link."""
    plain = os.path.normpath(path)
    detour = os.pardir in path.split(os.sep) and "\0" not in path
    return path if detour and os.path.realpath(plain) != os.path.realpath(path) else plain


class Reach:
    """What may be read of a folder that is linted, and so be quoted in a report: whatever is in it or in the work tree around.

    Whoever wrote the tree must not have others' files read, by links or by paths that lead out of it. `.git` is not part of it,
    since there are credentials in there.
    """

    def __init__(self, folder: str) -> None:
        self._named = folder
        self._folder = os.path.realpath(folder)
        self._around: str | None = None
        self._folders: dict[str, bool] = {}

    def has(self, path: str) -> bool:
        """Whether the path leads to something within."""
        real = os.path.realpath(path)
        if _is_below(real, self._folder):
            return True
        if self._around is None:
            # A repository that ignores the folder, like one of a whole home directory, is another matter.
            listed = listed_by_git(self._named, tracked_only=True) is not None
            self._around = (listed and work_tree(self._named)) or self._folder
        return _is_below(real, self._around)

    def has_folder_of(self, path: str) -> bool:
        """Whether the folder that a path names is within."""
        folder = os.path.dirname(path)
        if folder not in self._folders:
            self._folders[folder] = self.has(folder or os.curdir)
        return self._folders[folder]


def _is_below(real: str, top: str) -> bool:
    inside = os.path.relpath(real, top).split(os.sep)
    return os.pardir not in inside and ".git" not in inside


def _no(path: str) -> bool:
    return False


def _expand(
    path: str, stdin_filename: str, excluded: Callable[[str], bool], force_exclude: bool, tracked_only: bool
) -> Iterator[SourceFile | LoadError]:
    if path == "-":
        yield SourceFile("-", stdin_filename)
        return
    shown = display(path)
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        yield os_error(error, shown) if isinstance(error, OSError) else LoadError("is not a path", shown)
        return
    if stat.S_ISDIR(mode):
        yield from _folder(path, excluded, tracked_only)
    elif not stat.S_ISREG(mode):
        yield LoadError(f"is {file_type(mode)}, not a regular file", shown)
    elif not (force_exclude and excluded(shown)):
        yield SourceFile(path, shown)


def _folder(root: str, excluded: Callable[[str], bool], tracked_only: bool) -> Iterator[SourceFile | LoadError]:
    problems: list[LoadError] = []
    reach = Reach(root)
    names = _below(root, "", problems, tracked_only, reach)
    found: list[SourceFile | LoadError] = []
    for name in names:
        relative = name.replace(os.sep, "/")
        path = os.path.join(root, name)
        shown = display(path)
        if excluded(relative) or excluded(shown):
            continue
        found.append(_checked(path, shown, reach))
    found += problems
    yield from sorted(found, key=lambda item: item.display if isinstance(item, SourceFile) else item.file)


def _checked(path: str, shown: str, reach: Reach) -> SourceFile | LoadError:
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if not reach.has(path):
                return LoadError(
                    "is a link out of the tree, and not followed: name it on the command line to have it read", shown
                )
            mode = os.stat(path).st_mode
    except OSError as error:
        return os_error(error, shown)
    return SourceFile(path, shown) if stat.S_ISREG(mode) else LoadError(f"is {file_type(mode)}, not a regular file", shown)


def _below(root: str, prefix: str, problems: list[LoadError], tracked_only: bool, reach: Reach) -> Iterator[str]:
    """The candidates below `root`/`prefix`, relative to `root`."""
    folder = os.path.join(root, prefix) if prefix else root
    listed = listed_by_git(folder, tracked_only=tracked_only)
    if listed is None:
        yield from _walk(root, prefix, problems)
        return
    for name in listed:
        path = os.path.join(folder, name)
        # An index may name anything, and what it has as a folder may be a link by now.
        if not reach.has_folder_of(path):
            continue
        # Before the name is looked at, for a submodule may be called `x.yaml`.
        if os.path.isdir(path):
            # Within a submodule that was never checked out git lists the folder itself.
            if not os.path.islink(path) and os.path.normpath(name) != os.curdir:
                yield from _below(root, os.path.join(prefix, name.rstrip("/")), problems, tracked_only, reach)
        # A file deleted from the work tree but not from the index is listed all the same.
        elif name.endswith(SUFFIXES) and os.path.lexists(path):
            yield os.path.join(prefix, name)


def _walk(root: str, prefix: str, problems: list[LoadError]) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        problems.append(os_error(error, display(os.fsdecode(error.filename or root))))

    for folder, folders, files in os.walk(os.path.join(root, prefix) if prefix else root, onerror=refuse):
        folders[:] = [name for name in folders if name != ".git"]
        for name in files:
            if name.endswith(SUFFIXES):
                yield os.path.relpath(os.path.join(folder, name), root)
