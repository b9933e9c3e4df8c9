"""`scclint review`: every workload with its SCC, by whose grant, and each container's effective seccomp profile."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scclint.outcome.rows import PodSecurityRow, WorkloadRow
from scclint.report.text import Json, dump, present, visible, visible_line, with_units
from scclint.seccomp.effective import ContainerSeccomp
from scclint.text import and_more, counted, full_name


def render_json(rows: Sequence[WorkloadRow], columns: Sequence[str]) -> str:
    """The review as JSON: `workloads`, one entry per workload and release, in the order of the input, and their number.

    A workload that several units share and that comes out the same in them is one entry, with their names in `units`.
    """
    entries = with_units(
        (workload_entry(row) | present(columns={name: list(cells) for name, cells in _cells(row, columns).items()}), row.unit)
        for row in rows
    )
    return dump({"version": 1, "workloads": entries, "summary": totals(rows)}) + "\n"


def totals(rows: Iterable[WorkloadRow]) -> dict[str, int]:
    """Return how many workloads there are, how many the cluster creates or rejects, and how many containers run unconfined.

    Each release counts by itself.
    """
    numbers = dict.fromkeys(("workloads", "created", "rejected", "unknown", "unconfined"), 0)
    for row in rows:
        numbers["workloads"] += 1
        numbers["created" if row.runs else row.result] += 1
        numbers["unconfined"] += row.unconfined
    return numbers


def totals_words(rows: Iterable[WorkloadRow]) -> str:
    """Return the totals in words: `3 workloads: 2 created, 1 rejected; 1 container unconfined`."""
    numbers = totals(rows)
    parts = [f"{numbers[name]:,} {name}" for name in ("created", "rejected", "unknown") if numbers[name]]
    unconfined = f"; {counted(numbers['unconfined'], 'container')} unconfined" if numbers["unconfined"] else ""
    return f"{counted(numbers['workloads'], 'workload')}{': ' if parts else ''}{', '.join(parts)}{unconfined}"


def _cells(row: WorkloadRow, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The texts of columns for each container, safe to show. What is about the pod is the same for all of them.

    `uid` is the user ID, `caps` the capabilities, `selinux` the label, and `psa` the enforced Pod Security level.
    """
    if row.result == "unknown":
        return dict.fromkeys(columns, ())
    policy = row.security.enforce if row.security else ""
    cells = {
        "uid": [container.uid for container in row.containers],
        "fsgroup": [row.fs_group for _ in row.containers],
        "caps": [container.capabilities for container in row.containers],
        "selinux": [container.selinux for container in row.containers],
        "psa": [policy for _ in row.containers],
    }
    return {name: tuple(map(visible_line, cells[name])) for name in columns}


def workload_entry(row: WorkloadRow) -> Json:
    """One workload and its place: `scc` is null where the pod is exempt or no SCC admits it; `unknown` says why there is no verdict."""
    verdict = row.verdict
    return {
        "kind": visible_line(row.kind),
        "name": visible_line(row.name),
        "namespace": visible_line(row.namespace),
        "part": visible_line(row.part),
        "file": visible_line(row.place.file),
        "line": row.place.line,
        "release": row.openshift,
        "scc": visible_line(row.scc) or None,
        "subject": verdict.subject if verdict else None,
        "grant": visible_line(row.grant) or None,
        "allowed": verdict.allowed if verdict else None,
        "message": visible(verdict.message) if verdict and verdict.message else None,
        "skipped": visible_line(row.skipped) or None,
        "namespaceAssumed": bool(verdict and verdict.namespace_assumed),
        "unknown": visible_line(row.unknown) or None,
        "containers": [container_entry(c.effective) for c in row.containers],
        "created": row.created,
        "rejectedBy": row.rejected_by,
        "invalid": list(map(visible, row.invalid)),
        "podSecurity": None if row.security is None else pod_security_entry(row, row.security),
        "csiVolumes": [
            {
                "driver": visible_line(volume.driver),
                "profile": volume.profile,
                "known": volume.known,
                "refused": volume.refused,
            }
            for volume in row.csi
        ],
        "admissionPolicies": [
            {
                "policy": visible_line(answer.policy),
                "denies": answer.denies,
                "message": visible(answer.text),
                "unknown": visible(answer.unknown),
            }
            for answer in row.policies
        ],
    }


def pod_security_entry(row: WorkloadRow, security: PodSecurityRow) -> Json:
    """The policy of the namespace, and what Pod Security admission answers to the pod as SCC admission leaves it, and to the workload."""
    return {
        "enforce": security.enforce if security.is_known else None,
        "audit": security.audit if security.is_known else None,
        "warn": security.warn if security.is_known else None,
        "enforceSetBy": security.set_by if security.is_known else None,
        "meets": row.pod_security,
        "message": visible(security.message) or None,
        "warning": visible(security.warning) or None,
        "templateWarning": visible(security.template_warning) or None,
        "exemption": security.exemption,
        "unknown": visible_line(security.unknown) or None,
    }


def container_entry(container: ContainerSeccomp) -> Json:
    """A container's effective profile. `procMode` is the number after `Seccomp:` in `/proc/1/status`, `crictl` whether
    `.info.runtimeSpec.linux.seccomp` is null or which profile it holds; both null as well where the pod is not admitted."""
    profile = None
    if container.type is not None:
        profile = {key: visible_line(value) for key, value in container.profile.items()}
    return {
        "name": visible_line(container.name),
        "seccomp": profile,
        "source": container.source,
        "procMode": container.proc_mode,
        "crictl": None if container.crictl is None else visible_line(container.crictl),
    }


Cells = tuple[tuple[str, str], ...]
"""The cells of a line: text, safe to show, and style."""

