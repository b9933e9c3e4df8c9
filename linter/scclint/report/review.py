"""`scclint review`: every workload with its SCC, by whose grant, and each container's effective seccomp profile."""

from collections.abc import Iterable, Sequence
from typing import Any

from scclint.admission.verdict import Grant
from scclint.model.workload import Workload
from scclint.outcome.chain import Outcome, PodSecurity
from scclint.outcome.rows import grant_words as words_of
from scclint.outcome.rows import seccomp_words, workload_row
from scclint.outcome.world import World
from scclint.report.json_text import dump
from scclint.report.sanitize import visible, visible_line
from scclint.run.judge import JudgedWorkload
from scclint.seccomp.effective import ContainerSeccomp
from scclint.source import Span
from scclint.text import and_more, counted

Json = dict[str, Any]


def render_json(judged: Sequence[JudgedWorkload], columns: Sequence[str]) -> str:
    """The review as JSON: `workloads`, one entry per workload and release, in the order of the input, and their number.

    A workload that several units share and that comes out the same in them is one entry, with their names in `units`.
    """
    entries: dict[str, Json] = {}
    for one in judged:
        for world in one.worlds.values():
            outcome = world.outcome(one.workload)
            entry = workload_entry(world, outcome, one.place)
            if columns:
                entry["columns"] = {name: list(cells) for name, cells in _cells(world, outcome, columns).items()}
            entries.setdefault(dump(entry), {**entry, "units": []})["units"] += one.units
    return dump({"version": 1, "workloads": list(entries.values()), "summary": totals(judged)}) + "\n"


def totals(judged: Iterable[JudgedWorkload]) -> dict[str, int]:
    """Return how many workloads there are, how many the cluster creates or rejects, and how many containers run unconfined.

    Each release counts by itself.
    """
    found = dict.fromkeys(("workloads", "created", "rejected", "unknown", "unconfined"), 0)
    for outcome in (world.outcome(one.workload) for one in judged for world in one.worlds.values()):
        found["workloads"] += 1
        rejected, unknown = outcome.rejected_by is not None, outcome.verdict is None
        found["rejected" if rejected else "unknown" if unknown else "created"] += 1
        found["unconfined"] += 0 if rejected or unknown else sum(one.type == "Unconfined" for one in outcome.seccomp)
    return found


def totals_words(judged: Iterable[JudgedWorkload]) -> str:
    """Return the totals in words: `3 workloads: 2 created, 1 rejected; 1 container unconfined`."""
    found = totals(judged)
    parts = [f"{found[name]:,} {name}" for name in ("created", "rejected", "unknown") if found[name]]
    unconfined = f"; {counted(found['unconfined'], 'container')} unconfined" if found["unconfined"] else ""
    return f"{counted(found['workloads'], 'workload')}{': ' if parts else ''}{', '.join(parts)}{unconfined}"


