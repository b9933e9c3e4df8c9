"""Custom resources of Tekton, whose pods are made of steps: Tasks, Pipelines, and what runs them."""

from collections.abc import Iterable, Iterator
from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.load.node import Node
from scclint.load.place import node_at
from scclint.model.objects import ApiObject, Workload
from scclint.model.part import Part, in_list, in_mapping, laid_over
from scclint.record import record

PIPELINE = "pipeline"
"""The service account that OpenShift Pipelines runs tasks as which name no other."""

NOTHING = Part(None, None, ())


@record
class Run:
    """What a run settles of a task's pod: its service account and its pod template, empty where it says nothing of them."""

    account: Part = NOTHING
    template: Part = NOTHING


def build_tekton(document: Document, root: Node, data: dict[str, Any], path: Path) -> Iterator[ApiObject]:
    """The pods of an object of tekton.dev: one for each task that it holds.

    The containers are the task's steps and sidecars; the labels and annotations of the object and of the task are those of the
    pod. A Task and a Pipeline are taken to be run as by a run that settles nothing. What refers to a task elsewhere gives none.
    """
    whole = Part(data, node_at(root, path), path)
    spec, kind = whole.at("spec"), data.get("kind")
    tasks: Iterable[tuple[Part, Run, Part]]
    if kind == "TaskRun":
        tasks = [(spec.at("taskSpec"), Run(spec.at("serviceAccountName"), spec.at("podTemplate")), NOTHING)]
    elif kind == "Pipeline":
        tasks = ((task.at("taskSpec"), Run(), task.at("name")) for task in _tasks(spec))
    elif kind == "PipelineRun":
        held = _tasks(spec.at("pipelineSpec"))
        tasks = ((task.at("taskSpec"), _run_of(spec, task.at("name")), task.at("name")) for task in held)
    else:
        tasks = [(spec, Run(), NOTHING)]
    for task, run, name in tasks:
        if isinstance(task.data, dict) and (not name or task.at("steps")):
            yield _workload(document, root, whole, task, run, name)


def _tasks(pipeline: Part) -> Iterator[Part]:
    """The tasks of a pipeline's spec, in order."""
    for key in ("tasks", "finally"):
        yield from pipeline.at(key).items


def _run_of(spec: Part, name: Part) -> Run:
    """What the spec of a PipelineRun settles for the task of that name."""
    every = spec.at("taskRunTemplate")
    account, template = every.at("serviceAccountName"), every.at("podTemplate")
    # As v1beta1 has it.
    run = Run(account or spec.at("serviceAccountName"), template or spec.at("podTemplate"))
    for one in spec.at("taskRunSpecs").items:
        if one.at("pipelineTaskName").data == name.data:
            account = one.at("serviceAccountName") or one.at("taskServiceAccountName") or run.account
            run = Run(account, _filled(one.at("podTemplate") or one.at("taskPodTemplate"), run.template))
    return run


def _filled(template: Part, default: Part) -> Part:
    """A pod template with what it lacks from another one, field by field, but for the volumes, which are joined by name."""
    if not template or not default:
        return template or default
    own = {key: part for key, part in template.fields.items() if part.data is not None}
    fields = {**default.fields, **own}
    if "volumes" in own and "volumes" in default.fields:
        names = {volume.at("name").data for volume in own["volumes"].items}
        rest = (volume for volume in default.at("volumes").items if volume.at("name").data not in names)
        fields["volumes"] = in_list((*rest, *own["volumes"].items), own["volumes"])
    return in_mapping(fields, template)


def _workload(document: Document, root: Node, whole: Part, task: Part, run: Run, name: Part) -> Workload:
    """The pod of the task spec `task`, with what its run settles. `name` is the task's name in a pipeline."""
    base, steps, sidecars = task.at("stepTemplate"), task.at("steps"), task.at("sidecars")
    containers = [_named(laid_over(base, step), i) for i, step in enumerate(steps.items)] + list(sidecars.items)
    settled = {key: part for key, part in run.template.fields.items() if key not in ("volumes", "env")}
    own, more = task.at("volumes"), run.template.at("volumes")
    volumes = [*own.items, *more.items]
    spec = {**settled, "serviceAccountName": run.account or Part(PIPELINE, None, run.account.path)}
    spec["containers"] = in_list(containers, sidecars if steps.node is None else steps)
    if volumes:
        spec["volumes"] = in_list(volumes, more if own.node is None else own)
    moved: dict[Path, Path] = {}
    metadata = whole.at("metadata").fields
    if name:
        # Findings on the whole of it point at the task.
        metadata["name"] = Part(whole.at("metadata", "name").data, name.node, name.path, name.entry)
        for key in ("annotations", "labels"):
            under, over = task.at("metadata", key), whole.at("metadata", key)
            marks = {**under.fields, **over.fields}
            metadata[key] = in_mapping(marks, under if over.node is None else over)
            moved |= {("metadata", key, mark): part.path for mark, part in marks.items()}
    fields = {**whole.fields, "metadata": in_mapping(metadata, whole.at("metadata"))}
    held = whole.at("spec")
    fields["spec"] = in_mapping(spec, Part(None, task.node, held.path, held.entry))
    pod = in_mapping(fields, whole)
    workload = Workload(document, root if pod.node is None else pod.node, pod.data, (), ())
    workload.controlled = True
    workload.label = f"task {name.data} of {workload.named}" if name else ""
    workload.moved = {
        **moved,
        **{("metadata", key): part.path for key, part in metadata.items()},
        **{(key,): part.path for key, part in fields.items()},
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
