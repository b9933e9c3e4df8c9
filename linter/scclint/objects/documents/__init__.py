"""Reads bytes into documents: trees of nodes that know where every value was written."""

import os.path
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

from scclint.errors import LoadError
from scclint.files import ASSET_FOLDERS, SCRIPT_SUFFIXES, TEMPLATE_SUFFIXES, read
from scclint.limits import AliasCounter, LimitError
from scclint.objects.documents.document import Document, Status, first_root, text_at
from scclint.objects.documents.sniff import other_kind
from scclint.record import replace
from scclint.yaml.compose import parse_yaml
from scclint.yaml.nodes import Node, ScalarNode, to_data
from scclint.yaml.split import Chunk, split

__all__ = ["EarlierReading", "commands_in_yaml", "data_of", "data_of_file", "is_helm_template", "load_file", "load_text"]

_ASSETS = frozenset(ASSET_FOLDERS)
_ACTION = "\0"
"""Replaces an action of a template. No file contains this character."""
_FILLED_IN = (
    r"[ -]*+(?:[\w./-]*+:[ \t]++)?(?:\{\{.*\}\}|\{%.*%\}|@\w+@|%\w+%)"
    r"|[ \t]*+(?:REPLACE|CHANGE|INSERT|ENTER|YOUR)(?:_[A-Z0-9]++)++[ \t]*+$"
)
"""A line with an action, or with a word that another program replaces."""
_GRANTING = ("-to-user", "-to-group")
_DECIDING = ("rolebinding", "run-level", "securitycontextconstraints", " scc", "/scc", "sa.scc.", "pod-security.kubernetes.io/")
_WITH_COMMAND = (
    r"\b(?:create|label|annotate|patch)\b[\"',\s\\-]++(?:\S{1,80}+[\"',\s\\-]++){0,3}?"
    r"(?:(?:ns|namespaces?|projects?|scc|securitycontextconstraints?|(?:cluster)?role(?:binding)?)\b)"
)
"""A command that creates or changes an object which decides verdicts. Its text has one of the words above, as few texts do."""
_OF_HELM = r"(?m)^[^#\n{]*+\{\{[^{}\n]*\.(?:Values|Release|Chart)\."
"""A line that an action of a chart is in. Outside of `templates/`, a template of the chart reads the file with `.Files.Get` and indents it."""


class EarlierReading(NamedTuple):
    """What is known of a file before its text is read: `documents` of an earlier text, and the files `searched` of which it is known that
    no command in their documents makes one. These get more of them."""

    documents: Sequence[Document] = ()
    searched: set[str] | None = None


NOTHING_EARLIER = EarlierReading()


def load_file(
    file: str, text: str, subject_kinds: Set[str], reading: int = 0, earlier: EarlierReading = NOTHING_EARLIER
) -> list[Document]:
    """Return the documents of a file's text, as `load_text` does. In a template of a Helm chart, those with `{{` are not parsed.

    Documents of an earlier text of the file that are the same in this one are not parsed again.

    Other templates are read with unknown values for their expressions (see `scclint.objects.documents.templates`). So are `${NAME}` in
    the assets of an operator. `reading` is the number, from 0, of the branches that count; beyond them, the last one counts.
    """
    if "{{" in text and is_helm_template(file):
        return list(_load(file, text, subject_kinds, True))
    is_script, is_template = file.endswith(SCRIPT_SUFFIXES), file.endswith(TEMPLATE_SUFFIXES)
    documents = [] if is_script or is_template else list(_load(file, text, subject_kinds, False, earlier.documents))
    if is_script:
        from scclint.objects.commands import documents_of_commands

        documents += documents_of_commands(file, text)
        return [*documents, *_applied(file, text, subject_kinds, len(documents))]
    searched = earlier.searched
    if documents and (searched is None or file not in searched):
        made = [*commands_in_yaml(file, text, documents)]
        documents += made
        if searched is not None and not made:
            searched.add(file)
    is_asset = "${" in text and not _ASSETS.isdisjoint(file.split("/"))
    if not (is_template or is_asset or any(d.status == "template" and ("{{" in d.text or "{%" in d.text) for d in documents)):
        return documents
    from scclint.objects.documents.templates import as_template, parseable, readings

    texts = readings(file, text)
    whole = parseable(texts[min(reading, len(texts) - 1)], lambda chunk: _parses(file, chunk))
    return [as_template(document) for document in _load(file, whole, subject_kinds, False)]


