"""Where to write a setting for a whole pod, because not every kind that creates pods has all fields of a pod."""

from scclint.api import Workload, listed


def profile_place(workload: Workload) -> str:
    """Return where a profile for all containers goes, as a phrase: `in the pod's securityContext`."""
    group, kind = workload.group, workload.kind
    if group == "serving.knative.dev":
        return "on each of the pod's containers" if len(workload.pod.containers) > 1 else "on the pod's container"
    if group != "tekton.dev":
        plain = [container.name for container in workload.pod.containers if container.privileged.value is not True]
        if plain and len(plain) < len(workload.pod.containers) and not workload.pod.seccomp_type.present:
            # A privileged container ignores the profile of its pod.
            return f"in the securityContext of container{'s' if len(plain) > 1 else ''} {listed(plain)}"
        return "in the pod's securityContext"
    if kind == "TaskRun":
        return "on the pod, in spec.podTemplate.securityContext"
    # The pod template of a PipelineRun applies to all its tasks, and another task may need other settings.
    steps = f"{'taskSpec' if _in_pipeline(workload) else 'spec'}.stepTemplate.securityContext"
    if any("sidecars" in workload.written(container.path) for container in workload.pod.containers):
        return f"on the pod's steps, in {steps}, and on each sidecar"
    return f"on the pod's steps, in {steps}"


def annotation_place(workload: Workload) -> str:
    """Return ` in the task's taskSpec.metadata` if an annotation of the object would apply to other pods too; else nothing."""
    return " in the task's taskSpec.metadata" if _in_pipeline(workload) else ""


def _in_pipeline(workload: Workload) -> bool:
    return workload.group == "tekton.dev" and workload.kind in ("Pipeline", "PipelineRun")
