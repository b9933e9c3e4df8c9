"""Edit YAML and JSON text by field path, and keep every other byte.

An edit is a few replacements of text, computed from the places of the nodes. It counts only if the edited text reads as the
intended data and all other documents of the stream are unchanged. What cannot be edited so is refused with its reason.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scclint.errors import LoadError
from scclint.finding import Append, Operation, Path
from scclint.yaml.compose import parse_yaml
from scclint.yaml.edit_places import Replacement, Tree
from scclint.yaml.edit_styles import attempts
from scclint.yaml.json import parse_json_stream
from scclint.yaml.lines import has_odd_breaks
from scclint.yaml.nodes import Node, to_data
from scclint.yaml.operations import EditRefused, changed_data
from scclint.yaml.split import Chunk, split
from scclint.yaml.write import block_text

__all__ = ["EditRefused", "EditResult", "add_document", "append_entry", "changed_data", "edit"]

_BOM = "\ufeff"
_PLACE = "scclint.place.of.the.entry"


class EditResult(NamedTuple):
    """The edited text. `needs_review`: what was removed may tell a reader something, as a line below a comment does."""

    text: str
    needs_review: bool = False


def edit(text: str, index: int, operations: Sequence[Operation]) -> EditResult:
    """Return the text of a file with `operations` applied, one after the other, to its document `index` (0-based).

    Raises EditRefused with the reason as a clause if an operation cannot be applied without changing anything else.
    """
    mark = _BOM if text.startswith(_BOM) else ""
    edited = EditResult(text.removeprefix(_BOM))
    root: Node | None = None
    for operation in operations:
        _check_characters(edited.text)
        chunks = _chunks(edited.text, index)
        # The tree that one operation was checked with is where the next one begins.
        changed, needs_review, root = _applied(chunks, index, root or _only(chunks[index]), operation)
        edited = EditResult(changed, edited.needs_review or needs_review)
    return EditResult(mark + edited.text, edited.needs_review)


def add_document(text: str, document: str) -> str:
    """Return the text of a file with a YAML document at its end. Raises EditRefused if that changes another document."""
    _check_characters(text.removeprefix(_BOM))
    chunks = [chunk.text for chunk in split(text)]
    if chunks and _json(chunks[-1]) is not None:
        raise EditRefused("a JSON file holds one document")
    # The last line of the text may be the end of a block scalar, whose value its line end would change.
    if text and not text.endswith("\n"):
        raise EditRefused("the last line of the file has no line end")
    end = "\r\n" if "\r\n" in text else "\n"
    added = (f"---{end}" if text else "") + document.replace("\n", end)
    if [chunk.text for chunk in split(text + added)] != [*chunks, added]:
        raise EditRefused("the file has nothing but comments at its end")
    return text + added


def append_entry(text: str, index: int, path: Path, value: Callable[[int], Any]) -> str:
    """Return the text with another item at the end of the list at `path`, which is added if it is missing.

    `value` is the item for the number of spaces before the dashes of the list.
    Raises EditRefused where the list is not in block style, or if anything else would change.
    """
    if _PLACE in text:
        raise EditRefused("the file has the text by which an edit finds its place")
    marked = edit(text, index, [Append(path, _PLACE)]).text
    marked_line = re.search(rf"^( *)- {re.escape(_PLACE)}(\r?)$", marked, re.MULTILINE)
    if marked_line is None:
        raise EditRefused("the list is not in block style")
    indent, end = marked_line[1], f"{marked_line[2]}\n"
    first, *rest = block_text(item := value(len(indent)), len(indent)).split("\n")
    lines = [f"{indent}- {first}", *(f"{indent}  {line}" if line else "" for line in rest)]
    edited = marked[: marked_line.start()] + end.join(lines) + marked_line[2] + marked[marked_line.end() :]
    wanted = _data(marked, index)
    holder = wanted
    for step in path:
        holder = holder[step]
    if not isinstance(holder, list) or holder[-1] != _PLACE:
        raise EditRefused("the entry is not at the end of the list")
    holder[-1] = item
    if _data(edited, index) != wanted:
        raise EditRefused("no place was found where the edit changes nothing else")
    return edited


def _data(text: str, index: int) -> Any:
    return to_data(_only([chunk.text for chunk in split(text.removeprefix(_BOM))][index]))


def _check_characters(text: str) -> None:
    breaks = text.count("\n")
    if has_odd_breaks(text):
        raise EditRefused("the file has hidden line breaks")
    if _BOM in text:
        raise EditRefused("the file has a byte order mark within its text")
    if 0 < text.count("\r\n") < breaks:
        raise EditRefused("the file mixes LF and CRLF line ends")


def _chunks(text: str, index: int) -> list[str]:
    """The documents of a text, of which `index` can be edited on its own."""
    chunks = [chunk.text for chunk in split(text)]
    if index >= len(chunks):
        raise EditRefused("the document is not there")
    if any(len(roots) > 1 for chunk in chunks[:index] if (roots := _json(chunk))):
        raise EditRefused("several documents share a line")
    return chunks


def _applied(chunks: Sequence[str], index: int, root: Node, operation: Operation) -> tuple[str, bool, Node]:
    """Return the edited text, whether it needs a review, and the new tree of document `index`, whose tree is `root`."""
    chunk = chunks[index]
    intended = changed_data(to_data(root), operation)
    tree = Tree(chunk, root, is_json=_json(chunk) is not None)
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


def _same(first: Any, second: Any) -> bool:
    """Whether two values are equal and of equal types, at every depth: `1 == True` in Python."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_same(value, second[key]) for key, value in first.items())
    if isinstance(first, list):
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(first == second)


def _json(chunk: str) -> list[Node] | None:
    """The values of a document that is written in JSON, or in flow style throughout; None for others."""
    start = Chunk(chunk, 1).start
    if not chunk.startswith(("{", "["), start):
        return None
    try:
        return [root for _, root in parse_json_stream(chunk, "", 1, start)]
    except LoadError:
        return None


def _parse(chunk: str) -> list[Node]:
    try:
        return _json(chunk) or [root for _, root in parse_yaml(chunk, "", 1)]
    except LoadError as error:
        raise EditRefused(f"the document cannot be read: {error.message}") from None


def _only(chunk: str) -> Node:
    roots = _parse(chunk)
    if len(roots) != 1:
        raise EditRefused("several documents share a line" if roots else "the document is empty")
    return roots[0]
