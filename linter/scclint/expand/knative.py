"""Custom resources of Knative Serving, whose pods are made of a template of their own.

Beside the author's containers each pod has Knative's queue-proxy. That of OpenShift Serverless asks for nothing that an SCC
could refuse: it drops all capabilities, may not run as root, and names no seccomp profile, so that its pods fit `anyuid`. It is
left out here, for its author is not the manifest's. Upstream Knative's names RuntimeDefault (from 1.10 on), and there SCCs
without `seccompProfiles` refuse every pod.
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
