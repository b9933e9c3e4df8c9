"""Values of manifests with the expressions of a template or a playbook in them: none of them is known."""

from typing import Any

from scclint.expand.item import Item
from scclint.load.templates import is_expression, is_field, written
from scclint.model.object import Provenance
from scclint.model.unknown import Unknown, known
from scclint.record import replace
from scclint.untyped import mappings

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
    if isinstance(data, str):
        return Unknown(written(data)) if is_expression(data) else data
    if isinstance(data, dict):
        return {key: Unknown(written(key)) if is_field(key) else with_expressions(value) for key, value in data.items()}
    return [with_expressions(value) for value in data] if isinstance(data, list) else data
