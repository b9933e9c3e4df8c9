"""The files of a git revision, taken out of git's objects: no hook, filter or other program of a repository is run."""

import os
from collections.abc import Callable, Iterator
from typing import IO

from scclint.errors import UsageError
from scclint.load.git import command, environment
from scclint.load.limits import MAX_BYTES
from scclint.record import record

_REGULAR, _LINK = "100", "120000"


@record
class Revision:
    """A commit of a repository. `name` is how the user called it, `root` the real path of the work tree."""

    name: str
    root: str
    commit: str


def resolve(name: str, folder: str) -> Revision:
    """The commit from which HEAD and revision `name` went apart: `name` itself where that is an ancestor of HEAD.

    What others changed in the meantime is thus not taken for a change of this branch. `folder` lies in the repository.
    Raises UsageError where there is no repository, or no such revision in it.
    """
    root = os.path.realpath(_git(folder, f"{folder} is in no git work tree", "rev-parse", "--show-toplevel"))
    if name.startswith("-"):
        raise UsageError(f"{name!r} is not the name of a revision")
    missing = f"no revision {name!r} in {root}; a shallow clone may have to fetch it first"
    commit = _git(folder, missing, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    try:
        return Revision(name, root, _git(folder, "", "merge-base", "HEAD", commit))
    except UsageError:
        # No common history, or none in a shallow clone: then the revision is all there is to compare with.
        return Revision(name, root, commit)


def check_out(revision: Revision, into: str, wanted: Callable[[str], bool]) -> None:
    """Write those files of the revision whose path from the root is `wanted` below the folder `into`.

    They are as they were committed, no line end converted. Files too large to be read and links that lead out of the
    repository are left out.
    """
    links = []
    for path, mode, data in _contents(revision, wanted):
        target = os.path.join(into, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if mode == _LINK:
            links.append((target, os.path.dirname(path), os.fsdecode(data)))
            continue
        with open(target, "xb") as file:
            file.write(data)
    # Not before all files are there, so that none is written through a link.
    for target, folder, points_to in links:
        if not os.path.isabs(points_to) and _is_inside(os.path.normpath(os.path.join(folder, points_to))):
            os.symlink(points_to, target)


def _contents(revision: Revision, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str, bytes]]:
    """Path, mode and content of files and links."""
    import subprocess
    import tempfile

    entries = [e for e in _entries(revision) if wanted(e[0])]
    with tempfile.TemporaryFile() as ids:
        # A file, for git would stop to read a pipe while nobody reads what it writes.
        ids.write("".join(f"{id}\n" for _, _, id in entries).encode())
        ids.seek(0)
        with subprocess.Popen(
            command(revision.root, "cat-file", "--batch"), stdin=ids, stdout=subprocess.PIPE, env=environment()
        ) as git:
            assert git.stdout is not None
            for path, mode, _ in entries:
                data = _next(git.stdout, f"{revision.name} is not complete in this clone: {path} is missing; fetch it first")
                if len(data) <= MAX_BYTES:
                    yield path, mode, data


def _next(stream: IO[bytes], missing: str) -> bytes:
    header = stream.readline().split()
    if len(header) != 3:
        raise UsageError(missing)
    data = stream.read(int(header[2]))
    stream.read(1)
    return data


def _entries(revision: Revision) -> Iterator[tuple[str, str, str]]:
    """Path, mode and id of what the revision's tree holds, submodules and unsafe paths left out."""
    listing = _git(revision.root, f"cannot list {revision.name}", "ls-tree", "-r", "-z", "--full-tree", revision.commit)
    for entry in listing.split("\0"):
        about, _, path = entry.partition("\t")
        if not path:
            continue
        mode, _, id = about.split()
        if (mode.startswith(_REGULAR) or mode == _LINK) and path == os.path.normpath(path) and _is_inside(path):
            yield path, mode, id


def _is_inside(path: str) -> bool:
    return not os.path.isabs(path) and path.split(os.sep, 1)[0] != os.pardir


def _git(folder: str, problem: str, *arguments: str) -> str:
    import subprocess

    try:
        done = subprocess.run(command(folder, *arguments), capture_output=True, env=environment(), check=False)
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise UsageError(f"{problem}: {said}" if said else problem)
    return os.fsdecode(done.stdout).rstrip("\n")
