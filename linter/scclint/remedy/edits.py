"""The edits that carry a remedy out: in the file itself, or in what a kustomization or chart is rendered from."""

from collections.abc import Iterator, Sequence

from scclint.model.object import ApiObject
from scclint.remedy.draft import Remedy
from scclint.remedy.workbench import Basis, Edit, Workbench, attempted
from scclint.text import and_more
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
        yield attempted(_in_file, bench, basis, remedy)
    elif unit.kind == "kustomize":
        from scclint.remedy import kustomize

        yield from kustomize.edits(bench, basis, remedy.operations)
    else:
        from scclint.remedy import chart

        yield from chart.edits(bench, basis, remedy.operations)


def edits_of_overlays(benches: Sequence[Workbench], bases: Sequence[Basis], remedies: Sequence[Remedy]) -> Iterator[Edit]:
    """Yield the edits that carry a remedy out by one patch in each of several overlays, in the order to try them.

    Each overlay has its workbench, its basis and the remedy for what it builds.
    """
    from scclint.remedy import kustomize

    if any(bench.opened.unit.kind != "kustomize" or not bench.opened.unit.rendered for bench in benches):
        return
    tried = [
        kustomize.patches(bench, basis.subject, remedy.operations) if isinstance(basis.subject, ApiObject) else ()
        for bench, basis, remedy in zip(benches, bases, remedies, strict=True)
    ]
    for patches in zip(*tried, strict=False):
        made = [patch for patch in patches if isinstance(patch, Edit)]
        if len(made) == len(benches):
            texts = {file: text for patch in made for file, text in patch.texts.items()}
            yield Edit(texts, where=f"with a patch in each of {and_more(texts, 3)}")


def _in_file(bench: Workbench, basis: Basis, remedy: Remedy) -> Edit:
    document = basis.document
    edited = edit(bench.text(document.file), document.index, remedy.operations)
    return Edit({document.file: edited.text}, edited.needs_review)
