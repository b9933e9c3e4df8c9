"""Objects of the input which show that an add-on is installed."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from scclint.cluster.addons import addons
from scclint.judge.inputs import SUBSCRIPTION, Inputs
from scclint.judge.part import Unjudged
from scclint.load import load_text
from scclint.load.document import Document, text_at
from scclint.model.kinds import CSV
from scclint.model.namespaces import Namespace
from scclint.model.object import ApiObject
from scclint.world import World
from scclint.yaml.nodes import MappingNode

_OLM, _CSV = CSV


def missing_addons(inputs: Inputs, objects: Sequence[ApiObject], world: World) -> Iterator[Unjudged]:
    """Yield each add-on that an object shows, if the cluster lacks an SCC of it. `why` is the object and its place."""
    shown: dict[str, str] = {}
    for name, by in _shown(inputs, objects):
        shown.setdefault(name, by)
    for name in sorted(shown):
        if not set(addons()[name].scc_names) <= world.cluster.sccs.keys():
            yield Unjudged("add-on", name, shown[name])


def _shown(inputs: Inputs, objects: Iterable[ApiObject]) -> Iterator[tuple[str, str]]:
    packages = {package: one.name for one in addons().values() for package in one.packages}
    groups = {group: one.name for one in addons().values() for group in one.groups}
    namespaces = {name: one.name for one in addons().values() for name in one.namespaces}
    for document in (*inputs.targets, *inputs.first_of.values()):
        where = f"{document.file}:{document.line}: {document.kind}"
        group = document.api_version.partition("/")[0]
        if group in groups:
            yield groups[group], f"{where} of {group}"
        elif group == _OLM and document.kind in (SUBSCRIPTION, _CSV) and (package := _package(document, packages)) in packages:
            yield packages[package], f"{where} of {package}"
    for obj in objects:
        if isinstance(obj, Namespace) and obj.name in namespaces:
            yield namespaces[obj.name], f"{obj.file}:{obj.place.span.line}: {obj.named}"


def _package(document: Document, packages: Collection[str]) -> str:
    """The OLM package that a Subscription names or a ClusterServiceVersion (`PACKAGE.v1.2.3`) is of; empty if neither can be read."""
    root = document.root
    if root is None and any(package in document.text for package in packages):
        root = load_text(document.file, document.text, frozenset())[0].root
    part = root.get("metadata" if document.kind == _CSV else "spec") if isinstance(root, MappingNode) else None
    name = text_at(part, "name")
    return name.partition(".")[0] if document.kind == _CSV else name
