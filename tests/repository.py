"""Git, for tests of what a repository has."""

import subprocess
from pathlib import Path

_IDENTITY = (
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@example.com",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "init.defaultBranch=main",
)


def git(*words: str, at: Path | str = ".", stdin: str = "") -> str:
    """Run git in a folder, and return what it prints."""
    command = ("git", *_IDENTITY, "-C", str(at), *words)
    return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout.strip()
