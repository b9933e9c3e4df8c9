"""Findings in what Helm rendered go to the template, where they can be fixed, and name the values that it reads there."""

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property, lru_cache, reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from scclint.deploy.helm.chart import Origins, TemplateOrigin, has_source
from scclint.deploy.outline import Outline
from scclint.deploy.tracer import Tracer, with_places_moved
from scclint.deploy.unit import Unit
from scclint.errors import LoadError
from scclint.files import display, read
from scclint.finding import Finding, Path, Related
from scclint.load.document import Document, first_root
from scclint.record import record, replace
from scclint.source import Span
from scclint.yaml.nodes import locate, node_at, to_data
from scclint.yaml.untyped import value_at

if TYPE_CHECKING:
    from scclint.deploy.helm.markers import MarkedRendering, TemplateLine

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

    def value(self, finding: Finding, place: Span) -> Iterator[Related]:
        """Where a values file sets what the template writes at the place of a finding, if that is known."""
        document = self._document(finding.span)
        if self._values is None or document is None or place.file not in self._lines:
            return

        line = FieldLine(place.file, self._lines[place.file], place.line)
        setting = self._values.read_for(finding.path, to_data(document.root), line, subchart_keys(document.source))
        if setting is not None:
            keys, at = setting
            yield Related(
                f"sets {'.'.join(map(str, keys))}, which the template "
                f"{'requires' if 'required ' in line.lines[place.line - 1] else 'reads'}",
                at,
            )

    def _document(self, span: Span) -> Document | None:
        """The document of a place, if it says what Helm rendered it from."""
        documents = self._documents.get(span.file, [])
        index = bisect_right(documents, span.line, key=lambda d: d.line) - 1
        return documents[index] if index >= 0 and has_source(documents[index]) else None

    def _lines_of(self, document: Document, origin: TemplateOrigin) -> "Sequence[TemplateLine | None]":
        from scclint.deploy.helm.markers import template_folder

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


_VALUES = "values.yaml"
_TEMPLATES = "templates"
_HELPERS = ".tpl"
_REFERENCE = re.compile(r"\.Values((?:\.[A-Za-z_]\w*)+)")
_WITH = re.compile(r"\bwith\s+\.Values\.")
_DEFINE = re.compile(r"\{\{-?\s*define\s+\"([^\"]+)\"")
_INCLUDE = re.compile(r"\b(?:include|template)\s+\"([^\"]+)\"")


def references(text: str) -> Iterator[tuple[str, ...]]:
    """The values keys that a text of a template reads: `.Values.image.tag` is `("image", "tag")`."""
    return (tuple(match[1].removeprefix(".").split(".")) for match in _REFERENCE.finditer(text))


def named_templates(text: str) -> dict[str, str]:
    """The templates that a text defines, by name: `{{ define "web.pod" }}`."""
    parts = _DEFINE.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def names_field(key: Sequence[str], step: str | int) -> bool:
    """Whether a values key is called like a field: `podSecurityContext` like `securityContext`."""
    return isinstance(step, str) and key[-1].casefold().endswith(step.casefold())


def subchart_keys(source: str) -> Path:
    """The keys below which a parent has the values of the chart that `# Source:` names: `web/charts/db/templates/a.yaml`."""
    steps = display(source).split("/")
    return tuple(name for step, name in pairwise(steps) if step == "charts")


