"""The tables of a fleet, column by column. The Parquet files, the views and the documentation are made from these values."""

from collections.abc import Mapping
from typing import Literal

from scclint.record import record

Type = Literal["text", "texts", "number", "decimal", "flag", "time"]
"""`texts` is a list of texts, `number` a whole number, and `time` a time in UTC."""

ColumnValue = str | int | float | bool | list[str] | None
Row = dict[str, ColumnValue]


@record
class Column:
    """A column of a table. `meaning` says what its values are. They are never null unless `meaning` says when they are."""

    name: str
    type: Type
    meaning: str


@record
class Table:
    """A table of a fleet and its own columns. `KEY` comes before them in the files of every table but `targets`."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


KEY = Column("key", "text", "The result that the row belongs to: `targets.key` has the same value.")

_RELEASE = Column("release", "text", "OpenShift release that was judged, such as `4.22`.")
_UNIT = Column("unit", "text", "Name of the unit, as in `units.unit`.")
_WORKLOAD = (
    _RELEASE,
    _UNIT,
    Column("kind", "text", "Kind of the workload, such as `Deployment`."),
    Column("namespace", "text", "Namespace of the workload; empty if the manifests do not name it."),
    Column("name", "text", "Name of the workload."),
)

TARGETS = Table(
    "targets",
    "One row for each target of each scan.",
    (
        Column("target", "text", "Address of the target, as it was given."),
        Column("team", "text", "Team that owns the target; empty if the file of targets does not say so."),
        Column(
            "key",
            "text",
            "Result of the target. It depends on target, content, scclint version, releases and settings; "
            "empty if the status is `failed`.",
        ),
        Column(
            "status",
            "text",
            "`judged`; `incomplete` if something could not be read or a rule failed; `nothing` if there was "
            "nothing to judge; `failed` if the target could not be judged at all.",
        ),
        Column("error", "text", "Why the status is `failed`, or the first problem of an `incomplete` target; else empty."),
        Column("skipped", "texts", "What was not read or not judged, and why."),
        Column("content", "text", "Digest of the files of the target."),
        Column(
            "outside",
            "texts",
            "Files outside the target that were read, such as the base of a kustomization: the digest of "
            "each, and its path from the target.",
        ),
        Column("version", "text", "scclint version that judged the target."),
        Column("releases", "texts", "OpenShift releases that were judged."),
        Column("files", "number", "Files that were read."),
        Column("units", "number", "Units that were judged."),
        Column("workloads", "number", "Workloads that were judged, each once however many releases there are."),
        Column("findings", "number", "Findings that nothing suppresses."),
        Column("crashes", "number", "Internal errors of scclint."),
        Column("reused", "flag", "True if an earlier scan had judged the same content with the same settings."),
        Column("seconds", "decimal", "Seconds that it took to judge the target; those of the earlier scan if `reused`."),
        Column("judged_at", "time", "When the target was judged."),
    ),
)

UNITS = Table(
    "units",
    "What is deployed, and judged, together in a target.",
    (
        Column("unit", "text", "Name of the unit: its path in the target; `.` for plain manifests."),
        Column("kind", "text", "`plain`, `kustomize`, `chart`, `bundle`, `directory`, `hydrated` or `configured`."),
        Column("files", "number", "Files that the unit is made of."),
        Column("unrendered", "text", "Why a kustomization or a chart was judged without rendering it; else empty."),
    ),
)

WORKLOADS = Table(
    "workloads",
    "The verdict on each workload of a unit, for each release.",
    (
        *_WORKLOAD,
        Column("file", "text", "File that contains the workload, relative to the target."),
        Column("line", "number", "Line of the workload in the file."),
        Column("result", "text", "`admitted`, `rejected`, `skipped` if no SCC admission looks at the pod, or `unknown`."),
        Column(
            "rejected_by",
            "text",
            "Step of admission that rejects the pod: `scc`, `validation`, `pod-security` or `csi`; else empty.",
        ),
        Column("why", "text", "Why the pod is rejected, skipped or unknown; else empty."),
        Column("scc", "text", "SCC that admits the pod; empty if none does."),
        Column("subject", "text", "Whose right to the SCC counts: `serviceaccount` or `user`; else empty."),
        Column("grant", "text", "How the subject may use the SCC."),
        Column("unconfined", "number", "Containers that run without a seccomp profile."),
        Column("access", "texts", "What the pod uses of its node, such as `hostPath volumes`."),
        Column("takes_node", "flag", "True if the pod has access with which a container can take over its node."),
        Column(
            "pod_security_enforce",
            "text",
            "Pod Security policy that the namespace enforces, such as `restricted:latest`; empty if it is not known.",
        ),
        Column("pod_security_meets", "text", "Strictest Pod Security level that the pod meets; empty if it is not known."),
    ),
)

CONTAINERS = Table(
    "containers",
    "What each container of a workload gets, for each release.",
    (
        *_WORKLOAD,
        Column("container", "text", "Name of the container."),
        Column(
            "seccomp",
            "text",
            "Effective seccomp profile: `RuntimeDefault`, `Unconfined`, `Localhost` with the path; `-` if there is none.",
        ),
        Column("source", "text", "What decides the profile, such as `container field` or `SCC default`."),
        Column("runs", "flag", "True if the cluster creates the container, as far as is known."),
        Column("uid", "text", "User ID and where it comes from; empty for a workload that no SCC admits."),
        Column("root", "flag", "True if the user ID is 0."),
        Column("privileged", "flag", "True if the container is privileged."),
        Column("added", "texts", "Capabilities that are added."),
        Column("dropped", "texts", "Capabilities that are dropped."),
        Column("selinux", "text", "SELinux label and where it comes from; empty for a workload that no SCC admits."),
        Column("root_filesystem", "text", "`read-only` or `writable`; empty for a workload that no SCC admits."),
    ),
)

GRANTS = Table(
    "grants",
    "The grants of SCCs that objects of the target make, for each release.",
    (
        _RELEASE,
        _UNIT,
        Column("subject_kind", "text", "`ServiceAccount`, `User` or `Group`."),
        Column("subject_namespace", "text", "Namespace of a service account; else empty."),
        Column("subject", "text", "Name of the subject."),
        Column("scc", "text", "SCC that the subject may use."),
        Column("scope", "text", "Namespace of the pods for which the grant counts; empty for all namespaces."),
        Column("via", "text", "`users` or `groups` of the SCC, or `rbac`."),
        Column("binding", "text", "Binding that makes the grant, such as `RoleBinding shop/web`; else empty."),
        Column("role", "text", "Role that allows the use; else empty."),
        Column("opens", "texts", "What the SCC opens of the node."),
        Column("takes_node", "flag", "True if a container with the SCC can take over its node."),
        Column("file", "text", "File that makes the grant, relative to the target; empty if it is not one of the target."),
        Column("line", "number", "Line of the grant in the file; 0 without a file."),
    ),
)

FINDINGS = Table(
    "findings",
    "The findings of a target, as `scclint check` reports them.",
    (
        Column("rule", "text", "ID of the rule, such as `SCC101`."),
        Column("rule_name", "text", "Name of the rule."),
        Column("severity", "text", "`error`, `warning` or `info`."),
        Column("message", "text", "What is wrong."),
        Column("settle", "text", "What the author can do."),
        Column("file", "text", "File, relative to the target."),
        Column("line", "number", "Line, from 1."),
        Column("column", "number", "Column, from 1."),
        Column("api_version", "text", "API version of the object that the finding is about; empty for a whole document."),
        Column("kind", "text", "Kind of the object; empty for a whole document."),
        Column("namespace", "text", "Namespace of the object, if the manifest names it."),
        Column("name", "text", "Name of the object."),
        Column("container", "text", "Container that the finding is about; else empty."),
        Column("releases", "texts", "Releases that the finding holds for; empty if only one was judged."),
        Column("units", "texts", "Units that the finding holds in."),
        Column(
            "suppressed_by",
            "text",
            "What suppresses the finding: `comment`, `annotation`, `config`, `baseline`, or `finding` for "
            "another finding with the same cause; else empty.",
        ),
        Column("suppression_reason", "text", "Reason of the suppression."),
        Column("fingerprint", "text", "Identity of the finding in its target, as in SARIF. It stays the same if lines move."),
    ),
)

RESULTS = (UNITS, WORKLOADS, CONTAINERS, GRANTS, FINDINGS)
"""The tables of what was found in a target. A result is stored once, in the partition of the scan that judged it."""

TABLES: Mapping[str, Table] = {table.name: table for table in (TARGETS, *RESULTS)}


def stored_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of the Parquet files of a table."""
    return table.columns if table is TARGETS else (KEY, *table.columns)
