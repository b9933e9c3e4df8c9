"""Custom resources of Tekton, whose pods are made of steps: Tasks and TaskRuns."""

from collections.abc import Iterator
from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.load.node import Entry, Mapping, Node, Scalar, Sequence
from scclint.load.place import node_at
from scclint.model.objects import ApiObject, Workload

PIPELINE = "pipeline"
"""The service account that OpenShift Pipelines runs tasks as which name no other."""


def build_tekton(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """The pod of an object of tekton.dev."""
    build = _build_task_run if data.get("kind") == "TaskRun" else _build_task
    yield from build(document, root, data, path)


def _build_task(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """A Task of tekton.dev: its steps and sidecars as containers of one pod, the Task's labels and annotations as the pod's.

    It is taken to be run as by a TaskRun that settles nothing.
    """
    yield from _task(document, root, data, path, ("spec",), {})


def _build_task_run(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """A TaskRun of tekton.dev that holds its task; one that refers to a Task elsewhere gives no object."""
    spec = data.get("spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("taskSpec"), dict):
        return
    settings = dict(template) if isinstance(template := spec.get("podTemplate"), dict) else {}
    settings["serviceAccountName"] = spec.get("serviceAccountName")
    yield from _task(document, root, data, path, ("spec", "taskSpec"), settings)


def _task(
    document: Document, root: Node, data: dict[str, Any], path: Path, where: Path, settings: dict[str, Any]
) -> Iterator[ApiObject]:
    """The pod of the task spec at `where`, with what its run settles."""
    task = _at(data, where)
    if not isinstance(task, dict):
        return
    steps, sidecars, base = _list(task.get("steps")), _list(task.get("sidecars")), task.get("stepTemplate")
    joined = [_join(base, step) if isinstance(base, dict) and isinstance(step, dict) else step for step in steps]
    containers = [
        {**c, "name": f"unnamed-{i}"} if isinstance(c, dict) and not c.get("name") else c for i, c in enumerate(joined)
    ]
    spec = {**settings, **({"volumes": task["volumes"]} if "volumes" in task else {})}
    spec["serviceAccountName"] = spec.get("serviceAccountName") or PIPELINE
    whole = {**data, "spec": {**spec, "containers": [*containers, *sidecars]}}
    workload = Workload(document, _pod_root(node_at(root, path), where), whole, (), ())
    workload.controlled = True
    workload.moved = _moved(path, where, len(steps), len(sidecars))
    yield workload


def _moved(path: Path, where: Path, steps: int, sidecars: int) -> dict[Path, Path]:
    moved: dict[Path, Path] = {("spec", "containers", i): (*path, *where, "steps", i) for i in range(steps)}
    moved |= {("spec", "containers", steps + i): (*path, *where, "sidecars", i) for i in range(sidecars)}
    moved["spec", "volumes"] = (*path, *where, "volumes")
    for key in ("metadata", "apiVersion", "kind"):
        moved[(key,)] = (*path, key)
    return moved


def _pod_root(root: Node, where: Path) -> Node:
    """The tree of the pod: every node and key is the one its author wrote, but for `containers` in place of `steps`."""
    if not isinstance(root, Mapping):
        return root
    run, task = root.get("spec"), node_at(root, where)
    if not isinstance(run, Mapping) or not isinstance(task, Mapping):
        return root
    spec: dict[str, Entry] = {}
    template = run.get("podTemplate")
    for holder in (template, run, task):
        for entry in holder.entries if isinstance(holder, Mapping) else ():
            spec[str(entry.key.value)] = entry
    base = task.get("stepTemplate")
    steps, sidecars = task.get("steps"), task.get("sidecars")
    items = [_join_nodes(base, step) if isinstance(base, Mapping) else step for step in _items(steps)]
    items += _items(sidecars)
    written = task.entry("steps") or task.entry("sidecars")
    if written is not None:
        key, list_ = written.key, written.value
        renamed = Scalar(key.file, key.line, key.column, key.end_line, key.end_column, "containers", key.text, key.plain)
        containers = Sequence(*_region(list_), tuple(items), {})
        spec["containers"] = Entry(renamed, containers)
    entries = {str(entry.key.value): entry for entry in root.entries}
    held = entries["spec"]
    return Mapping(*_region(root), {**entries, "spec": Entry(held.key, Mapping(*_region(task), spec))})


def _join(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """A container over another, as Tekton lays each step over the stepTemplate: mappings are joined, all else replaced.

    Tekton also joins environments and volume mounts item by item, on which no verdict depends.
    """
    joined = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict) and isinstance(over[key], dict):
            joined[key] = _join(base[key], over[key])
    return joined


def _join_nodes(base: Mapping, over: Node) -> Node:
    """The same of the trees, so that every field is where it was written."""
    if not isinstance(over, Mapping):
        return over
    joined = {str(entry.key.value): entry for entry in over.entries}
    joined |= {str(entry.key.value): entry for entry in base.entries if entry.key.value not in joined}
    for entry in over.entries:
        key = str(entry.key.value)
        below = base.get(key)
        if isinstance(below, Mapping) and isinstance(entry.value, Mapping):
            joined[key] = Entry(entry.key, _join_nodes(below, entry.value))
    return Mapping(*_region(over), joined)


def _region(node: Node) -> tuple[str, int, int, int, int]:
    return node.file, node.line, node.column, node.end_line, node.end_column


def _items(node: Node | None) -> list[Node]:
    return list(node.items) if isinstance(node, Sequence) else []


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
