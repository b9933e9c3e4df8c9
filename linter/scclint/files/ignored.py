"""The files of a folder that git ignores."""

import os
from collections.abc import Sequence

from scclint.limits import GIT_PATIENCE, GIT_SECONDS


def listed_by_git(folder: str, *, tracked_only: bool = False) -> list[str] | None:
    """The files below `folder` that git tracks or, without `tracked_only`, would add, relative to it; a nested repository is one.

    None where git does not apply: the folder is in no work tree, is itself ignored, or git is missing or refuses.
    """
    top = work_tree(folder)
    if not top or _would_wait(os.path.realpath(folder), top):
        return None
    from scclint.files.git import command

    listing = command(folder, "ls-files", "-z", "--cached")
    if not tracked_only:
        listing += ["--others", "--exclude-standard"]
    status, output = _run(listing, folder)
    # Git lists nothing in an ignored folder, but the user named this one.
    if status != 0 or (not output and _run(command(folder, "check-ignore", "-q", "."), folder)[0] == 0):
        return None
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _run(command: Sequence[str], folder: str) -> tuple[int | None, bytes]:
    """Run git. Return its status and output; None as the status if it cannot run, takes too long, or waits for ever."""
    from subprocess import DEVNULL, PIPE, Popen, SubprocessError, TimeoutExpired

    from scclint.files.git import environment

    try:
        with Popen(command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=environment()) as git:
            try:
                try:
                    output, _ = git.communicate(timeout=GIT_PATIENCE)
                except TimeoutExpired:
                    # Only now does it pay to look through all folders.
                    if _waits_below(folder, command):
                        git.kill()
                    output, _ = git.communicate(timeout=GIT_SECONDS)
            except BaseException:
                git.kill()
                raise
            return git.returncode, output
    except (OSError, SubprocessError):
        return None, b""


def _would_wait(folder: str, top: str) -> bool:
    """Whether git would read its rules for `folder` from something else than regular files, such as a FIFO, and wait for ever."""
    rules = [os.path.join(top, ".git", "info", "exclude"), os.path.join(top, ".gitignore")]
    while folder != top:
        rules.append(os.path.join(folder, ".gitignore"))
        folder = os.path.dirname(folder)
    return any(map(_is_odd, rules))


def _waits_below(folder: str, command: Sequence[str]) -> bool:
    """Whether a folder below `folder` has something else than a regular file for rules, or the repository names such a file."""
    from subprocess import DEVNULL, SubprocessError, run

    from scclint.files.git import environment
    from scclint.files.walk import walk

    named = [*command[: command.index(folder) + 1], "config", "--path", "core.excludesFile"]
    try:
        done = run(named, stdin=DEVNULL, capture_output=True, timeout=GIT_PATIENCE, check=False, env=environment())
    except (OSError, SubprocessError):
        return True
    if done.stdout and _is_odd(os.path.join(folder, os.fsdecode(done.stdout.rstrip(b"\n")))):
        return True
    return any(".gitignore" in files and _is_odd(os.path.join(at, ".gitignore")) for at, _, files in walk(folder))


def _is_odd(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def work_tree(folder: str) -> str:
    """The top of the git work tree that `folder` is in, as a real path; empty where it is in none. No process is started."""
    at = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(at, ".git")):
        parent = os.path.dirname(at)
        if parent == at:
            return ""
        at = parent
    return at
