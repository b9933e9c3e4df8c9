"""From the paths of a command line to the files to read, in a fixed order."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from scclint.errors import LoadError
from scclint.files.ignored import listed_by_git, work_tree
from scclint.files.read import file_type, os_error

TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2", ".tmpl", ".gotmpl", ".tpl", ".in")
"""What template files are called. Those without the keys of a manifest are left out of what folders hold."""

ASSET_FOLDERS = ("bindata", "assets")
"""Folders whose manifests the code of an operator fills in and applies."""

SCRIPT_SUFFIXES = (".sh", ".bash", ".mk", "Makefile")
"""What scripts are called. The commands in them that grant SCCs count as grants."""

TEXT_SUFFIXES = (*SCRIPT_SUFFIXES, ".go", ".md")
"""What is looked through for words, beside the files that hold manifests."""

SUFFIXES = (".yaml", ".yml", ".json", *TEMPLATE_SUFFIXES)
"""What is taken from folders; files named one by one may be called anything."""

_NO_TEXT = "has a name that is not UTF-8, and is not read: rename it"


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
    suffixes: tuple[str, ...] = SUFFIXES,
) -> Iterator[SourceFile | LoadError]:
    """The files that `paths` name, each once: files, `-`, and what folders hold, sorted within each folder named.

    In folders, git-ignored files, `.git`, and linked folders are left out, and a link to a file counts where it stays in the tree
    (the folder named, or the git work tree that this is in); one that leads out of it is a LoadError. `exclude` takes patterns
    (see `globs`) for paths relative to the folder named, or as displayed. Files named one by one are excluded with
    `force_exclude` only.
    `tracked_only` leaves out of folders in a git work tree what git does not track. Of folders, files with these `suffixes` are found.
    A path that is missing, unreadable or no regular file is a LoadError among the files.
    """
    excluded: Callable[[str], bool] = _no
    if exclude:
        from scclint.files.globs import path_filter

        excluded = path_filter(exclude)
    identities: set[str] = set()
    here = os.getcwd()
    for path in paths:
        for item in _expand(path, stdin_filename, excluded, force_exclude, tracked_only, suffixes):
            if isinstance(item, SourceFile):
                identity = item.path if item.path == "-" else os.path.join(here, item.display)
                if identity in identities:
                    continue
                identities.add(identity)
            yield item


def display(path: str) -> str:
    """A path for people: POSIX separators, no `./` in front, undecodable bytes as `\\xNN`."""
    return _escaped(_plain(path))


def _escaped(path: str) -> str:
    shown = path.replace(os.sep, "/")
    return shown if shown.isascii() else os.fsencode(shown).decode("utf-8", "backslashreplace")


def is_text(path: str) -> bool:
    """Whether a path can be shown as it is, and found again by what is shown: it is UTF-8, and has no NUL."""
    try:
        if not path.isascii():
            os.fsencode(path).decode()
    except UnicodeError:
        return False
    return "\0" not in path


def _plain(path: str) -> str:
    """The path without detours, unless one leads through a link: `link/..` is not the folder that has the link."""
    plain = os.path.normpath(path)
    detour = os.pardir in path.split(os.sep) and "\0" not in path
    return path if detour and os.path.realpath(plain) != os.path.realpath(path) else plain


class Reach:
    """The files that a run over a folder may read and quote in a report: those in the folder and in the git work tree around it.

    The author of the tree must not make scclint read other files through links or paths that lead out of it. `.git` is excluded,
    because it can contain credentials.
    """

    def __init__(self, folder: str) -> None:
        self._named = folder
        self._folder = os.path.realpath(folder)
        self._folders: dict[str, bool] = {}

    def has(self, path: str) -> bool:
        """Whether the path leads to something within. One that is not text is none, as it may be shown like another's."""
        if not is_text(path):
            return False
        real = os.path.realpath(path)
        return is_below(real, self._folder) or (bool(self.work_tree) and is_below(real, self.work_tree))

    @cached_property
    def work_tree(self) -> str:
        """The top of the work tree that the folder is part of, empty without one."""
        # A repository that tracks nothing in the folder, such as one of a home directory, does not count.
        return work_tree(self._named) if listed_by_git(self._named, tracked_only=True) else ""

    def has_folder_of(self, path: str) -> bool:
        """Whether the folder that a path names is within."""
        folder = os.path.dirname(path)
        if folder not in self._folders:
            self._folders[folder] = self.has(folder or os.curdir)
        return self._folders[folder]


