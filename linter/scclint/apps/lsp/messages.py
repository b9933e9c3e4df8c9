"""`scclint server`: the messages of an editor, what its notifications change, and which module answers each request."""

import logging
import os
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from lsprotocol import types

from scclint.apps.lsp import actions, verdict
from scclint.apps.lsp.completion import offers
from scclint.apps.lsp.convert import Converter
from scclint.apps.lsp.definition import definitions
from scclint.apps.lsp.hints import hints
from scclint.apps.lsp.project import Project
from scclint.apps.lsp.server import Server, path_of
from scclint.console.status import OK
from scclint.message.explain import explain_message
from scclint.record import replace
from scclint.report import Options
from scclint.report.message import render_text
from scclint.source import Span

EXPLAIN = "scclint.explainMessage"
"""The command that explains an error message of a cluster, its only argument, as `scclint explain --message` does."""


def make_server(config_file: str = "") -> Server:
    """Return a server with all features, not started yet."""
    server = Server(config_file)
    _follow_texts(server)
    for method, ask, otherwise, options in _REQUESTS:
        _answer(server, method, ask, otherwise, options)

    @server.command(EXPLAIN)
    def explain(text: str) -> str:
        answers = explain_message(text)
        return render_text(answers, Options()) if answers else "scclint knows no error in this message.\n"

    return server


def _follow_texts(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        folders = [path_of(folder.uri) for folder in server.workspace.folders.values()]
        first = next(filter(None, [*folders, server.workspace.root_path]), None)
        if first is not None and os.path.isdir(first):
            os.chdir(first)
        server.watch_files()
        await server.keep_judging()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.change(params.text_document.uri)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    for method in (types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE):
        server.feature(method)(lambda params: server.change(params.text_document.uri))
    for method in (
        types.TEXT_DOCUMENT_DID_SAVE,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    ):
        server.feature(method)(lambda params: server.save())


def _answer(
    server: Server,
    method: str,
    ask: Callable[[Any, Project, str, Converter], object],
    otherwise: object,
    options: object = None,
) -> None:
    """Answer the requests of a method with what `ask` returns for their parameters, and `otherwise` (see `Server.answer`)."""

    @server.feature(method, options)
    async def answer(params: Any) -> object:
        return await server.answer(params.text_document.uri, partial(ask, params), otherwise)


def _hover(params: types.HoverParams, project: Project, file: str, convert: Converter) -> types.Hover | None:
    places = convert.places(file)
    place = places.from_editor(params.position.line, params.position.character)
    rule = verdict.rule_at(places.line(place.line), place.column - 1, project.registry)
    if rule is not None:
        text = verdict.rule_hover(rule)
    else:
        cursor = project.cursor(file, place)
        text = ""
        around = project.workloads_at(cursor)
        if all(place.workload.provenance.partial for place in around):
            text = verdict.hover(replace(cursor, path=()), project.workloads_made_with(cursor))
        text = text or verdict.hover(cursor, around)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None


def _code_lens(_: types.CodeLensParams, project: Project, file: str, convert: Converter) -> list[types.CodeLens]:
    lenses = verdict.lenses(project.workloads(file))
    return [types.CodeLens(convert.range(span), types.Command(text, "")) for span, text in lenses]


def _code_actions(params: types.CodeActionParams, project: Project, file: str, convert: Converter) -> list[types.CodeAction]:
    first, last = params.range.start.line + 1, params.range.end.line + 1
    here = [finding for finding in project.findings(file) if finding.span.line <= last and first <= finding.span.end_line]
    text, documents = project.outline.text(file), project.outline.documents(file)
    offered = list(actions.fixes(project.with_fixes(here), project.outline.text))
    offered += [action for finding in here for action in actions.suppression(finding, text, documents)]
    by_place = groupby(project.workloads(file), key=lambda placed: placed.name)
    for name, placed in by_place:
        if first <= name.line <= last:
            offered += actions.pin((place for place in placed if place.workload.file == file), text)
    return [convert.action(action) for action in offered]


def _definition(params: types.DefinitionParams, project: Project, file: str, convert: Converter) -> list[types.Location]:
    position = params.position
    cursor = project.cursor(file, convert.places(file).from_editor(position.line, position.character))
    around = project.workloads_at(cursor)
    places: dict[Span, None] = {}
    for opened in project.units(file):
        workloads = [placed.workload for placed in around if placed.unit == opened.unit.name]
        spans = [project.in_file(opened, span) for span in definitions(cursor, opened, workloads)]
        places |= dict.fromkeys(span for span in spans if span is not None)
    return [convert.location(span) for span in places]


def _completion(params: types.CompletionParams, project: Project, file: str, convert: Converter) -> list[types.CompletionItem]:
    places = convert.places(file)
    place = places.from_editor(params.position.line, params.position.character)
    before = places.line(place.line)[: place.column - 1]
    worlds = [world for opened in project.units(file) for world in opened.worlds.values()]
    return [convert.completion(offer, file, place) for offer in offers(before, worlds, project.registry)]


def _inlay_hints(params: types.InlayHintParams, project: Project, file: str, convert: Converter) -> list[types.InlayHint]:
    shown = hints([placed for placed in project.workloads(file) if placed.workload.file == file])
    made = [convert.hint(hint) for hint in shown]
    return [hint for hint in made if params.range.start.line <= hint.position.line <= params.range.end.line]


_REQUESTS: tuple[tuple[str, Callable[[Any, Project, str, Converter], object], object, object], ...] = (
    (types.TEXT_DOCUMENT_HOVER, _hover, None, None),
    (types.TEXT_DOCUMENT_CODE_LENS, _code_lens, [], None),
    (types.TEXT_DOCUMENT_CODE_ACTION, _code_actions, [], None),
    (types.TEXT_DOCUMENT_DEFINITION, _definition, [], None),
    (types.TEXT_DOCUMENT_INLAY_HINT, _inlay_hints, [], None),
    (types.TEXT_DOCUMENT_COMPLETION, _completion, [], types.CompletionOptions(trigger_characters=["[", ",", " ", ":", "/"])),
)
"""For each request the function that answers it, the answer about other files, and what the server says of it to the editor."""


def run(args: Namespace) -> int:
    """Serve one editor on standard input and output until it ends."""
    # The editor shows what is written to standard error. Errors of requests are in the log that the protocol has for them.
    if not os.environ.get("SCCLINT_DEBUG"):
        logging.disable(logging.CRITICAL)
    config = getattr(args, "config", "")
    make_server(os.path.abspath(config) if config else "").start_io()
    return OK
