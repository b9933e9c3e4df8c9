"""The API objects of a document as plain data, with what is not known in it."""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.objects.documents.document import DEFAULT_NAMESPACE, OPEN_NAMESPACE, Document
from scclint.objects.types import ApiObject, Item, Provenance
from scclint.objects.unknown import Unknown, known
from scclint.platform.terms import EACH, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF, UNSPECIFIED_NAMESPACE
from scclint.record import replace
from scclint.yaml.nodes import MappingNode, Node, SequenceNode, to_data
from scclint.yaml.untyped import as_list, as_text, mappings


def each(data: Any, path: Path, where: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each value that `path` leads to, with the path to it, where `*` means each item of a list. Missing values are left out."""
    for index, step in enumerate(path):
        if step == EACH:
            for number, item in enumerate(as_list(data)):
                yield from each(item, path[index + 1 :], (*where, *path[:index], number))
            return
        data = data.get(step) if isinstance(data, dict) else None
    if data is not None:
        yield (*where, *path), data


def items_of(document: Document) -> Iterator[Item]:
    """Yield the API objects of a document: the root, or the items of a list, lists within lists included.

    kubectl treats every object with an array `items` at its root as a list. If its kind does not end in `List`, the object
    itself is also returned, because other clients treat it as an object. An item whose kind and version are both absent, empty or
    null gets those of the list (a `PodList` has Pods), or else those of the object, as in kubectl. kubectl rejects an item that then
    lacks one of the two. Such an item is returned as a plain object, on which only rules about manifests report.
    """
    root = document.root
    if document.status == "parsed" and isinstance(root, MappingNode):
        items = _unrolled(root, root, (), "", "")
        if document.command or document.namespace:
            origin = Provenance(command=document.command, home=document.namespace)
            items = (replace(item, provenance=origin) for item in items)
        yield from map(with_unknowns, items) if document.is_template else items


def _unrolled(root: Node, node: MappingNode, path: Path, kind: str, api_version: str) -> Iterator[Item]:
    # kubectl reads null as an empty text, so that `apiVersion: null` of a Pod is v1.
    data = to_data(node)
    data |= {key: "" for key in ("apiVersion", "kind") if data.get(key) is None}
    is_of_list = bool(api_version)
    if all(data.get(key) in (None, "") for key in ("kind", "apiVersion")):
        data.update(kind=kind, apiVersion=api_version)
    kind, api_version = (value if isinstance(value := data.get(key), str) else "" for key in ("kind", "apiVersion"))
    items = node.get("items")
    if is_of_list and not (kind and api_version):
        yield Item(root, path, data | {"kind": kind, "apiVersion": api_version}, model=ApiObject)
    elif not isinstance(items, SequenceNode) or not kind.endswith("List"):
        yield Item(root, path, data)
    for index, item in enumerate(items.items if isinstance(items, SequenceNode) else ()):
        if isinstance(item, MappingNode):
            yield from _unrolled(root, item, (*path, "items", index), kind.removesuffix("List"), api_version)


TEMPLATE = Provenance(template=True, whole=False)
"""The provenance of an object that was read from a template."""


_GRANTING = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount")


def with_unknowns(item: Item) -> Item:
    """Return an item of a document that is a template, with `Unknown` for its expressions.

    The expression in place of a namespace is the home of the object, because who fills it in decides where the object goes.
    """
    data = with_expressions(item.data)
    named = [(data, "metadata"), *((subject, "") for subject in mappings(data.get("subjects")))]
    homes = []
    for holder, key in named:
        metadata = holder.get(key) if key else holder
        if isinstance(metadata, dict) and isinstance(metadata.get("namespace"), Unknown):
            homes.append(metadata.pop("namespace").text)
    # In what grants, equal expressions name the same account or role.
    data = known(data) if data.get("kind") in _GRANTING else data
    return replace(
        item, data=data, provenance=replace(item.provenance.within(TEMPLATE), home=homes[0] if homes else item.provenance.home)
    )


def with_expressions(data: Any) -> Any:
    """Return plain data with `Unknown` for each text that has an expression, and for the value of each key that may be any fields."""
    # Few runs read a template.
    from scclint.objects.documents.templates import is_expression, is_field, written

    if isinstance(data, str):
        return Unknown(written(data)) if is_expression(data) else data
    if isinstance(data, dict):
        return {key: Unknown(written(key)) if is_field(key) else with_expressions(value) for key, value in data.items()}
    return [with_expressions(value) for value in data] if isinstance(data, list) else data


def without_release_namespace(item: Item, document: Document, requested_namespace: str) -> Item:
    """Return an object of what Helm rendered as if it named no namespace where it names the release's and nobody gave one.

    `requested_namespace` is the namespace for objects that name none; empty if the user asked for none. Other texts that are made of a
    namespace that is not known have a placeholder in its place.
    """
    marker = document.release_namespace
    if not marker or marker == requested_namespace or marker not in document.text:
        return item
    namespace = requested_namespace or UNSPECIFIED_NAMESPACE
    data, provenance = dict(item.data), item.provenance
    if isinstance(metadata := data.get("metadata"), dict) and metadata.get("namespace") == marker:
        data["metadata"] = {key: value for key, value in metadata.items() if key != "namespace"}
        provenance = replace(provenance, unplaced=marker == DEFAULT_NAMESPACE)
    if isinstance(subjects := data.get("subjects"), list):
        data["subjects"] = [_in_namespace(subject, marker, namespace) for subject in subjects]
    for key in _SUBJECT_LISTS:
        if isinstance(names := data.get(key), list):
            data[key] = [_renamed(name, marker, namespace) for name in names]
    if document.marker:
        data = _with_placeholder(data, marker)
    return item if data == item.data else replace(item, data=data, provenance=provenance)


_SUBJECT_LISTS = ("users", "groups", "userNames", "groupNames")
"""The lists of subjects of an SCC, and of a binding as OpenShift wrote them first."""


def _in_namespace(subject: Any, marker: str, namespace: str) -> Any:
    """A subject of a binding, with the namespace in place of the marker."""
    if not isinstance(subject, dict):
        return subject
    home = {"namespace": namespace} if subject.get("namespace") == marker else {}
    return (
        {**subject, **home, "name": _renamed(subject["name"], marker, namespace)} if "name" in subject else {**subject, **home}
    )


def _with_placeholder(data: Any, marker: str) -> Any:
    """The data with a placeholder in place of the marker in each text."""
    if isinstance(data, str):
        return data.replace(marker, OPEN_NAMESPACE) if marker in data else data
    if isinstance(data, dict):
        return {key: _with_placeholder(value, marker) for key, value in data.items()}
    return [_with_placeholder(value, marker) for value in data] if isinstance(data, list) else data


def _renamed(name: Any, marker: str, namespace: str) -> Any:
    """The name of an account, or of the group of all accounts of a namespace, with the namespace in place of the marker."""
    if name == f"{SERVICE_ACCOUNTS_OF}{marker}":
        return f"{SERVICE_ACCOUNTS_OF}{namespace}"
    prefix = f"{SERVICE_ACCOUNT_PREFIX}{marker}:"
    in_marker = as_text(name).startswith(prefix)
    return f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name.removeprefix(prefix)}" if in_marker else name
