"""The load stage: bytes to documents to node trees that know where every value was written."""

import os.path
from collections.abc import Iterator, Set

from scclint.errors import LoadError
from scclint.limits import AliasCounter, LimitError
from scclint.load.document import Document, Status, text_at
from scclint.load.sniff import other_kind
from scclint.yaml.nodes import Node, ScalarNode
from scclint.yaml.split import Chunk, body_start, false_marker, helm_source, is_empty, split

__all__ = ["is_helm_template", "load_file", "load_text"]


def load_file(file: str, text: str, subject_kinds: Set[str]) -> Iterator[Document]:
    """The documents of a file's text, where `file` also tells whether it is a template source of a Helm chart."""
    return _load(file, text, subject_kinds, is_helm_template(file) and "{{" in text)


def load_text(file: str, text: str, subject_kinds: Set[str], *, helm_template: bool = False) -> list[Document]:
    """The documents of a stream, in order; a broken one says so in its `error` and the rest goes on.

    Documents whose kind is surely not in `subject_kinds` are not parsed (status `other`); an empty set parses all.
    With `helm_template`, documents with `{{` in them are taken for template source and not parsed.
    Nothing is raised for whatever the text may be.
    """
    return list(_load(file, text, subject_kinds, helm_template))


def _load(file: str, text: str, subject_kinds: Set[str], helm_template: bool) -> Iterator[Document]:
    index = 0
    source = ""
    aliasing = AliasCounter()
    for chunk in split(text.removeprefix("\ufeff")):
        source = helm_source(chunk.text) or source
        for document in _load_chunk(file, chunk, subject_kinds, helm_template, source, index, aliasing):
            yield document
            index += 1


def is_helm_template(file: str) -> bool:
    """Whether the path lies under `templates/` of a directory with a Chart.yaml."""
    if "templates" not in file:
        return False
    folder = os.path.dirname(os.path.normpath(file))
    while folder and os.path.dirname(folder) != folder:
        folder, name = os.path.split(folder)
        if name == "templates" and os.path.isfile(os.path.join(folder, "Chart.yaml")):
            return True
    return False


def _load_chunk(
    file: str,
    chunk: Chunk,
    subject_kinds: Set[str],
    helm_template: bool,
    source: str,
    index: int,
    aliasing: AliasCounter,
) -> Iterator[Document]:
    text, line = chunk
    if is_empty(text):
        yield Document(file, index, line, text, "empty", source=source)
        return
    if helm_template and "{{" in text:
        yield Document(file, index, line, text, "template", kind=_written_kind(text), source=source)
        return
    if subject_kinds and (other := other_kind(text, subject_kinds)):
        yield Document(file, index, line, text, "other", kind=other[0], api_version=other[1], source=source)
        return
    if (at := false_marker(text)) >= 0:
        problem = "kubectl takes this line for the border of two documents, and YAML for text: write nothing behind the dashes"
        error = LoadError(problem, file, line + text.count("\n", 0, at), 1)
        yield Document(file, index, line, text, "unparsable", None, _written_kind(text), source=source, error=error)
        return
    roots: list[tuple[int, Node]] = []
    failed: LoadError | None = None
    try:
        roots.extend(_roots(file, text, line, aliasing))
    except LoadError as error:
        failed = error
    for number, (root_line, root) in enumerate(roots):
        status: Status = "empty" if isinstance(root, ScalarNode) and root.value is None else "parsed"
        kind, api_version = text_at(root, "kind"), text_at(root, "apiVersion")
        first = root_line if number else line
        yield Document(file, index + number, first, "" if number else text, status, root, kind, api_version, source)
    if failed is not None:
        # What is merely too large must not pass for a template, which is passed over.
        status = "template" if "{{" in text and not isinstance(failed, LimitError) else "unparsable"
        first, text_left = (failed.line, "") if roots else (line, text)
        kind = _written_kind(text)
        yield Document(file, index + len(roots), first, text_left, status, None, kind, source=source, error=failed)


def _roots(file: str, text: str, line: int, aliasing: AliasCounter) -> Iterator[tuple[int, Node]]:
    start = body_start(text)
    json_error = None
    if text.startswith(("{", "["), start):
        from scclint.yaml.json import parse_json_stream

        try:
            yield from list(parse_json_stream(text, file, line, start))
            return
        except LoadError as error:
            json_error = error
    from scclint.yaml.compose import parse_yaml

    try:
        yield from parse_yaml(text, file, line, aliasing)
    except LoadError:
        if json_error is not None and _meant_as_json(file, text, start):
            raise json_error from None
        raise


def _meant_as_json(file: str, text: str, start: int) -> bool:
    return file.lower().endswith(".json") or text[start + 1 :].lstrip().startswith(('"', "{", "["))


def _written_kind(text: str) -> str:
    import re

    match = re.search(r"^kind:[ \t]*([A-Za-z]\w*)", text, re.M)
    return match[1] if match else ""
