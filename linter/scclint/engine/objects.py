"""Stage model: from documents to model objects."""

import os
from collections.abc import Iterable

from scclint.config.model import Config
from scclint.engine.guard import attempt
from scclint.engine.inputs import Inputs, extras, left_out
from scclint.expand.kinds import TEKTON, build_all
from scclint.finding import Crash, Subject
from scclint.limits import AddedTextCounter, LimitError
from scclint.model.object import CLUSTER_SCOPED, ApiObject
from scclint.record import replace
from scclint.units.kustomize.surroundings import settle_kustomize, settle_origins


def model_objects(inputs: Inputs, config: Config) -> list[ApiObject]:
    """The model objects of all documents, in order.

    A document whose objects come to more than scclint looks at is from then on one that cannot be read.
    """
    more = extras(config)
    if tekton := [document for document in inputs.documents if document.kind in TEKTON]:
        from scclint.expand.tekton_runs import References

        more = replace(more, references=References(tekton))
    found: list[ApiObject] = []
    file = ""
    for documents in (inputs.context, inputs.targets):
        for index, document in enumerate(documents):
            if document.file != file:
                file, more = document.file, replace(more, added=AddedTextCounter())
            before = len(found)
            try:
                found.extend(build_all(document, more))
            except LimitError as error:
                del found[before:]
                documents[index] = replace(document, status="unparsable", root=None, error=error)
                if documents is inputs.context:
                    inputs.notices.append(left_out(error.message, document.file, error.line))
            except Exception as error:  # a bug that one document brings out must not take the others with it
                where = f"{document.file}:{document.line}"
                inputs.crashes.append(Crash("model", Subject(kind=document.kind), f"{where}: {type(error).__name__}: {error}"))
    _settle_bundles(found)
    with attempt("model", "looking at kustomizations", inputs.crashes):
        inputs.notices.extend(settle_kustomize(found, inputs.documents, inputs.read))
    with attempt("model", "looking for what kustomize built from", inputs.crashes):
        inputs.traced = settle_origins(found, inputs.targets, inputs.texts.keys(), inputs.folders)
    return found


def _settle_bundles(objects: Iterable[ApiObject]) -> None:
    """The other manifests of an operator bundle go where its ClusterServiceVersion goes; they stand in the same folder."""
    homes: dict[str, set[str]] = {}
    objects = list(objects)
    for obj in objects:
        if obj.home and obj.implied:
            homes.setdefault(os.path.dirname(obj.file), set()).add(obj.home)
    for obj in objects if homes else ():
        here = homes.get(os.path.dirname(obj.file), set())
        if len(here) == 1 and not obj.home and obj.kind not in CLUSTER_SCOPED:
            obj.home = next(iter(here))
