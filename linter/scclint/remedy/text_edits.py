"""The lines in which two versions of a text differ."""

import re

from scclint.finding import TextEdit
from scclint.text import shared_start


def text_edits(file: str, text: str, edited: str) -> tuple[TextEdit, ...]:
    """The whole lines that differ, as replacements from top to bottom."""
    from difflib import SequenceMatcher

    old, new = lines_of(text), lines_of(edited)
    start = shared_start(old, new)
    end = min(shared_start(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    middle = (old[start : len(old) - end], new[start : len(new) - end])
    codes = SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
    return tuple(
        TextEdit(file, start + a + 1, start + b + 1, "".join(middle[1][c:d])) for tag, a, b, c, d in codes if tag != "equal"
    )


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends. Only LF and CRLF end a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