def commands_in_yaml(file: str, text: str, documents: Sequence[Document]) -> Iterator[Document]:
    """Yield what commands in the documents of a YAML text create or change: those of CI workflows, playbooks, containers and Tekton steps."""
    if not _may_have_commands(text):
        return
    from scclint.objects.commands import documents_of_commands
    from scclint.objects.commands.script_texts import commands_and_scripts

    parsed: list[Document] = []
    for document in documents:
        if document.status == "other" and _may_have_commands(document.text):
            parsed += _parsed(file, Chunk(document.text, document.line), document.index, document.source, AliasCounter())
        else:
            parsed.append(document)
    commands, scripts = commands_and_scripts(text, parsed)
    found = [*documents_of_commands(file, commands)]
    for node in scripts:
        region = (file, node.line, node.column, node.end_line, node.end_column)
        found += documents_of_commands(file, str(node.value), region)
    yield from (replace(document, index=index) for index, document in enumerate(found, len(documents)))


def _may_have_commands(text: str) -> bool:
    is_deciding = any(word in text for word in _DECIDING) and re.search(_WITH_COMMAND, text)
    return bool(is_deciding) or any(word in text for word in _GRANTING)


def _applied(file: str, text: str, subject_kinds: Set[str], first: int) -> Iterator[Document]:
    """Yield the documents that the commands of a script apply from its here documents. `first` is the index of the first one."""
    from scclint.objects.commands import applied_text
    from scclint.objects.documents.templates import as_template, parseable

    applied, namespaces = applied_text(file, text)
    whole = parseable(applied, lambda chunk: _parses(file, chunk))
    begins = list(namespaces)
    for document in _load(file, whole, subject_kinds, False) if namespaces else ():
        # The text in front of the first one belongs to it.
        namespace = namespaces[begins[max(bisect_right(begins, document.line) - 1, 0)]]
        yield replace(as_template(document), index=first + document.index, namespace=namespace)


def load_text(file: str, text: str, subject_kinds: Set[str]) -> list[Document]:
    """Return the documents of a stream, in order. A document that cannot be parsed has an `error`, and the others are loaded.

    A document whose kind is certainly not in `subject_kinds` is not parsed (status `other`). An empty set parses all documents.
    No text raises an error.
    """
    return list(_load(file, text, subject_kinds, False))


def data_of(text: str) -> Any:
    """Return the plain data of the first document of a text that has any; None if there is none or it cannot be read."""
    return to_data(first_root(load_text("", text, frozenset())))


def data_of_file(path: str) -> Any:
    """Return what `data_of` returns for the text of a file; None for a file that is not there or cannot be read."""
    try:
        return data_of(read(path))
    except LoadError:
        return None


def _load(
    file: str, text: str, subject_kinds: Set[str], helm_template: bool, former: Sequence[Document] = ()
) -> Iterator[Document]:
    # Aliases are counted for the whole file. Where documents share lines, one has the text of several.
    alone = all(d.text for d in former)
    reusable_documents = {
        (d.index, d.line, d.text, d.source): d for d in former if alone and d.status == "parsed" and "&" not in d.text
    }
    index = 0
    source = ""
    aliasing = AliasCounter()
    text = _plain(text)
    for chunk in split(text):
        source = chunk.source or source
        document = reusable_documents.get((index, chunk.line, chunk.text, source))
        if document is None and (seen := _seen(file, chunk, subject_kinds, helm_template)) is not None:
            status, kind, api_version, error = seen
            document = Document(file, index, chunk.line, chunk.text, status, None, kind, api_version, source, error=error)
        for loaded in _parsed(file, chunk, index, source, aliasing) if document is None else (document,):
            yield loaded
            index += 1


def _plain(text: str) -> str:
    """Return the text without what kubectl removes before its parser reads the text.

    This is the white space on the first line of a text that begins with JSON (since kubectl 1.33: `consumeWhitespace` of
    apimachinery), and the U+FEFF at the start of the text and after a `---` line, where the next input of its parser starts.
    """
    if text[:1].isspace():
        # Go's `unicode.IsSpace` excludes the four separators that Python adds. Blanks keep every place as it is.
        text = re.sub(r"\A[^\S\n\x1c-\x1f]++(?=\s*+\{)", lambda match: " " * len(match[0]), text)
    if "\ufeff" in text:
        text = re.sub(r"(\A|^---[ \t]*+(?:#[^\n]*+)?+\r?\n)\ufeff", r"\1", text, flags=re.M)
    return text


def is_helm_template(file: str) -> bool:
    """Return whether the path is below `templates/` of a folder with a Chart.yaml."""
    if "templates" not in file:
        return False
    folder = os.path.dirname(os.path.normpath(file))
    while folder and os.path.dirname(folder) != folder:
        folder, name = os.path.split(folder)
        if name == "templates" and os.path.isfile(os.path.join(folder, "Chart.yaml")):
            return True
    return False


def _seen(
    file: str, chunk: Chunk, subject_kinds: Set[str], helm_template: bool
) -> tuple[Status, str, str, LoadError | None] | None:
    """Return the status, kind, API version and error of a document that need not or cannot be parsed, None for one that has to be."""
    text, line = chunk
    if chunk.is_empty and not _is_refused(file, chunk):
        return "empty", "", "", None
    if helm_template and "{{" in text:
        return "template", _written_kind(text), "", None
    if subject_kinds and (other := other_kind(chunk, subject_kinds)):
        return "other", *other, None
    if (at := chunk.false_marker) >= 0:
        problem = "kubectl takes this line for the border of two documents, and YAML for text: write nothing behind the dashes"
        error = LoadError(problem, file, line + text.count("\n", 0, at), 1)
        return "unparsable", _written_kind(text), "", error
    return None


