"""Custom resources of Tekton, whose pods are made of steps: Tasks, Pipelines, and what runs them."""

from collections.abc import Iterator
from typing import NamedTuple

from scclint.limits import MAX_REPEATED
from scclint.objects.expand.sourced_value import (
    NOTHING,
    Inner,
    PodPieces,
    SourcedValue,
    called,
    in_list,
    in_mapping,
    laid_over,
    named,
    pod_of,
)
from scclint.objects.expand.tekton_runs import PipelineRun, References, RunOverrides, distinct, held_tasks
from scclint.objects.types import ApiObject, Item
from scclint.record import replace
from scclint.yaml.nodes import node_at

PIPELINE = "pipeline"
"""The service account that OpenShift Pipelines runs tasks as which name no other."""

_TOO_LARGE = (
    f"what the input runs in more than one way, or as part of more than one task, comes to more than {MAX_REPEATED:,} values"
)
_COMPILED = "pipelines.kubeflow.org/pipeline_spec"
"""The annotation that the compiler of Kubeflow Pipelines writes into a PipelineRun. Source: sdk/python/kfp_tekton/compiler of kfp-tekton."""
_UPLOADED = "the server of Kubeflow Pipelines, to which it is uploaded, runs it as a service account of its own"

_TOO_MANY = "the input runs it in more ways than scclint looks at"


def pods(item: Item, references: References | None = None) -> Iterator[Item]:
    """Yield the pods of an object of tekton.dev: one for each task that it holds, and each way in which the input runs the task.

    The containers are the task's steps and sidecars; the labels and annotations of the object and of the task are those of the
    pod. A Task or Pipeline without a run in the input runs with the defaults. An object that only refers to tasks yields
    itself if `references` contains the tasks, else unknown pods.
    """
    whole = SourcedValue(item.data, node_at(item.root, item.path), item.path)
    references = references or References(())
    if whole.at("kind").data == "PipelineRun" and PipelineRun(whole).is_too_large:
        yield _open_pod(item, whole, NOTHING, _TOO_LARGE, beyond=True)
        return
    if whole.at("metadata", "annotations", _COMPILED) and not _names_account(whole.at("spec")):
        yield _open_pod(item, whole, NOTHING, _UPLOADED)
        return
    made = 0
    for task in _tasks(whole, references):
        made += 1
        if not references.may_repeat(task.spec, task.run, whole, again=task.again):
            yield _open_pod(item, whole, task.name, _TOO_LARGE, beyond=True)
            break
        yield _pod(item, whole, task, references)
    for name, why in references.missing(whole):
        made += 1
        yield _open_pod(item, whole, name, why)
    for held in held_tasks(whole):
        if held.at("pipelineSpec", "tasks"):
            yield _open_pod(item, whole, held.at("name"), "it is a pipeline of its own, which scclint does not look into")
    if references.is_cut(whole):
        yield _open_pod(item, whole, NOTHING, _TOO_MANY, beyond=True)
    if not made and (item.data.get("kind") == "StepAction" or references.resolves(whole)):
        yield replace(item, model=ApiObject)


def _names_account(spec: SourcedValue) -> bool:
    """Whether a PipelineRun names a service account, of version v1beta1 or v1."""
    return bool(spec.at("serviceAccountName") or spec.at("taskRunTemplate", "serviceAccountName"))


class _RunTask(NamedTuple):
    """The spec of a task, with what runs it, the task's `name` where a pipeline has it, and whether it came before."""

    spec: SourcedValue = NOTHING
    run: RunOverrides = RunOverrides()
    name: SourcedValue = NOTHING
    again: bool = False


def _tasks(whole: SourcedValue, references: References) -> Iterator[_RunTask]:
    """The tasks of an object, one for each way in which they are run."""
    spec, kind = whole.at("spec"), whole.at("kind").data
    if kind == "TaskRun" and isinstance(spec.at("taskSpec").data, dict):
        yield _RunTask(spec.at("taskSpec"), RunOverrides(spec.at("serviceAccountName"), spec.at("podTemplate")))
    elif kind in ("Task", "ClusterTask") and isinstance(spec.data, dict):
        for number, run in enumerate(distinct(references.runs_of_task(whole))):
            yield _RunTask(spec, run, again=number > 0)
    runs = references.runs_of_pipeline(whole) if kind == "Pipeline" else [PipelineRun(whole)]
    for task in held_tasks(whole):
        if task.at("taskSpec", "steps"):
            for number, run in enumerate(distinct(run.run_of(task.at("name")) for run in runs)):
                yield _RunTask(task.at("taskSpec"), run, task.at("name"), number > 0)


def _open_pod(item: Item, whole: SourcedValue, name: SourcedValue, why: str, *, beyond: bool = False) -> Item:
    """Return an item for unknown pods. `why` is the reason, as a clause."""
    pod = _pod(item, whole, _RunTask(name=name), References(()))
    return replace(pod, provenance=replace(pod.provenance, elsewhere=why, beyond=beyond))


def _pod(item: Item, whole: SourcedValue, run_task: _RunTask, references: References) -> Item:
    """Return the pod of a task, with what its run sets."""
    task, run, name, _ = run_task
    steps, sidecars = task.at("steps"), task.at("sidecars")
    resolved_steps = [references.step(step, whole) for step in steps.items]
    containers = [named(laid_over(task.at("stepTemplate"), step), f"unnamed-{i}") for i, (step, _) in enumerate(resolved_steps)]
    containers += [named(sidecar, "sidecar") for sidecar in sidecars.items]
    task_volumes, more = task.at("volumes"), run.template.at("volumes")
    volumes = [*task_volumes.items, *more.items]
    spec = {key: part for key, part in run.template.fields.items() if key not in ("volumes", "env")}
    spec["serviceAccountName"] = run.account or SourcedValue(PIPELINE, None, run.account.path)
    spec["containers"] = in_list(containers, sidecars if steps.node is None else steps)
    if volumes:
        spec["volumes"] = in_list(volumes, more if task_volumes.node is None else task_volumes)
    metadata, marks = _metadata(whole, task, run)
    inner: Inner = {
        **{("metadata", key): mark for key, mark in marks.items()},
        ("spec", "containers"): dict(enumerate(containers)),
        ("spec", "volumes"): dict(enumerate(volumes)),
    }
    place = replace(whole.at("spec"), data=None, node=task.node)
    if elsewhere := next((missing for _, missing in resolved_steps if missing), ""):
        item = replace(item, provenance=replace(item.provenance, elsewhere=elsewhere))
    by = called(run.by) if run.by and run.sets else ""
    part = f"task {name.data}" if name else ""
    return pod_of(item, whole, PodPieces(metadata, spec, place, inner, name), part=part, run=by)


def _metadata(
    whole: SourcedValue, task: SourcedValue, run: RunOverrides
) -> tuple[dict[str, SourcedValue], dict[str, dict[str, SourcedValue]]]:
    """The metadata of the pod, and its annotations and labels one by one: the task's, over these the object's, then the run's."""
    metadata = whole.at("metadata").fields
    if whole.at("kind").data == "ClusterTask" and (namespace := run.by.at("metadata", "namespace")):
        # A ClusterTask has no namespace; its pods are created in the namespace of the run.
        metadata["namespace"] = namespace
    marks = {}
    for key in ("annotations", "labels"):
        holders = [part.at("metadata", key) for part in (task, whole, run.by) if part.at("metadata", key).fields]
        if holders:
            marks[key] = {mark: part for holder in holders for mark, part in holder.fields.items()}
            metadata[key] = in_mapping(marks[key], holders[-1])
    return metadata, marks
