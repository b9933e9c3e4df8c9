"""What a rule of others imports: the objects that it looks at, what the cluster does with them, and what it yields.

The rules of the project import from the rooms below what only they need.
"""

from scclint.admission.verdict import Candidate, FieldError, Grant, ObjectRef, User, Verdict
from scclint.advice import advise
from scclint.advice.grants import least_grant
from scclint.advice.sccs import node_access, wider_than_restricted
from scclint.advice.words import creator, profile
from scclint.cluster import Cluster
from scclint.finding import (
    AccessWord,
    Append,
    Decision,
    Deduplicate,
    Ignore,
    Located,
    Location,
    Operation,
    Path,
    Place,
    Problem,
    Reach,
    Related,
    Remedy,
    Remove,
    Rename,
    Set,
    Severity,
)
from scclint.objects.documents.document import Document
from scclint.objects.pod import Container, Pod
from scclint.objects.types import (
    ApiObject,
    KubeletConfig,
    MachineConfig,
    Namespace,
    ProfileSource,
    Role,
    RoleBinding,
    SeccompProfile,
    SecurityContextConstraints,
    ServiceAccount,
    Workload,
)
from scclint.objects.unknown import is_open
from scclint.objects.view import Field, View
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.record import grouped
from scclint.rule import Severities, rule
from scclint.seccomp.effective import ContainerSeccomp
from scclint.source import Span
from scclint.text import field_path, filled
from scclint.yaml.untyped import as_list, as_mapping, value_at

__all__ = [
    "AccessWord",
    "ApiObject",
    "Append",
    "Candidate",
    "Cluster",
    "Container",
    "ContainerSeccomp",
    "Decision",
    "Deduplicate",
    "Document",
    "Field",
    "FieldError",
    "Grant",
    "Ignore",
    "KubeletConfig",
    "Located",
    "Location",
    "MachineConfig",
    "Namespace",
    "ObjectRef",
    "Operation",
    "Outcome",
    "Path",
    "Place",
    "Pod",
    "Problem",
    "ProfileSource",
    "Reach",
    "Related",
    "Remedy",
    "Remove",
    "Rename",
    "Role",
    "RoleBinding",
    "SeccompProfile",
    "SecurityContextConstraints",
    "ServiceAccount",
    "Set",
    "Severities",
    "Severity",
    "Span",
    "User",
    "Verdict",
    "View",
    "Workload",
    "World",
    "advise",
    "as_list",
    "as_mapping",
    "creator",
    "field_path",
    "filled",
    "grouped",
    "is_open",
    "least_grant",
    "node_access",
    "profile",
    "rule",
    "value_at",
    "wider_than_restricted",
]
