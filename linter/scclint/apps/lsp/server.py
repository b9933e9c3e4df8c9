"""The server: reads what an editor sends, keeps its texts, and sends problems and answers.

All judging is done by one thread, one step after the other. While that thread works, the event loop takes the next texts. The answer
to a request is about the text that the editor had when it asked. Problems of a text that has changed since are dropped.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from scclint import __version__
from scclint.apps.lsp.convert import Converter
from scclint.apps.lsp.project import Project
from scclint.errors import ScclintError
from scclint.files import SUFFIXES

T = TypeVar("T")

KEYS_TOGETHER = 0.02
"""Seconds to wait after a change, so that keys typed at once are judged together."""

PAUSE = 0.4
"""Seconds without a change after which the units of the open files are judged as a whole."""

WATCHED = "**/{*.yaml,*.yml,*.json,Kustomization}"
"""The files that scclint reads, among them its settings."""


UNTITLED = "untitled:"
"""How the URI of a document begins that was never saved."""

_LANGUAGES = ("yaml", "json")


class Buffer(NamedTuple):
    """An open file: the URI and version that the editor has for it, and its text."""

    uri: str
    version: int
    text: str


class _Interrupted(Exception):
    """The editor asks for something else."""


class Server(LanguageServer):
    """The state of one editor. `config_file` is the file with the settings; empty to look for it in each folder."""

    def __init__(self, config_file: str = "") -> None:
        super().__init__("scclint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self._config_file = config_file
        self._projects: dict[str, Project] = {}
        self._thread = ThreadPoolExecutor(1)
        self._changes = 0
        self._requests: set[Future[Any]] = set()
        self._changed: set[str] = set()
        self._saved = True
        self._wake = asyncio.Event()
        self._may_interrupt = False
        self._logged: set[str] = set()

    async def keep_judging(self) -> None:
        """Judge changed texts until the server ends."""
        finished = True
        while True:
            if finished:
                await self._wake.wait()
                await asyncio.sleep(KEYS_TOGETHER)
            self._wake.clear()
            await self._judge(self._judge_files)
            try:
                await asyncio.wait_for(self._wake.wait(), PAUSE)
                finished = True
            except TimeoutError:
                finished = await self._judge(self._judge_rest)

    @property
    def buffers(self) -> dict[str, Buffer]:
        """The open files as they are now, by path."""
        documents = self.workspace.text_documents.values()
        buffers = (
            Buffer(document.uri, document.version or 0, document.source)
            for document in documents
            if not document.uri.startswith(UNTITLED) or document.language_id in _LANGUAGES
        )
        return {path: buffer for buffer in buffers if (path := self._path(buffer.uri))}

    def change(self, uri: str) -> None:
        """Judge a file again that was opened, changed or closed."""
        self._changes += 1
        self._changed.add(self._path(uri))
        self._wake.set()

    def save(self) -> None:
        """Read the saved files again."""
        self._saved = True
        self._changes += 1
        self._changed |= set(self.buffers)
        self._wake.set()

    def watch_files(self) -> None:
        """Ask the editor to tell the server when files change on the disk, if it can."""
        workspace = self.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched and watched.dynamic_registration:
            options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(WATCHED)])
            registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            self.client_register_capability(types.RegistrationParams([registration]))

    async def answer(self, uri: str, ask: Callable[[Project, str, Converter], T], otherwise: T) -> T:
        """Return what `ask` returns for an open file that is part of a project, and `otherwise` for other files."""
        path, buffers = self._path(uri), self.buffers

        def work() -> T:
            project = self._project(path, buffers)
            file = project.outline.shown(path) if project is not None and path in buffers else ""
            if project is None or file not in project.outline.files:
                return otherwise
            return ask(project, file, self._converter(project, buffers))

        request = self._thread.submit(work)
        self._requests.add(request)
        # A request that the editor cancels is never begun.
        request.add_done_callback(self._requests.discard)
        try:
            return await asyncio.wrap_future(request)
        except Exception as error:
            self.tell(error)
            return otherwise

    def tell(self, error: Exception) -> None:
        """Tell the user what failed: wrong settings in a message, a bug of scclint in the log."""
        if isinstance(error, ScclintError):
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"scclint: {error}"))
        else:
            self._log(f"internal error: {type(error).__name__}: {error}. This is a bug of scclint.", types.MessageType.Error)

    async def _judge(self, step: "Callable[[dict[str, Buffer], set[str]], list[types.PublishDiagnosticsParams]]") -> bool:
        """Run a step in the thread and send its problems. Return False if it was interrupted."""
        changes, changed, buffers = self._changes, self._changed, self.buffers
        self._changed = set()
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._thread, step, buffers, changed)
        except _Interrupted:
            self._changed |= changed
            return False
        except Exception as error:
            self.tell(error)
            return True
        if changes != self._changes:
            self._changed |= changed
            return True
        for problems in results:
            self.text_document_publish_diagnostics(problems)
        for project in list(self._projects.values()):
            for notice in project.notices:
                self._log(f"{notice.file}: {notice.message}" if notice.file else notice.message, types.MessageType.Info)
            for crash in project.crashes:
                self._log(f"{crash.rule_id} {crash.subject}: {crash.error}. This is a bug of scclint.", types.MessageType.Error)
        return True

    def _judge_files(self, buffers: Mapping[str, Buffer], changed: set[str]) -> list[types.PublishDiagnosticsParams]:
        """Judge the objects of the changed files."""
        if self._saved:
            self._saved = False
            for folder, project in list(self._projects.items()):
                try:
                    project.refresh(self._texts(project, buffers))
                except ScclintError:
                    del self._projects[folder]
                    raise
        return list(self._problems(buffers.keys() & changed, buffers, Project.judge_file))

    def _judge_rest(self, buffers: Mapping[str, Buffer], changed: set[str]) -> list[types.PublishDiagnosticsParams]:
        """Judge the units of all open files as a whole."""
        self._may_interrupt = True
        try:
            return list(self._problems(buffers.keys(), buffers, Project.judge_units))
        finally:
            self._may_interrupt = False

    def _problems(
        self, paths: Set[str], buffers: Mapping[str, Buffer], judge: Callable[[Project, str], None]
    ) -> Iterator[types.PublishDiagnosticsParams]:
        """Yield the problems of those of the open files that are part of a project."""
        for path, buffer in buffers.items():
            project = self._project(path, buffers) if path in paths else None
            if project is not None and (file := project.outline.shown(path)) in project.outline.files:
                judge(project, file)
                convert = self._converter(project, buffers)
                diagnostics = [convert.diagnostic(finding) for finding in project.findings(file)]
                yield types.PublishDiagnosticsParams(buffer.uri, diagnostics, buffer.version)

    def _path(self, uri: str) -> str:
        """The path of a document; empty if it has none, or if a folder or a device is there.

        One that was never saved is judged as a file of the folder that the editor opened.
        """
        path = path_of(uri, self.workspace.root_path or os.getcwd())
        return "" if os.path.exists(path) and not os.path.isfile(path) else path

    def _project(self, path: str, buffers: Mapping[str, Buffer]) -> Project | None:
        """The project that a file belongs to, with the texts of the editor; None for what is no file."""
        if not path:
            return None
        roots = _roots_of(path, (path_of(folder.uri) for folder in self.workspace.folders.values()))
        roots = roots or _roots_of(path, [self.workspace.root_path])
        root = max(roots, key=len, default=path)
        if root not in self._projects:
            self._projects[root] = Project(os.path.relpath(root), self._config_file, self._progress)
        project = self._projects[root]
        project.edit(self._texts(project, buffers))
        return project

    def _texts(self, project: Project, buffers: Mapping[str, Buffer]) -> dict[str, str]:
        return {project.outline.shown(path): buffer.text for path, buffer in buffers.items()}

    def _converter(self, project: Project, buffers: Mapping[str, Buffer]) -> Converter:
        return Converter(project, self.workspace.position_codec, lambda path: buffers[path].uri if path in buffers else "")

    def _progress(self, stage: str, done: int, total: int) -> None:
        """End a step that nobody waits for if the editor asks for something else."""
        if self._may_interrupt and (self._requests or self._wake.is_set()):
            raise _Interrupted

    def _log(self, text: str, level: types.MessageType) -> None:
        """Write a line to the editor's log, each once."""
        if text not in self._logged:
            self._logged.add(text)
            self.window_log_message(types.LogMessageParams(level, text))


def path_of(uri: str, folder: str = "") -> str:
    """Return the path of a URI, in `folder` for a document that was never saved; empty if no file system can have it."""
    name = unquote(uri.removeprefix(UNTITLED))
    unsaved = os.path.join(folder, name if name.endswith(SUFFIXES) else f"{name}.yaml")
    try:
        path = unsaved if uri.startswith(UNTITLED) else uris.to_fs_path(uri) or ""
        return "" if b"\0" in os.fsencode(path) else path
    except ValueError:
        return ""


def _roots_of(path: str, folders: Iterable[str | None]) -> list[str]:
    """Return the folders that a path is in."""
    return [folder for folder in folders if folder and path.startswith(folder.rstrip(os.sep) + os.sep)]
