"""The pods and objects in objects of other kinds: for each sort of contents the function that finds them."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from scclint.limits import AddedTextCounter
from scclint.objects.expand import carriers, csv, custom_pods, knative, tekton, template
from scclint.objects.expand.tekton_runs import References
from scclint.objects.kinds import Carried, Contents, Created, CustomPods, NodeAccess
from scclint.objects.types import Item


def expansion(
    item: Item, contents: Contents, params: Mapping[str, str], added: AddedTextCounter, references: References | None
) -> Iterable[Item]:
    """Return the items in an object that has such contents. For the other parameters see `scclint.objects.expand.Settings`."""
    match contents:
        case Carried():
            return carriers.carried(item, contents)
        case Created():
            return carriers.created(item, contents)
        case CustomPods():
            return custom_pods.pods(item, contents.pods)
        case NodeAccess():
            return carriers.with_node_access(item, contents)
        case "ClusterServiceVersion":
            return csv.implied(item)
        case "Knative":
            return knative.service(item)
        case "Kyverno":
            return carriers.generated(item)
        case "MachineConfig":
            return carriers.machine_config(item)
        case "Tekton":
            return tekton.pods(item, references)
        case "TektonConfig":
            return carriers.tekton_config(item)
        case "Template":
            return template.instantiate(item, params, added)
        case "TemplateInstance":
            return template.template_of(item)
    assert_never(contents)
