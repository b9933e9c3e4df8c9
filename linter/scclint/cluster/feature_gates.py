"""Fields of a pod that the API server drops because a feature gate is off.

It does so when it stores an object, before validation and Pod Security (`dropDisabledFields` in `pkg/api/pod/util.go` of
Kubernetes). SCC admission sees a bare Pod with these fields. The pods of a workload are made of its stored template, without them.

Sources: `pkg/features/kube_features.go` of openshift/kubernetes, as openshift/microshift contains it in the branches 4.12 to 5.0, and
`features.go` of openshift/api in the branches 4.16 to 5.0. Older branches of openshift/api do not name these gates.
"""

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from scclint.platform.terms import CONTAINER_LISTS
from scclint.yaml.untyped import as_mapping, mappings


class Gate(NamedTuple):
    """The first Kubernetes minor with the gate on: in Kubernetes itself and on MicroShift, and in the feature sets of OpenShift."""

    kubernetes: int
    default: int
    tech_preview: int


NEVER = 99
"""A minor that no release has."""

GATES: Mapping[str, Gate] = {
    "ClusterTrustBundleProjection": Gate(NEVER, NEVER, NEVER),
    "DynamicResourceAllocation": Gate(34, 34, 30),
    "HostnameOverride": Gate(35, 35, 35),
    "ImageVolume": Gate(35, 33, 33),
    "PodCertificateRequest": Gate(NEVER, NEVER, NEVER),
    "PodLevelResources": Gate(34, 34, 34),
    "ProcMountType": Gate(33, 33, 30),
    "SELinuxChangePolicy": Gate(33, 33, 33),
    # Without this gate, MountOption is no value of seLinuxChangePolicy.
    "SELinuxMount": Gate(NEVER, NEVER, 33),
    # A gate of OpenShift alone. It drops no field: the API server fills fields in by the labels of the namespace.
    "StoragePerformantSecurityPolicy": Gate(NEVER, 33, 32),
    "SupplementalGroupsPolicy": Gate(33, 33, 33),
    "UserNamespacesSupport": Gate(33, 33, 30),
}

_POD = {
    "hostUsers": "UserNamespacesSupport",
    "hostnameOverride": "HostnameOverride",
    "resourceClaims": "DynamicResourceAllocation",
    "resources": "PodLevelResources",
}
_PROJECTED = {"clusterTrustBundle": "ClusterTrustBundleProjection", "podCertificate": "PodCertificateRequest"}
_POD_CONTEXT = {"seLinuxChangePolicy": "SELinuxChangePolicy", "supplementalGroupsPolicy": "SupplementalGroupsPolicy"}


def disabled_gates(minor: int, platform: str, *, tech_preview: bool) -> frozenset[str]:
    """Return the gates that are off in a cluster."""
    if platform in ("kubernetes", "microshift"):
        return frozenset(name for name, gate in GATES.items() if minor < gate.kubernetes)
    return frozenset(name for name, gate in GATES.items() if minor < (gate.tech_preview if tech_preview else gate.default))


def without_disabled_fields(spec: Mapping[str, Any], gates: Set[str]) -> Mapping[str, Any]:
    """Return the spec of a pod without the fields of gates that are off, and without image volumes: itself if it has none."""
    fields = {field: value for field, value in spec.items() if _POD.get(field) not in gates}
    if context := as_mapping(spec.get("securityContext")):
        fields["securityContext"] = {field: value for field, value in context.items() if _POD_CONTEXT.get(field) not in gates}
    images = {volume.get("name") for volume in mappings(spec.get("volumes")) if volume.get("image") is not None}
    if images and "ImageVolume" in gates:
        fields["volumes"] = [volume for volume in spec["volumes"] if as_mapping(volume).get("image") is None]
    else:
        images = set()
    projected = (as_mapping(volume.get("projected")).get("sources") for volume in mappings(spec.get("volumes")))
    if any(_PROJECTED.keys() & source.keys() for sources in projected for source in mappings(sources)):
        fields["volumes"] = [_volume(volume, gates) for volume in fields["volumes"]]
    for field in CONTAINER_LISTS:
        if isinstance(spec.get(field), list):
            fields[field] = [_container(container, images, gates) for container in spec[field]]
    return fields if fields != spec else spec


def _volume(volume: Any, gates: Set[str]) -> Any:
    sources = as_mapping(as_mapping(volume).get("projected")).get("sources")
    if not isinstance(sources, list):
        return volume
    enabled_sources = [
        {field: value for field, value in source.items() if _PROJECTED.get(field) not in gates}
        if isinstance(source, dict)
        else source
        for source in sources
    ]
    return (
        volume if enabled_sources == sources else {**volume, "projected": {**volume["projected"], "sources": enabled_sources}}
    )


def _container(container: Any, images: Set[Any], gates: Set[str]) -> Any:
    if not isinstance(container, dict):
        return container
    fields = {**container}
    context = as_mapping(fields.get("securityContext"))
    if context.get("procMount") is not None and "ProcMountType" in gates:
        fields["securityContext"] = {**context, "procMount": "Default"}
    if "DynamicResourceAllocation" in gates and as_mapping(fields.get("resources")).get("claims") is not None:
        fields["resources"] = {field: value for field, value in fields["resources"].items() if field != "claims"}
    if images and isinstance(mounts := fields.get("volumeMounts"), list):
        fields["volumeMounts"] = [mount for mount in mounts if as_mapping(mount).get("name") not in images]
    return fields if fields != container else container
