"""Go template source as far as its lines can be told apart: what a line has of its own, and where an expression writes.

Helm's templates are text with `{{ actions }}` in it and no YAML before they are rendered, so this is about lines only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

WILD = "\0"
"""Stands in a line for what an action writes there; no text that was read has that character."""

_OPEN, _ELSE, _END = "\1", "\2", "\3"
_STRING = r'"(?:\\.|[^"\\\n])*+"|`[^`]*+`' + r"|'(?:\\.|[^'\\\n])*+'"
_ACTION = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}|\{\{(?:%s|(?!\}\}).)*+\}\}" % _STRING, re.DOTALL)
_ASSIGNMENT = re.compile(r"\$\w*(?:\s*,\s*\$\w+)?\s*:?=")
_INDENT = re.compile(r"\b(n?)indent\s+\(?(\d+)\b")
_WHOLE = re.compile(f"\\s*{_OPEN}([^{_OPEN}{_ELSE}{_END}]*){_END}\\s*")
_INLINE = re.compile(f"{_OPEN}[^{_OPEN}{_END}]*{_END}")
_MARKS = re.compile(f"[{_OPEN}{_ELSE}{_END}]")
_WRITES = re.compile(rf"(?:.*[:-])?\s*{WILD}+\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with text of its own. `number` is 1-based; `text` has no line end, and `WILD` where actions write.

    `branches` are the arms of conditions it lies in, as (condition, arm), `loops` the `range` actions, outermost first.
    """

    number: int
    text: str
    branches: tuple[tuple[int, int], ...] = ()
    loops: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A line that an action ends, which may write many lines. `indent` is how far in those begin; None if that is not known.

    `text` is the source of its actions.
    """

    number: int
    indent: int | None
    text: str
    branches: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Section:
    """What one document is rendered from: from a `---` line to the next."""

    first: int
    lines: list[Line] = field(default_factory=list)
    expressions: list[Expression] = field(default_factory=list)


@dataclass(slots=True)
class _Block:
    word: str
    number: int
    arm: int = 0


def plain_lines(text: str, first: int = 1) -> list[Line]:
    """The lines of a text that is no template, the first of them line `first` of its file."""
    return [Line(number, line) for number, line in enumerate(text.replace(WILD, " ").split("\n"), first)]


def sections(text: str, *, template: bool = True) -> list[Section]:
    """The sections of a template in the order of writing; of a file that is no template with `template` False.

    As in Helm, a line that begins with `---` begins a document, whatever follows on that line.
    """
    found = [Section(1)]
    lines = _template_lines(text) if template else ((line, []) for line in plain_lines(text))
    for line, actions in lines:
        own = line
        if line.text.startswith("---"):
            found.append(Section(line.number))
            own = Line(line.number, line.text[3:].lstrip(" \t"), line.branches, line.loops)
        section = found[-1]
        if own.text.strip().strip(WILD):
            section.lines.append(own)
        if actions and _WRITES.fullmatch(own.text):
            section.expressions.append(Expression(own.number, _indent(own.text, actions), " ".join(actions), own.branches))
    return [section for section in found if section.lines or section.expressions] or found[:1]


def _template_lines(text: str) -> Iterator[tuple[Line, list[str]]]:
    """Each line with the output actions that begin on it. The bodies of `define` are left out: they are written elsewhere."""
    blocks: list[_Block] = []
    opened = 0
    number = 1
    parts: list[str] = []
    actions: list[str] = []

    def line() -> tuple[Line, list[str]]:
        branches = tuple((block.number, block.arm) for block in blocks)
        loops = tuple(block.number for block in blocks if block.word == "range")
        return Line(number, _own_text("".join(parts)), branches, loops), actions

    for piece, is_action in _pieces(text.translate(_NO_MARKS)):
        hidden = any(block.word == "define" for block in blocks)
        if is_action:
            mark, word = _meaning(piece)
            if mark == _OPEN:
                opened += 1
                blocks.append(_Block(word, opened))
            elif mark == _ELSE and blocks:
                blocks[-1].arm += 1
            elif mark == _END and blocks:
                hidden = blocks.pop().word == "define" or hidden
            elif mark == WILD and not hidden:
                actions.append(piece)
            if not hidden and word not in ("define", "block"):
                parts.append(mark)
        for index, own in enumerate(("\n" * piece.count("\n") if is_action else piece).split("\n")):
            if index:
                yield line()
                number += 1
                parts, actions = [], []
            if not hidden:
                parts.append(own)
    yield line()


_NO_MARKS = dict.fromkeys(map(ord, WILD + _OPEN + _ELSE + _END), " ")


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Literal text and actions by turns."""
    behind = 0
    for match in _ACTION.finditer(text):
        yield text[behind : match.start()], False
        yield match[0], True
        behind = match.end()
    yield text[behind:], False


def _meaning(action: str) -> tuple[str, str]:
    """What an action does to its line, and its first word."""
    body = action[2:-2].removeprefix("-").removesuffix("-").strip()
    if body.startswith("/*") or not body or _ASSIGNMENT.match(body):
        return "", ""
    word = re.split(r"[\s(]", body, maxsplit=1)[0]
    if word in ("if", "with", "range", "block", "define"):
        return _OPEN, word
    if word in ("else", "end"):
        return {"else": _ELSE, "end": _END}[word], word
    return ("" if word in ("break", "continue") else WILD), word


def _own_text(line: str) -> str:
    """The line without its control actions; what is written under a condition within the line may be anything."""
    if _OPEN not in line and _ELSE not in line and _END not in line:
        return line.rstrip("\r")
    whole = _WHOLE.fullmatch(line)
    if whole is not None and whole[1].strip():
        return line[: len(line) - len(line.lstrip())] + whole[1].strip()
    while (shorter := _INLINE.sub(lambda m: WILD if m[0].strip(_OPEN + _ELSE + _END + " ") else "", line)) != line:
        line = shorter
    return _MARKS.sub("", line).rstrip()


def _indent(text: str, actions: list[str]) -> int | None:
    """The column, from 0, where the lines begin that the last action of a line writes."""
    written = len(text) - len(text.lstrip(" "))
    asked = _INDENT.findall(actions[-1])
    if asked:
        on_new_line, columns = asked[-1]
        return int(columns) if on_new_line or text.strip().strip(WILD) else written + int(columns)
    alone = not text.strip().strip(WILD)
    trimmed = actions[-1].startswith("{{-")
    by_name = re.search(r"\b(?:template|include|tpl)\b", actions[-1])
    return None if trimmed or by_name or not alone else written
