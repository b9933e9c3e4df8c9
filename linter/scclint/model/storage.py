"""Storage of a cluster."""

from scclint.model.object import ApiObject


class CSIDriver(ApiObject):
    """A storage.k8s.io CSIDriver."""
