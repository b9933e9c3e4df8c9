"""What the Pod Security plugin answers to the creation of a pod or of a workload with a pod template.

Source: `admission/admission.go` of kubernetes/pod-security-admission.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from scclint.finding import Path
from scclint.platform.releases import HOST_PORTS_OF_TEMPLATES
from scclint.podsecurity.checks import CheckedPod, Library
from scclint.podsecurity.levels import Policy, Standard
from scclint.podsecurity.standards import judge
from scclint.record import record
from scclint.yaml.untyped import Object, value_at

TEMPLATES: dict[tuple[str, str], Path] = {
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""The workloads that the plugin looks at, by API group and kind, with the path of their pod template."""


@record
class Answer:
    """The plugin's answer to one request.

    `denial` is the reason of the refusal as the API server prints it after `pods "NAME" is forbidden: `, empty if there is none.
    `advice` makes the warning and the audit annotation. `exemption` says why nothing was checked: OpenShift exempts only a user.
    """

    denial: str = ""
    advice: Callable[[], tuple[str, str]] = lambda: ("", "")
    exemption: Literal["user"] | None = None

    @property
    def warning(self) -> str:
        """What the client sees; empty if there is no warning. Made each time, since it is rarely read."""
        return self.advice()[0]

    @property
    def audit(self) -> str:
        """What the audit log gets; empty if there is nothing. Made each time, since it is rarely read."""
        return self.advice()[1]


def with_defaults(pod: Object, *, host_ports: bool = True) -> dict[str, Any]:
    """Return a pod or pod template with the API server's defaults that the checks read. `pod` is not changed.

    A volume without a source is an `emptyDir`. With `host_ports`, each port of a pod on the host network is a host port, too.
    """
    spec: Object = pod.get("spec") or {}
    changes: dict[str, Any] = {}
    if volumes := spec.get("volumes"):
        changes["volumes"] = [with_source(volume or {}) for volume in volumes]
    if host_ports and spec.get("hostNetwork"):
        for field in ("initContainers", "containers"):
            if containers := spec.get(field):
                changes[field] = [_with_host_ports(container or {}) for container in containers]
    return {**pod, "spec": {**spec, **changes}}


def admit_pod(pod: Object, policy: Policy, library: Library) -> Answer:
    """Return the answer to the creation of a pod by a user who is not exempt. The pod is taken as SCC admission left it, with defaults."""
    read = CheckedPod(pod)
    if denial := _message("violates", read, policy.enforce, library):
        return Answer(denial, partial(_audit, read, policy, library))
    return Answer(advice=partial(_advice, read, policy, library))


def admit_workload(workload: Object, policy: Policy, library: Library) -> Answer:
    """Return the answer to the creation of a workload: its pod template is never refused.

    The answer is empty for kinds that the plugin does not look at.
    """
    template = template_of(workload, library.minor)
    return Answer() if template is None else Answer(advice=partial(_advice, template, policy, library))


def template_of(workload: Object, minor: int) -> CheckedPod | None:
    """Return the pod template of a workload with defaults, or None if the plugin does not look at it."""
    group = str(workload.get("apiVersion") or "").rpartition("/")[0]
    path = TEMPLATES.get((group, str(workload.get("kind") or "")))
    template = value_at(workload, path) if path else None
    if path is None or template is None:
        return None
    return CheckedPod(with_defaults(template, host_ports=HOST_PORTS_OF_TEMPLATES.holds(minor)), path)


def _advice(pod: CheckedPod, policy: Policy, library: Library) -> tuple[str, str]:
    """Return the warning and the audit annotation."""
    _, audit = _audit(pod, policy, library)
    same = policy.warn == policy.audit
    return audit if same else _message("would violate", pod, policy.warn, library), audit


def _audit(pod: CheckedPod, policy: Policy, library: Library) -> tuple[str, str]:
    """Return no warning and the audit annotation."""
    return "", _message("would violate", pod, policy.audit, library)


def _message(verb: str, pod: CheckedPod, standard: Standard, library: Library) -> str:
    result = judge(pod, standard.level, standard.version, library)
    return "" if result.allowed else f'{verb} PodSecurity "{standard}": {result.detail}'


def with_source(volume: Object) -> Object:
    """Return a volume of a pod with the source that the API server gives it: without any it is an `emptyDir`."""
    has_source = any(value is not None for field, value in volume.items() if field != "name")
    return volume if has_source else {**volume, "emptyDir": {}}


def _with_host_ports(container: Object) -> Object:
    ports = [port or {} for port in container.get("ports") or ()]
    return {**container, "ports": [{**port, "hostPort": port.get("hostPort") or port.get("containerPort")} for port in ports]}
