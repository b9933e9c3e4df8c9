"""Values of scclint as values of the protocol: places, edits and problems."""

import os
from collections.abc import Callable, Iterable

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec

from scclint.apps.lsp.actions import Action
from scclint.apps.lsp.completion import Offer
from scclint.apps.lsp.hints import Hint
from scclint.apps.lsp.places import LineColumn, TextPlaces
from scclint.apps.lsp.project import Project
from scclint.apps.lsp.verdict import page_of
from scclint.causes.consequences import related_places
from scclint.finding import Finding, Related, TextEdit
from scclint.record import Memo
from scclint.report.text import visible, visible_line
from scclint.source import Span

SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "access": types.DiagnosticSeverity.Information,
    "gap": types.DiagnosticSeverity.Information,
    "advice": types.DiagnosticSeverity.Hint,
}
"""How an editor shows each kind of fact, and problems of each severity."""
TAGS = {"SUP901": types.DiagnosticTag.Unnecessary, "SEC204": types.DiagnosticTag.Deprecated}


class Converter:
    """Converts values about the files of a project. `uri_of` gives the URI that the editor has for an absolute path, if it has one."""

    def __init__(self, project: Project, codec: PositionCodec, uri_of: Callable[[str], str]) -> None:
        self._project = project
        self._codec = codec
        self._uri_of = uri_of
        self._places = Memo()

    def places(self, file: str) -> TextPlaces:
        """Translates places in the text of a file."""
        return self._places(file, lambda: TextPlaces(self._project.outline.text(file), self._codec))

    def uri(self, file: str) -> str:
        """The URI of a file."""
        path = os.path.abspath(self._project.outline.source(file).path)
        return self._uri_of(path) or uris.from_fs_path(path) or ""

    def range(self, span: Span) -> types.Range:
        """The range of a span in its file."""
        places = self.places(span.file)
        start, end = places.to_editor(span.line, span.column), places.to_editor(span.end_line, span.end_column)
        return types.Range(types.Position(*start), types.Position(*end))

    def location(self, span: Span) -> types.Location:
        """The place of a span."""
        return types.Location(self.uri(span.file), self.range(span))

    def edit(self, edits: Iterable[TextEdit]) -> types.WorkspaceEdit:
        """Replacements of whole lines as an edit of the workspace."""
        changes: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            span = Span(edit.file, edit.line, 1, edit.end_line, 1)
            changes.setdefault(self.uri(edit.file), []).append(types.TextEdit(self.range(span), edit.text))
        return types.WorkspaceEdit(changes=changes)

    def diagnostic(self, finding: Finding) -> types.Diagnostic:
        """A finding as the editor shows it: what is wrong, then how to fix it."""
        message = visible(finding.message)
        for line in (finding.help, *finding.notes):
            message += f"\n{visible(line)}" if line else ""
        related = dict.fromkeys((*related_places(finding), *finding.flow))
        page = page_of(finding.rule_id)
        return types.Diagnostic(
            range=self.range(finding.span),
            message=message,
            severity=SEVERITIES[finding.heading],
            code=finding.rule_id,
            code_description=types.CodeDescription(page) if page else None,
            source="scclint",
            tags=[TAGS[finding.rule_id]] if finding.rule_id in TAGS else None,
            related_information=[self._related(place) for place in related] or None,
        )

    def action(self, action: Action) -> types.CodeAction:
        """A change of files that an editor offers."""
        about = action.findings
        return types.CodeAction(
            title=visible_line(action.title),
            kind=types.CodeActionKind.QuickFix if about else types.CodeActionKind.RefactorRewrite,
            diagnostics=[self.diagnostic(finding) for finding in about] or None,
            is_preferred=action.preferred or None,
            edit=self.edit(action.edits),
        )

    def completion(self, offer: Offer, file: str, place: LineColumn) -> types.CompletionItem:
        """A text to complete to before a place."""
        typed = Span(file, place.line, place.column - offer.typed, place.line, place.column)
        edit = types.TextEdit(self.range(typed), offer.text)
        return types.CompletionItem(offer.text, kind=types.CompletionItemKind.Value, detail=offer.detail, text_edit=edit)

    def hint(self, hint: Hint) -> types.InlayHint:
        """A text at the end of a line."""
        position = self.range(hint.at).end
        return types.InlayHint(position, hint.text, tooltip=hint.why, padding_left=True)

    def _related(self, related: Related) -> types.DiagnosticRelatedInformation:
        return types.DiagnosticRelatedInformation(self.location(related.span), visible(related.message))
