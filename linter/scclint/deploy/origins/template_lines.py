"""Marks: comments behind the lines of templates, by which a rendered line says which line of which file wrote it.

Helm's templates are text with `{{ actions }}` in it and no YAML before they are rendered. A mark follows the text that it marks, so
text without a mark of its own, such as what `toYaml` writes, was written by the line of the next mark.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from operator import itemgetter
from typing import NamedTuple

from scclint.limits import MAX_LINE_PAIRS
from scclint.yaml.split import split

_STRING = r'"(?:\\.|[^"\\\n])*+"|`[^`]*+`' + r"|'(?:\\.|[^'\\\n])*+'"
ACTION = re.compile(r"\{\{-?\s*/\*.*?(?:\*/\s*-?\}\}|\Z)|\{\{(?:" + _STRING + r"|(?!\}\}|\{\{).)*+\}\}", re.DOTALL)
"""An action or a comment of a template."""
INCLUDED = re.compile(r"\b(?:include|template|block)\s+[\"`]([^\"`]+)[\"`]")
DEFINED = re.compile(r"\{\{-?\s*(?:define|block)\s+[\"`]([^\"`]+)[\"`]")
"""The name of a template that an action includes, and of one that it begins."""
_SILENT = re.compile(r"\{\{-?\s*(?:/\*|\$\w*(?:\s*,\s*\$\w+)?\s*:?=|(if|with|range|block|define|else|end|break|continue)\b)")
"""The beginning of an action that writes nothing itself; the word if it is a statement."""
_WRITTEN, _INSIDE, _TRIMMED = "\1", "\2", "\3"
"""Replace an action that writes, a line end within an action, and an action that removes the line end behind it."""
_FIELD = re.compile(rf"(\s*(?:-\s+)*+)((?:\"[^\"]*\"|'[^']*'|[\w./{_WRITTEN}-]+):(?=\s|\Z))?[ \t]*(.*)", re.DOTALL)
"""The indentation and dashes, the key, and the value of a line."""
_MARK = re.compile(r" #@([0-9]{1,9}):([1-9][0-9]{0,8}):([0-7])@")
_SURE, _NAMED, _FIRST = 1, 2, 4
"""What a mark says of its line: it wrote the text before it that has no mark; it is of a named template; it is the first of that."""
_KIND = re.compile(r"\bkind\b\"?:[ \t]*+\"?(\w++)")
_BEGINNING = re.compile(r"\s*+(?:-\s++)*+[^\s:]*+:?")


class TemplateLine(NamedTuple):
    """The file with a line of a template, its number (1-based), and whether it surely wrote the text that is asked for."""

    file: str
    number: int
    exact: bool


def marked(text: str, file: int) -> str:
    """The text of a template with marks behind all lines that can have one. `file` is the number of the file."""
    lines = text.split("\n")
    number = first = 0
    sure = True
    for part, named in _parts(text.replace("\r\n", "\n")):
        pieces = part.split("\n")
        # The text of a named template that holds no fields may become part of a value.
        kind = _NAMED | _FIRST if named else 0
        closed = named and not any((match := _FIELD.match(piece)) and match[2] for piece in pieces)
        for at, piece in enumerate(pieces[:-1]):
            writes = bool(piece.removeprefix("---").strip(f" \t{_INSIDE}{_TRIMMED}"))
            if writes and not closed and _ends_line(pieces, at):
                line = lines[number].rstrip("\r")
                sure = sure and _WRITTEN in piece
                lines[number] = f"{line} #@{file}:{first + 1}:{kind | _SURE * sure}@{lines[number][len(line) :]}"
                sure = True
                kind &= ~_FIRST
            elif writes and not piece.endswith(_INSIDE):
                sure = False
            number += 1
            first = first if piece.endswith(_INSIDE) else number
    return "\n".join(lines)


def named_templates(text: str) -> Iterator[tuple[str, int, int]]:
    """The named templates of a text, each with where its own text begins and ends."""
    blocks: list[tuple[str, int]] = []
    for match in ACTION.finditer(text):
        silent = _SILENT.match(match[0])
        if silent and silent[1] in ("if", "with", "range", "block", "define"):
            defined = DEFINED.match(match[0])
            blocks.append((defined[1] if defined else "", match.end()))
        elif silent and silent[1] == "end" and blocks:
            name, begin = blocks.pop()
            if name:
                yield name, begin, match.start()


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text without its actions, divided where named templates begin and end; and whether the part is of a named template."""
    blocks: list[str] = []
    part: list[str] = []
    behind = 0
    for match in ACTION.finditer(text):
        action = match[0]
        part.append(text[behind : match.start()])
        behind = match.end()
        silent = _SILENT.match(action)
        word = silent[1] if silent else ""
        closed = blocks.pop() if word == "end" and blocks else ""
        if "define" in (word, closed):
            yield "".join(part), "define" in blocks or closed == "define"
            part = []
        if word in ("if", "with", "range", "block", "define"):
            blocks.append(word)
        part += (f"{_INSIDE}\n" * action.count("\n"), "" if silent else _WRITTEN, _TRIMMED if action.endswith("-}}") else "")
    yield "".join((*part, text[behind:], "\n")), "define" in blocks


def _ends_line(pieces: Sequence[str], at: int) -> bool:
    """Whether a comment may follow a line: it is the end of a field, and no text goes on in the next line."""
    # As in Helm, a line that begins with `---` begins a document, whatever follows on that line.
    match = _FIELD.match(pieces[at].removeprefix("---"))
    assert match is not None  # any text matches
    before, key, value = match.groups()
    if value.rstrip().endswith((_INSIDE, _TRIMMED)):
        return False
    if not value or value[0] in f"{_WRITTEN}|>&!#\"'{{[":
        return bool(key or value)
    indent = len(before) if key else len(before) - len(before.lstrip())
    after = next((pieces[later] for later in range(at + 1, len(pieces)) if pieces[later].strip()), "")
    return bool(key or "-" in before) and len(after) - len(after.lstrip()) <= indent


