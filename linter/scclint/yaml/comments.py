"""Comments, read only for the few documents that need them."""

import re
from collections.abc import Iterator, Mapping

from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import (
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    ScalarToken,
)

from scclint.limits import MAX_DEPTH
from scclint.record import record
from scclint.yaml.events import ScannedText, tokens
from scclint.yaml.lines import Lines

_COMMENT = re.compile("#[^\n\r\x85\u2028\u2029]*")
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+")
_NESTING: Mapping[type, int] = {
    **dict.fromkeys((FlowSequenceStartToken, FlowMappingStartToken), 1),
    **dict.fromkeys((FlowSequenceEndToken, FlowMappingEndToken), -1),
}


@record
class Comment:
    """A YAML comment: its text from the `#` on, and the place of the `#` (1-based, code points)."""

    text: str
    line: int
    column: int


def comments(text: str, first_line: int) -> list[Comment]:
    """The comments of a YAML document that begins in line `first_line` of its file; of a broken one those before the error."""
    if "#" not in text:
        return []
    lines = Lines(text, first_line)
    return [Comment(match[0], *lines.place(match.start())) for match in _comments(text)]


def _comments(text: str) -> Iterator[re.Match[str]]:
    """A `#` is a comment where no token is: between tokens, or behind the header of a block scalar."""
    behind = 0
    for start, end, is_block in _tokens(ScannedText(text)):
        yield from _COMMENT.finditer(text, behind, start)
        header = _HEADER.match(text, start, end) if is_block else None
        if header is not None and (comment := _COMMENT.match(text, header.end())):
            yield comment
        behind = end
    yield from _COMMENT.finditer(text, behind)


def _tokens(source: ScannedText) -> list[tuple[int, int, bool]]:
    """(start, end, whether it is a block scalar) of each token, as offsets. What follows an error counts as one token.

    So does what follows where flow collections nest so deeply that scanning would take for ever.
    """
    places: list[tuple[int, int, bool]] = []
    depth = 0
    try:
        for token in tokens(source.text):
            depth += _NESTING.get(token.__class__, 0)
            if depth > MAX_DEPTH:
                break
            is_block = token.__class__ is ScalarToken and token.style in ("|", ">")
            places.append((token.start_mark.index, token.end_mark.index, is_block))
        else:
            return places
    except (UnicodeError, YAMLError) as error:
        if source.hides_colon(error):
            return _tokens(source)
    return [*places, (places[-1][1] if places else 0, len(source.text), False)]
