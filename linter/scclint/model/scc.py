"""SecurityContextConstraints as a manifest states them."""

from scclint.model.object import ApiObject


class SecurityContextConstraints(ApiObject):
    """An SCC object (security.openshift.io/v1); its fields sit at the top level."""
