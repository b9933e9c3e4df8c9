"""The whole of what a rule may import."""

from scclint.admission.access import Access, opened_by, used_by, why_privileged
from scclint.admission.rbac import matched, scc_grant
from scclint.admission.seccomp import to_annotation, to_field
from scclint.admission.sysctl import UNPRIVILEGED_PORT_START, first_open_port
from scclint.admission.verdict import Candidate, FieldError, Grant, ObjectRef, User, Verdict
from scclint.advice import advise
from scclint.advice.effects import changed_cluster, effects_of, subjects_removed, user_change, verdict_without
from scclint.advice.grants import (
    admits,
    applies_profile,
    confines,
    grant,
    least_grant,
    pinned,
    ranged_by_namespace,
    without_privileged,
    workloads_of,
)
from scclint.advice.sccs import (
    Extra,
    by_rights,
    extra_permissions,
    extras_of,
    is_as_installed,
    is_least,
    may_admit_elsewhere,
    more_restrictive,
    narrower,
    node_access,
    opened,
    own_name,
    texts_of,
    wider_than_restricted,
    without_unconfined,
    workloads_under,
)
from scclint.advice.volumes import csi_labels, one_label
from scclint.advice.words import (
    RANGED,
    first_per_field,
    is_seccomp,
    label_place,
    pods,
    profile,
    quoted,
    rejected,
    when_created,
    why_level,
)
from scclint.cluster import Cluster
from scclint.cluster.addons import brings
from scclint.cluster.namespace_policy import NamespacePolicy
from scclint.cluster.namespaces import STORAGE_POLICIES
from scclint.files import SCRIPT_SUFFIXES
from scclint.finding import (
    Append,
    Deduplicate,
    Ignore,
    Located,
    Operation,
    Path,
    Place,
    Problem,
    Related,
    Remedy,
    Remove,
    Rename,
    Set,
    Severity,
)
from scclint.limits import MAX_COPIES, MAX_MARKERS, MAX_PROFILE_USERS, MAX_SCC_SUGGESTIONS
from scclint.load.document import Document
from scclint.model.object import (
    ApiObject,
    KubeletConfig,
    MachineConfig,
    Namespace,
    ProfileSource,
    Role,
    RoleBinding,
    SeccompProfile,
    SeccompProfileFile,
    SecurityContextConstraints,
    ServiceAccount,
    Workload,
)
from scclint.model.pod import Container, Pod
from scclint.model.terms import (
    CONTAINER_SECCOMP_ANNOTATION_PREFIX,
    EVERYONE,
    POD_SECCOMP_ANNOTATION,
    REQUIRED_SCC,
    SCC_ROLE_PREFIX,
    SERVICE_ACCOUNT_PREFIX,
    SERVICE_ACCOUNTS_OF,
    UNSPECIFIED_NAMESPACE,
    members_of,
    shown_name,
)
from scclint.model.unknown import first_unknown, in_plain_words, is_open, stands_for_a_name
from scclint.model.view import Field, View
from scclint.outcome.chain import Outcome
from scclint.outcome.decisive import decisive_fields
from scclint.outcome.selinux import Event as SELinuxEvent
from scclint.outcome.selinux import Mount
from scclint.outcome.selinux import conflicts as selinux_conflicts
from scclint.outcome.selinux import event_text as selinux_event_text
from scclint.outcome.selinux import mounts as claim_mounts
from scclint.outcome.world import CLUSTER_ADMIN, PROJECT_USER, World
from scclint.podsecurity.csi import PROFILE_LABEL as CSI_PROFILE_LABEL
from scclint.podsecurity.csi import CsiVolume
from scclint.podsecurity.levels import LABELS as POD_SECURITY_LABELS
from scclint.podsecurity.levels import LATEST, LEVELS, MODES, LabelError, Mode, Standard, label_errors, level_label, stricter
from scclint.podsecurity.levels import PREFIX as POD_SECURITY_PREFIX
from scclint.podsecurity.standards import Violation
from scclint.podsecurity.syncer import SYNC_LABEL
from scclint.record import grouped
from scclint.rule import rule
from scclint.seccomp.capabilities import bounding_set_of
from scclint.seccomp.effective import ContainerSeccomp
from scclint.source import Span
from scclint.text import and_more, capitalized, closest_match, counted, field_path, listed, plain, shared_start
from scclint.validation.problem import FieldProblem
from scclint.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode, node_at, overridden, to_data
from scclint.yaml.untyped import as_list, as_mapping, copied, value_at

