"""A pod as admission sees it: read once from its object, then judged under one SCC after another."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scclint.finding import Path
from scclint.platform.terms import CONTAINER_LISTS, CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION
from scclint.yaml.untyped import Object


class AdmissionContainer:
    """A container and its place. `security_context` is None where it has none; `shown` is how the plugin prints the place.

    `profile_annotation` is the text of its seccomp annotation, None where there is none.
    """

    __slots__ = ("name", "profile_annotation", "security_context", "security_path", "shown")

    def __init__(self, container: Object, field: str, index: int, annotations: Mapping[str, str]) -> None:
        self.name: str = container.get("name") or ""
        self.shown = f".{field}[{index}]"
        self.security_path: Path = ("spec", field, index, "securityContext")
        self.security_context: Object | None = container.get("securityContext")
        self.profile_annotation = annotations.get(CONTAINER_SECCOMP_ANNOTATION_PREFIX + self.name)


class HostPort(NamedTuple):
    """A port that a container opens on its node. `shown` is the container's place as the plugin prints it."""

    shown: str
    port: int
    path: Path


class AdmissionPod:
    """What the strategies read of a pod, with the API server's own defaults taken into account.

    `profile_path` leads to what asks for the pod's seccomp profile: its annotation, else its field, else the pod's
    security context as a whole.
    """

    __slots__ = (
        "annotations",
        "containers",
        "host_ipc",
        "host_network",
        "host_pid",
        "host_ports",
        "host_users",
        "profile_path",
        "security_context",
        "volumes",
    )

    def __init__(self, pod: Object) -> None:
        spec: Object = pod.get("spec") or {}
        self.annotations: Mapping[str, str] = (pod.get("metadata") or {}).get("annotations") or {}
        self.security_context: Object = spec.get("securityContext") or {}
        self.host_network = bool(spec.get("hostNetwork"))
        self.host_pid = bool(spec.get("hostPID"))
        self.host_ipc = bool(spec.get("hostIPC"))
        self.host_users: bool | None = spec.get("hostUsers")
        self.volumes: list[Object] = spec.get("volumes") or []
        self.containers: list[AdmissionContainer] = []
        self.host_ports: list[HostPort] = []
        for field, index, container in containers(spec):
            self.containers.append(AdmissionContainer(container, field, index, self.annotations))
            if ports := container.get("ports"):
                self._add_host_ports(field, index, ports)
        if self.annotations.get(POD_SECCOMP_ANNOTATION):
            self.profile_path: Path = ("metadata", "annotations", POD_SECCOMP_ANNOTATION)
        elif self.security_context.get("seccompProfile") is not None:
            self.profile_path = ("spec", "securityContext", "seccompProfile", "type")
        else:
            self.profile_path = ("spec", "securityContext")

    def _add_host_ports(self, field: str, index: int, ports: list[Object]) -> None:
        for number, port in enumerate(ports):
            name = "hostPort"
            host_port = port.get("hostPort")
            if not host_port and self.host_network and field != "ephemeralContainers":
                # The API server gives every port of a pod on the host network its own number as host port.
                name, host_port = "containerPort", port.get("containerPort")
            if host_port and host_port > 0:
                path = ("spec", field, index, "ports", number, name)
                self.host_ports.append(HostPort(f".{field}[{index}]", host_port, path))


def containers(spec: Object) -> Iterator[tuple[str, int, Object]]:
    """Every container of a pod's spec as (list's field, 0-based index, container), in the order of admission."""
    for field in CONTAINER_LISTS:
        for index, container in enumerate(spec.get(field) or ()):
            yield field, index, container
