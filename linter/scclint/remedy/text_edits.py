"""The lines in which two versions of a text differ."""

import re
from collections.abc import Sequence

from scclint.finding import TextEdit


def text_edits(file: str, text: str, edited: str) -> tuple[TextEdit, ...]:
    """The whole lines that differ, as replacements from top to bottom."""
    from difflib import SequenceMatcher

    old, new = lines_of(text), lines_of(edited)
    start = _common(old, new)
    end = min(_common(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    middle = (old[start : len(old) - end], new[start : len(new) - end])
    codes = SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
    return tuple(
        TextEdit(file, start + a + 1, start + b + 1, "".join(middle[1][c:d])) for tag, a, b, c, d in codes if tag != "equal"
    )


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The number of equal lines at the start."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends. Only LF and CRLF end a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