def _cells(world: World, outcome: Outcome, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The texts of columns for each container, safe to show. What is about the pod is the same for all of them.

    `uid` is the user ID, `caps` the capabilities, `selinux` the label, and `psa` the enforced Pod Security level.
    """
    if outcome.verdict is None:
        return dict.fromkeys(columns, ())
    row = workload_row(world, outcome.workload)
    policy = outcome.pod_security.policy.policy.enforce if outcome.pod_security else ""
    found = {
        "uid": [container.uid for container in row.containers],
        "fsgroup": [row.fs_group for _ in row.containers],
        "caps": [container.capabilities for container in row.containers],
        "selinux": [container.selinux for container in row.containers],
        "psa": [str(policy) for _ in row.containers],
    }
    return {name: tuple(map(visible_line, found[name])) for name in columns}


def workload_entry(world: World, outcome: Outcome, span: Span) -> Json:
    """One workload and its place: `scc` is null where none runs or none admits it; `unknown` says why there is no verdict."""
    workload, verdict = outcome.workload, outcome.verdict
    return {
        "kind": visible_line(workload.kind),
        "name": visible_line(workload.name),
        "namespace": visible_line(world.namespace_known(workload)),
        "part": visible_line(workload.part),
        "file": visible_line(span.file),
        "line": span.line,
        "release": world.cluster.release,
        "scc": visible_line(verdict.scc) if verdict and verdict.scc else None,
        "subject": verdict.subject if verdict else None,
        "grant": grant_words(outcome.chosen.grant) if outcome.chosen and outcome.chosen.grant else None,
        "allowed": verdict.allowed if verdict else None,
        "message": visible(verdict.message) if verdict and verdict.message else None,
        "skipped": visible_line(outcome.skipped) or None,
        "namespaceAssumed": bool(verdict and verdict.namespace_assumed and not verdict.skipped),
        "unknown": visible_line(outcome.unknown) or None,
        "containers": [container_entry(c) for c in outcome.seccomp],
        "created": outcome.created,
        "rejectedBy": outcome.rejected_by,
        "invalid": [visible(problem.message) for problem in outcome.invalid],
        "podSecurity": None if outcome.pod_security is None else pod_security_entry(outcome, outcome.pod_security),
        "csiVolumes": [
            {
                "driver": visible_line(volume.driver),
                "profile": volume.profile,
                "known": volume.known,
                "refused": volume.refused,
            }
            for volume in outcome.csi
        ],
    }


def pod_security_entry(outcome: Outcome, found: PodSecurity) -> Json:
    """The policy of the namespace, and what Pod Security admission answers to the pod as SCC admission leaves it, and to the workload."""
    policy, answer = found.policy, found.answer
    return {
        "enforce": None if policy.unknown else str(policy.policy.enforce),
        "audit": None if policy.unknown else str(policy.policy.audit),
        "warn": None if policy.unknown else str(policy.policy.warn),
        "enforceSetBy": None if policy.unknown else policy.origin("enforce"),
        "meets": found.meets,
        "message": visible(answer.denial) or None,
        "warning": visible(answer.warning) or None,
        "templateWarning": visible(outcome.template.warning) or None,
        "exemption": answer.exemption,
        "unknown": visible_line(found.unknown) or None,
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


def grant_words(grant: Grant) -> str:
    """Why a subject may use an SCC, safe to show: `service account, through RoleBinding shop/web-anyuid`."""
    return visible_line(words_of(grant))


Row = tuple[tuple[str, str], ...]
"""Cells of text, safe to show, and style."""


def table_rows(outcome: Outcome, release: str) -> list[Row]:
    """One workload's rows of the table, one a container: workload, SCC, granted to, Pod Security, container, profile, source, the
    number after `Seccomp:` and what crictl shows. Only the first row of a workload contains what is about the whole pod.

    `release` is named where the table has several.
    """
    name, verdict = named(outcome.workload, release), outcome.verdict
    if verdict is None:
        return [
            (
                (name, ""),
                ("unknown", "quiet"),
                *[("", "")] * 3,
                (visible_line(outcome.unknown), "quiet"),
                *[("", "")] * 3,
            )
        ]
    scc = (
        (visible_line(verdict.scc), "")
        if verdict.scc
        else ("REJECTED", "error")
        if not verdict.allowed
        else ("none runs", "warning")
    )
    grant = outcome.chosen.grant if outcome.chosen else None
    to = "" if grant is None else ("service account" if grant.subject == "serviceaccount" else _creator(outcome))
    rows: list[Row] = []
    for number, c in enumerate(outcome.seccomp):
        first = number == 0
        rows.append(
            (
                (name if first else "", ""),
                scc if first else ("", ""),
                (to if first else "", ""),
                pod_security_cell(outcome) if first else ("", ""),
                (visible_line(c.name), ""),
                (profile_words(c), "error" if c.type == "Unconfined" and verdict.allowed else ""),
                ("rejected" if c.source == "not admitted" else c.source, "quiet"),
                ("-" if c.proc_mode is None else str(c.proc_mode), ""),
                ("-" if c.proc_mode is None else visible_line(c.crictl or "null"), ""),
            )
        )
    return rows


def rows_with(world: World, outcome: Outcome, release: str, columns: Sequence[str]) -> list[Row]:
    """The rows of a workload, each with the columns on request at its end."""
    rows = table_rows(outcome, release)
    if not columns:
        return rows
    more = _cells(world, outcome, columns)
    return [
        (*row, *((more[name][number] if number < len(more[name]) else "", "") for name in columns))
        for number, row in enumerate(rows)
    ]


def is_wanted(outcome: Outcome, only: str) -> bool:
    """Whether a filter takes an outcome: `refused`, `unconfined`, or any outcome if it is empty."""
    if only == "refused":
        return outcome.rejected_by is not None
    if only == "unconfined":
        return outcome.rejected_by is None and any(one.type == "Unconfined" for one in outcome.seccomp)
    return True


def pod_security_cell(outcome: Outcome) -> tuple[str, str]:
    """The strictest level that the pod meets, or that a step after SCC admission rejects the pod; empty if no SCC admits it."""
    match outcome.rejected_by:
        case "validation":
            return "INVALID", "error"
        case "csi":
            return "REJECTED (CSI)", "error"
    found = outcome.pod_security
    if found is None:
        return "", ""
    if found.unknown:
        return "unknown", "quiet"
    return ("REJECTED", "error") if found.answer.denial else (found.meets, "")


def named(workload: Workload, release: str = "") -> str:
    """`Deployment shop/web (4.20)`, safe to show; without the release where it is empty.

    Pods of one object that controllers keep apart are named as in messages: `head of RayCluster web in shop`.
    """
    if label := workload.provenance.label:
        called = f"{label} in {workload.namespace}" if workload.namespace else label
    else:
        called = (
            f"{workload.kind} {workload.namespace}/{workload.name}"
            if workload.namespace
            else f"{workload.kind} {workload.name}"
        )
    return visible_line(f"{called} ({release})" if release else called)


def in_units(name: str, units: Iterable[str]) -> str:
    """The name of a workload with the units that it is part of, safe to show."""
    return f"{name}  in {visible_line(and_more(sorted(set(units)), 3))}"


def _creator(outcome: Outcome) -> str:
    return "everyone" if outcome.workload.controlled else visible_line(outcome.creator.name)


def profile_words(container: ContainerSeccomp) -> str:
    """The effective profile, safe to show."""
    return visible_line(seccomp_words(container))
