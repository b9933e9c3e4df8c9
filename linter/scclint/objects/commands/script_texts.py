"""Tells the texts in YAML files that are commands from those that people read."""

from collections.abc import Iterable, Iterator

from scclint.files import SCRIPT_SUFFIXES
from scclint.objects.documents.document import Document
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_PROSE = frozenset((
    "comment", "comments", "desc", "description", "displayName", "docs", "documentation", "example", "examples", "help", "info",
    "message", "msg", "name", "note", "notes", "readme", "summary", "title", "usage",
))  # fmt: skip
"""Keys of CI workflows, Taskfiles and playbooks whose texts people read. Any other text there may be a command."""

_SCRIPTS = frozenset(("args", "command", "commands", "jenkinsfile", "script"))
"""Keys of manifests whose texts are commands."""

_OF_TESTS = ("chainsaw.kyverno.io/", "kuttl.dev/", "testing.kyverno.io/")
"""The API groups of tests, whose commands run in a cluster for tests."""


def commands_and_scripts(text: str, documents: Iterable[Document]) -> tuple[str, list[ScalarNode]]:
    """Return the text of a YAML file with blanks in place of the texts that are no commands, and scripts of which all lines are on one line.

    All lines and columns of the text stay. Of a manifest, the texts of containers, of Tekton steps, of builds and of scripts in ConfigMaps
    are commands.
    """
    scripts: list[ScalarNode] = []
    lines = text.split("\n")
    for document in documents:
        if document.root is None:
            _blank(lines, document.line, 1, document.line + document.text.count("\n") + 1, 1)
            continue
        is_manifest = bool(document.kind and document.api_version)
        of_tests = document.api_version.startswith(_OF_TESTS)
        for key, node in _texts(document.root, ""):
            is_script = not of_tests and (_is_script(key, node) if is_manifest else key not in _PROSE)
            is_escaped = is_script and node.line == node.end_line and "\n" in str(node.value).strip()
            if not is_script or is_escaped:
                _blank(lines, node.line, node.column, node.end_line, node.end_column)
            scripts += [node] if is_escaped else []
    return "\n".join(map(str.rstrip, lines)), scripts


def _texts(node: Node, key: str) -> Iterator[tuple[str, ScalarNode]]:
    """Yield each text below a node, with the key of the mapping in which it is or its list is."""
    if isinstance(node, MappingNode):
        for entry in node.entries:
            yield from _texts(entry.value, str(entry.key.value))
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _texts(item, key)
    elif isinstance(node, ScalarNode) and isinstance(node.value, str):
        yield key, node


def _is_script(key: str, node: ScalarNode) -> bool:
    return key in _SCRIPTS or key.endswith(SCRIPT_SUFFIXES) or str(node.value).startswith("#!")


def _blank(lines: list[str], first: int, column: int, last: int, end: int) -> None:
    """Put blanks in place of a region."""
    for number in range(first - 1, min(last, len(lines))):
        line = lines[number]
        left = column - 1 if number == first - 1 else 0
        right = end - 1 if number == last - 1 else len(line)
        lines[number] = line[:left] + " " * len(line[left:right]) + line[right:]
