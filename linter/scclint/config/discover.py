"""Find the configuration file that applies: the nearest one upward. Files further up are not merged into it."""

import os
from collections.abc import Iterator

from scclint.errors import ConfigError
from scclint.files import Reach

NAME = ".scclint.yaml"
"""The name of the configuration file."""


def discover_config(start: str) -> str | None:
    """The configuration file for `start`, a file or folder, as a path relative to the working directory where that is shorter.

    Folders are searched upward and the first that has one wins. The folder with `.git` is the last one searched. Raises ConfigError
    if it is a link out of the tree, because the author of the tree must not make scclint read other files.
    """
    for path in candidates(start):
        if os.path.isfile(path):
            check_link(path)
            return shorter(path)
    return None


def candidates(start: str) -> Iterator[str]:
    """Yield where the configuration file for `start`, a file or folder, may be, the nearest place first."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        yield os.path.join(folder, NAME)
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return
        folder = parent


def check_link(path: str) -> None:
    """Raise ConfigError for a link out of the tree: its author must not make scclint read other files."""
    if not os.path.islink(path):
        return

    if not Reach(os.path.dirname(path)).has(path):
        shown = shorter(path)
        raise ConfigError(f"{shown}: is a link out of the tree, and not followed: name it with --config to have it read")


def shorter(path: str) -> str:
    """Return a path relative to the working directory where that is shorter."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return relative if len(relative) < len(path) else path
