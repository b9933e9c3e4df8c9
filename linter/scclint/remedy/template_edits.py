"""Carry a remedy out in the lines of templates that have the fields. Rendering the chart again proves the edit."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scclint.deploy.origins.template_lines import ACTION
from scclint.finding import Operation, Path, Remove, Set
from scclint.objects.documents import is_helm_template
from scclint.record import grouped
from scclint.remedy.workbench import FileEdit, Occurrence, Workbench
from scclint.source import Span
from scclint.text import listed, plain
from scclint.yaml.edit import EditRefused
from scclint.yaml.edit_styles import scalar_text
from scclint.yaml.nodes import locate, to_data
from scclint.yaml.untyped import value_at

Changed = dict[tuple[str, int], list[str]]
"""What takes the place of lines of templates, by file and number: no line where one is removed."""

_ALWAYS = ("containers",)
"""Fields that every mapping of their kind has: a template writes them under no condition."""


def conditions(bench: Workbench, result: Occurrence, operations: Sequence[Operation]) -> Iterator[tuple[str, list[str]]]:
    """Yield the file with the line that wrote each field, and the conditions around that line, the innermost first.

    Raises EditRefused for a field that no line of the chart's own templates wrote.
    """
    lines = _TemplateLines(bench, result)
    for operation in parts(operations, lines.built):
        place, _ = lines.line(operation.path)
        if place is None or not is_helm_template(place.file):
            raise EditRefused("no template has the field")
        yield place.file, _conditions_around(bench.text(place.file), place.line)


def _conditions_around(text: str, number: int) -> list[str]:
    """The actions that begin a condition which holds for a line, the innermost first. What stands behind an `else` has none."""
    start = sum(map(len, text.splitlines(keepends=True)[: number - 1]))
    open_actions: list[str] = []
    for action in ACTION.finditer(text, 0, start):
        word = re.match(r"\{\{-?\s*(if|with|range|define|block|else|end)\b", action[0])
        if word is None:
            continue
        if word[1] in ("else", "end") and open_actions:
            open_actions.pop()
        if word[1] != "end":
            open_actions.append(action[0] if word[1] == "if" else "")
    return [action for action in reversed(open_actions) if action]


def changed_lines(bench: Workbench, result: Occurrence, operations: Sequence[Operation]) -> Changed:
    """What takes the place of the lines of templates that have the fields. Raises EditRefused where they write something else as well."""
    origin = bench.opened.inputs.origins.get((result.document.file, result.document.source))
    if operations and (origin is None or origin.entry is not None):
        raise EditRefused("the object has no template in the chart")
    lines = _TemplateLines(bench, result)
    for operation in parts(operations, lines.built):
        lines.do(operation)
    return lines.changed


def edit_of_lines(bench: Workbench, changed: Changed) -> FileEdit:
    """The edit that puts lines in the place of those of templates."""
    texts, places = {}, []
    for file, of_file in grouped((file, (number, lines)) for (file, number), lines in changed.items()).items():
        text = bench.text(file).split("\n")
        for number, lines in sorted(of_file, reverse=True):
            text[number - 1 : number] = lines
        texts[file] = "\n".join(text)
        places.append(f"{file}{lines_in_words(sorted(number for number, _ in of_file))}")
    return FileEdit(texts, where=f"in {listed(places)}")


def parts(operations: Iterable[Operation], built: Any) -> Iterator[Operation]:
    """The operations on a document, with the removal of each field of a mapping in place of that of the mapping."""
    for operation in operations:
        fields = value_at(built, operation.path)
        if isinstance(operation, Remove) and isinstance(fields, dict):
            yield from parts([Remove((*operation.path, name)) for name in fields], built)
        else:
            yield operation


def lines_in_words(numbers: Sequence[int]) -> str:
    """The lines as words behind the name of their file; empty for none."""
    word = "line" if len(numbers) == 1 else "lines"
    return f", {word} {listed(list(map(str, numbers)))}" if numbers else ""


class _TemplateLines:
    """The lines of templates that wrote the fields of a rendered document, and what takes their place."""

    def __init__(self, bench: Workbench, result: Occurrence) -> None:
        self._bench = bench
        self._trace = bench.opened.tracer()
        self._root = result.document.root
        self.changed: Changed = {}
        self.built: Any = to_data(self._root)

    def do(self, operation: Operation) -> None:
        """Change the line of a field. Raises EditRefused if it has none of its own."""
        path = operation.path
        if not isinstance(operation, Remove | Set):
            raise EditRefused("the field is in a template twice")
        built = value_at(self.built, path)
        place, text = self.line(path)
        if place is None and isinstance(operation, Set):
            self._insert(path, operation)
            return
        value = rf"(?P<value>[\"']?{re.escape(plain(built))}[\"']?)"
        if isinstance(operation, Remove):
            value = rf"({value}|\{{\{{[^{{}}]*\}}\}})"
        match = re.fullmatch(rf"(?P<key>\s*{re.escape(str(path[-1]))}:\s*){value}(?P<rest>\s*(#.*)?)", text)
        if place is None or isinstance(built, dict | list) or match is None:
            raise EditRefused("the field has no line of its own in a template")
        written = [f"{match['key']}{scalar_text(operation.value)}{match['rest']}"] if isinstance(operation, Set) else []
        self.changed[place.file, place.line] = written

    def _insert(self, path: Path, operation: Set) -> None:
        """Write a new field above another one of the same mapping that has a line of its own."""
        holders = ((at, value_at(self.built, path[:at])) for at in reversed(range(len(path))))
        at, holder = next((at, holder) for at, holder in holders if holder is not None)
        if not isinstance(holder, Mapping) or path[at] in holder or any(isinstance(step, int) for step in path[at:]):
            raise EditRefused("a template writes a value where the field is to be")
        for name in sorted(holder, key=lambda name: name not in _ALWAYS):
            place, text = self.line((*path[:at], name))
            match = re.match(rf"(\s*){re.escape(str(name))}:(?=\s|\Z)", text)
            if place is not None and match is not None:
                steps = [f"{match[1]}{'  ' * depth}{step}:" for depth, step in enumerate(path[at:])]
                end = "\r" if text.endswith("\r") else ""
                new = [*(f"{step}{end}" for step in steps[:-1]), f"{steps[-1]} {scalar_text(operation.value)}{end}"]
                key = place.file, place.line
                self.changed[key] = [*new, *self.changed.get(key, [text])]
                return
        raise EditRefused("no line of a template has a field beside which the new one can be written")

    def line(self, path: Path) -> tuple[Span | None, str]:
        """The place in a template of a field that is written, and the line there."""
        span, written = locate(self._root, path) if self._root is not None else (None, False)
        if span is None or not written:
            return None, ""
        place = self._trace.span(span)
        return place, self._bench.text(place.file).split("\n")[place.line - 1]
