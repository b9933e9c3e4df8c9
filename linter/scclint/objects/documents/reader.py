"""Files and other texts to documents, each read once while there is room to keep it."""

import os
from collections.abc import Collection, Mapping, Set

from scclint.errors import LoadError
from scclint.files import SourceFile, read
from scclint.limits import KEPT_TEXT
from scclint.objects.documents import EarlierReading, load_file
from scclint.objects.documents.document import Document
from scclint.record import EMPTY


class Reader:
    """Reads files. `overlay` contains texts that replace files on the disk, by the displayed path.

    These are standard input and the unsaved buffers of an editor. An overlay that cannot be read is an error. Documents whose kind
    is not in `kinds` are not parsed, except those of files whose name is in `names`.
    """

    def __init__(self, kinds: Set[str], overlay: Mapping[str, str | LoadError] = EMPTY, names: Collection[str] = ()) -> None:
        self._kinds = kinds
        self._names = names
        self._overlay = overlay
        self._texts: dict[str, str] = {}
        self._documents: dict[str, list[Document]] = {}
        self._former: dict[str, list[Document]] = {}
        self._without_commands: set[str] = set()
        self._room = KEPT_TEXT

    def with_overlay(self, overlay: Mapping[str, str | LoadError]) -> "Reader":
        """Return a reader with another overlay. It keeps what was read of the files for which this changes nothing."""
        changed = {file for file in {*self._overlay, *overlay} if self._overlay.get(file) != overlay.get(file)}
        made = Reader(self._kinds, overlay, self._names)
        made._room = self._room
        made._texts = dict(self._texts)
        made._documents = {file: documents for file, documents in self._documents.items() if file not in changed}
        made._without_commands = self._without_commands - changed
        made._former = {file: self._documents.get(file, self._former.get(file, [])) for file in changed}
        return made

    def is_overlaid(self, file: SourceFile) -> bool:
        """Whether the text of a file comes from somewhere else than the disk."""
        return file.display in self._overlay

    def text(self, file: SourceFile, *, keep: bool = True) -> str:
        """The text of a file, kept if there is room. Raises LoadError for what cannot be read."""
        shown = file.display
        text = self._overlay.get(shown, self._texts.get(shown))
        if isinstance(text, LoadError):
            raise text
        if text is None:
            text = read(file.path, shown)
            if keep and len(text) <= self._room:
                self._room -= len(text)
                self._texts[shown] = text
        return text

    def documents(self, file: SourceFile, *, keep: bool = True, reading: int = 0) -> list[Document]:
        """The documents of a file, broken ones included. Raises LoadError for a file that cannot be read.

        They are kept if there is room. Without `keep` they are not: of a file that is looked at only once. `reading` is that of a
        template (see `load_file`); later ones are not kept.
        """
        documents = None if reading else self._documents.get(file.display)
        if documents is None:
            kinds = frozenset() if os.path.basename(file.display) in self._names else self._kinds
            text, former = self.text(file, keep=keep), self._former.get(file.display, ())
            documents = load_file(file.display, text, kinds, reading, EarlierReading(former, self._without_commands))
            if reading:
                return documents
            if file.display in self._texts or file.display in self._overlay:
                self._documents[file.display] = documents
        return documents
