"""What a pod asks of its node, and what of it a remedy drops.

Whether a program works without the host's network or a capability is not to be seen in its manifest. A remedy that drops such a
demand is advice: a reader has to decide it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.admission.pod import AdmissionPod, containers

_FLAGS = ("hostNetwork", "hostPID", "hostIPC")


def demands(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a pod asks of its node, in words: `hostNetwork`, `capability NET_ADMIN`, `hostPath /dev/log`."""
    spec = pod["spec"]
    yield from (field for field in _FLAGS if spec.get(field))
    for volume in spec.get("volumes") or ():
        if (volume or {}).get("hostPath") is not None:
            yield f"hostPath {volume['hostPath'].get('path')}"
    for _, _, container in containers(spec):
        context = container.get("securityContext") or {}
        if context.get("privileged"):
            yield "privileged: true"
        for name in (context.get("capabilities") or {}).get("add") or ():
            yield f"capability {name}"
    for port in AdmissionPod(pod).host_ports:
        yield f"hostPort {port.port}"
    for sysctl in (spec.get("securityContext") or {}).get("sysctls") or ():
        yield f"sysctl {sysctl.get('name')}"


def dropped(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """What the pod asked for before and does not ask for afterwards."""
    kept = set(demands(after))
    return tuple(dict.fromkeys(demand for demand in demands(before) if demand not in kept))
