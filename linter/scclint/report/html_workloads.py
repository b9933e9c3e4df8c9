"""The workloads of the `html` format: those that are worst first, each with the chain of decisions about its pods as a picture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scclint.outcome.rows import ContainerRow, PodSecurityRow, WorkloadRow
from scclint.platform.releases import RELEASES
from scclint.platform.terms import UNSPECIFIED_NAMESPACE
from scclint.record import grouped, record, replace
from scclint.report.html_page import Choice
from scclint.report.review import named
from scclint.report.text import line_place, visible, visible_line
from scclint.run.report import Report
from scclint.text import counted, listed

_FEW_WORKLOADS = 20
"""Workloads that each have a line of their own. Of more, those of a group are behind one line."""

_GROUPS = {
    "rejected": ("Rejected", "error"),
    "breaks": ("Rejected by a later release", "error"),
    "unconfined": ("Unconfined", "error"),
    "root": ("Run as root", "warning"),
    "unknown": ("Unknown", "info"),
    "fine": ("No problem", "fine"),
}
"""The titles and tones of the groups of workloads, the worst first. A workload is in the first group that it belongs to."""


def workloads(report: Report, units: Choice) -> list[dict[str, Any]]:
    """Return the groups of workloads, the worst first. A workload has one entry for all units in which its chains are the same."""
    plain = plain_units(report)
    of_unit = grouped(((identity(row), row.unit), row) for rows in by_release(report).values() for row in rows)
    shared = grouped(((of, tuple((row.release, chain(row)) for row in rows)), rows) for (of, _), rows in of_unit.items())
    breaking = breaks(report)
    entries = [
        _entry(alike, chains, breaking.get(of, ()), [rows[0].unit_title for rows in alike if rows[0].unit not in plain], units)
        for (of, chains), alike in shared.items()
    ]
    groups = grouped((entry["group"], entry) for entry in sorted(entries, key=lambda entry: -entry["points"]))
    return [
        {
            "id": name,
            "title": title,
            "tone": tone,
            "number": counted(len(groups[name]), "workload"),
            "open": len(entries) <= _FEW_WORKLOADS,
            "classes": f"{tone} {units.classes({unit for entry in groups[name] for unit in entry['units']})}".strip(),
            "entries": groups[name],
        }
        for name, (title, tone) in _GROUPS.items()
        if name in groups
    ]


def _entry(
    alike: Sequence[Sequence[WorkloadRow]],
    chains: Sequence[tuple[str, tuple["ChainStep", ...]]],
    broken_on: Sequence[str],
    titles: Sequence[str],
    units: Choice,
) -> dict[str, Any]:
    """Return the texts about a workload. `alike` has its rows of each release, for each unit in which the chains are the same."""
    rows = alike[0]
    names = {same[0].unit for same in alike}
    marks = _marks(rows, broken_on)
    of_steps = grouped((steps, release) for release, steps in chains)
    return {
        "group": next(iter(marks), "fine"),
        "marks": ", ".join(marks.values()),
        "name": named(rows[0]),
        "place": line_place(rows[0].place.file, rows[0].place.line),
        "scc": visible_line(listed(dict.fromkeys(end(row) for row in rows if row.result != "rejected"))),
        "in_units": f"in {visible_line(listed(titles))}" if titles and units.useful else "",
        "units": names,
        "classes": f"workload {units.classes(names)}".strip(),
        "chains": [
            {"on": listed(dict.fromkeys(releases)) if len(of_steps) > 1 else "", "steps": steps}
            for steps, releases in of_steps.items()
        ],
        "points": max(row.points for row in rows),
    }


def _marks(rows: Sequence[WorkloadRow], broken_on: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with a workload, by the name of the group, the worst first. `rows` are those of each release."""
    rejected = [row.release for row in rows if row.result == "rejected" and row.release not in broken_on]
    marks = {}
    if rejected:
        marks["rejected"] = "rejected" if len(rejected) == len(rows) else f"rejected on {listed(rejected)}"
    if broken_on:
        marks["breaks"] = f"breaks on {listed(broken_on)}"
    if any(row.unconfined for row in rows):
        marks["unconfined"] = "unconfined"
    if any(container.root for row in rows if row.runs for container in row.containers):
        marks["root"] = "root"
    if any(row.result == "unknown" for row in rows):
        marks["unknown"] = "unknown"
    return marks


def by_release(report: Report) -> Mapping[str, Sequence[WorkloadRow]]:
    """Return the rows by release, the oldest release first."""
    order = list(RELEASES)
    return dict(sorted(report.outcomes.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order)))


