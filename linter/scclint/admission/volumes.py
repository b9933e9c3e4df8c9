"""The volume types and flexVolume drivers that an SCC lets through."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scclint.admission.field import FieldError, Where
from scclint.admission.provider import Provider
from scclint.finding import Path

Volume = Mapping[str, Any]

_FIELDS = (
    *("hostPath", "emptyDir", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "secret", "nfs", "iscsi", "glusterfs"),
    *("persistentVolumeClaim", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "downwardAPI", "fc", "azureFile"),
    *("configMap", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "projected", "portworxVolume", "scaleIO"),
    *("storageos", "csi", "ephemeral", "image"),
)
"""The fields of a volume that hold a source, in the order in which the plugin looks for them: of two, the first counts."""
_TYPES = {**dict(zip(_FIELDS, _FIELDS, strict=True)), "cephfs": "cephFS", "vsphereVolume": "vsphere", "storageos": "storageOS"}
"""The word of an SCC for the type of the source in each field."""


def source_of(volume: Volume) -> tuple[str, str]:
    """The volume's field that holds its source, and the SCC's word for that type.

    A volume without any source is an emptyDir by default, and its field is empty.
    """
    there = [f for f, source in volume.items() if f in _TYPES and source is not None]
    if not there:
        return "", "emptyDir"
    field = there[0] if len(there) == 1 else next(f for f in _FIELDS if f in there)
    return field, _TYPES[field]


def validate(provider: Provider, volumes: Sequence[Volume]) -> Iterator[FieldError]:
    """Yield the errors of the pod's `volumes`: first those of types, then those of flexVolume drivers."""
    scc, wording = provider.scc, provider.wording
    if "*" not in scc.volumes:
        allowed = ", ".join(scc.volumes)
        for index, volume in enumerate(volumes):
            field, kind = source_of(volume)
            if kind in scc.volumes:
                continue
            if kind == "projected" and "secret" in scc.volumes and only_service_account_sources(volume["projected"]):
                continue
            path: Path = ("spec", "volumes", index, field) if field else ("spec", "volumes", index)
            place = Where(wording, wording.volume.format(index), path, wording.volume_names_scc)
            yield place.invalid("", kind, f"{kind} volumes are not allowed to be used", allowed)
    if scc.allowed_flex_volumes and ("*" in scc.volumes or "flexVolume" in scc.volumes):
        allowed = ", ".join(scc.allowed_flex_volumes)
        for index, volume in enumerate(volumes):
            flex = volume.get("flexVolume")
            if flex is None:
                continue
            driver = flex.get("driver") or ""
            if driver not in scc.allowed_flex_volumes:
                path = ("spec", "volumes", index, "flexVolume", "driver")
                place = Where(wording, wording.flex_volume_driver.format(index), path, names_scc=True)
                yield place.invalid("", driver, "Flexvolume driver is not allowed to be used", allowed)


_PUBLISHED = {"kube-root-ca.crt": "ca.crt", "openshift-service-ca.crt": "service-ca.crt"}
"""The ConfigMaps in every namespace that a service account's projected volume carries, and their single key."""


def only_service_account_sources(projected: Mapping[str, Any]) -> bool:
    """Return whether a projected volume contains only what the ServiceAccount admission plugin injects.

    `openshift-service-ca.crt` is what OpenShift's own plugin adds.
    """
    return all(_is_service_account_source(source) for source in projected.get("sources") or ())


def _is_service_account_source(source: Mapping[str, Any]) -> bool:
    token, config_map, downward = source.get("serviceAccountToken"), source.get("configMap"), source.get("downwardAPI")
    if token is None and config_map is None and downward is None:
        return False
    if token is not None and (token.get("path") != "token" or token.get("audience")):
        return False
    if config_map is not None:
        key = _PUBLISHED.get(config_map.get("name") or "")
        items = list(config_map.get("items") or ())
        if key is None or len(items) != 1 or items[0].get("key") != key or items[0].get("path") != key:
            return False
    return downward is None or all(_is_namespace(item) for item in downward.get("items") or ())


def _is_namespace(item: Mapping[str, Any]) -> bool:
    reference = item.get("fieldRef")
    if item.get("path") != "namespace" or reference is None:
        return False
    # The API server defaults an absent version to v1 before admission.
    return (reference.get("apiVersion") or "v1") == "v1" and reference.get("fieldPath") == "metadata.namespace"
