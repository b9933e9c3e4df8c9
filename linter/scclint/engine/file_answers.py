"""What earlier runs found out about single files, for files that are still the same.

A file is the same if its size, its times and its number on the disk are, as git sees it. So a second run does not read files
to split them into units. A file that changed within the last seconds is looked at again: it may change once more without a
difference in its times, which some disks round.
"""

import os
from time import time_ns
from typing import Any

from scclint.engine.stored_values import StoredValues

Answers = dict[str, Any]
"""Answers about one file, by question. They are what JSON can express."""

_SETTLED = 3_000_000_000
"""Nanoseconds after which a change gives a file other times: FAT rounds to two seconds."""


class FileAnswers:
    """The answers for one scope. Nothing here raises for what the disk holds or refuses."""

    def __init__(self, values: StoredValues) -> None:
        self._values = values
        self._files: dict[str, tuple[list[int], Answers]] = {}

    def of(self, path: str) -> Answers:
        """Return the answers about a file, to read and to add to. None are known of a file that has changed."""
        if path not in self._files:
            signature = _signature(path)
            self._files[path] = signature, self._known(path, signature)
        return self._files[path][1]

    def save(self) -> None:
        """Write the answers about all files that were asked for, if anything is new."""
        for path, (signature, answers) in self._files.items():
            if signature and answers:
                self._values[path] = [signature, answers]
        self._values.save()

    def _known(self, path: str, signature: list[int]) -> Answers:
        try:
            known, answers = self._values[path]
        except (KeyError, ValueError, TypeError):
            return {}
        return dict(answers) if signature and known == signature and isinstance(answers, dict) else {}


def _signature(path: str) -> list[int]:
    """Return what shows that a file is unchanged; empty if it may have changed too recently to tell."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return []
    if max(status.st_mtime_ns, status.st_ctime_ns) > time_ns() - _SETTLED:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