def breaks(report: Report) -> Mapping[tuple[object, ...], Sequence[str]]:
    """Return the releases that reject a workload which an earlier one admits, by the identity of the workload."""
    admitted: set[tuple[object, ...]] = set()
    breaking: dict[tuple[object, ...], dict[str, None]] = {}
    for release, rows in by_release(report).items():
        for row in rows:
            if row.result == "rejected" and (*identity(row), row.unit) in admitted:
                breaking.setdefault(identity(row), {})[release] = None
        admitted |= {(*identity(row), row.unit) for row in rows if row.runs}
    return {of: list(releases) for of, releases in breaking.items()}


def identity(row: WorkloadRow) -> tuple[object, ...]:
    """Return what a workload has in common in all units and releases: its place and its name."""
    return row.place.file, row.place.line, row.place.column, row.kind, row.namespace, row.name, row.part


def end(row: WorkloadRow) -> str:
    """Return what a workload gets: its SCC, or why it has none."""
    return (row.scc or "exempt") if row.runs else row.result


def plain_units(report: Report) -> frozenset[str]:
    """Return the names of the units of plain files. The place of an object says as much as the name of such a unit."""
    return frozenset(unit.name for unit in report.units if unit.kind == "plain")


@record
class ChainStep:
    """A step of the chain: what decides, its answer, and lines that say more, each with its tone."""

    name: str
    answer: str
    lines: tuple[tuple[str, str], ...] = ()
    tone: str = ""


def chain(row: WorkloadRow) -> tuple[ChainStep, ...]:
    """Return the steps from the pod to its containers, in their order. The chain ends at the step that rejects the pod."""
    return tuple(replace(one, lines=tuple((line, tone) for line, tone in one.lines if line)) for one in _steps(row))


def _steps(row: WorkloadRow) -> Iterator[ChainStep]:
    yield _pod(row)
    if row.verdict is None:
        yield ChainStep("SCC admission", "not known", ((_visible(row.why), "quiet"),))
        return
    if row.rejected_by == "scc":
        reasons = tuple((_visible(reason), "") for reason in row.why.split("; "))
        yield ChainStep("SCC admission", "no SCC admits the pod", reasons, "error")
    elif row.scc:
        granted = f"usable by the {visible_line(row.grant)}" if row.grant else ""
        yield ChainStep("SCC admission", f"{visible_line(row.scc)} admits the pod", ((granted, "quiet"),))
    else:
        yield ChainStep("SCC admission", "no SCC is tried", ((visible_line(row.skipped), "quiet"),))
    if row.security is not None and row.rejected_by in (None, "pod-security"):
        yield _pod_security(row, row.security)
    if row.rejected_by in _LATER:
        yield ChainStep(_LATER[row.rejected_by], "rejects the pod", ((_visible(row.why), ""),), "error")
    if row.rejected_by:
        yield ChainStep("Result", "no pod is created", (), "error")
    else:
        yield ChainStep(
            "Containers", "seccomp profile and user", tuple(line for one in row.containers for line in _container(one))
        )


_LATER = {"validation": "Validation", "csi": "Inline CSI volumes", "policy": "Admission policies"}
"""The steps that are shown only if they reject the pod."""


def _visible(text: str) -> str:
    return " ".join(visible(text).split())


def _pod(row: WorkloadRow) -> ChainStep:
    namespace, account = row.account
    where = "a namespace that the input does not name" if namespace in ("", UNSPECIFIED_NAMESPACE) else f"namespace {namespace}"
    who = "the controller" if row.controlled else row.creator
    lines = (f"in {where}", f"as service account {account}")
    return ChainStep("Pod", f"created by {visible_line(who)}", tuple((visible_line(line), "quiet") for line in lines))


def _pod_security(row: WorkloadRow, security: PodSecurityRow) -> ChainStep:
    if security.unknown:
        return ChainStep("Pod Security", "the answer is not known", ((visible_line(security.unknown), "quiet"),))
    if security.exemption:
        return ChainStep("Pod Security", "the pod is exempt", ((f"because of its {security.exemption}", "quiet"),))
    enforced = (f"the namespace enforces {security.enforce.removesuffix(':latest')}", "quiet")
    if security.message:
        return ChainStep("Pod Security", "rejects the pod", (enforced, (_visible(security.message), "")), "error")
    return ChainStep("Pod Security", "admits the pod", (enforced, (f"the pod meets {row.pod_security}", "quiet")))


def _container(container: ContainerRow) -> Iterator[tuple[str, str]]:
    """Yield what a container runs with: `web: RuntimeDefault (SCC default)`, and `user: 1001 (manifest)`."""
    words = f"{container.name}: {container.seccomp} ({container.effective.source})"
    yield visible_line(words), "error" if container.seccomp == "Unconfined" else ""
    if container.uid:
        user, of_image, _ = container.uid.partition(_OF_IMAGE)
        yield f"user: {visible_line(user)}{' (image)' if of_image else ''}", "quiet"


_OF_IMAGE = " (image, "
"""What follows the user of an image. The rest is where the image is described, which is long."""
