"""The objects in objects of other kinds: for each kind the function that yields them."""

from collections.abc import Callable, Iterable, Mapping

from scclint.limits import AddedTextCounter
from scclint.objects.expand import carriers, csv, custom_pods, knative, tekton, template
from scclint.objects.expand.item import Item
from scclint.objects.expand.tekton_runs import References
from scclint.objects.kinds import (
    CARRIERS,
    CSV,
    CUSTOM_POD_KINDS,
    GENERATORS,
    KNATIVE,
    MACHINE_CONFIG,
    NODE_ACCESS,
    TEKTON_CONFIG,
    TEKTON_GROUP,
    TEMPLATE,
    TEMPLATE_INSTANCE,
    TRIGGERS,
    Key,
)

_OF_ITEM: dict[Key, Callable[[Item], Iterable[Item]]] = {
    CSV: csv.implied,
    MACHINE_CONFIG: carriers.machine_config,
    TEKTON_CONFIG: carriers.tekton_config,
    TEMPLATE_INSTANCE: template.template_of,
    **dict.fromkeys(KNATIVE, knative.service),
    **dict.fromkeys(CARRIERS, carriers.carried),
    **dict.fromkeys(GENERATORS, carriers.generated),
    **dict.fromkeys(TRIGGERS, carriers.triggered),
    **dict.fromkeys(CUSTOM_POD_KINDS, custom_pods.pods),
    **dict.fromkeys(NODE_ACCESS, carriers.with_node_access),
}


def expansion(item: Item, params: Mapping[str, str], added: AddedTextCounter, references: References | None) -> Iterable[Item]:
    """Return the items in an object of a kind that can expand to others. For the other parameters see `scclint.objects.expand.Settings`."""
    key = item.key
    if key in TEMPLATE:
        return template.instantiate(item, params, added)
    if key[0] == TEKTON_GROUP:
        return tekton.pods(item, references)
    return _OF_ITEM[key](item)
