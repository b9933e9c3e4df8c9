"""Stage scan: the files of a run, what each defines, and the settings that all units share."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.expand import expand
from scclint.files.discover import SourceFile
from scclint.files.sources import Sources
from scclint.finding import Notice
from scclint.judge.inputs import expand_settings
from scclint.load.document import Document
from scclint.load.reader import Reader
from scclint.model.object import ApiObject
from scclint.record import EMPTY
from scclint.text import counted
from scclint.units.detect import KINDS
from scclint.units.kustomize import NAMES
from scclint.units.outline import Outline

if TYPE_CHECKING:
    from scclint.engine.file_answers import FileAnswers

_VENDORED = "{} not judged, because they are copies of Go modules; to judge them, name this folder"


def scan(
    sources: Sources,
    config: Config,
    overlay: Mapping[str, str | LoadError] = EMPTY,
    answers: "FileAnswers | None" = None,
) -> tuple[Outline, list[Notice]]:
    """The outline of the files to report on, and notices: each file that cannot be found or read, and copies of Go modules.

    `overlay` has the texts that hold in place of files, by path as displayed. `answers` has what earlier runs found out about files.
    """
    files = [item for item in sources.targets if isinstance(item, SourceFile)]
    notices = [Notice("error", e.message, e.file, e.line) for e in sources.targets if isinstance(e, LoadError)]
    if sources.folders:
        from scclint.files.vendored import without_vendored

        files, vendored = without_vendored(files, sources.folders)
        notices += (Notice("note", _VENDORED.format(counted(number, "file")), folder) for folder, number in vendored.items())
    more = expand_settings(config)
    kinds = more.kinds | KINDS
    reader = Reader(kinds, overlay, NAMES)

    def objects(documents: Iterable[Document]) -> list[ApiObject]:
        found: list[ApiObject] = []
        for document in documents:
            try:
                found += expand(document, more)
            except Exception:  # whatever is wrong with it is reported where it is judged
                continue
        return found

    root = _root(files, sources.folders)
    if answers is None:
        return Outline(files, root, sources.folders, reader, kinds, objects), notices
    from scclint.files.store import digest

    return Outline(files, root, sources.folders, reader, kinds, objects, answers.of, digest(repr(more))), notices


def _root(files: Sequence[SourceFile], folders: Sequence[str]) -> str:
    """The deepest folder in which everything lies that a run was asked for: the working directory, if that is part of it."""
    named = [*folders, *(os.path.dirname(file.path) or os.curdir for file in files if file.path != "-")]
    try:
        return os.path.commonpath(map(os.path.abspath, named)) if named else os.getcwd()
    except ValueError:  # on different drives
        return os.getcwd()
