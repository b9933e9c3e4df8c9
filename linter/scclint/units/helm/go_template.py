"""The lines of Go template source: the literal text of each line, and the places where an expression writes.

Helm's templates are text with `{{ actions }}` in it and no YAML before they are rendered, so this is about lines only.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from scclint.record import record

WILD = "\0"
"""Replaces in a line the text that an action writes. No file contains this character."""

_OPEN, _ELSE, _END = "\1", "\2", "\3"
_STRING = r'"(?:\\.|[^"\\\n])*+"|`[^`]*+`' + r"|'(?:\\.|[^'\\\n])*+'"
_ACTION = re.compile(r"\{\{-?\s*/\*.*?(?:\*/\s*-?\}\}|\Z)|\{\{(?:" + _STRING + r"|(?!\}\}|\{\{).)*+\}\}", re.DOTALL)
_ASSIGNMENT = re.compile(r"\$\w*(?:\s*,\s*\$\w+)?\s*:?=")
_OMIT, _KEY = re.compile(r"(?<![.$\w])omit\b([^|]*)"), re.compile(r'"([^"]*)"')
"""Sprig's `omit`, which leaves keys out of a mapping: `omit . "runAsUser"`; and the keys."""
_INDENT = re.compile(r"\b(n?)indent\s+\(?(\d+)\b")
_WHOLE = re.compile(f"\\s*{_OPEN}([^{_OPEN}{_ELSE}{_END}]*){_END}\\s*")
_ENDS = re.compile(f"([{_OPEN}{_END}])")
_WRITES = re.compile(rf"\s*+(?:-\s++)*+(?:[^{WILD}]*:(?=[\s{WILD}]))?+\s*+{WILD}++\s*+")


class Branch(NamedTuple):
    """One branch of a block such as `if`: the block's number in the template, and how many `else` come before the branch."""

    block: int
    number: int


@record
class Line:
    """A line with text of its own. `number` is 1-based; `text` has no line end, and `WILD` where actions write.

    `loops` counts the `range` actions that it lies in.
    """

    number: int
    text: str
    loops: int = 0


@record
class Expression:
    """A line that ends in an action, which may write many lines.

    `written` is how far in the line itself begins and `indent` how far in those that it writes do, None if that is not known.
    `text` is the source of its actions. `inline` is True if a key or a dash is before them, which then contains what they write.
    `branches` are those that its line lies in, the outermost first; `omitted` are the keys that it leaves out of a mapping.
    """

    number: int
    written: int
    indent: int | None
    text: str
    inline: bool
    branches: tuple[Branch, ...] = ()
    omitted: frozenset[str] = frozenset()

    def excludes(self, other: "Expression") -> bool:
        """Whether at most one of the two writes anything, because they are in different branches of one block."""
        theirs = dict(other.branches)
        return any(theirs.get(block, number) != number for block, number in self.branches)


class Section:
    """What one document is rendered from: the lines from a `---` line to the next, `first` to `last`."""

    __slots__ = ("expressions", "first", "last", "lines")

    def __init__(self, first: int) -> None:
        self.first = self.last = first
        self.lines: list[Line] = []
        self.expressions: list[Expression] = []


def plain_lines(text: str, first: int = 1) -> list[Line]:
    """The lines of a text that is no template, the first of them line `first` of its file."""
    return [Line(number, line.rstrip("\r")) for number, line in enumerate(text.replace(WILD, " ").split("\n"), first)]


def sections(text: str, *, template: bool = True) -> list[Section]:
    """The sections of a template in the order of writing; of a file that is no template with `template` False.

    As in Helm, a line that begins with `---` begins a document, whatever follows on that line.
    """
    found = [Section(1)]
    lines = _template_lines(text) if template else ((line, [], ()) for line in plain_lines(text))
    for line, actions, branches in lines:
        own = line
        if line.text.startswith("---"):
            found.append(Section(line.number))
            own = Line(line.number, line.text[3:].lstrip(" \t"), line.loops)
        section = found[-1]
        section.last = line.number
        if own.text.strip().strip(WILD):
            section.lines.append(own)
        if actions and _WRITES.fullmatch(own.text):
            inline = bool(own.text.strip().strip(WILD))
            written = len(own.text) - len(own.text.lstrip(" "))
            indent = _indent(written, actions[-1], inline)
            source = " ".join(actions)
            omitted = frozenset(key for keys in _OMIT.findall(source) for key in _KEY.findall(keys))
            section.expressions.append(Expression(own.number, written, indent, source, inline, branches, omitted))
    return [section for section in found if section.lines or section.expressions] or found[:1]


def _template_lines(text: str) -> Iterator[tuple[Line, list[str], tuple[Branch, ...]]]:
    """Each line with the output actions that begin on it, and the branches it lies in.

    The bodies of `define` are left out: they are written elsewhere.
    """
    blocks: list[str] = []
    branches: list[Branch] = []
    opened = 0
    within: Counter[str] = Counter()
    number = 1
    parts: list[str] = []
    actions: list[str] = []

    def line() -> tuple[Line, list[str], tuple[Branch, ...]]:
        return Line(number, _own_text("".join(parts)), within["range"]), actions, tuple(branches)

    for piece, is_action in _pieces(text.translate(_NO_MARKS)):
        hidden = within["define"] > 0
        if is_action:
            mark, word = _meaning(piece)
            if mark == _OPEN:
                blocks.append(word)
                branches.append(Branch(opened, 0))
                opened += 1
                within[word] += 1
            elif mark == _ELSE and branches:
                branches[-1] = Branch(branches[-1].block, branches[-1].number + 1)
            elif mark == _END and blocks:
                branches.pop()
                word = blocks.pop()
                within[word] -= 1
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
    """The pieces of a template in order, literal text and actions in turn: the text, and whether it is an action."""
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
    whole = _WHOLE.fullmatch(line)
    if whole is not None and whole[1].strip():
        return line[: len(line) - len(line.lstrip())] + whole[1].strip()
    kept: list[str] = []
    starts: list[int] = []
    for piece in _ENDS.split(line):
        if piece == _OPEN:
            starts.append(len(kept))
        elif piece != _END:
            kept.append(piece)
        elif starts:
            inner = "".join(kept[starts[-1] :]).strip(_ELSE + " ")
            kept[starts.pop() :] = [WILD] if inner else []
    return "".join(kept).replace(_ELSE, "").rstrip()


def _indent(written: int, action: str, inline: bool) -> int | None:
    """The column, from 0, where the lines begin that the last action of a line writes."""
    trimmed = action.startswith("{{-")
    asked = _INDENT.findall(action)
    if asked:
        on_new_line, columns = asked[-1]
        return int(columns) + (0 if on_new_line or trimmed else written)
    # A template of the chart may begin with a line break and bring its own indentation.
    free = inline or trimmed or re.search(r"\b(?:template|include|tpl)\b", action)
    return None if free else written
