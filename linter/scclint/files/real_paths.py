"""Real paths of the files of one tree, where each folder is resolved once."""

import os


class RealPaths:
    """Resolves links like `os.path.realpath`, for a tree that does not change meanwhile."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the real path of a file or folder, whether it exists or not."""
        if path not in self._known:
            self._known[path] = self._resolve(path)
        return self._known[path]

    def _resolve(self, path: str) -> str:
        folder, name = os.path.split(path)
        if folder == path or not path:
            return os.path.realpath(path)
        above = self.of(folder)
        if name in ("", os.curdir):
            return above
        if name == os.pardir:
            return os.path.dirname(above)
        found = os.path.join(above, name)
        return os.path.realpath(found) if os.path.islink(found) else found
