"""The files of a folder that git ignores."""

import os

from scclint.limits import GIT_SECONDS


def listed_by_git(folder: str, *, tracked_only: bool = False) -> list[str] | None:
    """The files below `folder` that git tracks or, without `tracked_only`, would add, relative to it; a nested repository is one.

    None where git does not apply: the folder is in no work tree, is itself ignored, or git is missing or refuses.
    """
    top = work_tree(folder)
    if not top or _would_wait(os.path.realpath(folder), top):
        return None
    import subprocess

    from scclint.files.git import command, environment

    listing = command(folder, "ls-files", "-z", "--cached")
    if not tracked_only:
        listing += ["--others", "--exclude-standard"]
    ignored = command(folder, "check-ignore", "-q", ".")
    environ = environment()
    try:
        done = subprocess.run(listing, capture_output=True, timeout=GIT_SECONDS, check=False, env=environ)
        if done.returncode != 0:
            return None
        # An ignored folder lists nothing, but it was asked for by name.
        if not done.stdout:
            asked = subprocess.run(ignored, capture_output=True, timeout=GIT_SECONDS, check=False, env=environ)
            if asked.returncode == 0:
                return None
    except (OSError, subprocess.SubprocessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _would_wait(folder: str, top: str) -> bool:
    """Whether git would read its rules for `folder` from something else than regular files, as a FIFO, and wait for ever."""
    rules = [os.path.join(top, ".git", "info", "exclude"), os.path.join(top, ".gitignore")]
    while folder != top:
        rules.append(os.path.join(folder, ".gitignore"))
        folder = os.path.dirname(folder)
    return any(os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path) for path in rules)


def work_tree(folder: str) -> str:
    """The top of the git work tree that `folder` is in, as a real path; empty where it is in none. No process is started."""
    at = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(at, ".git")):
        parent = os.path.dirname(at)
        if parent == at:
            return ""
        at = parent
    return at
