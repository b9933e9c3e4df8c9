"""The edits that carry a remedy out: in the file itself, or in what a kustomization or chart is rendered from."""

from collections.abc import Iterator

from scclint.remedy.draft import Remedy
from scclint.remedy.workbench import Basis, Edit, Workbench
from scclint.yaml.edit import EditRefused, edit


def edits_of(bench: Workbench, basis: Basis, remedy: Remedy) -> Iterator[Edit | EditRefused]:
    """Yield the edits that carry a remedy out, in the order to try them, or why one cannot be made."""
    unit = bench.opened.unit
    try:
        bench.check_editable(basis.document, remedy.operations)
    except EditRefused as refused:
        yield refused
        return
    if not unit.rendered:
        yield _in_file(bench, basis, remedy)
    elif unit.kind == "kustomize":
        from scclint.remedy import kustomize

        yield from kustomize.edits(bench, basis, remedy.operations)
    else:
        from scclint.remedy import chart

        yield from chart.edits(bench, basis, remedy.operations)


def _in_file(bench: Workbench, basis: Basis, remedy: Remedy) -> Edit | EditRefused:
    document = basis.document
    try:
        edited = edit(bench.text(document.file), document.index, remedy.operations)
    except EditRefused as refused:
        return refused
    return Edit({document.file: edited.text}, edited.needs_review)
