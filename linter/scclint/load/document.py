"""One document of a stream, and the API objects in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from scclint.errors import LoadError
from scclint.record import record
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, to_data

if TYPE_CHECKING:
    from scclint.yaml.comments import Comment

Status = Literal["parsed", "other", "empty", "template", "unparsable"]


@record
class Document:
    """One document, whatever became of it.

    `file` is the path as displayed, `index` the 0-based place in the stream, `line` the first line (of the `---` if there is
    one). `source` is the path of Helm's `# Source:` line that holds for it. `text` is all of the document's own lines; where several
    documents share lines (JSON values in a row, or borders that only YAML sees), the first has the text of all of them and the
    others none.

    `status` decides how to read the rest:
    - `parsed`: `root` is the tree.
    - `other`: never parsed, because its kind is surely none of those asked for; `kind` is known, except for JSON text
      that has no `kind` at all and is no seccomp profile.
    - `empty`: nothing but blank lines and comments, or an explicit null.
    - `template`: Go template source, which is no YAML yet; `error` is set if parsing was tried.
    - `unparsable`: `error` says what is wrong and where in the file.
    """

    file: str
    index: int
    line: int
    text: str
    status: Status
    root: Node | None = None
    kind: str = ""
    api_version: str = ""
    source: str = ""
    error: LoadError | None = None

    def comments(self) -> "list[Comment]":
        """The real comments in order of place: a `#` inside a quoted, plain or block scalar is none. JSON has none.

        Of an unparsable document those before the error.
        """
        from scclint.yaml.comments import comments

        return comments(self.text, self.line)

    @property
    def line_breaks(self) -> list[tuple[str, int, int]]:
        """The characters that break lines in YAML but in no editor: (`CR`, `NEL`, `LS` or `PS`, line, column)."""
        from scclint.yaml.lines import odd_line_breaks

        return odd_line_breaks(self.text, self.line)


@record
class ObjectNode:
    """An API object within a document. `path` leads to it from the document's root: `("items", 3)`; empty for the root.

    An item that says neither kind nor version has those of the list (`PodList` has Pods), or else of the object, as in kubectl.
    """

    root: MappingNode
    path: tuple[str | int, ...] = ()
    kind: str = ""
    api_version: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """The object as plain values, fresh ones each time."""
        return {"apiVersion": self.api_version, "kind": self.kind, **to_data(self.root)}


def text_at(root: Node | None, key: str) -> str:
    """The string under a key of a mapping; empty if there is none."""
    value = root.get(key) if isinstance(root, MappingNode) else None
    return value.value if isinstance(value, ScalarNode) and isinstance(value.value, str) else ""


def objects(document: Document) -> Iterator[ObjectNode]:
    """The API objects of a document: the root, or the items of a list, lists within lists included.

    kubectl takes for a list whatever has an array `items` at its root. A kind that does not end in `List` is given as
    an object as well, since other clients treat it as one.
    """
    root = document.root
    if document.status != "parsed" or not isinstance(root, MappingNode):
        return
    yield from _unroll(root, (), "", "")


def _unroll(root: MappingNode, path: tuple[str | int, ...], kind: str, api_version: str) -> Iterator[ObjectNode]:
    own = text_at(root, "kind"), text_at(root, "apiVersion")
    if any(own):
        kind, api_version = own
    items = root.get("items")
    is_list = kind.endswith("List")
    if not (is_list and isinstance(items, SequenceNode)):
        yield ObjectNode(root, path, kind, api_version)
    if not isinstance(items, SequenceNode):
        return
    for number, item in enumerate(items.items):
        if isinstance(item, MappingNode):
            yield from _unroll(item, (*path, "items", number), kind.removesuffix("List"), api_version)
