"""Text from manifests, made safe to show.

A manifest must not control the terminal, the CI runner or the reader of a report: unprintable characters are shown as escapes,
and commands of CI runners are broken up.
"""

import re

from scclint.limits import MAX_TEXT
from scclint.text import escape, escape_unprintable

# Compiled on first use, because few texts need them.
_COMMAND_AT_WORD = r"(?<!\S)(?=::)"
"""GitHub's runner takes `::error` first in a line for a command. Text may be wrapped before any word."""

_COMMAND_ANYWHERE = r"(?<=##)(?=[A-Za-z]*\[)"
"""`##[error]` (GitHub, Azure), `##vso[` (Azure Pipelines) and `##teamcity[` are commands at any place in a line."""

_BLANK = "[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
"""Characters that count as printing and show nothing, which could make two names look alike."""

IDEOGRAPHIC_SPACE = "\u3000"


def visible(text: str, longest: int | None = MAX_TEXT) -> str:
    """`text` with every character that does not print as its escape (`\\x1b`, `\\u202e`), line feeds left as they are.

    That covers C0, C1, DEL, bidirectional and other format controls, line and paragraph separators, odd spaces, lone
    surrogates and noncharacters; the result is valid in UTF-8 and in XML 1.0. The middle of a text
    longer than `longest` is left out; None means no limit.
    """
    if longest is not None and len(text) > longest:
        return _without_middle(visible(text[:longest]), visible(text[-longest:]), len(text), longest)
    if not text.isascii():
        text = re.sub(_BLANK, lambda match: escape(match[0]), text)
    text = escape_unprintable(text, keep="\n" + IDEOGRAPHIC_SPACE)
    if "::" in text:
        text = re.sub(_COMMAND_AT_WORD, r"\\", text)
    return break_commands(text)


def _without_middle(head: str, tail: str, length: int, longest: int) -> str:
    """Both are of `longest` at least and leave as much as fits."""
    note = f" … (a text of {length:,} characters) … "
    room = longest - len(note)
    # A cut may make a word of what was the end of one.
    return re.sub(_COMMAND_AT_WORD, r"\\", head[: room * 3 // 4] + note + tail[-(room // 4) :])


def break_commands(text: str) -> str:
    """`text` with a backslash in what a CI runner would take for a command although it does not begin its line."""
    return re.sub(_COMMAND_ANYWHERE, r"\\", text) if "##" in text else text


def visible_line(text: str) -> str:
    """As `visible`, and line feeds shown as `\\n`: for names, paths and values, which have no business spanning lines."""
    return visible(text.replace("\n", "\\n"))


def one_line(text: str) -> str:
    """As `visible`, with each run of white space made one space: for prose in formats of one line a finding."""
    return visible(" ".join(text.split("\n"))).strip()
