"""Stage load: the documents of a unit, as its renderer makes them or as its files have them."""

import os
from typing import TYPE_CHECKING

from scclint.model.kinds import TEKTON
from scclint.run.guard import guard
from scclint.run.inputs import Inputs
from scclint.units.unit import Unit

if TYPE_CHECKING:
    from scclint.run.shared import Run


def load_documents(unit: Unit, run: "Run") -> Inputs:
    """The documents of a unit, with those of the files that it shares and of the cluster as context."""
    inputs = Inputs()
    documents, notices = run.cluster
    # What Tekton's objects mean depends on the others of the unit.
    inputs.context += (document for document in documents if document.kind in TEKTON)
    inputs.described = run.described_documents
    inputs.notices += notices
    for file in unit.shared:
        shared = Inputs()
        shared.take_file(run.outline.source(file), run.outline.reader)
        inputs.context += shared.targets
    if rendering := run.rendering(unit):
        inputs.texts[rendering.file] = rendering.text
        inputs.read |= dict.fromkeys(unit.files)
        inputs.take(run.documents(rendering))
    else:
        data = _data_files(unit, run)
        for number, file in enumerate((file for file in unit.files if file not in data), 1):
            # Nobody else looks at a bundle.
            inputs.take_file(run.outline.source(file), run.outline.reader, keep=unit.kind != "bundle", reading=unit.reading)
            run.options.progress("read", number, 0)
    if run.config.helm_chart or any(document.source for document in inputs.targets):
        from scclint.units.helm.sources import find_origins

        chart = run.config.helm_chart or (unit.path if unit.kind == "chart" else "")
        piped = {file for file in inputs.texts if not os.path.exists(file)}
        with guard("load", "looking for Helm's templates", inputs.crashes):
            inputs.origins, chart_notices = find_origins(inputs.targets, chart, piped)
            inputs.notices += chart_notices
    return inputs


def _data_files(unit: Unit, run: "Run") -> set[str]:
    """The files of a kustomization that hold no objects, such as a script for a ConfigMap, and that the run was not asked for."""
    closure = run.rendered.closures.get(unit.name)
    if closure is None:
        return set()
    outline = run.outline
    objects = {*closure.kustomizations, *closure.resources, *closure.patches}
    data = (outline.shown(os.path.join(run.rendered.tree, name)) for name in closure.files if name not in objects)
    return {file for file in data if file not in outline.files}
