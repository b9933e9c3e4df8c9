"""Tells the texts in YAML files that are commands from those that people read."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

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
    """Return the text of a YAML file with blanks in place of the texts that are no commands, and scripts that are written in another form.

    All lines and columns of the text stay. Of a manifest, the texts of containers, of Tekton steps, of builds and of scripts in ConfigMaps
    are commands. A script has another form if all of its lines are on one line, or if it is a list of words.
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
            elif node.end_line > node.line:
                _continue(lines, node)
            scripts += [node] if is_escaped else []
        for node in () if of_tests else _commands_in_words(document.root):
            _blank(lines, node.line, node.column, node.end_line, node.end_column)
            scripts.append(node)
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


def _continue(lines: list[str], node: ScalarNode) -> None:
    """Mark the lines that YAML folds into the next one, so that a shell reads on there. The mark `>` of a block is on a line of its own."""
    first, value = node.line, str(node.value).rstrip("\n").split("\n")
    written = [line.strip() for line in lines[first - 1 : node.end_line]]
    if lines[first - 1][node.column - 1 :].startswith(("|", ">")):
        first, written = first + 1, written[1:]
    if len(value) >= len(written):
        return
    for number, (line, following) in enumerate(pairwise(written), first - 1):
        if line and following:
            lines[number] += " \\"


_PROGRAMS = ("oc", "kubectl")
"""Programs whose command may be a list of words."""


def _commands_in_words(node: Node) -> Iterator[ScalarNode]:
    """Yield each command below a node that is a list of words, as one text. The words of `args` follow those of `command`."""
    if isinstance(node, MappingNode):
        of_program = {str(entry.key.value): entry.value for entry in node.entries if entry.key.value in ("command", "args")}
        words = [word for name in ("command", "args") for word in _words(of_program.get(name))]
        is_one = len(of_program) == len(("command", "args")) and _is_command(words)
        if is_one:
            yield _as_text(words)
        for entry in node.entries:
            if not (is_one and entry.key.value in of_program):
                yield from _commands_in_words(entry.value)
    elif isinstance(node, SequenceNode):
        if _is_command(words := _words(node)):
            yield _as_text(words)
        for item in node.items:
            yield from _commands_in_words(item)


def _words(node: Node | None) -> list[ScalarNode]:
    """Return the items of a list of texts; none for anything else."""
    items = node.items if isinstance(node, SequenceNode) else []
    words = [item for item in items if isinstance(item, ScalarNode) and isinstance(item.value, str)]
    return words if len(words) == len(items) else []


def _is_command(words: Sequence[ScalarNode]) -> bool:
    return len(words) > 1 and str(words[0].value).rpartition("/")[2] in _PROGRAMS


def _as_text(words: Sequence[ScalarNode]) -> ScalarNode:
    text = shlex.join(str(word.value) for word in words)
    first, last = words[0], words[-1]
    return ScalarNode((first.file, first.line, first.column, last.end_line, last.end_column), text, text, plain=True)


def _is_script(key: str, node: ScalarNode) -> bool:
    return key in _SCRIPTS or key.endswith(SCRIPT_SUFFIXES) or str(node.value).startswith("#!")


def _blank(lines: list[str], first: int, column: int, last: int, end: int) -> None:
    """Put blanks in place of a region."""
    for number in range(first - 1, min(last, len(lines))):
        line = lines[number]
        left = column - 1 if number == first - 1 else 0
        right = end - 1 if number == last - 1 else len(line)
        lines[number] = line[:left] + " " * len(line[left:right]) + line[right:]
