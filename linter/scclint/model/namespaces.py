"""Namespaces and their service accounts."""

from scclint.model.object import ApiObject


class Namespace(ApiObject):
    """A v1 Namespace, or an OpenShift Project or ProjectRequest, which create one."""


class ServiceAccount(ApiObject):
    """A v1 ServiceAccount, or the account that a ClusterServiceVersion's permissions name."""
