"""Objects of the input which show that an add-on is installed."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache

from scclint.cluster.addons import addons
from scclint.load import load_text
from scclint.load.document import Document, text_at
from scclint.model.kinds import CSV
from scclint.model.namespaces import Namespace
from scclint.model.object import ApiObject
from scclint.outcome.world import World
from scclint.run.inputs import SUBSCRIPTION, Inputs
from scclint.run.unit_result import Unjudged
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


Addons = dict[str, str]
"""Names of add-ons, by what shows them."""


@cache
def _signs() -> tuple[Addons, Addons, Addons]:
    """The add-ons by OLM package, by API group and by namespace."""
    all_addons = addons().values()
    return (
        {package: addon.name for addon in all_addons for package in addon.packages},
        {group: addon.name for addon in all_addons for group in addon.groups},
        {name: addon.name for addon in all_addons for name in addon.namespaces},
    )


def _shown(inputs: Inputs, objects: Iterable[ApiObject]) -> Iterator[tuple[str, str]]:
    packages, groups, namespaces = _signs()
    for document in (*inputs.targets, *inputs.first_of.values()):
        sign = group = document.api_version.partition("/")[0]
        addon = groups.get(group)
        if addon is None and group == _OLM and document.kind in (SUBSCRIPTION, _CSV):
            sign = _package(document, packages)
            addon = packages.get(sign)
        if addon is not None:
            yield addon, f"{document.file}:{document.line}: {document.kind} of {sign}"
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
