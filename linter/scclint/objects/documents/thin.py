"""Remove the items of a large list that a run does not need, before parsing. Most items in a cluster dump are of this sort.

`oc get -o yaml` and must-gather write the items of a list as a block sequence with the dashes in column 1 and the keys of each
item in column 3. A line among the items that begins in column 1 therefore begins an item or ends the sequence, and the kind of an item
is a separate line.
"""

import re
from collections.abc import Iterator, Set

_ITEMS = re.compile(r"^items:[ \t]*\r?\n(?=- )", re.MULTILINE)
_ITEM = re.compile(r"^- ", re.MULTILINE)
_END = re.compile(r"^(?!- |[ \r\n]|\Z)", re.MULTILINE)
_KIND = re.compile(r"^(?:- |  )kind: +([A-Za-z][A-Za-z0-9]*)[ \t]*\r?$", re.MULTILINE)
_LIST = re.compile(r"^kind: +([A-Za-z][A-Za-z0-9]*)List[ \t]*\r?$", re.MULTILINE)
_BODY = re.compile(r"^(?:spec|status):[ \t]*\r?\n(?:(?:[ -].*)?(?:\r?\n|\Z))*", re.MULTILINE)
_BODY_OF_ITEM = re.compile(r"^  (?:spec|status):[ \t]*\r?\n(?:(?:  [ -].*)?(?:\r?\n|\Z))*", re.MULTILINE)


def thin(text: str, kinds: Set[str], heads: Set[str] = frozenset()) -> str:
    """Return the text of a stream, with empty lines for the items of lists that are certainly of other kinds.

    Items of the kinds `heads` lose their `spec` and `status`. The rest parses as before and each line keeps its number. Text of any
    other form is returned unchanged.
    """
    parts: list[str] = []
    done = border = 0
    element = ""
    for items in _ITEMS.finditer(text):
        if items.start() < done:
            continue
        if items.start() >= border:
            border, element = _document(text, items.start())
        end = _END.search(text, items.end())
        stop = end.start() if end else len(text)
        parts.append(text[done : items.end()])
        parts.extend(_thinned(text[items.end() : stop], kinds, heads, element))
        done = stop
    return "".join([*parts, text[done:]]) if parts else text


def _document(text: str, start: int) -> tuple[int, str]:
    """Return the end of the document around an offset, and the kind of the items of its list; empty if unknown."""
    after = text.find("\n---", start)
    border = after if after >= 0 else len(text)
    match = _LIST.search(text, text.rfind("\n---", 0, start) + 1, border)
    return border, match[1] if match else ""


def without_body(text: str) -> str:
    """Return the text of an object in block style, with empty lines for its `spec` and `status`."""
    return _BODY.sub(_empty_lines, text)


def _empty_lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _thinned(items: str, kinds: Set[str], heads: Set[str], element: str) -> Iterator[str]:
    starts = [m.start() for m in _ITEM.finditer(items)]
    for begin, end in zip(starts, [*starts[1:], len(items)], strict=True):
        kinds_written = [m[1] for m in _KIND.finditer(items, begin, end)]
        kind = kinds_written[-1] if kinds_written else element
        wanted = not kind or kind in kinds or kind.endswith("List")
        if kind in heads:
            yield _BODY_OF_ITEM.sub(_empty_lines, items[begin:end])
        else:
            yield items[begin:end] if wanted else "\n" * items.count("\n", begin, end)
