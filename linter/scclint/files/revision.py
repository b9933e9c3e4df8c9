"""The files of a git revision, taken out of git's objects, and the files that a commit changes, with the texts that they had before.

No hook, filter or other program of a repository is run.
"""

import errno
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from subprocess import PIPE, Popen, run
from typing import IO, NamedTuple

from scclint.errors import LoadError, UsageError
from scclint.files import display, read, remote_urls, work_tree
from scclint.files.git import command, environment
from scclint.limits import MAX_BYTES, MAX_FOLDER_DEPTH, MAX_REVISION, MAX_REVISION_FILES
from scclint.record import EMPTY, record

_REGULAR, _LINK = "100", "120000"
_SHA1 = 40
"""Hex digits of an id, except in repositories that name objects by SHA-256."""
_OUR_REPOSITORY = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.protectNTFS=false", "-c", "core.protectHFS=false")
"""Options for git in a repository of ours: no hook of the user runs, and any name counts that the disk took."""
_NO_SUCH_NAME = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ, errno.ELOOP)
"""Why a disk does not take a name that git's objects may have: too long, or that of a file and of a folder."""


@record
class Revision:
    """A commit of a repository. `name` is how the user called it, `root` the real path of the work tree."""

    name: str
    root: str
    commit: str


class _Entry(NamedTuple):
    """A file or link in a tree of git, by its path from the root."""

    mode: str
    id: str
    path: str


def resolve(name: str, folder: str, base_with: str = "HEAD") -> Revision:
    """Return the merge base of the revision `name` and `base_with`. This is `name` itself if it is an ancestor of that.

    Changes of others since then therefore do not count as changes of this branch. An empty `base_with` gives `name` itself. `folder` is
    in the repository. Raises UsageError if there is no repository, or if it does not contain the revision.
    """
    root = os.path.realpath(_git(folder, f"{folder} is in no git work tree", "rev-parse", "--show-toplevel"))
    if name.startswith("-"):
        raise UsageError(f"{name!r} is not the name of a revision")
    missing = f"no revision {name!r} in {root}; a shallow clone may have to fetch it first"
    commit = _git(folder, missing, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if not base_with:
        return Revision(name, root, commit)
    if base_with.startswith("-"):
        raise UsageError(f"{base_with!r} is not the name of a revision")
    try:
        return Revision(name, root, _git(folder, "", "merge-base", base_with, commit))
    except UsageError:
        # No common history, or none in a shallow clone: then the revision is all there is to compare with.
        return Revision(name, root, commit)


def head(path: str) -> str:
    """Return the abbreviated id of the commit that the work tree of a path stands on; empty if it stands on none."""
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    try:
        return _git(folder, "", "rev-parse", "--short", "HEAD")
    except UsageError:
        return ""


def path_in(revision: Revision, path: str) -> str:
    """Return a path relative to the root of the revision. It begins with `..` if it lies outside.

    No link of the work tree is followed, because a change must not make one file of the revision count as another.
    """
    full = os.path.abspath(path)
    if not full.startswith(os.path.join(revision.root, "")):
        # The user may name the work tree through a link that leads to it.
        full = os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))
    return os.path.relpath(full, revision.root)


def text_of(revision: Revision, path: str) -> str | None:
    """Return the text of a file of the revision by its path from the root; None if the revision has none there, or has a link out of it."""
    if "\n" in path or path.startswith(os.pardir):
        return None
    wanted = f"{revision.commit}:{path}\n"
    found = _git(revision.root, f"{revision.name} cannot be read", "cat-file", "--batch", "--follow-symlinks", stdin=wanted)
    head, _, text = found.partition("\n")
    return text if re.fullmatch(r"[0-9a-f]+ blob \d+", head) else None


@contextmanager
def checked_out(revision: Revision) -> Iterator[str]:
    """Give the real path of a folder with the files of the revision, as a work tree of its own. It is removed in the end.

    Git lists the files there, and the folder has the name and the remotes of the repository. The files are as they were committed: no
    line end is converted and no attribute leaves one out. Files too large to be read, links that lead out of the repository, and
    names that the disk does not take are left out. Raises UsageError where the revision is not complete in this clone, has too
    much to write, or the disk refuses.
    """
    with _temporary_folder(revision) as into:
        _make_work_tree(revision, into, _check_out(revision, into))
        yield into


@contextmanager
def _temporary_folder(revision: Revision) -> Iterator[str]:
    """Give a folder of the name that the root of the revision has: a repository without remotes is called as its folder."""
    with tempfile.TemporaryDirectory(prefix="scclint-") as folder:
        into = os.path.join(os.path.realpath(folder), os.path.basename(revision.root) or "root")
        os.mkdir(into)
        yield into