def _is_refused(file: str, chunk: Chunk) -> bool:
    """Whether the cluster's parser refuses a text without content: for a tab that begins a line, or a `...` that ends no document."""
    lines = f"\n{chunk.text}"
    if "\t" not in lines and "\n..." not in lines:
        return False
    # The cluster does not read what follows a `...` without a new `---`.
    return (chunk.line == 1 or "\n---" in lines) and not _parses(file, chunk)


def _parses(file: str, chunk: Chunk) -> bool:
    try:
        list(_roots(file, chunk, AliasCounter()))
    except LoadError:
        return False
    return True


def _parsed(file: str, chunk: Chunk, index: int, source: str, aliasing: AliasCounter) -> Iterator[Document]:
    """Yield the documents that parsing finds in a chunk, the last of them with the error if there is one."""
    text, line = chunk
    roots: list[tuple[int, Node]] = []
    failed: LoadError | None = None
    try:
        roots.extend(_roots(file, chunk, aliasing))
    except LoadError as error:
        failed = error
    for number, (root_line, root) in enumerate(roots):
        status: Status = "empty" if isinstance(root, ScalarNode) and root.value is None else "parsed"
        first, document_text = (root_line, "") if number else (line, text)
        kind, api_version = text_at(root, "kind"), text_at(root, "apiVersion")
        yield Document(file, index + number, first, document_text, status, root, kind, api_version, source)
    if failed is not None:
        # Templates are passed over. So a broken manifest or one that exceeds a limit must not count as a template. Lines of text are no
        # manifest, such as those of a configuration with actions.
        is_template = all(isinstance(root, ScalarNode) for _, root in roots) and not isinstance(failed, LimitError)
        numbers = (failed.line - line, failed.began - line)
        is_template = is_template and (
            re.search(_OF_HELM, text) is not None or _fails_at_action(text, numbers) or _parses_without_actions(file, chunk)
        )
        status = "template" if is_template else "unparsable"
        first, document_text = (failed.line, "") if roots else (line, text)
        yield Document(
            file, index + len(roots), first, document_text, status, None, _written_kind(text), source=source, error=failed
        )


def _fails_at_action(text: str, numbers: tuple[int, ...]) -> bool:
    """Whether an action or a word to replace, such as `@NAME@`, begins the value of one of these lines, whose numbers count from 0.

    Only another program makes such a line YAML. A word such as `REPLACE_WITH_CERTIFICATE` must be the whole line.
    """
    lines = text.split("\n")
    chosen = (lines[number] for number in numbers if 0 <= number < len(lines))
    return any(re.match(_FILLED_IN, line) for line in chosen)


def _parses_without_actions(file: str, chunk: Chunk) -> bool:
    """Whether a text is YAML once its `{{ }}` and `{% %}` actions are replaced by a word.

    A line that begins and ends with an action is replaced by nothing.
    """
    text = chunk.text
    for action, closing in ((r"\{\{.*?\}\}", "}}"), (r"\{%.*?%\}", "%}")):
        # Behind the last closing mark, each opening mark would search for one up to the end of the text.
        end = text.rfind(closing) + len(closing)
        text = re.sub(action, _ACTION, text[:end], flags=re.S) + text[end:]
    text = re.sub(rf"^[ \t]*+{_ACTION}(?:.*{_ACTION})?[ \t]*+$", "", text, flags=re.M)
    return _parses(file, Chunk(text.replace(_ACTION, "x"), 1))


def _roots(file: str, chunk: Chunk, aliasing: AliasCounter) -> Iterator[tuple[int, Node]]:
    text, line = chunk
    start = chunk.start
    json_error = None
    values: list[tuple[int, Node]] = []
    if text.startswith(("{", "["), start):
        from scclint.yaml.json import parse_json_stream

        try:
            values.extend(parse_json_stream(text, file, line, start))
            yield from values
            return
        except LoadError as error:
            json_error = error

    composed = 0
    try:
        for root in parse_yaml(text, file, line, aliasing):
            composed += 1
            yield root
    except LoadError:
        # kubectl creates the objects of a stream before it comes to what is not JSON.
        yield from values[composed:]
        meant_as_json = file.lower().endswith(".json") or text[start + 1 :].lstrip().startswith(('"', "{", "["))
        if json_error is not None and meant_as_json:
            raise json_error from None
        raise


def _written_kind(text: str) -> str:
    match = re.search(r"^kind:[ \t]*([A-Za-z]\w*)", text, re.M)
    return match[1] if match else ""
