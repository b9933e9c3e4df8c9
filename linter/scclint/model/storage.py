"""Storage of a cluster."""

from scclint.model.object import ApiObject


class StorageObject(ApiObject):
    """A CSIDriver, StorageClass, PersistentVolume or PersistentVolumeClaim."""
