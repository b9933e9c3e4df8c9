"""The namespace that Helm writes where it was given none: nobody named it, so the objects count as naming no namespace."""

from typing import Any

from scclint.expand.item import Item
from scclint.load.document import DEFAULT_NAMESPACE, Document
from scclint.model.terms import SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF, UNSPECIFIED_NAMESPACE
from scclint.record import replace
from scclint.untyped import as_text, value_at


def without_release_namespace(item: Item, document: Document, asked: str) -> Item:
    """Return an object of what Helm rendered as if it named no namespace where it names the release's and nobody gave one.

    `asked` is the namespace for objects that name none; empty if the user asked for none.
    """
    marker = document.release_namespace
    if not marker or marker == asked:
        return item
    namespace = asked or UNSPECIFIED_NAMESPACE
    data, provenance = dict(item.data), item.provenance
    if isinstance(metadata := data.get("metadata"), dict) and metadata.get("namespace") == marker:
        data["metadata"] = {key: value for key, value in metadata.items() if key != "namespace"}
        provenance = replace(provenance, unplaced=marker == DEFAULT_NAMESPACE)
    if isinstance(subjects := data.get("subjects"), list):
        data["subjects"] = [s | {"namespace": namespace} if value_at(s, ("namespace",)) == marker else s for s in subjects]
    for key in ("users", "groups"):
        if isinstance(names := data.get(key), list):
            data[key] = [_renamed(name, marker, namespace) for name in names]
    return item if data == item.data else replace(item, data=data, provenance=provenance)


def _renamed(name: Any, marker: str, namespace: str) -> Any:
    """The name of an account, or of the group of all accounts of a namespace, with the namespace in place of the marker."""
    if name == f"{SERVICE_ACCOUNTS_OF}{marker}":
        return f"{SERVICE_ACCOUNTS_OF}{namespace}"
    prefix = f"{SERVICE_ACCOUNT_PREFIX}{marker}:"
    in_marker = as_text(name).startswith(prefix)
    return f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name.removeprefix(prefix)}" if in_marker else name
