"""Real paths of the files of one tree, where each folder is resolved once."""

import os


class RealPaths:
    """Resolves links like `os.path.realpath`, for a tree that does not change meanwhile."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the real path of a file or folder, whether it exists or not."""
        # Folders can be nested more deeply than Python's calls.
        unknown: list[str] = []
        while path not in self._known and path and (folder := os.path.dirname(path)) != path:
            unknown.append(path)
            path = folder
        if path not in self._known:
            self._known[path] = os.path.realpath(path)
        real = self._known[path]
        for below in reversed(unknown):
            real = self._known[below] = _below(real, os.path.basename(below))
        return real


def _below(folder: str, name: str) -> str:
    """Return the real path of a name in a real folder."""
    if name in ("", os.curdir):
        return folder
    if name == os.pardir:
        return os.path.dirname(folder)
    path = os.path.join(folder, name)
    return os.path.realpath(path) if os.path.islink(path) else path
