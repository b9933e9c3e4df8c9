"""What the objects of a cluster say about the volume of a PersistentVolumeClaim: its access mode, its driver and its path on the node."""

import posixpath
import re
from collections.abc import Iterator

from scclint.cluster.objects import Objects
from scclint.record import EMPTY, record, replace
from scclint.yaml.untyped import Object, as_list, as_mapping, as_text, value_at

_IN_TREE = ("fc", "iscsi", "rbd")
"""The volume sources of Kubernetes that support the mount option for SELinux labels."""

_MIGRATED = ("awsElasticBlockStore", "azureDisk", "azureFile", "cinder", "gcePersistentDisk", "portworxVolume", "vsphereVolume")
"""The volume sources whose work a CSI driver does."""

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"

_OF_NODE = (
    r"/|/(?:bin|boot|dev|etc|lib|lib64|ostree|proc|root|run|sbin|sys|sysroot|usr|var/roothome|var/run)(?:/.*)?|/home(?:/core(?:/.*)?)?"
    r"|/var(?:/home(?:/core(?:/.*)?)?|/log(?:/(?:audit|containers|journal|pods)(?:/.*)?)?|/usrlocal(?:/bin)?)?"
    r"|/var/lib(?:/(?:cni|containerd|containers|crio|docker|etcd|kubelet|rpm|systemd)(?:/.*)?)?"
)
"""The paths of a node with its programs, settings, secrets and pods. Other folders, such as /mnt/data, have what pods store there."""


@record
class NodeVolume:
    """A PersistentVolume with a path of the node that opens the node. `source` is its field, `hostPath` or `local`.

    `bound`: the claim or the volume names the other one. Otherwise, the class and the access modes of the two fit.
    """

    name: str
    source: str
    path: str
    bound: bool

    @property
    def words(self) -> str:
        """What it opens: `/etc of the node through PersistentVolume etc`."""
        return f"{self.path} of the node through PersistentVolume {self.name}"


@record
class ClaimedVolume:
    """The volume of a claim.

    `driver` is the name of its CSI driver, empty if it is not known. `mounts_with_label`: whether the driver supports the mount
    option for SELinux labels; None if that is not known. `of_one_pod`: its only access mode is ReadWriteOncePod. `of_many_nodes`: pods
    on several nodes may mount it. `on_node` are the volumes that open the node and that the claim gets, or can get.
    """

    driver: str = ""
    mounts_with_label: bool | None = None
    of_one_pod: bool = False
    of_many_nodes: bool = False
    on_node: tuple[NodeVolume, ...] = ()


UNKNOWN = ClaimedVolume()


def claimed_volume(objects: Objects, namespace: str, name: str, template: Object = EMPTY) -> ClaimedVolume:
    """Return what is known about the volume of a claim. `template` is the spec of the claim if no object has it."""
    claim = as_mapping(as_mapping(objects.of("PersistentVolumeClaim").get((namespace, name))).get("spec")) or template
    volume = _volume(objects, namespace, name, as_text(claim.get("volumeName")))
    modes = as_list((volume or claim).get("accessModes"))
    found = ClaimedVolume(
        of_one_pod=modes == ["ReadWriteOncePod"],
        of_many_nodes="ReadWriteMany" in modes or "ReadOnlyMany" in modes,
        on_node=tuple(_on_node(objects, namespace, name, claim, is_made=bool(template))),
    )
    if volume and not volume.get("csi"):
        migrated = any(volume.get(source) for source in _MIGRATED)
        return replace(found, mounts_with_label=None if migrated else any(volume.get(source) for source in _IN_TREE))
    driver = as_text(value_at(volume, ("csi", "driver"))) if volume else _provisioner(objects, claim)
    csi_driver = objects.named("CSIDriver").get(driver)
    with_label = None if csi_driver is None else value_at(csi_driver, ("spec", "seLinuxMount")) is True
    return replace(found, driver=driver, mounts_with_label=with_label)


def _on_node(objects: Objects, namespace: str, name: str, claim: Object, *, is_made: bool) -> Iterator[NodeVolume]:
    """Yield the volumes that open the node and that a claim gets, or can get. `is_made`: a StatefulSet makes a claim for each of its pods.

    Source: `FindMatchingVolume` of the PersistentVolume controller. The capacity is not compared.
    """
    for volume, item in objects.named("PersistentVolume").items():
        spec = as_mapping(item.get("spec"))
        found = ((source, value_at(spec, (source, "path"))) for source in ("hostPath", "local"))
        opening = [(source, path) for source, path in found if isinstance(path, str) and opens_node(path)]
        reference = as_mapping(spec.get("claimRef"))
        wanted = as_text(claim.get("volumeName"))
        bound = bool(reference or wanted)
        if reference:
            fits = reference.get("namespace") == namespace and _is_of(as_text(reference.get("name")), name, is_made=is_made)
        else:
            fits = wanted == volume if wanted else bool(claim) and _suits(item, spec, claim)
        for source, path in opening if fits else ():
            yield NodeVolume(volume, source, path, bound)


def opens_node(path: str) -> bool:
    """Return whether the folder of a node at a path has its programs, settings, secrets or pods."""
    return re.fullmatch(_OF_NODE, posixpath.normpath(re.sub("^/+", "/", path))) is not None


def _is_of(referred: str, name: str, *, is_made: bool) -> bool:
    """Whether a volume that refers to a claim means the claim of this name, or that of another pod of its StatefulSet."""
    stem, _, number = referred.rpartition("-")
    return referred == name or (is_made and number.isdecimal() and stem == name.rpartition("-")[0])


def _suits(item: Object, spec: Object, claim: Object) -> bool:
    """Whether a claim can get a volume to which neither refers the other."""
    labels = as_mapping(value_at(item, ("metadata", "labels")))
    wanted = as_mapping(value_at(claim, ("selector", "matchLabels")))
    return (
        as_text(spec.get("storageClassName")) == as_text(claim.get("storageClassName"))
        and spec.get("volumeMode", "Filesystem") == claim.get("volumeMode", "Filesystem")
        and all(mode in as_list(spec.get("accessModes")) for mode in as_list(claim.get("accessModes")))
        and all(labels.get(key) == value for key, value in wanted.items())
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
