"""Stage model: from documents to model objects."""

import os
from collections.abc import Sequence, Set

from scclint.config.model import Config
from scclint.expand import Settings, expand
from scclint.finding import Crash, Subject
from scclint.limits import AddedTextCounter, LimitError
from scclint.load.document import Document
from scclint.model.kinds import CLUSTER_SCOPED, TEKTON
from scclint.model.namespaces import ServiceAccount
from scclint.model.object import ApiObject
from scclint.model.roles import Role, RoleBinding
from scclint.model.unknown import is_open
from scclint.model.workload import Workload
from scclint.record import replace
from scclint.run.guard import guard
from scclint.run.inputs import Inputs, expand_settings, left_out
from scclint.run.unit_result import Unjudged
from scclint.units.facts import account_namespaces
from scclint.units.kustomize.surroundings import Surroundings, place_by_kustomizations, with_origins
from scclint.units.unit import Unit
from scclint.untyped import as_text, mappings


def model_objects(
    unit: Unit,
    inputs: Inputs,
    config: Config,
    around: Surroundings,
    folders: Sequence[str] = (),
    borrowed: Sequence[ApiObject] = (),
) -> list[ApiObject]:
    """The model objects of the documents of a unit, in order, without those that are described for all units. `folders` are those
    that the run was asked to judge, and `borrowed` the objects that the unit takes from others.

    A document with more objects than the limit becomes one that cannot be read.
    """
    settings = replace(expand_settings(config), namespace=unit.namespace)
    if tekton := [document for document in inputs.documents if document.kind in TEKTON]:
        from scclint.expand.tekton_runs import References

        settings = replace(settings, references=References(tekton))
    objects = _place_by_bundles(_expanded(inputs, settings))
    if unit.kind == "ansible":
        from scclint.expand.ansible import homes_of_files

        homes = dict(home for document in inputs.targets for home in homes_of_files(document))
        objects = [
            _placed(obj, {homes[name]}) if (name := os.path.basename(obj.file)) in homes and not obj.namespace else obj
            for obj in objects
        ]
    if not unit.rendered:
        with guard("model", "looking at kustomizations", inputs.crashes):
            built, read = unit.kind == "kustomize", inputs.read.keys()
            objects, not_applied, notices = place_by_kustomizations(objects, inputs.documents, read, around, built=built)
            inputs.unjudged += [Unjudged("patches", file) for file in not_applied]
            inputs.notices += notices
        with guard("model", "looking for what kustomize built from", inputs.crashes):
            objects = with_origins(objects, inputs.targets, inputs.texts.keys(), folders)
    if unit.left_out:
        # What is not there may complete them.
        objects = [obj.with_provenance(whole=False) for obj in objects]
    return objects if settings.namespace or unit.kind == "chart" else _place_by_accounts(objects, borrowed)


def described_objects(documents: Sequence[Document], config: Config, namespace: str) -> tuple[list[ApiObject], Inputs]:
    """The model objects of what is described for all units, and what became of the documents."""
    inputs = Inputs()
    inputs.context += documents
    return _expanded(inputs, replace(expand_settings(config), namespace=namespace)), inputs


def _expanded(inputs: Inputs, settings: Settings) -> list[ApiObject]:
    objects: list[ApiObject] = []
    file = ""
    for documents in (inputs.context, inputs.targets):
        for index, document in enumerate(documents):
            if document.file != file:
                file, settings = document.file, replace(settings, added=AddedTextCounter())
            before = len(objects)
            try:
                objects.extend(expand(document, settings))
            except LimitError as error:
                del objects[before:]
                documents[index] = replace(document, status="unparsable", root=None, error=error)
                if documents is inputs.context:
                    inputs.notices.append(left_out(error.message, document.file, error.line))
            except Exception as error:  # a bug that one document brings out must not take the others with it
                where = f"{document.file}:{document.line}"
                inputs.crashes.append(Crash("model", Subject(kind=document.kind), f"{where}: {type(error).__name__}: {error}"))
    return objects


def _place_by_bundles(objects: Sequence[ApiObject]) -> list[ApiObject]:
    """Return the objects, where those beside a ClusterServiceVersion have its namespace as their home: they are one bundle."""
    homes: dict[str, set[str]] = {}
    for obj in objects:
        if obj.provenance.home and obj.implied:
            homes.setdefault(os.path.dirname(obj.file), set()).add(obj.provenance.home)
    if not homes:
        return list(objects)
    return [_placed(obj, homes.get(os.path.dirname(obj.file), set())) for obj in objects]


def _place_by_accounts(objects: Sequence[ApiObject], borrowed: Sequence[ApiObject]) -> list[ApiObject]:
    """Return the objects, where workloads that name no namespace go to that of their account (see `account_namespaces`).

    So do the ServiceAccount of this name, and the bindings and Roles that are about such accounts only. `borrowed` are of other units.
    """
    homes = account_namespaces((*objects, *borrowed))
    about: dict[int, set[str]] = {}
    bound: dict[tuple[str, str], set[str]] = {}
    for obj in (obj for obj in objects if homes and not (obj.namespace or _is_placed(obj) or obj.partial)):
        names: list[str] = []
        if isinstance(obj, Workload) and not obj.document.release_namespace:
            names = [obj.pod.service_account]
        elif isinstance(obj, ServiceAccount):
            names = [obj.name]
        elif isinstance(obj, RoleBinding) and obj.kind == "RoleBinding":
            subjects = mappings(obj.manifest.get("subjects"))
            names = [as_text(subject.get("name")) for subject in subjects if subject.get("kind") == "ServiceAccount"]
            bound.setdefault(obj.role, set()).update(homes.get(name, "") for name in names)
        about[id(obj)] = {homes.get(name, "") for name in names}
    for obj in objects:
        if isinstance(obj, Role) and id(obj) in about:
            about[id(obj)] = bound.get((obj.kind, obj.name), set())
    placed = {key: min(of) for key, of in about.items() if len(of) == 1 and min(of)}
    return [obj.with_provenance(home=placed[id(obj)], by_account=True) if id(obj) in placed else obj for obj in objects]


def _is_placed(obj: ApiObject) -> bool:
    """Whether something says which namespace an object without one goes to."""
    home = obj.provenance.home
    return bool(home) and not (obj.provenance.template and is_open(home))


def _placed(obj: ApiObject, homes: Set[str]) -> ApiObject:
    if len(homes) != 1 or obj.provenance.home or obj.kind in CLUSTER_SCOPED:
        return obj
    return obj.with_provenance(home=next(iter(homes)))
