"""Stage scan: the files of a run, what each defines, and the settings that all units share."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import time_ns
from typing import Any

from scclint.config.model import Config
from scclint.errors import LoadError
from scclint.expand import expand
from scclint.files.discover import SUFFIXES, TEMPLATE_SUFFIXES, SourceFile
from scclint.files.sources import Sources
from scclint.finding import Notice
from scclint.limits import MIN_CACHED
from scclint.load import is_helm_template
from scclint.load.document import Document
from scclint.load.reader import Reader
from scclint.model.object import ApiObject
from scclint.record import EMPTY
from scclint.run.inputs import expand_settings
from scclint.run.store import NO_STORE, RunStore
from scclint.text import counted
from scclint.units.detect import KINDS
from scclint.units.kustomize import NAMES
from scclint.units.outline import Outline

_UNCHANGED = 3_000_000_000
"""Nanoseconds after which a change gives a file other times: FAT rounds to two seconds."""
_VENDORED = "{} not judged, because they are copies of Go modules; to judge them, name this folder"


def scan(
    sources: Sources,
    config: Config,
    overlay: Mapping[str, str | LoadError] = EMPTY,
    store: RunStore = NO_STORE,
) -> tuple[Outline, list[Notice]]:
    """The outline of the files to report on, and notices: each file that cannot be found or read, and copies of Go modules.

    `overlay` has the texts that hold in place of files, by path as displayed. `store` has what earlier runs found out about files.
    """
    files = [item for item in sources.targets if isinstance(item, SourceFile)]
    notices = [Notice("error", e.message, e.file, e.line) for e in sources.targets if isinstance(e, LoadError)]
    if sources.folders:
        from scclint.files.vendored import without_vendored

        files, vendored = without_vendored(files, sources.folders)
        notices += (Notice("note", _VENDORED.format(counted(number, "file")), folder) for folder, number in vendored.items())
    if sources.texts:
        from scclint.run.beside import beside

        files, found = beside(files, sources.texts)
        notices += found
    more = expand_settings(config)
    kinds = more.kinds | KINDS
    reader = Reader(kinds, overlay, NAMES)
    if sources.folders and any(file.display.endswith(TEMPLATE_SUFFIXES) for file in files):
        files = [file for file in files if not file.display.endswith(TEMPLATE_SUFFIXES) or _is_template(file, reader)]

    def objects(documents: Iterable[Document]) -> list[ApiObject]:
        objects_of_documents: list[ApiObject] = []
        for document in documents:
            try:
                objects_of_documents += expand(document, more)
            except Exception:  # whatever is wrong with it is reported where it is judged
                continue
        return objects_of_documents

    root = _root(files, sources.folders)
    # To look into the store for little input costs no less than reading it.
    if not store.scope or not reach(files, MIN_CACHED):
        return Outline(files, root, sources.folders, reader, kinds, objects), notices
    from scclint.files.store import digest

    return Outline(files, root, sources.folders, reader, kinds, objects, _answers(store), digest(repr(more))), notices


def _is_template(file: SourceFile, reader: Reader) -> bool:
    """Whether a file called like a template seems to hold manifests and belongs to no chart."""
    from scclint.load.templates import holds_manifest

    inner = os.path.splitext(os.path.splitext(file.display)[0])[1]
    try:
        return inner in ("", *SUFFIXES) and holds_manifest(reader.text(file)) and not is_helm_template(file.display)
    except LoadError:
        return False


def reach(files: Iterable[SourceFile], size: int) -> bool:
    """Whether the files together have so many bytes; False where one cannot be looked at before that is known."""
    total = 0
    try:
        return any((total := total + os.stat(file.path).st_size) >= size for file in files)
    except OSError:
        return False


def _answers(store: RunStore) -> Callable[[str], dict[str, Any]]:
    """Return what gives the answers about a file, by question, to read and to add to. None are known of a file that has changed."""
    files: dict[str, dict[str, Any]] = {}

    def of(path: str) -> dict[str, Any]:
        if path not in files:
            signature = _signature(path)

            def restored(value: Any) -> dict[str, Any] | None:
                old_signature, answers = value
                return dict(answers) if old_signature == signature else None

            files[path] = store.find("files", path if signature else "", restored) or {}
            store.keep("files", path if signature else "", [signature, files[path]])
        return files[path]

    return of


def _signature(path: str) -> list[int]:
    """Return what shows that a file is unchanged, as git sees it; empty if it may have changed too recently to tell."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return []
    if max(status.st_mtime_ns, status.st_ctime_ns) > time_ns() - _UNCHANGED:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _root(files: Sequence[SourceFile], folders: Sequence[str]) -> str:
    """The deepest folder in which everything lies that a run was asked for: the working directory, if that is part of it."""
    named = [*folders, *(os.path.dirname(file.path) or os.curdir for file in files if file.path != "-")]
    try:
        return os.path.commonpath(map(os.path.abspath, named)) if named else os.getcwd()
    except ValueError:  # on different drives
        return os.getcwd()