TITLES = ("SCC", "Granted to", "Pod Security", "Container", "Profile", "Source", "Seccomp", "crictl")
"""The columns of a table of workloads. The last two are what commands on the node show."""

OF_POD = TITLES.index("Container")
"""How many columns are about the whole pod and not about a container."""


class SharedVerdict(NamedTuple):
    """A workload with a verdict: the first of its rows, the cells of each container, and the units that have it.

    `titles` are those of the units if there are several units in all, and `releases` those that it holds on if there are several.
    """

    row: WorkloadRow
    lines: tuple[Cells, ...]
    units: tuple[str, ...]
    titles: tuple[str, ...]
    releases: tuple[str, ...]

    @property
    def name(self) -> str:
        """The workload with its releases and units, safe to show."""
        name = named(self.row, ", ".join(self.releases))
        return in_units(name, self.titles) if self.titles else name


def shared_verdicts(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> list[SharedVerdict]:
    """Return each verdict of each workload once, in the order of the rows. `columns` are those on request."""
    several_units, several_releases = len({row.unit for row in rows}) > 1, len({row.release for row in rows}) > 1
    workloads: dict[object, dict[tuple[Cells, ...], dict[str, list[WorkloadRow]]]] = {}
    for row in rows:
        workload = (row.place.file, row.place.line, row.place.column, named(row))
        verdicts = workloads.setdefault(workload, {})
        verdicts.setdefault(tuple(table_rows(row, columns)), {}).setdefault(row.unit, []).append(row)
    shared: dict[object, tuple[tuple[Cells, ...], list[list[WorkloadRow]]]] = {}
    for place, verdicts in workloads.items():
        for lines, by_unit in verdicts.items():
            for same in by_unit.values():
                key = (place, lines, tuple(row.openshift for row in same))
                shared.setdefault(key, (lines, []))[1].append(same)
    return [
        SharedVerdict(
            same[0][0],
            lines,
            tuple(rows[0].unit for rows in same),
            tuple(rows[0].unit_title for rows in same) if several_units else (),
            tuple(row.openshift for row in same[0]) if several_releases else (),
        )
        for lines, same in shared.values()
    ]


def table_rows(row: WorkloadRow, columns: Sequence[str] = ()) -> list[Cells]:
    """Return the cells of each container of a workload in the columns `TITLES`, and then in those on request.

    Only the first line has what is about the whole pod.
    """
    verdict, more = row.verdict, _cells(row, columns)
    if verdict is None:
        why = (visible_line(row.unknown), "quiet")
        return [(("unknown", "quiet"), *_EMPTY, why, *_EMPTY, *(("", "") for _ in columns))]
    without_scc = ("exempt", "warning") if verdict.allowed else ("REJECTED", "error")
    scc = (visible_line(row.scc), "") if row.scc else without_scc
    of_pod = (scc, (_granted_to(row), ""), _pod_security_cell(row))
    return [
        (
            *(of_pod if number == 0 else _EMPTY),
            (visible_line(c.name), ""),
            (visible_line(words.seccomp), "error" if c.type == "Unconfined" and verdict.allowed else ""),
            ("rejected" if c.source == "not admitted" else c.source, "quiet"),
            ("-" if c.proc_mode is None else str(c.proc_mode), ""),
            ("-" if c.proc_mode is None else visible_line(c.crictl or "null"), ""),
            *((more[name][number] if number < len(more[name]) else "", "") for name in columns),
        )
        for number, (words, c) in enumerate((container, container.effective) for container in row.containers)
    ]


_EMPTY = (("", ""),) * 3


def markdown_table(rows: Sequence[WorkloadRow], columns: Sequence[str] = ()) -> dict[str, object]:
    """Return the titles and the rows of a table of verdicts, and the number of its workloads, for a template."""
    verdicts = shared_verdicts(rows, columns)
    lines = [
        [verdict.name if number == 0 else "", *(text for text, _ in line)]
        for verdict in verdicts
        for number, line in enumerate(verdict.lines)
    ]
    workloads = len({(verdict.row.place, named(verdict.row)) for verdict in verdicts})
    return {"titles": ("Workload", *TITLES, *columns), "rows": lines, "workloads": workloads}


def _pod_security_cell(row: WorkloadRow) -> tuple[str, str]:
    """The strictest level that the pod meets, or that a step after SCC admission rejects the pod; empty if no SCC admits it."""
    rejected = {
        "validation": "INVALID",
        "csi": "REJECTED (CSI)",
        "policy": "REJECTED (POLICY)",
        "pod-security": "REJECTED",
    }.get(row.rejected_by or "")
    unknown = row.security is not None and row.security.unknown
    if rejected:
        return rejected, "error"
    return ("unknown", "quiet") if unknown else (row.pod_security, "")


def named(row: WorkloadRow, release: str = "") -> str:
    """`Deployment shop/web (4.20)`, safe to show; without the release where it is empty.

    Pods of one object that controllers keep apart are named as in messages: `head of RayCluster web in shop`.
    """
    if row.label:
        called = f"{row.label} in {row.written_namespace}" if row.written_namespace else row.label
    else:
        called = full_name(row.kind, row.written_namespace, row.name)
    return visible_line(f"{called} ({release})" if release else called)


def in_units(name: str, units: Iterable[str]) -> str:
    """The name of a workload with the units that it is part of, safe to show."""
    return f"{name}  in {visible_line(and_more(sorted(set(units)), 3))}"


def _granted_to(row: WorkloadRow) -> str:
    """Whose right to use the SCC counts: the service account, or who creates the pod."""
    if row.granted_to in ("", "serviceaccount"):
        return "service account" if row.granted_to else ""
    return "everyone" if row.controlled else visible_line(row.creator)
