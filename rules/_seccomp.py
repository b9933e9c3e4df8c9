"""Where a manifest sets a container's seccomp profile, and which profile an SCC applies."""

from typing import Any

from scclint.api import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    ContainerSeccomp,
    Field,
    Located,
    Outcome,
    Workload,
    grouped,
)


def asked_at(workload: Workload, container: ContainerSeccomp) -> Field[Any]:
    """Return the field or annotation of the manifest that sets the container's profile.

    An annotation comes first if the effective profile came from an annotation: it overrides the field on OpenShift 4.13 and newer
    and sets it on older releases.
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


def localhost_at(workload: Workload, container: ContainerSeccomp) -> Located:
    """Return the localhostProfile or annotation that names the container's file; the workload if its SCC names it."""
    pod = workload.pod
    source = container.requested.source if container.requested else container.source
    view = pod.container(container.name)
    if source == "container field" and view is not None:
        return view.localhost_profile
    if source == "pod field":
        return pod.localhost_profile
    if source == "container annotation":
        return pod.annotation(CONTAINER_SECCOMP_ANNOTATION_PREFIX + container.name)
    return pod.annotation(POD_SECCOMP_ANNOTATION) if source == "pod annotation" else workload.place


def localhost_users(outcome: Outcome) -> dict[str, list[ContainerSeccomp]]:
    """Return the containers with a Localhost profile by its path, also those of a pod that no SCC admits."""
    localhost = (c for c in outcome.seccomp if c.type == "Localhost" and c.source != "CRI-O configuration")
    return grouped((c.localhost_profile, c) for c in localhost if c.localhost_profile is not None)


def by_place(workload: Workload, containers: list[ContainerSeccomp]) -> list[tuple[Located, list[str]]]:
    """Return each place that names a profile file once, with the names of the containers that it applies to."""
    places: dict[tuple[str | int, ...], tuple[Located, list[str]]] = {}
    for container in containers:
        at = localhost_at(workload, container)
        places.setdefault(at.path, (at, []))[1].append(container.name)
    return list(places.values())
