"""Paths as code hosts know them: from the repository's root, whatever directory the run was started in."""

import os
from functools import cache
from urllib.parse import quote

from scclint.files import work_tree


class RepositoryPaths:
    """Turns a file's path as the user reads it into one relative to `root`.

    Without it, the root is that of the git work tree around the working directory, or else the working directory.
    """

    def __init__(self, root: str | None = None) -> None:
        self._root = os.path.realpath(root or work_tree(os.curdir) or os.curdir)
        self.path = cache(self._relative)
        """Returns `deploy/web.yaml` for a file: links resolved, with `/` on every platform; absolute where it lies outside the root."""

    def uri(self, file: str) -> str:
        """The path as a URI reference (RFC 3986), percent-encoded; a `file:` URI where the file lies outside the root."""
        path = self.path(file)
        if os.path.isabs(path):
            return f"file://{'' if path.startswith('/') else '/'}{_encoded(path)}"
        return _encoded(path)

    def _relative(self, file: str) -> str:
        if not file:
            return "<unknown>"
        try:
            absolute = os.path.realpath(file)
        except (OSError, ValueError):
            absolute = os.path.abspath(file)
        inside = absolute.startswith(self._root.rstrip(os.sep) + os.sep)
        path = os.path.relpath(absolute, self._root) if inside else absolute
        return path.replace(os.sep, "/")


def _encoded(path: str) -> str:
    try:
        # File names that are not UTF-8 arrive with their bytes as surrogates (PEP 383).
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = path.encode("utf-8", "backslashreplace")
    return quote(data, safe="/~-._!$&'()*+,;=@")
