"""What KubeletConfig objects say about the nodes' kubelets."""

from collections.abc import Iterable, Mapping
from typing import Any

from scclint.admission.rbac import selects

_WORKER_POOL = {
    "machineconfiguration.openshift.io/mco-built-in": "",
    "pools.operator.machineconfiguration.openshift.io/worker": "",
}
"""The labels of the pool that runs the workloads of a cluster as installed."""


def seccomp_default(configs: Iterable[Mapping[str, Any]], release: int) -> bool | None:
    """Whether the kubelets of OpenShift 4.`release` run with `seccompDefault`.

    True if a KubeletConfig sets it for the worker pool, None if one sets it for another pool only, so that it depends on the
    node. Up to 4.11 the kubelet's feature gate, which a KubeletConfig cannot set, keeps it off.
    """
    if release <= 11:
        return False
    answer: bool | None = False
    for config in configs:
        spec = config.get("spec") or {}
        if (spec.get("kubeletConfig") or {}).get("seccompDefault") is not True:
            continue
        selector = spec.get("machineConfigPoolSelector")
        if selector is not None and selects(selector, _WORKER_POOL):
            return True
        answer = None
    return answer
