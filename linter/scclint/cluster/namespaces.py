"""What a namespace decides for SCC admission: whether it runs there, and the ranges of IDs."""

from collections.abc import Mapping
from typing import Any

from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS
from scclint.platform.terms import UID_RANGE
from scclint.yaml.untyped import Object

NAMESPACES_WITHOUT_SCC = frozenset(("default", "kube-system", "kube-public", "openshift", "openshift-infra", "openshift-node"))
"""The namespaces in which OpenShift's API server never runs SCC admission."""
RUN_LEVEL = "openshift.io/run-level"
SCC_DISABLED = "security.openshift.io/disable-securitycontextconstraints"
"""The label of a Namespace whose value `true` switches SCC admission off there."""
ASSUMED_ANNOTATIONS = {UID_RANGE: "1000000000/10000", MCS: "s0:c1,c0", SUPPLEMENTAL_GROUPS: "1000000000/10000"}
"""The assumed annotations of a namespace whose manifest has none: the first block that a cluster allocates."""
_ALLOCATED = "openshift.io/sa.scc."

STORAGE_POLICIES = {
    "storage.openshift.io/fsgroup-change-policy": ("fsGroupChangePolicy", ("OnRootMismatch", "Always")),
    "storage.openshift.io/selinux-change-policy": ("seLinuxChangePolicy", ("MountOption", "Recursive")),
}
"""Labels of a Namespace for pods that set no such policy: the field in the pod's securityContext, and the values that count."""


def with_storage_policies(pod: dict[str, Any], labels: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pod with the policies that the labels of its namespace give it, as the plugin PerformantSecurityPolicy does.

    A label with another value has no effect. Source: openshift/kubernetes, `openshift-kube-apiserver/admission/storage`.
    """
    spec = pod.get("spec") or {}
    context = spec.get("securityContext") or {}
    added = {
        field: labels[label]
        for label, (field, values) in STORAGE_POLICIES.items()
        if labels.get(label) in values and context.get(field) is None
    }
    return {**pod, "spec": {**spec, "securityContext": {**context, **added}}} if added else pod


def why_skipped(name: str, namespace: Object) -> str | None:
    """Return why SCC admission skips the pods of a namespace; None if it does not.

    The reasons are `namespace`, `disabled` (by a label) and `run-level`. `namespace` is the object, empty if there is none.
    """
    if name in NAMESPACES_WITHOUT_SCC:
        return "namespace"
    labels = (namespace.get("metadata") or {}).get("labels") or {}
    if labels.get(SCC_DISABLED) == "true":
        return "disabled"
    return "run-level" if labels.get(RUN_LEVEL) in ("0", "1") else None


def annotations_of(namespace: Object) -> tuple[Mapping[str, str], bool]:
    """Return the annotations of a Namespace, and whether its ranges of IDs are assumed because it has none."""
    annotations = (namespace.get("metadata") or {}).get("annotations") or {}
    if any(name.startswith(_ALLOCATED) for name in annotations):
        return annotations, False
    return ASSUMED_ANNOTATIONS, True