class MarkedRendering:
    """What a chart renders to with marks; no `text` if that is not known. `files` are the templates that the marks number."""

    def __init__(self, files: Sequence[str] = (), text: str = "") -> None:
        self.files = files
        self._documents: dict[str, dict[str, list[str]]] = {}
        self._pairs_left = MAX_LINE_PAIRS
        source = ""
        for chunk in split(text):
            source = chunk.source or source
            self._documents.setdefault(source, {}).setdefault(_kind(chunk.text), []).append(chunk.text)

    def lines(self, texts: Sequence[str], source: str, folder: str) -> Iterator[Sequence[TemplateLine | None]]:
        """The template line that wrote each line, for each document that was rendered from `source`; none for a document that was not
        rendered with marks. None for a line behind the last mark.

        Only marks of templates in `folder` count: what a named template of another chart writes was written by the line that
        includes it.
        """
        iterators = {kind: iter(with_marks) for kind, with_marks in self._documents.get(source, {}).items()}
        for text in texts:
            with_marks = next(iterators.get(_kind(text), iter(())), "")
            yield self._lines(text, with_marks, folder) if with_marks else ()

    def _lines(self, text: str, with_marks: str, folder: str) -> Sequence[TemplateLine | None]:
        marks = with_marks.rstrip().split("\n")
        places: list[TemplateLine | None] = [None] * len(marks)
        after: TemplateLine | None = None
        including: TemplateLine | None = None
        for at in reversed(range(len(marks))):
            places[at] = after
            for file, number, kind in reversed(_MARK.findall(marks[at])):
                name = self.files[int(file)] if int(file) < len(self.files) else ""
                if template_folder(name) == folder:
                    line = TemplateLine(name, int(number), bool(int(kind) & _SURE))
                    places[at] = line._replace(exact=True)
                    # What is before the first line of a named template was written by the line that includes it.
                    after = including if int(kind) & _FIRST else line
                    including = including if int(kind) & _NAMED else line
        lines = text.rstrip().split("\n")
        if not any(places):
            return ()
        # With the same values, only such lines differ as a checksum of a template that has marks now.
        return places if len(lines) == len(marks) else self._matched(lines, [_MARK.sub("", m).rstrip() for m in marks], places)

    def similar_lines(self, text: str, template: str, file: str, *, raw: bool) -> Sequence[TemplateLine | None]:
        """The lines of a template that begin like the lines of a document, in the same order, where no marks tell more.

        They are exact only for a file that Helm passes on as it is (`raw`).
        """
        beginning = str.rstrip if raw else _beginning
        lines = template.split("\n")
        places = [TemplateLine(file, number, raw) for number in range(1, len(lines) + 1)]
        return self._matched([*map(beginning, text.rstrip().split("\n"))], [*map(beginning, lines)], places)

    def _matched(
        self, lines: Sequence[str], others: Sequence[str], places: Sequence[TemplateLine | None]
    ) -> Sequence[TemplateLine | None]:
        """The `places` of the lines of another text, for the lines that match these. Any other line gets the place of that before it."""
        matched: list[TemplateLine | None] = []
        before: TemplateLine | None = None
        once = _once(lines, others)
        self._pairs_left -= len(lines) * len(others)
        if self._pairs_left < 0:
            same = _in_order(once)
            for at in range(len(lines)):
                before = places[same[at]] if at in same else _inexact(before)
                matched.append(before)
            return matched
        for tag, first, end, start, stop in SequenceMatcher(None, lines, others).get_opcodes():
            for at in range(first, end):
                place = places[start + at - first] if end - first == stop - start else before
                # A program may write fields in another order.
                matched.append(place if tag == "equal" or at not in once else _inexact(places[once[at]]))
                before = _inexact(matched[-1])
        return matched


def _inexact(place: TemplateLine | None) -> TemplateLine | None:
    return place._replace(exact=False) if place is not None else None


def _once(lines: Sequence[str], others: Sequence[str]) -> dict[int, int]:
    """Where the lines that each text has once are in the other text."""
    once, other_once = ({line for line, number in Counter(text).items() if number == 1} for text in (lines, others))
    where = {line: at for at, line in enumerate(others) if line in other_once and line.strip()}
    return {at: where[line] for at, line in enumerate(lines) if line in once and line in where}


def _in_order(pairs: Mapping[int, int]) -> dict[int, int]:
    """As many of the pairs of lines as are in the same order in both texts."""
    # The last pair of the best chain of each length, and the pair before each pair in its chain.
    ends: list[tuple[int, int]] = []
    previous: dict[tuple[int, int], tuple[int, int] | None] = {}
    for pair in pairs.items():
        length = bisect_left(ends, pair[1], key=itemgetter(1))
        previous[pair] = ends[length - 1] if length else None
        ends[length : length + 1] = [pair]
    found: dict[int, int] = {}
    last = ends[-1] if ends else None
    while last is not None:
        found[last[0]] = last[1]
        last = previous[last]
    return found


def template_folder(file: str) -> str:
    """The folder `templates` that a file is in or below."""
    return file.rpartition("/templates/")[0]


def _kind(text: str) -> str:
    match = _KIND.search(text)
    return match[1] if match else ""


def _beginning(line: str) -> str:
    match = _BEGINNING.match(line)
    return match[0] if match else line
