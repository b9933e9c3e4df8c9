"""What a cluster knows that bears on admission."""

from scclint.admission.verdict import Candidate, Grant, ObjectRef, User, Verdict
from scclint.cluster.cluster import Cluster

__all__ = ["Candidate", "Cluster", "Grant", "ObjectRef", "User", "Verdict"]
