"""A manual page in Markdown as text for a terminal: wrapped, headings and code set off.

Only the Markdown that rule pages use is known: headings, paragraphs, lists, tables, fenced code, `code`, emphasis and links. A
table becomes a list, because its cells are too long for columns. A link to another page becomes the name of the rule.
"""

import re
from collections.abc import Iterator

from scclint.report.terminal import paint
from scclint.text import display_width, wrap_words

_ITEM = re.compile(r"(\s*(?:[-*]|\d+\.) +)(.*)")
_YAML_KEY = re.compile(r"^(\s*(?:- )*)([A-Za-z0-9_./\"-]+)(:(?:\s.*)?)$")
_YAML_COMMENT = re.compile(r"(^|\s)(#.*)$")
_LINK = re.compile(r"\[([^\]]+)\]\(([a-z0-9-]+)\.md\)")
_RULE_ID = re.compile(r"[A-Z]{3}\d{3}")
_EMPHASIS = re.compile(r"(`[^`]*`)|\*{1,2}([^\s*`][^*`]*)\*{1,2}")
_TITLE = re.compile(r' title="(.*?)"')
_INDENT = "    "


def render(markdown: str, color: bool, width: int) -> str:
    """Return the page in lines of at most `width` columns. Code is not wrapped."""
    blocks = [list(_block(block, color, width)) for block in _blocks(markdown)]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _blocks(markdown: str) -> Iterator[list[str]]:
    """The lines of each block: a heading, a paragraph, a list, a fence with all that is in it."""
    block: list[str] = []
    fenced = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            if not fenced and block:
                yield block
                block = []
            fenced = not fenced
            block.append(line)
            if not fenced:
                yield block
                block = []
        elif line or fenced:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _block(lines: list[str], color: bool, width: int) -> Iterator[str]:
    first = lines[0]
    if first.startswith("```"):
        yaml = first.startswith(("```yaml", "```yml"))
        title = _TITLE.search(first)
        if title:
            yield from (f"{title[1]}:", "")
        for line in lines[1:-1]:
            yield (_INDENT + (_yaml(line, color) if yaml else line)).rstrip()
    elif first.startswith("#"):
        yield paint(first.lstrip("#").strip(), "place", color)
    elif _ITEM.fullmatch(first):
        yield from _list(lines, color, width)
    elif first.startswith("|"):
        yield from _table(lines, color, width)
    else:
        yield from _wrapped(" ".join(lines), "", color, width)


def _table(lines: list[str], color: bool, width: int) -> Iterator[str]:
    """Yield an item for each row below the titles: `first cell: second cell`."""
    for row in lines[2:]:
        cells = (cell.strip() for cell in row.strip("|").split("|"))
        yield from _wrapped(": ".join(cells), "- ", color, width)


def _list(lines: list[str], color: bool, width: int) -> Iterator[str]:
    items: list[tuple[str, str]] = []
    for line in lines:
        found = _ITEM.fullmatch(line)
        if found:
            items.append((found[1], found[2]))
        else:
            lead, text = items.pop()
            items.append((lead, f"{text} {line.strip()}"))
    for lead, text in items:
        yield from _wrapped(text, lead, color, width)


def _wrapped(text: str, lead: str, color: bool, width: int) -> Iterator[str]:
    first, *rest = wrap_words(_words(_plain(text), color), width - len(lead))
    yield lead + first
    yield from (" " * len(lead) + line for line in rest)


def _plain(text: str) -> str:
    """Return prose without the marks of links and of emphasis."""
    text = _LINK.sub(lambda link: link[1] if _RULE_ID.fullmatch(link[1]) else f"{link[1]} (`scclint rule {link[2]}`)", text)
    return _EMPHASIS.sub(lambda found: found[1] or found[2], text)


def _words(text: str, color: bool) -> Iterator[tuple[str, int]]:
    """Each word as it is shown, and the columns that it takes. With colour, that is what tells code from prose."""
    if not color:
        yield from ((word, display_width(word)) for word in text.split())
        return
    code = False
    for word in text.split():
        shown, size = "", 0
        for index, part in enumerate(word.split("`")):
            code = not code if index else code
            shown += paint(part, "note", code)
            size += display_width(part)
        yield shown, size


def _yaml(line: str, color: bool) -> str:
    if not color:
        return line
    comment = _YAML_COMMENT.search(line)
    tail = ""
    if comment:
        line, tail = line[: comment.start(2)], paint(comment[2], "quiet", color)
    key = _YAML_KEY.match(line)
    return (f"{key[1]}{paint(key[2], 'note', color)}{key[3]}" if key else line) + tail