def is_below(real: str, top: str) -> bool:
    """Return whether a real path is a folder or is in it, and not in a `.git` of this folder."""
    if real == top:
        return True
    folder = top if top.endswith(os.sep) else top + os.sep
    # `.GIT` is the same folder on many a disk.
    return real.startswith(folder) and ".git" not in real[len(folder) :].lower().split(os.sep)


def _no(path: str) -> bool:
    return False


def _expand(
    path: str,
    stdin_filename: str,
    excluded: Callable[[str], bool],
    force_exclude: bool,
    tracked_only: bool,
    suffixes: tuple[str, ...],
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
        yield from _folder(path, excluded, tracked_only, suffixes)
    elif not stat.S_ISREG(mode):
        yield LoadError(f"is {file_type(mode)}, not a regular file", shown)
    elif not (force_exclude and excluded(shown)):
        yield SourceFile(path, shown) if is_text(path) else LoadError(_NO_TEXT, shown)


def _folder(
    root: str, excluded: Callable[[str], bool], tracked_only: bool, suffixes: tuple[str, ...]
) -> Iterator[SourceFile | LoadError]:
    problems: list[LoadError] = []
    reach = Reach(root)
    names = _below(root, problems, tracked_only, reach, suffixes)
    items: list[SourceFile | LoadError] = []
    plain = _plain(root)
    # Names below a folder have no detours.
    above = "" if plain == os.curdir else os.path.join(plain, "")
    for name in names:
        relative = name.replace(os.sep, "/")
        path = os.path.join(root, name)
        shown = _escaped(above + name)
        if excluded(relative) or excluded(shown) or ("/vendor/" in f"/{relative}" and name.endswith(TEXT_SUFFIXES)):
            continue
        items.append(_checked(path, shown, reach))
    items += problems
    yield from sorted(items, key=lambda item: item.display if isinstance(item, SourceFile) else item.file)


def _checked(path: str, shown: str, reach: Reach) -> SourceFile | LoadError:
    if not is_text(path):
        return LoadError(_NO_TEXT, shown)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if not reach.has(path):
                return LoadError(
                    "is a link out of the tree, and not followed: name it on the command line to have it read", shown
                )
            mode = os.stat(path).st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError) and os.path.islink(path):
            return LoadError("is a link to a file that is not there", shown)
        return os_error(error, shown)
    return SourceFile(path, shown) if stat.S_ISREG(mode) else LoadError(f"is {file_type(mode)}, not a regular file", shown)


def _below(root: str, problems: list[LoadError], tracked_only: bool, reach: Reach, suffixes: tuple[str, ...]) -> Iterator[str]:
    """The candidates below `root`, relative to it."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        folder = os.path.join(root, prefix) if prefix else root
        # A submodule in the index can be a plain folder, which git cannot list.
        plain = prefix and not os.path.lexists(os.path.join(folder, ".git"))
        listed = None if plain else listed_by_git(folder, tracked_only=tracked_only)
        if listed is None:
            yield from _walk(root, folder, problems, suffixes)
            continue
        for name in listed:
            path = os.path.join(folder, name)
            # The index can contain any name, and a folder in it can be a link by now. Names that are not text are reported later.
            if is_text(path) and not reach.has_folder_of(path):
                continue
            # Before the name is checked, because a submodule may be called `x.yaml`.
            if os.path.isdir(path):
                # Within a submodule that was never checked out git lists the folder itself.
                if not os.path.islink(path) and os.path.normpath(name) != os.curdir:
                    pending.append(os.path.join(prefix, name.rstrip("/")))
            # Git also lists a file that was deleted from the work tree but not from the index.
            elif name.endswith(suffixes) and os.path.lexists(path):
                yield os.path.join(prefix, name)


def _walk(root: str, top: str, problems: list[LoadError], suffixes: tuple[str, ...]) -> Iterator[str]:
    from scclint.files.walk import walk

    def refuse(error: OSError) -> None:
        problems.append(os_error(error, display(os.fsdecode(error.filename or root))))

    start = "" if (below := os.path.relpath(top, root)) == os.curdir else below
    for folder, folders, files in walk(top, refuse):
        if ".git" in folders:
            folders.remove(".git")
        relative = os.path.join(start, folder[len(top) :].strip(os.sep))
        for name in files:
            if name.endswith(suffixes):
                yield os.path.join(relative, name)
