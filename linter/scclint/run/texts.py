"""The texts of the files that a report points into."""

import os
from collections.abc import Iterable, Iterator, Mapping

from scclint.errors import LoadError
from scclint.files import read
from scclint.finding import Finding
from scclint.limits import TEXTS_KEPT


class FileTexts(Mapping[str, str]):
    """The texts of `files` and of `others`, by path as displayed. `others` come first, in their order.

    A file is read when its text is asked for, and only the latest texts are kept: a catalog has findings in gigabytes of files.
    A file that cannot be read any more has no text, and reports do without its lines.
    """

    def __init__(self, files: Iterable[str], *others: Mapping[str, str]) -> None:
        self._files = dict.fromkeys(files)
        self._others = others
        self._latest: dict[str, str] = {}
        # The working directory may be another one when a text is asked for.
        self._folder = os.getcwd()

    def __getitem__(self, file: str) -> str:
        for texts in (*self._others, self._latest):
            if (text := texts.get(file)) is not None:
                return text
        if file not in self._files:
            raise KeyError(file)
        try:
            text = read(os.path.join(self._folder, file), file)
        except LoadError:
            raise KeyError(file) from None
        if len(self._latest) == TEXTS_KEPT:
            del self._latest[next(iter(self._latest))]
        self._latest[file] = text
        return text

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(file for texts in self._others for file in texts)
        return (file for file in names | self._files if file in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def texts_of(findings: Iterable[Finding], others: Mapping[str, str]) -> FileTexts:
    """Return the text of every file that findings point into. `others` are texts that are not on the disk."""
    files: set[str] = set()
    for finding in findings:
        files.update((finding.span.file, *(r.span.file for r in (*finding.related, *finding.flow))))
    return FileTexts(sorted(files), {file: text for file, text in others.items() if file in files})
