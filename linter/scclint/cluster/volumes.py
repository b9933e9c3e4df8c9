"""What the objects of a cluster say about the volume of a PersistentVolumeClaim: its access mode and its driver."""

from scclint.cluster.objects import Objects
from scclint.record import EMPTY, record
from scclint.untyped import Object, as_mapping, as_text, value_at

_IN_TREE = ("fc", "iscsi", "rbd")
"""The volume sources of Kubernetes that support the mount option for SELinux labels."""

_MIGRATED = ("awsElasticBlockStore", "azureDisk", "azureFile", "cinder", "gcePersistentDisk", "portworxVolume", "vsphereVolume")
"""The volume sources whose work a CSI driver does."""

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@record
class ClaimedVolume:
    """The volume of a claim.

    `driver` is the name of its CSI driver, empty if it is not known. `mounts_with_label`: whether the driver supports the mount
    option for SELinux labels; None if that is not known. `of_one_pod`: its only access mode is ReadWriteOncePod.
    """

    driver: str = ""
    mounts_with_label: bool | None = None
    of_one_pod: bool = False


UNKNOWN = ClaimedVolume()


def claimed_volume(objects: Objects, namespace: str, name: str, template: Object = EMPTY) -> ClaimedVolume:
    """Return what is known about the volume of a claim. `template` is the spec of the claim if no object has it."""
    claim = as_mapping(as_mapping(objects.of("PersistentVolumeClaim").get((namespace, name))).get("spec")) or template
    volume = _volume(objects, namespace, name, as_text(claim.get("volumeName")))
    of_one_pod = (volume or claim).get("accessModes") == ["ReadWriteOncePod"]
    if volume and not volume.get("csi"):
        migrated = any(volume.get(source) for source in _MIGRATED)
        return ClaimedVolume("", None if migrated else any(volume.get(source) for source in _IN_TREE), of_one_pod)
    driver = as_text(value_at(volume, ("csi", "driver"))) if volume else _provisioner(objects, claim)
    csi_driver = objects.named("CSIDriver").get(driver)
    return ClaimedVolume(
        driver, None if csi_driver is None else value_at(csi_driver, ("spec", "seLinuxMount")) is True, of_one_pod
    )


def _volume(objects: Objects, namespace: str, name: str, volume: str) -> Object:
    """Return the spec of the PersistentVolume that a claim names, or that names the claim; empty if there is none."""
    persistent_volumes = objects.named("PersistentVolume")
    bound = (
        item
        for item in persistent_volumes.values()
        if (value_at(item, ("spec", "claimRef", "namespace")), value_at(item, ("spec", "claimRef", "name")))
        == (namespace, name)
    )
    return as_mapping(as_mapping(persistent_volumes.get(volume) or next(bound, None)).get("spec"))


def _provisioner(objects: Objects, claim: Object) -> str:
    """Return the provisioner of the StorageClass of a claim; empty if it is not known. A CSI driver has the same name."""
    classes = objects.named("StorageClass")
    defaults = (
        [item for item in classes.values() if value_at(item, ("metadata", "annotations", _DEFAULT_CLASS)) == "true"]
        if "storageClassName" not in claim
        else []
    )
    storage_class = classes.get(as_text(claim.get("storageClassName"))) or (defaults[0] if len(defaults) == 1 else EMPTY)
    return as_text(storage_class.get("provisioner"))
