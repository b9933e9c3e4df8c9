"""Edit YAML and JSON text by field path, and keep every other byte.

An edit is a few replacements of text, computed from the places of the nodes. It counts only if the edited text reads as the
intended data and all other documents of the stream are unchanged. What cannot be edited so is refused with its reason.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from scclint.errors import LoadError
from scclint.finding import Operation
from scclint.yaml.edit_places import Replacement, Tree
from scclint.yaml.edit_styles import attempts
from scclint.yaml.lines import has_odd_breaks
from scclint.yaml.nodes import Node, to_data
from scclint.yaml.operations import EditRefused, changed_data
from scclint.yaml.split import body_start, split

__all__ = ["EditRefused", "Edited", "add_document", "changed_data", "edit", "read_document"]

_MARK = "\ufeff"


class Edited(NamedTuple):
    """The edited text. `needs_review`: what was removed may tell a reader something, as a line below a comment does."""

    text: str
    needs_review: bool = False


def edit(text: str, index: int, operations: Sequence[Operation]) -> Edited:
    """Return the text of a file with `operations` applied, one after the other, to its document `index` (0-based).

    Raises EditRefused with the reason as a clause if an operation cannot be applied without changing anything else.
    """
    mark = _MARK if text.startswith(_MARK) else ""
    edited = Edited(text.removeprefix(_MARK))
    root: Node | None = None
    for operation in operations:
        _check_characters(edited.text)
        chunks = _chunks(edited.text, index)
        # The tree that one operation was checked with is where the next one begins.
        changed, needs_review, root = _applied(chunks, index, root or _only(chunks[index]), operation)
        edited = Edited(changed, edited.needs_review or needs_review)
    return Edited(mark + edited.text, edited.needs_review)


def add_document(text: str, document: str) -> str:
    """Return the text of a file with a YAML document at its end. Raises EditRefused if that changes another document."""
    _check_characters(text.removeprefix(_MARK))
    chunks = [chunk.text for chunk in split(text)]
    if chunks and _is_json(chunks[-1]):
        raise EditRefused("a JSON file holds one document")
    # The last line of the text may be the end of a block scalar, whose value its line end would change.
    if text and not text.endswith("\n"):
        raise EditRefused("the last line of the file has no line end")
    end = "\r\n" if "\r\n" in text else "\n"
    added = (f"---{end}" if text else "") + document.replace("\n", end)
    if [chunk.text for chunk in split(text + added)] != [*chunks, added]:
        raise EditRefused("the file has nothing but comments at its end")
    return text + added


def read_document(text: str, index: int) -> Any:
    """Return the data of document `index` (0-based) of a text. Raises EditRefused if it cannot be read."""
    return to_data(_only([chunk.text for chunk in split(text.removeprefix(_MARK))][index]))


def _check_characters(text: str) -> None:
    breaks = text.count("\n")
    if has_odd_breaks(text):
        raise EditRefused("the file has hidden line breaks")
    if _MARK in text:
        raise EditRefused("the file has a byte order mark within its text")
    if 0 < text.count("\r\n") < breaks:
        raise EditRefused("the file mixes LF and CRLF line ends")


def _chunks(text: str, index: int) -> list[str]:
    """The documents of a text, of which `index` can be edited on its own."""
    chunks = [chunk.text for chunk in split(text)]
    if index >= len(chunks):
        raise EditRefused("the document is not there")
    counts = [len(_parse(chunk)) if _is_json(chunk) else 1 for chunk in chunks[:index]]
    if any(count != 1 for count in counts):
        raise EditRefused("several documents share a line")
    return chunks


def _applied(chunks: Sequence[str], index: int, root: Node, operation: Operation) -> tuple[str, bool, Node]:
    """Return the edited text, whether it needs a review, and the new tree of document `index`, whose tree is `root`."""
    chunk = chunks[index]
    intended = changed_data(to_data(root), operation)
    tree = Tree(chunk, root, is_json=_is_json(chunk))
    for attempt in attempts(tree, operation):
        changed = _replaced(chunk, attempt.replacements)
        edited = [*chunks[:index], changed, *chunks[index + 1 :]]
        text = "".join(edited)
        read = _read_as(changed, intended)
        if read is not None and [part.text for part in split(text)] == edited:
            return text, attempt.needs_review, read
    raise EditRefused("no place was found where the edit changes nothing else")


def _replaced(text: str, replacements: Sequence[Replacement]) -> str:
    for replacement in sorted(replacements, reverse=True):
        text = text[: replacement.start] + replacement.text + text[replacement.end :]
    return text


def _read_as(chunk: str, intended: Any) -> Node | None:
    """The tree of an edited document; None if it does not read as intended."""
    try:
        root = _only(chunk)
    except EditRefused:
        return None
    return root if _same(to_data(root), intended) else None


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of equal types, at every depth: `1 == True` in Python."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _is_json(chunk: str) -> bool:
    """Whether the document is written in JSON, or in flow style throughout."""
    return chunk.startswith(("{", "["), body_start(chunk)) and _json(chunk) is not None


def _json(chunk: str) -> list[Node] | None:
    from scclint.yaml.json import parse_json_stream

    try:
        return [root for _, root in parse_json_stream(chunk, "", 1, body_start(chunk))]
    except LoadError:
        return None


def _parse(chunk: str) -> list[Node]:
    from scclint.yaml.compose import parse_yaml

    if chunk.startswith(("{", "["), body_start(chunk)) and (roots := _json(chunk)) is not None:
        return roots
    try:
        return [root for _, root in parse_yaml(chunk, "", 1)]
    except LoadError as error:
        raise EditRefused(f"the document cannot be read: {error.message}") from None


def _only(chunk: str) -> Node:
    roots = _parse(chunk)
    if len(roots) != 1:
        raise EditRefused("several documents share a line" if roots else "the document is empty")
    return roots[0]
