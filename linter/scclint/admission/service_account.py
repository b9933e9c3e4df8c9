"""The ServiceAccount admission plugin: what it does to a pod before SCC admission looks at it."""

from collections.abc import Mapping
from typing import Any

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME = "kube-api-access-"
MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a mirror pod, which a kubelet creates for a static pod."""

TOKEN_VOLUME: dict[str, Any] = {
    "name": f"{VOLUME}xxxxx",
    "projected": {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {
                "downwardAPI": {
                    "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
                }
            },
            {
                "configMap": {
                    "name": "openshift-service-ca.crt",
                    "items": [{"key": "service-ca.crt", "path": "service-ca.crt"}],
                }
            },
        ],
    },
}
"""The volume that the plugin adds: OpenShift's, with the ConfigMap of the service CA. The plugin puts random letters at the end of the
name. All pods share it."""
TOKEN_MOUNT: dict[str, Any] = {"name": TOKEN_VOLUME["name"], "readOnly": True, "mountPath": MOUNT_PATH}
"""The mount of the volume, which all containers share."""


def service_account_of(pod: Mapping[str, Any]) -> str:
    """The name of the service account that the pod runs as; empty where the pod does not say."""
    spec = pod.get("spec") or {}
    return spec.get("serviceAccountName") or spec.get("serviceAccount") or ""


def with_service_account(pod: dict[str, Any], service_account: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the pod with its service account set and, unless it opts out, the token volume mounted. `pod` stays as it is.

    `service_account` is the account's object, None if it is not known. The volume is `TOKEN_VOLUME`. The plugin leaves mirror pods alone.
    """
    if MIRROR in ((pod.get("metadata") or {}).get("annotations") or {}):
        return pod
    name = service_account_of(pod) or "default"
    spec = {**(pod.get("spec") or {}), "serviceAccountName": name}
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = (service_account or {}).get("automountServiceAccountToken")
    if wanted is not False:
        volumes = list(spec.get("volumes") or ())
        # The plugin treats a volume as the token volume by its name alone.
        existing = next((volume["name"] for volume in volumes if (volume.get("name") or "").startswith(VOLUME)), None)
        volume = existing or TOKEN_VOLUME["name"]
        mounted = False
        for field in ("initContainers", "containers"):
            if spec.get(field):
                spec[field] = [_mount(container, volume) for container in spec[field]]
                mounted = mounted or any(_uses(container, volume) for container in spec[field])
        if mounted and existing is None:
            spec["volumes"] = [*volumes, TOKEN_VOLUME]
    return {**pod, "spec": spec}


def _uses(container: Mapping[str, Any], volume: str) -> bool:
    return any(mount.get("name") == volume for mount in container.get("volumeMounts") or ())


def _mount(container: Mapping[str, Any], volume: str) -> Mapping[str, Any]:
    mounts = container.get("volumeMounts") or ()
    if any(mount.get("mountPath") == MOUNT_PATH for mount in mounts):
        return container
    mount = TOKEN_MOUNT if volume == TOKEN_MOUNT["name"] else {**TOKEN_MOUNT, "name": volume}
    return {**container, "volumeMounts": [*mounts, mount]}
