"""Admission policies that a cluster evaluates itself."""

from scclint.model.object import ApiObject


class AdmissionPolicy(ApiObject):
    """A ValidatingAdmissionPolicy or MutatingAdmissionPolicy of admissionregistration.k8s.io, the binding of one, or a Kyverno policy."""
