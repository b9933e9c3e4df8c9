"""Where a container's seccomp profile is asked for."""

from typing import Any

from scclint.api import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    ContainerSeccomp,
    Field,
    Workload,
)


def asked_at(workload: Workload, container: ContainerSeccomp) -> Field[Any]:
    """The field or annotation that asks for the container's profile, as written in the manifest.

    An annotation beats the field on OpenShift 4.13 and newer and fills it on older releases, so it is looked at first where
    the effective profile came from one.
    """
    pod = workload.pod
    view = pod.container(container.name)
    own_annotation = pod.annotation(CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
    pod_annotation = pod.annotation(POD_SECCOMP_ANNOTATION)
    if own_annotation.present and container.source in ("container annotation", "privileged"):
        return own_annotation
    if view is not None and view.seccomp_type.present:
        return view.seccomp_type
    if pod_annotation.present and container.source in ("pod annotation", "privileged"):
        return pod_annotation
    return pod.seccomp_type