class ViewValues:
    """The values of one view of a chart, as far as its files tell them."""

    def __init__(self, unit: Unit, outline: Outline) -> None:
        self._outline = outline
        self._chart = unit.path
        self._named: dict[str, dict[str, str]] = {}
        self._view = [outline.shown(path) for path in reversed(unit.deployment.values)]

    @cached_property
    def files(self) -> Sequence[str]:
        """The values files, as displayed: those that only this view has go before the one of the chart."""
        named = (*self._view, self._outline.shown(os.path.join(self._chart, _VALUES)))
        return [file for file in named if file in self._outline.files]

    @cached_property
    def data(self) -> Any:
        """The values of all files, those of the chart below those of the view; None if there are none."""
        return self.value((), ())

    def value(self, keys: Path, inside: Path) -> Any:
        """The value of a key below all files, those of the subchart at `inside` included; None if there is none."""
        return self._value(keys, inside)[0]

    def read_for(self, field: Path, built: Any, template: "FieldLine", inside: Path) -> tuple[Path, Span] | None:
        """The key that a template reads for a field, and where it is set; None unless the field has the value of the key.

        `field` is the path of the field in `built`, the object that the template renders to; if the object does not have the field,
        the value of the mapping that lacks it counts. `inside` are the keys of the subchart that has the template.
        """
        written = _written(field, built)
        line_references = set(references(template.lines[template.number - 1]))
        for reference in template.references(self._named_templates(os.path.dirname(template.file))):
            named = [index for index, step in enumerate(written) if names_field(reference, step)]
            if not named and reference not in line_references:
                continue
            subpath = written[named[-1] + 1 :] if named else ()
            keys = (*inside, *reference, *subpath)
            value, places = self._value(keys, inside)
            if places and _alike(value, value_at(built, written)):
                return keys, places[0]
        return None

    def _value(self, keys: Path, inside: Path) -> tuple[Any, list[Span]]:
        """The value of a key, and where it is set, the place that overrides the others first."""
        values: list[tuple[Any, Span]] = []
        for file, file_keys in self._with_subcharts(keys, inside):
            root = first_root(self._outline.documents(file))
            if root is not None:
                place, written = locate(root, file_keys)
                values += [(to_data(node_at(root, file_keys)), place)] if written else []
        value = reduce(lambda above, below: _laid_over(below[0], above), values, None)
        return value, [place for _, place in values]

    def _with_subcharts(self, keys: Path, inside: Path) -> Iterator[tuple[str, Path]]:
        """The files that may set a key, those first that override others, each with the path of the key in it."""
        yield from ((file, keys) for file in self.files)
        folder = self._chart
        for depth, name in enumerate(inside, 1):
            folder = os.path.join(folder, "charts", str(name))
            file = self._outline.shown(os.path.join(folder, _VALUES))
            if file in self._outline.files:
                yield file, keys[depth:]

    def _named_templates(self, folder: str) -> Mapping[str, str]:
        """The templates with names of the chart that has a folder of templates."""
        while os.path.basename(folder) not in (_TEMPLATES, ""):
            folder = os.path.dirname(folder)
        if folder not in self._named:
            templates = self._named[folder] = {}
            with suppress(OSError, LoadError):
                for name in sorted(os.listdir(folder)):
                    if name.endswith(_HELPERS):
                        templates |= named_templates(read(os.path.join(folder, name)))
        return self._named[folder]


@record
class FieldLine:
    """The line of a template that writes a field: the file as displayed, its lines, and the number of the line (1-based)."""

    file: str
    lines: Sequence[str]
    number: int

    def references(self, named: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
        """The keys that the template may read for the field, the nearest first.

        They are in the line, in the line behind it if this is only an expression, in the templates that these two include by
        name, and in the nearest `with` above.
        """
        near = self.lines[self.number - 1]
        if self.number < len(self.lines) and self.lines[self.number].lstrip().startswith("{{"):
            near += self.lines[self.number]
        yield from references(near)
        included = _INCLUDE.findall(near)
        # The list grows while it is read: a named template can include others.
        for name in included:
            text = named.get(name, "")
            yield from references(text)
            included += (other for other in _INCLUDE.findall(text) if other not in included)
        yield from references(next((line for line in reversed(self.lines[: self.number - 1]) if _WITH.search(line)), ""))


def _written(field: Path, built: Any) -> Path:
    """The part of a path that leads to something in an object."""
    while field and value_at(built, field) is None:
        field = field[:-1]
    return field


def _alike(value: Any, rendered: Any) -> bool:
    if isinstance(value, dict) and isinstance(rendered, dict):
        # Templates leave out keys that are no field: `omit .Values.podSecurityContext "enabled" | toYaml`.
        return all(key in value and value[key] == item for key, item in rendered.items())
    if isinstance(value, list) or isinstance(rendered, list):
        return bool(value == rendered)
    # `{{ quote .Values.user }}` renders the number 0 as the string "0".
    return str(value) == str(rendered)


def _laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return below if above is None else above
    return {key: _laid_over(below.get(key), above[key]) if key in above else below[key] for key in {**below, **above}}