def _check_out(revision: Revision, into: str, wanted: Callable[[str], bool] = lambda path: True) -> list[_Entry]:
    """Write the files and links whose path from the root is `wanted`, and return those that are there in the end."""
    links = []
    entries = []
    written = 0
    for entry, data in _contents(revision, wanted):
        target = os.path.join(into, entry.path)
        written += len(data)
        if written > MAX_REVISION:
            raise UsageError(f"the files of {revision.name} are more than {MAX_REVISION >> 30} GiB, which is not read")
        with _unless_no_name(revision):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if entry.mode == _LINK:
                links.append((entry, target, data))
                continue
            with open(target, "xb") as file:
                file.write(data)
            entries.append(entry)
    made = []
    # Not before all files are there, so that none is written through a link.
    for entry, target, data in links:
        with _unless_no_name(revision):
            os.symlink(os.fsdecode(data), target)
            made.append((entry, target))
    top = os.path.realpath(into)
    # Not before all links are there, because they may lead through each other.
    for entry, target in made:
        if os.path.realpath(target).startswith(top + os.sep):
            entries.append(entry)
        else:
            os.unlink(target)
    return entries


def _make_work_tree(revision: Revision, folder: str, entries: Sequence[_Entry]) -> None:
    """Make a folder a work tree in which git lists these files, with the remotes of the repository. It has no objects and no hooks."""
    problem = f"git cannot make a work tree of {revision.name}"
    sha256 = ("--object-format=sha256",) if len(revision.commit) > _SHA1 else ()
    _git(folder, problem, *_OUR_REPOSITORY, "init", "--quiet", "--template=", *sha256)
    with open(os.path.join(folder, ".git", "config"), "a", encoding="utf-8", errors="surrogateescape", newline="") as config:
        # Not as an argument of a program, which other users can see: a URL may hold a password.
        config.writelines(
            f'[remote "{number}"]\nurl = {_quoted(url)}\n' for number, url in enumerate(remote_urls(revision.root))
        )
    index = command(folder, *_OUR_REPOSITORY, "update-index", "-z", "--index-info")
    listed = "".join(f"{entry.mode} {entry.id}\t{entry.path}\0" for entry in entries)
    with Popen(index, stdin=PIPE, env=environment()) as process:
        process.communicate(os.fsencode(listed))
    if process.returncode != 0:
        raise UsageError(problem)


def _quoted(value: str) -> str:
    """A value as the configuration of git writes it."""
    for plain, escaped in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n")):
        value = value.replace(plain, escaped)
    return f'"{value}"'


@contextmanager
def _unless_no_name(revision: Revision) -> Iterator[None]:
    try:
        yield
    except ValueError:
        # A NUL, which no path has.
        return
    except OSError as error:
        if error.errno not in _NO_SUCH_NAME:
            raise UsageError(f"cannot write the files of {revision.name}: {error.strerror or error}") from error


def _contents(revision: Revision, wanted: Callable[[str], bool]) -> Iterator[tuple[_Entry, bytes]]:
    """Files and links with their content, the too large left out."""
    entries = [e for e in _entries(revision) if wanted(e.path) and e.path.count("/") <= MAX_FOLDER_DEPTH]
    with tempfile.TemporaryFile() as ids:
        # A file, because git does not read on from a pipe while its own output is not read.
        ids.write("".join(f"{entry.id}\n" for entry in entries).encode())
        ids.seek(0)
        with _reading(revision, "cat-file", "--batch", stdin=ids) as stream:
            for entry in entries:
                data = _next(stream, f"{revision.name} is not complete in this clone: {entry.path} is missing; fetch it first")
                if data is not None:
                    yield entry, data


def _next(stream: IO[bytes], missing: str) -> bytes | None:
    header = stream.readline().split()
    if len(header) != 3:
        raise UsageError(missing)
    size = int(header[2])
    data = None
    for offset in range(0, size or 1, MAX_BYTES):
        data = stream.read(min(MAX_BYTES, size - offset))
    stream.read(1)
    return data if size <= MAX_BYTES else None


def _entries(revision: Revision) -> Iterator[_Entry]:
    """The files and links of the revision's tree, submodules and unsafe paths left out."""
    with _reading(revision, "ls-tree", "-r", "-z", "--full-tree", revision.commit) as stream:
        for number, entry in enumerate(_ended(stream)):
            if number >= MAX_REVISION_FILES:
                raise UsageError(f"{revision.name} has more than {MAX_REVISION_FILES:,} files, which are not read")
            about, _, path = os.fsdecode(entry).partition("\t")
            mode, _, id = about.split()
            if (mode.startswith(_REGULAR) or mode == _LINK) and _is_inside(path):
                yield _Entry(mode, id, path)


