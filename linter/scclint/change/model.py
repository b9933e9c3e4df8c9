"""The differences between two states, as values."""

from collections import Counter
from typing import Literal, NamedTuple

from scclint.admission.access import gained
from scclint.finding import Notice
from scclint.outcome.rows import WorkloadRow
from scclint.record import record
from scclint.source import Span
from scclint.text import full_name

Effect = Literal["added", "applied", "removed", "refused", "admitted", "wider", "narrower", "changed"]


class ObjectKey(NamedTuple):
    """What an object is known by on both sides. `namespace` is empty if the manifests do not name it.

    `part` tells the pods of one object apart (see `Provenance`), and `number` those that this leaves alike, from 0.
    """

    kind: str
    namespace: str
    name: str
    part: str = ""
    number: int = 0


@record
class ChangeCause:
    """An object that made a difference. `how` is `added`, `removed`, `changed` or `release`.

    `alone` is True if the object makes a difference by itself, and False if it does so only together with the other causes.
    """

    kind: str
    namespace: str
    name: str
    how: str
    alone: bool = True
    span: Span | None = None
    part: str = ""

    def __str__(self) -> str:
        if self.how == "release":
            return f"the release {self.name}"
        return f"{full_name(self.kind, self.namespace, self.name, self.part)} ({self.how})"


@record
class WorkloadChange:
    """A workload that gets something else. `before` is None for a new one, and `after` for one that is no longer there.

    `release` is what both sides were judged for: `4.22`, or `4.22 to 5.0`. `part` is that of `Workload`. `span` is its place after the
    change, or else before.
    """

    unit: str
    kind: str
    namespace: str
    name: str
    part: str
    release: str
    before: WorkloadRow | None
    after: WorkloadRow | None
    effects: tuple[Effect, ...]
    causes: tuple[ChangeCause, ...]
    span: Span

    def differing(self) -> list[tuple[str, str, str]]:
        """The facts that differ: name, before and after, an empty text for a fact that a side does not have."""
        before, after = (facts(row) if row else {} for row in (self.before, self.after))
        names = dict.fromkeys((*before, *after))
        return [
            (name, before.get(name, ""), after.get(name, "")) for name in names if before.get(name, "") != after.get(name, "")
        ]

    @property
    def gains(self) -> list[str]:
        """What the pods ask for beyond an ordinary pod and did not before, a text for each container or mount."""
        return gained(*(row.asks if row else () for row in (self.before, self.after)))

    @property
    def losses(self) -> list[str]:
        """What the pods asked for before and do not any more."""
        before, after = (Counter(row.asks if row else ()) for row in (self.before, self.after))
        return sorted((before - after).elements())


ASKS = "asks for"
"""The name of the fact that `WorkloadChange.gains` and `losses` say in words."""


def facts(row: WorkloadRow) -> dict[str, str]:
    """Return what two states of a workload are compared by, with the names of `--format json`: `scc`, `uid of web`."""
    texts = {"result": row.result, "scc": row.scc, "subject": row.subject, "grant": row.grant, "fsGroup": row.fs_group}
    texts |= {ASKS: ", ".join(row.asks), "pod security": row.pod_security}
    texts |= {"waits for": row.waits} if row.waits else {}
    for container in row.containers if row.admitted else ():
        values = {"uid": container.uid, "selinux": container.selinux, "capabilities": container.capabilities}
        values |= {"seccomp": container.seccomp, "root filesystem": container.root_filesystem}
        texts |= {f"{field} of {container.name}": value for field, value in values.items()}
    return texts


@record
class GrantChange:
    """A subject that may use an SCC in more units of one side, or in one that is applied more surely. `scope` is the namespace, empty for all.

    `scc` is `*` for every SCC. `wider` is True for a gained SCC that allows more than `restricted-v2`.
    """

    unit: str
    release: str
    gained: bool
    kind: str
    namespace: str
    name: str
    scc: str
    scope: str
    wider: bool
    span: Span | None


@record
class RightChange:
    """A subject that gained or lost a way past the SCCs that it may use. `right` continues "it may"."""

    unit: str
    release: str
    gained: bool
    kind: str
    namespace: str
    name: str
    right: str
    span: Span | None


@record
class NamespaceChange:
    """A label or annotation of a namespace, by which admission goes, that differs. Before or after it is empty if the side does not have it.

    `wider` is True if the namespace then admits more.
    """

    unit: str
    release: str
    name: str
    key: str
    before: str
    after: str
    wider: bool
    span: Span | None


@record
class SccChange:
    """An SCC of the input that allows more or less. `opens` and `closes` say what, and `priority` its new priority if that is higher."""

    unit: str
    release: str
    name: str
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    wider: bool
    span: Span | None
    priority: int | None = None


@record
class Differences:
    """All differences between two states, sorted by unit and workload. `before` and `after` say what was compared.

    `workloads` counts those of both sides together. `matrix` has the rows of each workload,
    one for each release, if one tree is judged for several releases.
    """

    before: str
    after: str
    changes: tuple[WorkloadChange, ...] = ()
    grants: tuple[GrantChange, ...] = ()
    rights: tuple[RightChange, ...] = ()
    namespaces: tuple[NamespaceChange, ...] = ()
    sccs: tuple[SccChange, ...] = ()
    matrix: tuple[tuple[WorkloadRow, ...], ...] = ()
    workloads: int = 0
    notices: tuple[Notice, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the cluster rejects the pods of a workload that it admitted before, or of a new workload."""
        return any("refused" in change.effects for change in self.changes)

    @property
    def wider(self) -> bool:
        """Whether a workload gets more rights, or a subject, namespace or SCC does, or something that is not judged asks for more."""
        return (
            any("wider" in change.effects for change in self.changes)
            or any(grant.wider for grant in self.grants)
            or any(right.gained for right in self.rights)
            or any(namespace.wider for namespace in self.namespaces)
            or any(notice.is_new for notice in self.notices)
            or any(scc.wider for scc in self.sccs)
        )

    @property
    def any(self) -> bool:
        """Whether there is any difference."""
        return bool(self.changes or self.grants or self.rights or self.namespaces or self.sccs)
