"""Findings in what Helm rendered go to the template, where they can be fixed, and name the values that it reads there."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scclint.deploy.helm.chart import Origins, TemplateOrigin, has_source
from scclint.deploy.origins.template_lines import INCLUDED, named_templates, template_folder
from scclint.deploy.origins.tracer import FieldOrigin, Tracer, with_places_moved
from scclint.errors import LoadError
from scclint.files import read
from scclint.finding import Finding, Path, Related
from scclint.objects.documents.document import Document
from scclint.record import record, replace
from scclint.source import Span
from scclint.text import plain
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, is_key, locate, to_data
from scclint.yaml.untyped import value_at

if TYPE_CHECKING:
    from scclint.deploy.helm.values import ViewValues
    from scclint.deploy.origins.template_lines import MarkedRendering, TemplateLine
    from scclint.deploy.origins.values_keys import FieldKeys

APPROXIMATE = "template line approximate"


@record
class TemplatePlace:
    """A place in a template, and what is to be said of it."""

    span: Span
    note: str = ""


class Trace(Tracer):
    """From places in rendered documents to places in templates; each template is read once.

    `values` are those that the documents were rendered with, and `keys` tells which of them a field comes from; None if they are not
    known. `marked` renders the chart of a name with marks.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        origins: Origins,
        marked: "Callable[[str], MarkedRendering]",
        values: "ViewValues | None" = None,
        keys: "FieldKeys | None" = None,
    ) -> None:
        self._marked = cache(marked)
        self._keys = keys
        self._field_paths: dict[int, dict[Span, Path]] = {}
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
        self._named: dict[str, dict[str, list[tuple[str, int, list[str]]]]] = {}

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        if self._keys is not None:
            self._keys.learn(field for finding in findings for field in self._fields(finding))
        return super().findings(findings)

    def finding(self, finding: Finding) -> Finding:
        """The finding with its places in values and templates, where its document was rendered from one."""
        moved = with_places_moved(finding, self.field)
        place = self.place(finding.span)
        if place is None:
            return moved
        rendered = "standard input" if finding.span.file == "<stdin>" else finding.span.file
        was = Related(f"rendered as line {finding.span.line} of {rendered}", finding.span)
        document = self._document(finding.span)
        origin = self.origin_of_field(document, finding.path) if document is not None else None
        if origin is not None and _is_about_key(document, finding) and self._writes_key(place, finding.path):
            return replace(moved, span=place.span, related=(*moved.related, was))
        if origin is not None and origin.replaces and self._has_value(place, document, finding.path):
            instead = Related(f"{origin.name} takes the place of this default", origin.span)
            return replace(moved, span=place.span, related=(*moved.related, instead, was))
        if origin is not None:
            caveat = f" ({place.note})" if place.note else ""
            template = Related(f"the template writes {origin.name} here{caveat}", place.span)
            return replace(moved, span=origin.span, related=(*moved.related, template, was))
        if document is not None and (literal := self._literal(place, document, finding.path)) is not None:
            template = Related("the template includes the value here", place.span)
            return replace(moved, span=literal, related=(*moved.related, template, was))
        notes = (*finding.notes, place.note) if place.note else finding.notes
        return replace(moved, span=place.span, related=(*moved.related, was), notes=notes)

    def _writes_key(self, place: TemplatePlace, path: Path) -> bool:
        """Whether the line of a template has the key of the field, and only its value comes from elsewhere."""
        return bool(path) and not place.note and f"{path[-1]}:" in self._read(place.span.file)[place.span.line - 1]

    def _has_value(self, place: TemplatePlace, document: Document | None, path: Path) -> bool:
        """Whether the line of a template has the field with its value."""
        value = value_at(to_data(document.root), path) if document is not None else None
        _, has_key, rest = self._read(place.span.file)[place.span.line - 1].partition(f"{path[-1]}:")
        text, wanted = rest.lstrip().lstrip("\"'"), plain(value)
        return bool(has_key) and text.startswith(wanted) and not text.removeprefix(wanted)[:1].isalnum()

    def _literal(self, place: TemplatePlace, document: Document, path: Path) -> Span | None:
        """Where a named template has the value of a field, which a line of a template includes; None if no line alone has it."""
        line = self._read(place.span.file)[place.span.line - 1]
        value = value_at(to_data(document.root), path)
        names = INCLUDED.findall(line)
        has_key = bool(path) and f"{path[-1]}:" in line
        if (
            not names
            or (place.note and not (has_key and place.note == APPROXIMATE))
            or value is None
            or isinstance(value, dict | list)
        ):
            return None
        wanted = [re.compile(rf"(?<![\w.]){re.escape(plain(value))}(?![\w.])")]
        if not has_key:
            wanted.append(re.compile(rf"\b{re.escape(str(path[-1]))}\b"))
        found = [
            Span(file, number, len(text) - len(text.lstrip()) + 1, number, len(text.rstrip()) + 1)
            for file, number, text in self._included(document.source.partition("/")[0], names)
            if all(pattern.search(text) for pattern in wanted)
        ]
        return found[0] if len(found) == 1 else None

    def _included(self, chart: str, names: list[str]) -> Iterator[tuple[str, int, str]]:
        """The lines of named templates and of those that they include, each with its file and number."""
        templates = self._named_templates(chart)
        pending = list(dict.fromkeys(names))
        for name in pending:
            for file, first, lines in templates.get(name, ()):
                yield from ((file, number, text) for number, text in enumerate(lines, first))
                pending += [inner for inner in INCLUDED.findall("\n".join(lines)) if inner not in pending]

    def _named_templates(self, chart: str) -> Mapping[str, list[tuple[str, int, list[str]]]]:
        """The texts of all named templates of a chart, each with its file and the number of its first line."""
        if chart not in self._named:
            found = self._named[chart] = {}
            for file in self._marked(chart).files:
                text = "\n".join(self._read(file))
                for name, begin, end in named_templates(text):
                    lines = text[begin:end].split("\n")
                    found.setdefault(name, []).append((file, text.count("\n", 0, begin) + 1, lines))
        return self._named[chart]

    def field(self, span: Span) -> Span:
        origin = self._origin_of(span)
        return self.span(span) if origin is None else origin.span

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
            # Within a text of several lines, that is the line where the text begins.
            known = (line for line in reversed(lines[: at + 1]) if line is not None)
            file, number, exact = next(known, (origin.file, 1, False))
            exact = exact and lines[at] is not None
            template = self._read(file)[number - 1]
        except (LoadError, IndexError):
            return None
        line = _split(document.text)[at].rstrip("\r")
        end = span.end_column if span.end_line == span.line else len(line) + 1
        start, stop = _columns(line, span.column, end, template, exact=exact)
        return TemplatePlace(Span(file, number, start, number, stop), "" if exact else APPROXIMATE)

    def origin_of_field(self, document: Document, path: Path) -> FieldOrigin | None:
        """Where the values set a field of a rendered document, or would set it; None if no value is proved to do so."""
        key = self._keys.key(document, path) if self._keys is not None and not _is_identity(path) else None
        known = self._values.place(key.keys) if key is not None and self._values is not None else None
        return (
            FieldOrigin(known[0], key.keys, written=known[1], whole=key.whole, replaces=key.replaces)
            if key is not None and known is not None
            else None
        )

    def _origin_of(self, span: Span) -> FieldOrigin | None:
        """The same for the field at a place in rendered text."""
        document = self._document(span)
        path = self._paths_of(document).get(span) if document is not None and self._keys is not None else None
        return self.origin_of_field(document, path) if document is not None and path is not None else None

    def _fields(self, finding: Finding) -> Iterator[tuple[Document, Path]]:
        """The fields that the places of a finding and the operations of its remedies are about."""
        document = self._document(finding.span)
        if document is None:
            return
        spans = (place.span for place in (*finding.related, *finding.flow))
        paths = (path for span in spans if self._document(span) is document and (path := self._paths_of(document).get(span)))
        operations = [operation.path for remedy in finding.remedies for operation in remedy.operations]
        holders = (path[:-1] for path in operations)
        yield from ((document, path) for path in (finding.path, *paths, *operations, *holders) if not _is_identity(path))

    def _paths_of(self, document: Document) -> Mapping[Span, Path]:
        """The paths of all fields of a document, by place."""
        if id(document) not in self._field_paths:
            pending: list[tuple[Path, Node | None]] = [((), document.root)]
            paths = self._field_paths[id(document)] = {}
            while pending:
                path, node = pending.pop()
                below: list[tuple[Path, Node | None]] = []
                if isinstance(node, MappingNode):
                    below = [((*path, str(entry.key.value)), entry.value) for entry in node.entries]
                elif isinstance(node, SequenceNode):
                    below = [((*path, index), item) for index, item in enumerate(node.items)]
                for inner, _ in below:
                    assert document.root is not None
                    paths.setdefault(locate(document.root, inner)[0], inner)
                pending += below
        return self._field_paths[id(document)]

    def _document(self, span: Span) -> Document | None:
        """The document of a place, if it says what Helm rendered it from."""
        documents = self._documents.get(span.file, [])
        index = bisect_right(documents, span.line, key=lambda d: d.line) - 1
        return documents[index] if index >= 0 and has_source(documents[index]) else None

    def _lines_of(self, document: Document, origin: TemplateOrigin) -> "Sequence[TemplateLine | None]":
        key = document.file, document.source
        marked = self._marked(document.source.partition("/")[0])
        if key not in self._places:
            documents = self._sources[key]
            lines = marked.lines([d.text for d in documents], document.source, template_folder(origin.file))
            self._places[key] = {d.line: template_lines for d, template_lines in zip(documents, lines, strict=True)}
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
    if exact and text.strip() and (position := template.find(text, start)) >= 0:
        return position + 1, position + len(text) + 1
    if not exact or (before and not before.strip("- ")):
        start = _behind_dashes(template)
    key = None if exact else re.match(r"[^\s:{]+(?=:\s*(?:#.*)?$)", template[start:])
    return start + 1, start + key.end() + 1 if key else max(len(template.rstrip()), start) + 1


def _behind_dashes(line: str) -> int:
    match = re.match(r"\s*(?:-\s+)*", line)
    return match.end() if match else 0


def _is_about_key(document: Document | None, finding: Finding) -> bool:
    """Whether a finding is about the name of its field, and not about the value."""
    return document is not None and document.root is not None and is_key(document.root, finding.path, finding.span)


_REFERENCE = re.compile(r"\.Values((?:\.[A-Za-z_]\w*)+)")
_IDENTITY = frozenset(("name", "namespace", "generateName", "kind", "apiVersion"))


def references(text: str) -> Iterator[tuple[str, ...]]:
    """The values keys that a text of a template reads: `.Values.image.tag` is `("image", "tag")`."""
    return (tuple(match[1].removeprefix(".").split(".")) for match in _REFERENCE.finditer(text))


def _is_identity(path: Path) -> bool:
    """Whether a field only says which object, container or subject it is, so that its value decides nothing."""
    return not path or (path[-1] in _IDENTITY and path[-2:-1] != ("roleRef",))
