"""Where a container's seccomp profile is asked for, and what SCCs fill in."""

from typing import Any

from scclint.api import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    POD_SECCOMP_ANNOTATION,
    ContainerSeccomp,
    Field,
    Located,
    Outcome,
    Workload,
    World,
)

RUNTIME_DEFAULT = ("runtime/default", "docker/default")
"""The runtime's own profile, as SCCs spell it."""


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


def localhost_at(workload: Workload, container: ContainerSeccomp) -> Located:
    """The localhostProfile that names the container's file, or the annotation; the workload where its SCC names it."""
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
    """The containers that run with a Localhost profile, or would if the pod were admitted, by the path they name."""
    found: dict[str, list[ContainerSeccomp]] = {}
    for container in outcome.seccomp:
        if container.type == "Localhost" and container.localhost_profile and container.source != "CRI-O configuration":
            found.setdefault(container.localhost_profile, []).append(container)
    return found


def by_place(workload: Workload, containers: list[ContainerSeccomp]) -> list[tuple[Located, list[str]]]:
    """Where they name their file, each place once, with the names of the containers that it holds for."""
    found: dict[tuple[str | int, ...], tuple[Located, list[str]]] = {}
    for container in containers:
        at = localhost_at(workload, container)
        found.setdefault(at.path, (at, []))[1].append(container.name)
    return list(found.values())


def default_profile(scc: str, world: World) -> str:
    """What the SCC fills in for pods that name no profile, in its own spelling: its first entry but `*`; empty for nothing."""
    return next((entry for entry in world.cluster.sccs[scc].seccomp_profiles if entry != "*"), "")


def newer_sibling(scc: str, world: World) -> str:
    """The release's successor of an older SCC that gives RuntimeDefault (`nonroot-v2`); empty where there is none."""
    sibling = f"{scc}-v2"
    return sibling if sibling in world.cluster.sccs and default_profile(sibling, world) in RUNTIME_DEFAULT else ""
