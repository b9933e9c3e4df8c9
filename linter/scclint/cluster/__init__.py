"""A cluster, as installed and with the objects of the input: its SCCs, rights, namespaces and nodes."""

from scclint.admission.verdict import Candidate, Grant, ObjectRef, User, Verdict
from scclint.cluster.cluster import Cluster

__all__ = ["Candidate", "Cluster", "Grant", "ObjectRef", "User", "Verdict"]
