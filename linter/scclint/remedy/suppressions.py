"""Fixes for suppressions that suppress nothing.

Removing a comment changes no object, so that nothing has to be judged: the documents must stay the same, and so must every other
suppression with the lines that it covers. An annotation belongs to an object, whose pods are judged as after any other edit.
"""

from collections.abc import Iterable, Iterator, Sequence

from scclint.advice.draft import pruned
from scclint.finding import Finding, Fix, Ignore, Remedy, Remove, Set
from scclint.objects.documents import load_file
from scclint.objects.documents.document import Document
from scclint.remedy.apply import generator_of, text_edits
from scclint.remedy.prove import prove
from scclint.remedy.workbench import FileEdit, Workbench
from scclint.run.shared import Run
from scclint.suppress.apply import without_comment, without_entry
from scclint.suppress.syntax import annotation_ignores, comment_ignores
from scclint.text import listed
from scclint.yaml.edit import EditRefused, edit
from scclint.yaml.nodes import ScalarNode, node_at, to_data

UNUSED = "SUP901"
"""The rule about suppressions that suppress nothing. What the others ask for, only the author of a suppression knows."""
_UNCHANGED = "Every finding stays as it is."


def fix_of_suppression(finding: Finding, findings: Iterable[Finding], bench: Workbench, session: Run) -> Fix:
    """Return the fix of a finding about a suppression in a comment or an annotation. Raises EditRefused if there is none."""
    file = finding.span.file
    if bench.opened.unit.rendered and bench.opened.unit.kind != "kustomize":
        raise EditRefused("Helm renders the file")
    text, documents = bench.text(file), session.outline.documents(file)
    if why := generator_of(text, documents, file):
        raise EditRefused(why)
    written = [ignore for document in documents for ignore in comment_ignores(document)]
    written += [ignore for obj in bench.opened.objects if obj.file == file for ignore in annotation_ignores(obj)]
    _, judged = session.suppressed(findings, written)
    ignore = next((ignore for ignore in judged if ignore.span == finding.span and ignore.unused), None)
    if ignore is None or ignore.mistake or finding.rule_id != UNUSED:
        raise EditRefused("")
    rules = listed(ignore.unused)
    whole = set(ignore.unused) == set(ignore.rules)
    title = f"Remove the suppression of {rules}." if whole else f"Remove {rules} from the suppression."
    try:
        if ignore.by == "comment":
            return _of_comment(title, text, ignore, documents, session)
        return _of_annotation(title, ignore, finding, bench)
    except ValueError as error:
        raise EditRefused(str(error)) from None


def _of_comment(title: str, text: str, ignore: Ignore, documents: Sequence[Document], session: Run) -> Fix:
    edited = without_comment(text, ignore)
    after = list(load_file(ignore.file, edited, session.outline.kinds))
    if [_data(document) for document in documents] != [_data(document) for document in after]:
        raise EditRefused("the edit would change a document")
    covered_lines = list(_covered(text, documents, ignore.span.line))
    if covered_lines != list(
        _covered(edited, after, 0 if len(edited.split("\n")) < len(text.split("\n")) else ignore.span.line)
    ):
        raise EditRefused("another suppression would cover other lines")
    return Fix(title, _UNCHANGED, "safe", text_edits(ignore.file, text, edited))


def _data(document: Document) -> object:
    return document.status, None if document.root is None else to_data(document.root)


def _covered(text: str, documents: Sequence[Document], line: int) -> Iterator[tuple[object, ...]]:
    """Each suppression in a comment on another line than `line`, with the lines that it covers, without this one."""
    lines = text.split("\n")
    for document in documents:
        for ignore in comment_ignores(document):
            region = ignore.region
            if ignore.span.line != line and region is not None:
                numbers = (
                    range(region.line, min(region.end_line, len(lines)) + 1)
                    if region.line > 1 or region.end_line < len(lines)
                    else ()
                )
                yield ignore.rules, ignore.reason, ignore.until, tuple(lines[n - 1] for n in numbers if n != line)


def _of_annotation(title: str, ignore: Ignore, finding: Finding, bench: Workbench) -> Fix:
    obj = next(
        obj
        for obj in bench.opened.objects
        if obj.file == ignore.file
        and any((other.span, other.path) == (ignore.span, ignore.path) for other in annotation_ignores(obj))
    )
    document, text = obj.document, bench.text(ignore.file)
    assert document.root is not None
    path = obj.written(ignore.path)
    node = node_at(document.root, path)
    if not isinstance(node, ScalarNode):
        raise EditRefused("the annotation is put together from other fields")
    value = without_entry(node.text, ignore)
    operation = Set(path, value) if value else Remove(pruned(to_data(document.root), path))
    bench.check_editable(document, (operation,))
    edited = edit(text, document.index, (operation,))
    # The edit must do no harm, which is judged without the finding: no rule reads suppressions.
    edit_of_file = FileEdit({ignore.file: edited.text}, edited.needs_review)
    safety = prove(bench, finding, None, Remedy(title, (), (operation,)), edit_of_file).safety
    return Fix(title, _UNCHANGED, safety, text_edits(ignore.file, text, edited.text))
