"""The server: reads what an editor sends, keeps its texts, and sends problems and answers.

All judging is done by one thread, one step after the other. While that thread works, the event loop takes the next texts. The answer
to a request is about the text that the editor had when it asked. Problems of a text that has changed since are dropped.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple, TypeVar

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from scclint import __version__
from scclint.errors import LoadError, ScclintError
from scclint.lsp import actions, verdict
from scclint.lsp.completion import offers
from scclint.lsp.convert import Converter
from scclint.lsp.definition import definitions
from scclint.lsp.hints import hints
from scclint.lsp.project import Cursor, Project
from scclint.source import Span

T = TypeVar("T")

KEYS_TOGETHER = 0.02
"""Seconds to wait after a change, so that keys typed at once are judged together."""

PAUSE = 0.4
"""Seconds without a change after which the units of the open files are judged as a whole."""

WATCHED = "**/{*.yaml,*.yml,*.json,*.toml}"
"""The files that scclint reads, among them its settings."""


class Buffer(NamedTuple):
    """An open file: the URI and version that the editor has for it, and its text."""

    uri: str
    version: int
    text: str


class Problems(NamedTuple):
    """The problems of an open file, for the version of it that was judged."""

    uri: str
    version: int
    items: list[types.Diagnostic]


class _Interrupted(Exception):
    """The editor asks for something else."""


class Server(LanguageServer):
    """The state of one editor. `config_file` is the file with the settings; empty to look for it in each folder."""

    def __init__(self, config_file: str = "") -> None:
        super().__init__("scclint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.buffers: dict[str, Buffer] = {}
        self._config_file = config_file
        self._projects: dict[str, Project] = {}
        self._thread = ThreadPoolExecutor(1)
        self._changes = 0
        self._requests = 0
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

    def change(self, path: str, buffer: Buffer | None) -> None:
        """Take the text of a file; None for a file that was closed."""
        if buffer is None:
            self.buffers.pop(path, None)
        else:
            self.buffers[path] = buffer
        self._changes += 1
        self._changed.add(path)
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
        path, buffers = uris.to_fs_path(uri) or "", dict(self.buffers)

        def work() -> T:
            try:
                project = self._project(path, buffers)
                file = project.shown(path) if project is not None and path in buffers else ""
                if project is None or not project.has(file):
                    return otherwise
                return ask(project, file, self._converter(project, buffers))
            finally:
                self._requests -= 1

        self._requests += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except Exception as error:
            self.tell(error)
            return otherwise

    def tell(self, error: Exception) -> None:
        """Tell the user what failed: wrong settings in a message, a bug of scclint in the log."""
        if isinstance(error, ScclintError):
            where = f"{error.file}: " if isinstance(error, LoadError) and error.file else ""
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"scclint: {where}{error}"))
        else:
            self._log(f"internal error: {type(error).__name__}: {error}. This is a bug of scclint.", types.MessageType.Error)

    async def _judge(self, step: "Callable[[dict[str, Buffer], set[str]], list[Problems]]") -> bool:
        """Run a step in the thread and send its problems. Return False if it was interrupted."""
        changes, changed, buffers = self._changes, self._changed, dict(self.buffers)
        self._changed = set()
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, step, buffers, changed)
        except _Interrupted:
            self._changed |= changed
            return False
        except Exception as error:
            self.tell(error)
            return True
        if changes != self._changes:
            self._changed |= changed
            return True
        for problems in found:
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(problems.uri, problems.items, problems.version)
            )
        for project in list(self._projects.values()):
            for notice in project.notices:
                self._log(f"{notice.file}: {notice.message}" if notice.file else notice.message, types.MessageType.Info)
            for crash in project.crashes:
                self._log(f"{crash.rule_id} {crash.subject}: {crash.error}. This is a bug of scclint.", types.MessageType.Error)
        return True

    def _judge_files(self, buffers: Mapping[str, Buffer], changed: set[str]) -> list[Problems]:
        """Judge the objects of the changed files."""
        if self._saved:
            self._saved = False
            for folder, project in list(self._projects.items()):
                try:
                    project.refresh(self._texts(project, buffers))
                except ScclintError:
                    del self._projects[folder]
                    raise
        return [
            found
            for path, buffer in buffers.items()
            if path in changed and (found := self._problems(path, buffer, buffers, Project.judge_file))
        ]

    def _judge_rest(self, buffers: Mapping[str, Buffer], changed: set[str]) -> list[Problems]:
        """Judge the units of all open files as a whole."""
        self._may_interrupt = True
        try:
            return [
                found
                for path, buffer in buffers.items()
                if (found := self._problems(path, buffer, buffers, Project.judge_units))
            ]
        finally:
            self._may_interrupt = False

    def _problems(
        self, path: str, buffer: Buffer, buffers: Mapping[str, Buffer], judge: Callable[[Project, str], None]
    ) -> Problems | None:
        project = self._project(path, buffers)
        if project is None:
            return None
        file = project.shown(path)
        if not project.has(file):
            return None
        judge(project, file)
        convert = self._converter(project, buffers)
        return Problems(buffer.uri, buffer.version, [convert.diagnostic(finding) for finding in project.findings(file)])

    def _project(self, path: str, buffers: Mapping[str, Buffer]) -> Project | None:
        """The project that a file belongs to, with the texts of the editor; None for what is no file."""
        if not path:
            return None
        folders = [
            folder
            for folder in self.workspace.folders.values()
            if (root := uris.to_fs_path(folder.uri)) and _inside(path, root)
        ]
        roots = [uris.to_fs_path(folder.uri) or "" for folder in folders]
        if not roots and self.workspace.root_path and _inside(path, self.workspace.root_path):
            roots = [self.workspace.root_path]
        root = max(roots, key=len, default=path)
        if root not in self._projects:
            self._projects[root] = Project(os.path.relpath(root), self._config_file, self._progress)
        project = self._projects[root]
        project.edit(self._texts(project, buffers))
        return project

    def _texts(self, project: Project, buffers: Mapping[str, Buffer]) -> dict[str, str]:
        return {project.shown(path): buffer.text for path, buffer in buffers.items()}

    def _converter(self, project: Project, buffers: Mapping[str, Buffer]) -> Converter:
        encoding = self.workspace.position_encoding
        return Converter(
            project,
            str(getattr(encoding, "value", encoding) or "utf-16"),
            lambda path: buffers[path].uri if path in buffers else "",
        )

    def _progress(self, stage: str, done: int, total: int) -> None:
        """End a step that nobody waits for if the editor asks for something else."""
        if self._may_interrupt and (self._requests or self._wake.is_set()):
            raise _Interrupted

    def _log(self, text: str, level: types.MessageType) -> None:
        """Write a line to the editor's log, each once."""
        if text not in self._logged:
            self._logged.add(text)
            self.window_log_message(types.LogMessageParams(level, text))


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def make_server(config_file: str = "") -> Server:
    """Return a server with all features, not started yet."""
    server = Server(config_file)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        folders = [uris.to_fs_path(folder.uri) for folder in server.workspace.folders.values()]
        first = next(filter(None, [*folders, server.workspace.root_path]), None)
        if first is not None and os.path.isdir(first):
            os.chdir(first)
        server.watch_files()
        await server.keep_judging()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        if path := uris.to_fs_path(document.uri):
            server.change(path, Buffer(document.uri, document.version, document.text))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        path = uris.to_fs_path(document.uri)
        if path and params.content_changes:
            server.change(path, Buffer(document.uri, document.version, params.content_changes[-1].text))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        if path := uris.to_fs_path(params.text_document.uri):
            server.change(path, None)
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.save()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        server.save()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.save()

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        def ask(project: Project, file: str, convert: Converter) -> types.Hover | None:
            cursor = _cursor(project, file, convert, params.position)
            text = verdict.hover(cursor, project.workloads_at(cursor))
            return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

        return await server.answer(params.text_document.uri, ask, None)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        def ask(project: Project, file: str, convert: Converter) -> list[types.CodeLens]:
            found = verdict.lenses(project.workloads(file))
            return [types.CodeLens(convert.range(span), types.Command(text, "")) for span, text in found]

        return await server.answer(params.text_document.uri, ask, [])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        def ask(project: Project, file: str, convert: Converter) -> list[types.CodeAction]:
            first, last = params.range.start.line + 1, params.range.end.line + 1
            here = [found for found in project.findings(file) if found.span.line <= last and first <= found.span.end_line]
            text, documents = project.text(file), project.documents(file)
            offered = list(actions.fixes(project.with_fixes(here)))
            offered += [action for finding in here for action in actions.suppression(finding, text, documents)]
            by_place = groupby(project.workloads(file), key=lambda placed: placed.name)
            for name, placed in by_place:
                if first <= name.line <= last:
                    offered += actions.pin((one for one in placed if one.workload.file == file), text)
            return [convert.action(action) for action in offered]

        return await server.answer(params.text_document.uri, ask, [])

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location]:
        def ask(project: Project, file: str, convert: Converter) -> list[types.Location]:
            cursor = _cursor(project, file, convert, params.position)
            around = project.workloads_at(cursor)
            found: dict[Span, None] = {}
            for opened in project.units(file):
                workloads = [placed.workload for placed in around if placed.unit == opened.unit.name]
                spans = [project.in_file(opened, span) for span in definitions(cursor, opened, workloads)]
                found |= dict.fromkeys(span for span in spans if span is not None)
            return [convert.location(span) for span in found]

        return await server.answer(params.text_document.uri, ask, [])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["[", ",", " ", ":", "/"]))
    async def completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        def ask(project: Project, file: str, convert: Converter) -> list[types.CompletionItem]:
            places = convert.places(file)
            place = places.from_editor(params.position.line, params.position.character)
            before = places.line(place.line)[: place.column - 1]
            worlds = [world for opened in project.units(file) for world in opened.worlds.values()]
            return [convert.completion(offer, file, place) for offer in offers(before, worlds, project.registry)]

        return await server.answer(params.text_document.uri, ask, [])

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hint(params: types.InlayHintParams) -> list[types.InlayHint]:
        def ask(project: Project, file: str, convert: Converter) -> list[types.InlayHint]:
            found = hints([placed for placed in project.workloads(file) if placed.workload.file == file])
            made = [convert.hint(hint) for hint in found]
            return [hint for hint in made if params.range.start.line <= hint.position.line <= params.range.end.line]

        return await server.answer(params.text_document.uri, ask, [])

    return server


def _cursor(project: Project, file: str, convert: Converter, position: types.Position) -> Cursor:
    return project.cursor(file, convert.places(file).from_editor(position.line, position.character))


def serve(config_file: str = "") -> None:
    """Serve one editor on standard input and output until it ends."""
    # The editor shows what is written to standard error. Errors of requests are in the log that the protocol has for them.
    if not os.environ.get("SCCLINT_DEBUG"):
        logging.disable(logging.CRITICAL)
    make_server(config_file).start_io()
