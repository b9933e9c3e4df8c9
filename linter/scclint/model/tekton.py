"""Custom resources of Tekton, whose pods are made of steps: Tasks and TaskRuns."""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.load.node import Node
from scclint.load.place import node_at
from scclint.model.objects import ApiObject, Workload
from scclint.model.part import Part, in_list, in_mapping, laid_over

PIPELINE = "pipeline"
"""The service account that OpenShift Pipelines runs tasks as which name no other."""

NOTHING = Part(None, None, ())


def build_tekton(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """The pod of a Task, as a TaskRun would run it that settles nothing, or of a TaskRun that holds its task.

    Its containers are the steps and sidecars; the labels and annotations of the object are those of the pod. A TaskRun that
    refers to a Task elsewhere gives no object.
    """
    whole = Part(data, node_at(root, path), path)
    spec = whole.at("spec")
    if data.get("kind") != "TaskRun":
        task, template, account = spec, NOTHING, NOTHING
    else:
        task, template, account = spec.at("taskSpec"), spec.at("podTemplate"), spec.at("serviceAccountName")
    if isinstance(task.data, dict):
        yield _workload(document, root, whole, task, template, account)


def _workload(document: Document, root: Node, whole: Part, task: Part, template: Part, account: Part) -> Workload:
    """The pod of the task spec `task`, with what its run settles."""
    base, steps, sidecars = task.at("stepTemplate"), task.at("steps"), task.at("sidecars")
    containers = [_named(laid_over(base, step), i) for i, step in enumerate(steps.items)] + list(sidecars.items)
    settled = {key: part for key, part in template.fields.items() if key not in ("volumes", "env")}
    own, more = task.at("volumes"), template.at("volumes")
    volumes = [*own.items, *more.items]
    account = account if account else Part(PIPELINE, None, account.path)
    spec = {**settled, "serviceAccountName": account}
    spec["containers"] = in_list(containers, sidecars if steps.node is None else steps)
    if volumes:
        spec["volumes"] = in_list(volumes, more if own.node is None else own)
    held = whole.at("spec")
    pod = in_mapping({**whole.fields, "spec": in_mapping(spec, Part(None, task.node, held.path, held.entry))}, whole)
    workload = Workload(document, root if pod.node is None else pod.node, pod.data, (), ())
    workload.controlled = True
    workload.moved = {
        **{(key,): (*whole.path, key) for key in whole.fields if key != "spec"},
        **{("spec", key): part.path for key, part in spec.items()},
        **{("spec", "containers", i): part.path for i, part in enumerate(containers)},
        **{("spec", "volumes", i): part.path for i, part in enumerate(volumes)},
    }
    return workload


def _named(step: Part, index: int) -> Part:
    """The step with the name that Tekton gives its container if it has none. Nobody wrote that, so the tree is without it."""
    if not isinstance(step.data, dict) or step.data.get("name"):
        return step
    return Part({**step.data, "name": f"unnamed-{index}"}, step.node, step.path, step.entry)
