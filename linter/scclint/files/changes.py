"""The files that a commit changes, with the texts that they had before."""

import os
from collections.abc import Mapping, Sequence
from subprocess import run

from scclint.errors import LoadError, UsageError
from scclint.files import display, read, work_tree
from scclint.files.git import command, environment
from scclint.files.revision import Revision, checked_out, resolve
from scclint.record import EMPTY, record


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
    asked = command(root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", *between, "--")
    done = run(asked, capture_output=True, env=environment(index=True), check=False)
    if done.returncode != 0:
        raise UsageError(f"git cannot tell which files of {root} are changed; name the files")
    return [name for name in os.fsdecode(done.stdout).split("\0") if name]


def _texts(base: Revision, shown: Mapping[str, str]) -> dict[str, str]:
    """The texts of files as a revision has them, by path as displayed."""
    wanted = {os.path.relpath(path, base.root): name for path, name in shown.items()}
    texts = {}
    with checked_out(base, wanted.__contains__) as folder:
        for path, name in wanted.items():
            copy = os.path.join(folder, path)
            if os.path.isfile(copy):
                try:
                    texts[name] = read(copy)
                except LoadError:
                    continue
    return texts
