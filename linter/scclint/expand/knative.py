"""Custom resources of Knative Serving, whose pods are made of a template of their own.

Beside the author's containers each pod has Knative's queue-proxy. That of OpenShift Serverless asks for nothing that an SCC
could refuse: it drops all capabilities, may not run as root, and names no seccomp profile, so that its pods fit `anyuid`. It is
left out here, for its author is not the manifest's. Upstream Knative's names RuntimeDefault (from 1.10 on), and there SCCs
without `seccompProfiles` refuse every pod.
"""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.model.object import ApiObject, Workload
from scclint.yaml.nodes import Node


def build_knative(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """A Service or Configuration of serving.knative.dev, with the names that Knative gives to containers without one.

    They are called `user-container`, and numbered where there are several containers.
    """
    outer = data.get("spec")
    template = outer.get("template") if isinstance(outer, dict) else None
    spec = template.get("spec") if isinstance(template, dict) else None
    if not isinstance(outer, dict) or not isinstance(template, dict) or not isinstance(spec, dict):
        return
    containers = spec.get("containers")
    named = list(_named(containers)) if isinstance(containers, list) else []
    whole = {**data, "spec": {**outer, "template": {**template, "spec": {**spec, "containers": named}}}}
    yield Workload(document, root, whole, path, ("spec", "template"))


def _named(containers: list[Any]) -> Iterator[Any]:
    taken = {c["name"] for c in containers if isinstance(c, dict) and isinstance(c.get("name"), str)}
    names = (name for i in range(2 * len(containers)) if (name := f"user-container-{i}") not in taken)
    for container in containers:
        if isinstance(container, dict) and not container.get("name"):
            yield {**container, "name": "user-container" if len(containers) == 1 else next(names)}
        else:
            yield container
