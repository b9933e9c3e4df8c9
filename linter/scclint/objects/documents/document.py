"""One document of a stream."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from scclint.errors import LoadError
from scclint.record import record
from scclint.yaml import lines
from scclint.yaml.nodes import MappingNode, Node, ScalarNode

if TYPE_CHECKING:
    from scclint.yaml.comments import Comment

DEFAULT_NAMESPACE = "default"
"""Where Helm puts a release that was given no namespace."""

OPEN_NAMESPACE = "${NAMESPACE}"
"""A placeholder for a namespace that is not known, in texts that are made of it: `web-${NAMESPACE}`."""

Status = Literal["parsed", "other", "empty", "template", "unparsable"]


class Operation(NamedTuple):
    """A change of a JSON patch (RFC 6902): `op` is `add`, `replace`, `remove` or another one, `path` leads to the field that it changes."""

    op: str
    path: tuple[str, ...]
    value: Any


@record
class Document:
    """One document and the result of loading it.

    `file` is the path as displayed, `index` the 0-based place in the stream, `line` the first line (of the `---` if there is
    one). `source` is the path of Helm's `# Source:` line that holds for it. `marker` is the name that was given to Helm in place of a
    namespace that is not known. `stored`: it is from `--cluster-state`, and says what a cluster has. `text` is all of the document's
    own lines; where several documents share lines (JSON values in a row, or borders that only YAML sees), the first has the text of
    all of them and the others none. `is_template` says whether it was read from a template, with its expressions in `text` and `root`
    as `scclint.objects.documents.templates` writes them. `command` is the command in a script that creates the object, which no manifest
    states. `operations` are those of the JSON patch in the command; None if the command does not change an object that is there.
    `namespace` is the one in which a command applies the document; empty if none is known.

    `status` decides how to read the rest:
    - `parsed`: `root` is the tree.
    - `other`: not parsed, because the run does not need its kind. `kind` is known, except for JSON text that has no
      `kind` and is not a seccomp profile.
    - `empty`: only blank lines and comments, or an explicit null.
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
    marker: str = ""
    error: LoadError | None = None
    is_template: bool = False
    command: str = ""
    operations: tuple[Operation, ...] | None = None
    stored: bool = False
    namespace: str = ""

    @property
    def release_namespace(self) -> str:
        """The placeholder for the release's namespace if none was given; empty for text that Helm did not render."""
        return self.marker or (DEFAULT_NAMESPACE if self.source else "")

    def comments(self) -> "list[Comment]":
        """The real comments in order of place: a `#` inside a quoted, plain or block scalar is none. JSON has none.

        Of an unparsable document those before the error.
        """
        from scclint.yaml.comments import comments

        return comments(self.text, self.line)

    @property
    def line_breaks(self) -> list[tuple[str, int, int]]:
        """The characters that break lines in YAML but in no editor: (`CR`, `NEL`, `LS` or `PS`, line, column)."""
        return lines.odd_line_breaks(self.text, self.line)

    @property
    def byte_order_marks(self) -> list[tuple[int, int]]:
        """(line, column) of each U+FEFF that begins a line: text for the cluster, and invisible in editors."""
        return lines.byte_order_marks(self.text, self.line)


def first_root(documents: Iterable[Document]) -> Node | None:
    """The root of the first document that has one. An empty document, as between two `---` lines, has none."""
    return next((document.root for document in documents if document.root is not None), None)


def text_at(root: Node | None, key: str) -> str:
    """The string under a key of a mapping; empty if there is none."""
    value = root.get(key) if isinstance(root, MappingNode) else None
    return value.value if isinstance(value, ScalarNode) and isinstance(value.value, str) else ""
