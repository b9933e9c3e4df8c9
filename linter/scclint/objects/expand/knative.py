"""Custom resources of Knative Serving and Eventing with a pod template whose containers need no names.

Knative adds the container queue-proxy to each pod. An SCC never rejects the queue-proxy of OpenShift Serverless: it drops all
capabilities, does not run as root, and sets no seccomp profile. scclint therefore leaves it out. The queue-proxy of upstream Knative sets
RuntimeDefault (from 1.10 on), and SCCs without `seccompProfiles` then reject every pod.

A ContainerSource calls its containers `NAME-0`, `NAME-1` and so on (pkg/apis/sources/v1/container_defaults.go in knative/eventing).
"""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.objects.types import Item, Workload
from scclint.record import replace
from scclint.yaml.untyped import as_list, as_text, mappings, value_at

TEMPLATE: Path = ("spec", "template")


def service(item: Item) -> Iterator[Item]:
    """Yield a Service, Configuration or ContainerSource, with the names that Knative gives to containers without one.

    An object without a pod template gives nothing.
    """
    data = item.data
    spec = value_at(data, (*TEMPLATE, "spec"))
    if not isinstance(spec, dict):
        return
    outer, template = data["spec"], data["spec"]["template"]
    containers = as_list(spec.get("containers"))
    number = len(containers)
    if data["kind"] == "ContainerSource":
        names = [f"{value_at(data, ('metadata', 'name')) or 'source'}-{index}" for index in range(number)]
    else:
        names = ["user-container"] if number == 1 else [f"user-container-{index}" for index in range(2 * number)]
    named = list(_named(containers, names))
    whole = {**data, "spec": {**outer, "template": {**template, "spec": {**spec, "containers": named}}}}
    yield replace(item, data=whole, model=Workload, template=TEMPLATE)


def _named(containers: list[Any], names: list[str]) -> Iterator[Any]:
    taken = {as_text(container.get("name")) for container in mappings(containers)}
    free = (name for name in names if name not in taken)
    for container in containers:
        if isinstance(container, dict) and not container.get("name"):
            yield {**container, "name": next(free, names[0])}
        else:
            yield container
