"""Blanks out, before anything is parsed, the items of a large list that nobody asked for: dumps of clusters are mostly those.

`oc get -o yaml` and must-gather write a list's items as a block sequence whose dashes stand in column 1, each item's own keys
in column 3. A line that begins in column 1 within the items therefore begins an item or ends the sequence, whatever scalars
there are, and an item's kind is a line of its own.
"""

import re
from collections.abc import Iterator, Set

_ITEMS = re.compile(r"^items:[ \t]*\r?\n(?=- )", re.MULTILINE)
_ITEM = re.compile(r"^- ", re.MULTILINE)
_END = re.compile(r"^(?!- |[ \r\n]|\Z)", re.MULTILINE)
_KIND = re.compile(r"^(?:- |  )kind: +([A-Za-z][A-Za-z0-9]*)[ \t]*\r?$", re.MULTILINE)
_LIST = re.compile(r"^kind: +([A-Za-z][A-Za-z0-9]*)List[ \t]*\r?$", re.MULTILINE)


def thin(text: str, kinds: Set[str]) -> str:
    """The text of a stream, where items of lists that are surely of none of the kinds have become empty lines.

    What is left parses as before and every line keeps its number. Text of any other form comes back as it is.
    """
    parts: list[str] = []
    done = 0
    for found in _ITEMS.finditer(text):
        if found.start() < done:
            continue
        end = _END.search(text, found.end())
        stop = end.start() if end else len(text)
        parts.append(text[done : found.end()])
        parts.extend(_thinned(text, found.end(), stop, kinds, _element(text, found.start(), stop)))
        done = stop
    return "".join([*parts, text[done:]]) if parts else text


def _element(text: str, start: int, stop: int) -> str:
    """The kind that items have by the name of their list, which stands before or after them; empty if it tells none."""
    before = text.rfind("\n---", 0, start) + 1
    after = text.find("\n---", stop - 1)
    found = _LIST.search(text, before, start) or _LIST.search(text, stop, after if after >= 0 else len(text))
    return found[1] if found else ""


def _thinned(text: str, start: int, stop: int, kinds: Set[str], element: str) -> Iterator[str]:
    starts = [m.start() for m in _ITEM.finditer(text, start, stop)]
    for begin, end in zip(starts, [*starts[1:], stop], strict=True):
        own = [m[1] for m in _KIND.finditer(text, begin, end)]
        kind = own[-1] if own else element
        wanted = not kind or kind in kinds or kind.endswith("List")
        yield text[begin:end] if wanted else "\n" * text.count("\n", begin, end)
