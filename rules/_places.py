"""Where to write what holds for a whole pod: not every kind that makes pods has all of a pod's fields."""

from scclint.api import Workload


def profile_place(workload: Workload) -> str:
    """Where a profile for all containers goes: `in the pod's securityContext`."""
    group, kind = workload.group, workload.kind
    if group == "serving.knative.dev":
        return "on each of the pod's containers" if len(workload.pod.containers) > 1 else "on the pod's container"
    if group != "tekton.dev":
        return "in the pod's securityContext"
    if kind == "TaskRun":
        return "on the pod, in spec.podTemplate.securityContext"
    # A PipelineRun's pod template is that of all its tasks, of which another one may need other settings.
    steps = f"{'taskSpec' if _in_pipeline(workload) else 'spec'}.stepTemplate.securityContext"
    if any("sidecars" in workload.written(container.path) for container in workload.pod.containers):
        return f"on the pod's steps, in {steps}, and on each sidecar"
    return f"on the pod's steps, in {steps}"


def annotation_place(workload: Workload) -> str:
    """Where an annotation for the pod goes if the object's own would be for others as well: ` in the task's taskSpec.metadata`."""
    return " in the task's taskSpec.metadata" if _in_pipeline(workload) else ""


def _in_pipeline(workload: Workload) -> bool:
    return workload.group == "tekton.dev" and workload.kind in ("Pipeline", "PipelineRun")
