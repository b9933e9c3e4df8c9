"""An editor for tests: starts `scclint server` and speaks with it over standard input and output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

TIMEOUT = 60

WEB = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
"""
BINDING = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: anyuid, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:openshift:scc:anyuid}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""
ROOT = WEB + "          securityContext: {runAsUser: 0}\n"
"""A Deployment, a grant for its account, and the Deployment as root, which this grant allows."""


class Editor:
    """A session over one folder. Positions are lines and characters from 0, in UTF-16 units."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("tests", "1")
        self.problems: dict[str, types.PublishDiagnosticsParams] = {}
        self.messages: list[str] = []
        self._published = asyncio.Condition()
        self._versions: dict[str, int] = {}
        self._texts: dict[str, str] = {}

    async def start(self, *arguments: str) -> None:
        """Start the server for the folder."""

        async def published(params: types.PublishDiagnosticsParams) -> None:
            async with self._published:
                self.problems[params.uri] = params
                self._published.notify_all()

        def said(params: types.ShowMessageParams | types.LogMessageParams) -> None:
            self.messages.append(params.message)

        on: Any = self.client.feature
        on(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        on(types.WINDOW_SHOW_MESSAGE)(said)
        on(types.WINDOW_LOG_MESSAGE)(said)
        await self.client.start_io(sys.executable, "-m", "scclint", "server", *arguments)
        folder = types.WorkspaceFolder(self.folder.as_uri(), "folder")
        await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(), root_uri=folder.uri, workspace_folders=[folder], process_id=None
            )
        )
        self.client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        """End the session as an editor does."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()  # type: ignore[no-untyped-call]  # pygls has no type for it

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None) -> None:
        """Open a file, with another text than the saved one if given."""
        text = (self.folder / name).read_bytes().decode() if text is None else text
        self._versions[name], self._texts[name] = self._versions.get(name, 0) + 1, text
        document = types.TextDocumentItem(self.uri(name), "yaml", self._versions[name], text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def type(self, name: str, text: str) -> None:
        """Replace the unsaved text of an open file."""
        self._versions[name] += 1
        self._texts[name] = text
        document = types.VersionedTextDocumentIdentifier(self._versions[name], self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def replace(self, name: str, where: types.Range, text: str) -> None:
        """Replace a part of the unsaved text of an open file."""
        self._versions[name] += 1
        document = types.VersionedTextDocumentIdentifier(self._versions[name], self.uri(name))
        change = types.TextDocumentContentChangePartial(where, text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, name: str) -> None:
        """Write the text of an open file to the disk."""
        (self.folder / name).write_bytes(self._texts[name].encode())
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(self.uri(name))))

    def close(self, name: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri(name))))

    async def problems_of(
        self, name: str, until: Callable[[list[types.Diagnostic]], bool] = lambda found: True
    ) -> list[types.Diagnostic]:
        """The problems of the present version of a file, as soon as they are there and `until` is true of them."""

        def ready() -> bool:
            found = self.problems.get(self.uri(name))
            return found is not None and found.version == self._versions[name] and until(list(found.diagnostics))

        async with self._published:
            await asyncio.wait_for(self._published.wait_for(ready), TIMEOUT)
        return list(self.problems[self.uri(name)].diagnostics)

    async def hover(self, name: str, line: int, character: int) -> str:
        """The Markdown of a hover; empty for none."""
        document, position = types.TextDocumentIdentifier(self.uri(name)), types.Position(line, character)
        found = await self.client.text_document_hover_async(types.HoverParams(document, position))
        return found.contents.value if found and isinstance(found.contents, types.MarkupContent) else ""

    async def lenses(self, name: str) -> list[tuple[int, str]]:
        """The line and text of each lens."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(self.uri(name)))
        found = await self.client.text_document_code_lens_async(params) or []
        return [(lens.range.start.line, lens.command.title if lens.command else "") for lens in found]

    async def actions(self, name: str, line: int) -> list[types.CodeAction]:
        """What the editor may offer at the start of a line."""
        place = types.Range(types.Position(line, 0), types.Position(line, 0))
        document = types.TextDocumentIdentifier(self.uri(name))
        params = types.CodeActionParams(document, place, types.CodeActionContext([]))
        found = await self.client.text_document_code_action_async(params) or []
        return [action for action in found if isinstance(action, types.CodeAction)]

    async def definitions(self, name: str, line: int, character: int) -> list[tuple[str, int]]:
        """File and line of each definition."""
        document, position = types.TextDocumentIdentifier(self.uri(name)), types.Position(line, character)
        found = await self.client.text_document_definition_async(types.DefinitionParams(document, position))
        places = found if isinstance(found, (list, tuple)) else []
        return [(p.uri.rpartition("/")[2], p.range.start.line) for p in places if isinstance(p, types.Location)]

    async def completions(self, name: str, line: int, character: int) -> list[types.CompletionItem]:
        document, position = types.TextDocumentIdentifier(self.uri(name)), types.Position(line, character)
        found = await self.client.text_document_completion_async(types.CompletionParams(document, position))
        return list(found) if isinstance(found, (list, tuple)) else []

    async def hints(self, name: str) -> list[tuple[int, int, str]]:
        """Line, character and text of each inlay hint."""
        whole = types.Range(types.Position(0, 0), types.Position(10_000, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(self.uri(name)), whole)
        found = await self.client.text_document_inlay_hint_async(params) or []
        return [(hint.position.line, hint.position.character, str(hint.label)) for hint in found]

    def applied(self, name: str, action: types.CodeAction) -> str:
        """The text of a file after an action."""
        edits = (action.edit.changes or {})[self.uri(name)] if action.edit else []
        text = self._texts[name]
        for edit in sorted(edits, key=lambda edit: edit.range.start, reverse=True):
            text = text[: _offset(text, edit.range.start)] + edit.new_text + text[_offset(text, edit.range.end) :]
        return text


def _offset(text: str, position: types.Position) -> int:
    lines = text.splitlines(keepends=True)
    before = lines[position.line] if position.line < len(lines) else ""
    units = before.encode("utf-16-le")[: 2 * position.character].decode("utf-16-le")
    return len("".join(lines[: position.line])) + len(units)


def with_editor(folder: Path, session: Callable[[Editor], Awaitable[Any]], *arguments: str) -> Any:
    """Run a session with an editor over a folder, and return its result."""

    async def run() -> Any:
        editor = Editor(folder)
        await editor.start(*arguments)
        try:
            return await session(editor)
        finally:
            await editor.stop()

    return asyncio.run(run())


def codes(found: list[types.Diagnostic]) -> list[str]:
    return [str(problem.code) for problem in found]
