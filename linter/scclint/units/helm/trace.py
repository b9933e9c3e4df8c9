"""Findings in what Helm rendered go to the template, where they can be fixed; the rendered place stays as a related one."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scclint.errors import LoadError
from scclint.files import read
from scclint.finding import Finding, Related
from scclint.load.document import Document
from scclint.record import record, replace
from scclint.source import Span
from scclint.units.helm.chart import Origins, TemplateOrigin, has_source
from scclint.units.tracer import Tracer, with_places_moved
from scclint.yaml.nodes import to_data

if TYPE_CHECKING:
    from scclint.units.helm.markers import MarkedRendering, TemplateLine
    from scclint.units.helm.values import ViewValues

APPROXIMATE = "template line approximate"


@record
class TemplatePlace:
    """A place in a template, and what is to be said of it."""

    span: Span
    note: str = ""


class Trace(Tracer):
    """From places in rendered documents to places in templates; each template is read once.

    `values` are those that the documents were rendered with, None if they are not known. `marked` renders the chart of a name
    with marks.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        origins: Origins,
        marked: "Callable[[str], MarkedRendering]",
        values: "ViewValues | None" = None,
    ) -> None:
        self._marked = cache(marked)
        self._origins = origins
        self._values = values
        self._documents: dict[str, list[Document]] = {}
        self._sources: dict[tuple[str, str], list[Document]] = {}
        for document in documents:
            if document.text:
                self._documents.setdefault(document.file, []).append(document)
                if has_source(document):
                    self._sources.setdefault((document.file, document.source), []).append(document)
        self._places: dict[tuple[str, str], dict[int, Sequence[TemplateLine | None]]] = {}
        self._lines: dict[str, list[str]] = {}

    def finding(self, finding: Finding) -> Finding:
        """The finding with its places in templates, where its document was rendered from one."""
        moved = with_places_moved(finding, self.span)
        place = self.place(finding.span)
        if place is None:
            return moved
        notes = (*finding.notes, place.note) if place.note else finding.notes
        rendered = "standard input" if finding.span.file == "<stdin>" else finding.span.file
        was = Related(f"rendered as line {finding.span.line} of {rendered}", finding.span)
        related = (*self.value(finding, place.span), *moved.related, was)
        return replace(moved, span=place.span, related=related, notes=notes)

    def span(self, span: Span) -> Span:
        place = self.place(span)
        return span if place is None else place.span

    def place(self, span: Span) -> TemplatePlace | None:
        """None where the place is in no document of a known origin."""
        document = self._document(span)
        if document is None:
            return None
        origin = self._origins.get((document.file, document.source))
        if origin is None:
            return None
        if origin.entry is not None:
            return TemplatePlace(origin.entry, f"its template, {document.source}, lies in the packed dependency")
        try:
            lines = self._lines_of(document, origin)
            # A place behind the last line break, as of an error at the end of the text, is beyond the lines of the document.
            at = min(span.line - document.line, len(lines) - 1)
            file, number, exact = lines[at] or (origin.file, 1, False)
            template = self._read(file)[number - 1]
        except (LoadError, IndexError):
            return None
        line = _split(document.text)[at].rstrip("\r")
        end = span.end_column if span.end_line == span.line else len(line) + 1
        start, stop = _columns(line, span.column, end, template, exact=exact)
        return TemplatePlace(Span(file, number, start, number, stop), "" if exact else APPROXIMATE)

    def value(self, finding: Finding, place: Span) -> Iterator[Related]:
        """Where a values file sets what the template writes at the place of a finding, if that is known."""
        document = self._document(finding.span)
        if self._values is None or document is None or place.file not in self._lines:
            return
        from scclint.units.helm.values import FieldLine, subchart_keys

        line = FieldLine(place.file, self._lines[place.file], place.line)
        found = self._values.read_for(finding.path, to_data(document.root), line, subchart_keys(document.source))
        if found is not None:
            keys, at = found
            yield Related(f"sets {'.'.join(map(str, keys))}, which the template reads", at)

    def _document(self, span: Span) -> Document | None:
        """The document of a place, if it says what Helm rendered it from."""
        documents = self._documents.get(span.file, [])
        index = bisect_right(documents, span.line, key=lambda d: d.line) - 1
        return documents[index] if index >= 0 and has_source(documents[index]) else None

    def _lines_of(self, document: Document, origin: TemplateOrigin) -> "Sequence[TemplateLine | None]":
        from scclint.units.helm.markers import template_folder

        key = document.file, document.source
        marked = self._marked(document.source.partition("/")[0])
        if key not in self._places:
            documents = self._sources[key]
            lines = marked.lines([d.text for d in documents], document.source, template_folder(origin.file))
            self._places[key] = {d.line: found for d, found in zip(documents, lines, strict=True)}
        places = self._places[key]
        if not places[document.line]:
            template = "\n".join(self._read(origin.file))
            places[document.line] = marked.similar_lines(document.text, template, origin.file, raw=origin.raw)
        return places[document.line]

    def _read(self, file: str) -> list[str]:
        if file not in self._lines:
            self._lines[file] = [line.rstrip("\r") for line in read(file).split("\n")]
        return self._lines[file]


@lru_cache(maxsize=1)
def _split(text: str) -> list[str]:
    # Most findings follow one of the same document.
    return text.split("\n")


def _columns(rendered: str, column: int, end: int, template: str, *, exact: bool) -> tuple[int, int]:
    """The columns in the template's line of the text that the rendered line has from `column` to before `end`.

    If the template has another text there, all of the line's text, without the dashes in front if the text had them in front
    as well, as in `- name: web`. Only the key of a line that did not write the text itself, if it has nothing else.
    """
    text = rendered[column - 1 : end - 1]
    before = rendered[: column - 1].strip()
    start = len(template) - len(template.lstrip())
    if exact and text.strip() and (found := template.find(text, start)) >= 0:
        return found + 1, found + len(text) + 1
    if not exact or (before and not before.strip("- ")):
        start = _behind_dashes(template)
    key = None if exact else re.match(r"[^\s:{]+(?=:\s*(?:#.*)?$)", template[start:])
    return start + 1, start + key.end() + 1 if key else max(len(template.rstrip()), start) + 1


def _behind_dashes(line: str) -> int:
    match = re.match(r"\s*(?:-\s+)*", line)
    return match.end() if match else 0
