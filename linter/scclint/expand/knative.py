"""Custom resources of Knative Serving, which contain a pod template.

Knative adds the container queue-proxy to each pod. An SCC never rejects the queue-proxy of OpenShift Serverless: it drops all
capabilities, does not run as root, and sets no seccomp profile. scclint therefore leaves it out. The queue-proxy of upstream Knative sets
RuntimeDefault (from 1.10 on), and SCCs without `seccompProfiles` then reject every pod.
"""

from collections.abc import Iterator
from typing import Any

from scclint.expand.item import Item, value_at
from scclint.finding import Path
from scclint.model.workload import Workload
from scclint.record import replace

TEMPLATE: Path = ("spec", "template")


def service(item: Item) -> Iterator[Item]:
    """Yield a Service or Configuration of serving.knative.dev, with the names that Knative gives to containers without one.

    They are called `user-container`, and numbered if there are several containers. An object without a pod template gives nothing.
    """
    data = item.data
    spec = value_at(data, (*TEMPLATE, "spec"))
    if not isinstance(spec, dict):
        return
    outer, template = data["spec"], data["spec"]["template"]
    containers = spec.get("containers")
    named = list(_named(containers)) if isinstance(containers, list) else []
    whole = {**data, "spec": {**outer, "template": {**template, "spec": {**spec, "containers": named}}}}
    yield replace(item, data=whole, model=Workload, template=TEMPLATE)


def _named(containers: list[Any]) -> Iterator[Any]:
    taken = {c["name"] for c in containers if isinstance(c, dict) and isinstance(c.get("name"), str)}
    names = (name for i in range(2 * len(containers)) if (name := f"user-container-{i}") not in taken)
    for container in containers:
        if isinstance(container, dict) and not container.get("name"):
            yield {**container, "name": "user-container" if len(containers) == 1 else next(names)}
        else:
            yield container
