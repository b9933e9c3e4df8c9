"""Add an entry that is more than a scalar to a list of a YAML document, in the style of the document."""

import re
from collections.abc import Callable
from typing import Any

from scclint.finding import Append, Path
from scclint.yaml.edit import EditRefused, edit, read_document
from scclint.yaml.write import block_text

_PLACE = "scclint.place.of.the.entry"


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
    wanted = read_document(marked, index)
    holder = wanted
    for step in path:
        holder = holder[step]
    if not isinstance(holder, list) or holder[-1] != _PLACE:
        raise EditRefused("the entry is not at the end of the list")
    holder[-1] = item
    if read_document(edited, index) != wanted:
        raise EditRefused("no place was found where the edit changes nothing else")
    return edited