__all__ = [
    "CLUSTER_ADMIN",
    "CONTAINER_SECCOMP_ANNOTATION_PREFIX",
    "CSI_PROFILE_LABEL",
    "EVERYONE",
    "LATEST",
    "LEVELS",
    "MAX_COPIES",
    "MAX_MARKERS",
    "MAX_PROFILE_USERS",
    "MAX_SCC_SUGGESTIONS",
    "MODES",
    "POD_SECCOMP_ANNOTATION",
    "POD_SECURITY_LABELS",
    "POD_SECURITY_PREFIX",
    "PROJECT_USER",
    "RANGED",
    "REQUIRED_SCC",
    "SCC_ROLE_PREFIX",
    "SCRIPT_SUFFIXES",
    "SERVICE_ACCOUNTS_OF",
    "SERVICE_ACCOUNT_PREFIX",
    "STORAGE_POLICIES",
    "SYNC_LABEL",
    "UNPRIVILEGED_PORT_START",
    "UNSPECIFIED_NAMESPACE",
    "Access",
    "ApiObject",
    "Append",
    "Candidate",
    "Cluster",
    "Container",
    "ContainerSeccomp",
    "CsiVolume",
    "Deduplicate",
    "Document",
    "Entry",
    "Extra",
    "Field",
    "FieldError",
    "FieldProblem",
    "Grant",
    "Ignore",
    "KubeletConfig",
    "LabelError",
    "Located",
    "MachineConfig",
    "MappingNode",
    "Mode",
    "Mount",
    "Namespace",
    "NamespacePolicy",
    "Node",
    "ObjectRef",
    "Operation",
    "Outcome",
    "Path",
    "Place",
    "Pod",
    "Problem",
    "ProfileSource",
    "Related",
    "Remedy",
    "Remove",
    "Rename",
    "Role",
    "RoleBinding",
    "SELinuxEvent",
    "ScalarNode",
    "SeccompProfile",
    "SeccompProfileFile",
    "SecurityContextConstraints",
    "SequenceNode",
    "ServiceAccount",
    "Set",
    "Severity",
    "Span",
    "Standard",
    "User",
    "Verdict",
    "View",
    "Violation",
    "Workload",
    "World",
    "admits",
    "advise",
    "and_more",
    "applies_profile",
    "as_list",
    "as_mapping",
    "bounding_set_of",
    "brings",
    "by_rights",
    "capitalized",
    "changed_cluster",
    "claim_mounts",
    "closest_match",
    "confines",
    "copied",
    "counted",
    "csi_labels",
    "decisive_fields",
    "effects_of",
    "extra_permissions",
    "extras_of",
    "field_path",
    "first_open_port",
    "first_per_field",
    "first_unknown",
    "grant",
    "grouped",
    "in_plain_words",
    "is_as_installed",
    "is_least",
    "is_open",
    "is_seccomp",
    "label_errors",
    "label_place",
    "least_grant",
    "level_label",
    "listed",
    "matched",
    "may_admit_elsewhere",
    "members_of",
    "more_restrictive",
    "narrower",
    "node_access",
    "node_at",
    "one_label",
    "opened",
    "opened_by",
    "overridden",
    "own_name",
    "pinned",
    "plain",
    "pods",
    "profile",
    "quoted",
    "ranged_by_namespace",
    "rejected",
    "rule",
    "scc_grant",
    "selinux_conflicts",
    "selinux_event_text",
    "shared_start",
    "shown_name",
    "stands_for_a_name",
    "stricter",
    "subjects_removed",
    "texts_of",
    "to_annotation",
    "to_data",
    "to_field",
    "used_by",
    "user_change",
    "value_at",
    "verdict_without",
    "when_created",
    "why_level",
    "why_privileged",
    "wider_than_restricted",
    "without_privileged",
    "without_unconfined",
    "workloads_of",
    "workloads_under",
]