def _ended(stream: IO[bytes]) -> Iterator[bytes]:
    """What a stream has, piece by piece, each ended by a NUL."""
    tail = b""
    while block := stream.read(1 << 16):
        # What is longer than a block is no path that a disk takes, and not worth being kept.
        *pieces, tail = (tail[: 1 << 16] + block).split(b"\0")
        yield from pieces


def _is_inside(path: str) -> bool:
    """Whether a path without detours leads to a file of the work tree; what is in `.git` is none, however a disk spells it."""
    parts = path.lower().split(os.sep)
    return path == os.path.normpath(path) and not os.path.isabs(path) and os.pardir not in parts and ".git" not in parts


@contextmanager
def _reading(revision: Revision, *arguments: str, stdin: IO[bytes] | None = None) -> Iterator[IO[bytes]]:
    """What git writes. Its errors are not shown: they quote files of its folder, which may be links to any other file."""
    git_command = command(revision.root, *arguments)
    closed = subprocess.DEVNULL
    with subprocess.Popen(git_command, stdin=stdin or closed, stdout=subprocess.PIPE, stderr=closed, env=environment()) as git:
        assert git.stdout is not None
        yield git.stdout
        if git.wait() != 0:
            raise UsageError(f"{revision.name} cannot be read: `git fsck` may say why")


def _git(folder: str, problem: str, *arguments: str, stdin: str = "") -> str:
    try:
        done = subprocess.run(
            command(folder, *arguments), input=os.fsencode(stdin), capture_output=True, env=environment(), check=False
        )
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        # Without git's own message, which quotes files of its folder, and these may be links to any other file.
        raise UsageError(problem)
    return os.fsdecode(done.stdout).rstrip("\n")


@record
class Changes:
    """`files` were added, edited or deleted, as displayed. `before` has the earlier text of each that had one and can be read."""

    files: frozenset[str]
    before: Mapping[str, str] = EMPTY


def find_changes(named: Sequence[str]) -> Changes | None:
    """Return the changes of the files `named`, or else of all that git shows; None if git shows no change.

    Git shows the changes from PRE_COMMIT_FROM_REF to PRE_COMMIT_TO_REF if both are set, and else what is staged. The earlier
    texts are those of PRE_COMMIT_FROM_REF or HEAD. Raises UsageError if nothing is named and there is no git work tree.
    """
    first, last = os.environ.get("PRE_COMMIT_FROM_REF", ""), os.environ.get("PRE_COMMIT_TO_REF", "")
    root = os.path.realpath(top) if (top := work_tree(os.curdir)) else ""
    if not root and not named:
        raise UsageError("--changed asks git for the changed files, and this folder is in no git work tree: name the files")
    pushed = bool(first and last)
    base = _base(first if pushed else "HEAD", root)
    if named:
        paths = [os.path.realpath(path) for path in named]
    else:
        paths = [os.path.join(root, name) for name in _diff(root, base.commit if pushed and base else "", last)]
    if not paths:
        return None
    here = os.path.realpath(os.curdir)
    shown = {path: display(os.path.relpath(path, here)) for path in paths}
    return Changes(frozenset(shown.values()), _texts(base, shown) if base else EMPTY)


def _base(name: str, root: str) -> Revision | None:
    """The revision to compare with; None before the first commit, and outside a work tree."""
    if not root:
        return None
    try:
        return resolve(name, root)
    except UsageError:
        if name == "HEAD":
            return None
        raise


def _diff(root: str, first: str, last: str) -> list[str]:
    """The names of files that differ between two revisions, or that are staged; both names of a file that was renamed."""
    between = [first, last] if first else ["--cached"]
    git_command = command(root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", *between, "--")
    done = run(git_command, capture_output=True, env=environment(index=True), check=False)
    if done.returncode != 0:
        raise UsageError(f"git cannot tell which files of {root} are changed; name the files")
    return [name for name in os.fsdecode(done.stdout).split("\0") if name]


def _texts(base: Revision, shown: Mapping[str, str]) -> dict[str, str]:
    """The texts of files as a revision has them, by path as displayed."""
    wanted = {os.path.relpath(path, base.root): name for path, name in shown.items()}
    texts = {}
    with _temporary_folder(base) as folder:
        _check_out(base, folder, wanted.__contains__)
        for path, name in wanted.items():
            copy = os.path.join(folder, path)
            if os.path.isfile(copy):
                try:
                    texts[name] = read(copy)
                except LoadError:
                    continue
    return texts
