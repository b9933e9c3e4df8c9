"""Objects that are written as text in a field of another object: manifests of Argo Workflows, and static pods in MachineConfigs."""

from collections.abc import Iterator

from scclint.expand.carriers import opened
from scclint.expand.item import Item, each
from scclint.expand.lists import items_of
from scclint.finding import Path
from scclint.load import load_text
from scclint.model.ignition import files_of
from scclint.model.node_config import MachineConfig
from scclint.model.object import Parameter, UnknownKind
from scclint.model.unknown import is_open
from scclint.record import replace
from scclint.untyped import value_at

STATIC_PODS = "/etc/kubernetes/manifests/"
"""The folder of a node whose pods the kubelet runs without the API server (KubeletConfiguration `staticPodPath` of OpenShift)."""

_MADE_BY = ("create", "apply", "replace")
"""Values of `action` with which Argo creates the object of a resource template. Others patch, delete or get one."""


def machine_config(item: Item) -> Iterator[Item]:
    """Yield a MachineConfig, and the static pods that it writes to nodes."""
    yield replace(item, model=MachineConfig)
    for file in files_of(item.data, STATIC_PODS):
        where = f"{file.path} in MachineConfig {item.name}"
        if file.text is None:
            yield _unread(item, (*item.path, *file.at), where, file.problem)
        else:
            static = replace(item, provenance=replace(item.provenance, static=True))
            yield from _objects(static, file.at, file.text, where)


def resource_manifests(item: Item, templates: Path) -> Iterator[Item]:
    """Yield the objects that the resource templates of an Argo Workflow create."""
    for where, resource in each(item.data, (*templates, "resource")):
        text = value_at(resource, ("manifest",))
        if isinstance(text, str) and value_at(resource, ("action",)) in _MADE_BY:
            yield from _objects(item, (*where, "manifest"), text, f"the manifest in {item.data['kind']} {item.name}")


def _objects(item: Item, at: Path, text: str, where: str) -> Iterator[Item]:
    """Yield the objects in a text, all at the place of the text, because the lines in it are no lines of the file."""
    path = (*item.path, *at)
    for document in load_text("", text, frozenset()):
        filled: dict[Path, tuple[Parameter, ...]] = {}
        if document.status == "parsed":
            for inner in items_of(document):
                data = opened(inner.data, path, filled)
                provenance = replace(item.provenance, substitutions=(filled,) if filled else ())
                yield Item(item.root, path, data, provenance)
        elif is_open(text):
            yield _unread(item, path, where, "its placeholders decide what it is")
        elif document.status == "unparsable":
            yield _unread(item, path, where, "its text is not YAML")


def _unread(item: Item, path: Path, label: str, why: str) -> Item:
    provenance = replace(item.provenance, label=label, partial=why)
    return Item(item.root, path, {"kind": label}, provenance, UnknownKind)
