"""Pods, namespaces and an SCC for the tests of this package."""

from typing import Any

from scclint.podsecurity.levels import PREFIX

RESTRICTED: dict[str, Any] = {
    "kind": "SecurityContextConstraints",
    "metadata": {"name": "strict"},
    "allowPrivilegeEscalation": False,
    "requiredDropCapabilities": ["ALL"],
    "runAsUser": {"type": "MustRunAsRange"},
    "seLinuxContext": {"type": "MustRunAs"},
    "seccompProfiles": ["runtime/default"],
    "volumes": ["configMap", "emptyDir", "secret"],
}
"""An SCC that the label syncer reads as `restricted`."""


def container(name: str = "c0", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": "registry.example/x:1", **fields}


def pod(*containers: dict[str, Any], annotations: dict[str, str | None] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod whose spec has these fields; one plain container if none is given."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "annotations": annotations or {}},
        "spec": {"containers": list(containers) or [container()], **spec},
    }


def confined(**security: Any) -> dict[str, Any]:
    """The security context of a container that meets `restricted` in every version, with changes."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        **security,
    }


def namespace(name: str = "shop", *, uid_range: str | None = "1000/1050", **metadata: Any) -> dict[str, Any]:
    """A namespace with the annotation that OpenShift gives it; Pod Security labels are written without their prefix."""
    annotations = {} if uid_range is None else {"openshift.io/sa.scc.uid-range": uid_range}
    return {"kind": "Namespace", "metadata": {"name": name, "annotations": annotations, **metadata}}


def labels(**values: str) -> dict[str, str]:
    """Pod Security labels: `enforce_version="latest"` is `pod-security.kubernetes.io/enforce-version: latest`."""
    return {PREFIX + name.replace("_", "-"): value for name, value in values.items()}
