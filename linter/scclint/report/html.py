"""The `html` format of `check`: what is worst, each finding, the verdict of each workload, and the graph of who may use which SCC."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Sized
from itertools import accumulate
from typing import Any

from scclint.admission.verdict import ObjectRef
from scclint.outcome.rows import GrantRow, WorkloadRow
from scclint.platform.terms import UNSPECIFIED_NAMESPACE, members_of
from scclint.record import grouped, record, replace
from scclint.report import Options
from scclint.report.html_page import Choice, TableBody, TableCell
from scclint.report.html_page import render as page
from scclint.report.review import OF_POD, TITLES, SharedVerdict, named, shared_verdicts
from scclint.report.text import (
    by_severity,
    diagnostics,
    findings_summary,
    judged_summary,
    line_place,
    place,
    visible_line,
)
from scclint.report.view import Entries, in_order
from scclint.run.report import Report
from scclint.text import and_more, counted, full_name, listed

_WORST = 5
"""Findings that the first screen names: the first of each rule, the most severe first."""

_FEW_FINDINGS = 30
"""Findings that each have a line of their own. Of more, those of a rule are behind one line."""

_PATHS_SHOWN = 4

_FEW_NOTICES = 4
"""Notices that are shown without a click. A repository of many units has dozens, and they are not what the page is about."""

_OF_PAGE = TITLES.index("Seccomp")
"""How many columns a page shows. The others are for commands on a node."""


def render(report: Report, options: Options) -> str:
    """Return the page."""
    units = Choice("unit", "Unit", {unit.name: unit.title for unit in report.units})
    notices = diagnostics(report)
    shown = _findings(report, options, units)
    table = workload_table([row for rows in report.outcomes.values() for row in rows], choice=units)
    return page(
        "check",
        units,
        lead=findings_summary(report, options),
        judged=judged_summary(report),
        paths=and_more(map(visible_line, options.paths), _PATHS_SHOWN),
        revision=options.revision,
        counters=counters(report),
        sccs=bar(report),
        worst=_worst(shown),
        once=_counted_once(report),
        notices=notices,
        folded=len(notices) > _FEW_NOTICES and not report.failed,
        severities=by_severity(tuple(finding for finding in report.findings if options.shows(finding))),
        findings=shown,
        groups=_groups(shown, units),
        table=table,
        graphs=graphs(report, units),
        units=units,
    )


def counters(report: Report) -> list[dict[str, str]]:
    """Return the numbers of the first screen, each with its words, its tone and the section that has the details.

    A workload, container or grant counts once, however many releases and units have it.
    """
    rows = [row for some in report.outcomes.values() for row in some]
    if not rows and not report.grants:
        return []
    workloads = {_identity(row) for row in rows}
    rejected = {_identity(row) for row in rows if row.result == "rejected"}
    containers = {(*_identity(row), c.name) for row in rows for c in row.containers}
    running = [(row, container) for row in rows if row.runs for container in row.containers]
    unconfined = {(*_identity(row), container.name) for row, container in running if container.seccomp == "Unconfined"}
    root = {(*_identity(row), container.name) for row, container in running if container.root}
    grants = {
        (grant.scc, grant.kind, grant.namespace, grant.name)
        for some in report.grants.values()
        for grant in some
        if grant.takes_node
    }
    return [
        _counter(rejected, f"of {counted(len(workloads), 'workload')} rejected", "error", "workloads"),
        _counter(unconfined, f"of {counted(len(containers), 'container')} unconfined", "error", "workloads"),
        _counter(root, f"of {counted(len(containers), 'container')} run as root", "warning", "workloads"),
        _counter(grants, f"{'grant' if len(grants) == 1 else 'grants'} of an SCC that opens the node", "warning", "grants"),
    ]


def _counted_once(report: Report) -> bool:
    """Whether several units or releases have the same workload."""
    rows = [row for some in report.outcomes.values() for row in some]
    return len(rows) > len(set(map(_identity, rows)))


def _counter(of: Sized, words: str, tone: str, section: str) -> dict[str, str]:
    return {"number": f"{len(of):,}", "words": words, "tone": tone if of else "none", "section": section if of else ""}


def _identity(row: WorkloadRow) -> tuple[object, ...]:
    return row.place.file, row.place.line, row.place.column, row.kind, row.namespace, row.name, row.part


_SCCS_OF_BAR = 6
"""Parts of the bar: not more than its colors. The SCCs of the fewest workloads are one part."""


def bar(report: Report) -> list[dict[str, object]]:
    """Return the parts of the bar of workloads by SCC: name, number, and begin and width of 1,000. Rejected workloads are the first part."""
    numbers: Counter[str] = Counter()
    for row in {(_identity(row), _end(row)): row for some in report.outcomes.values() for row in some}.values():
        numbers[_end(row)] += 1
    total, rejected = numbers.total(), numbers.pop(_REJECTED, 0)
    most = numbers.most_common()
    parts = [(_REJECTED, rejected)] if rejected else []
    parts += most[:_SCCS_OF_BAR]
    if rest := sum(number for _, number in most[_SCCS_OF_BAR:]):
        parts.append(("others", rest))
    ends = list(accumulate((number for _, number in parts), initial=0))
    tones = _tones([name for name, _ in parts])
    return [
        {
            "name": visible_line(name),
            "number": f"{number:,}",
            "begin": round(before * 1000 / total),
            "width": round((before + number) * 1000 / total) - round(before * 1000 / total),
            "tone": tones[name],
        }
        for (name, number), before in zip(parts, ends, strict=False)
    ]


def _tones(names: Sequence[str]) -> Mapping[str, str]:
    """Return the class of each part of the bar. Green is for a restricted SCC alone."""
    green = next((name for name in names if name.startswith("restricted")), "")
    own = {_REJECTED: _REJECTED, "unknown": "unknown", "others": "part-7", green: "part-0"}
    others = [name for name in names if name not in own]
    return {**own, **{name: f"part-{index}" for index, name in enumerate(others, start=1)}}


_REJECTED = "rejected"


def _end(row: WorkloadRow) -> str:
    """What a workload gets: its SCC, or why it has none."""
    return (row.scc or "exempt") if row.runs else row.result


def workload_table(rows: Sequence[WorkloadRow], columns: Sequence[str] = (), choice: Choice | None = None) -> dict[str, object]:
    """Return the titles of a table of workloads, its rows, and how many workloads it has that are rejected or unconfined."""
    bodies = []
    for verdict in sorted(shared_verdicts(rows, columns), key=_rank):
        row = verdict.row
        problem = any(tone == "error" for line in verdict.lines for _, tone in line)
        classes = f"{'problem' if problem else 'fine'} {choice.classes(verdict.units) if choice else ''}".strip()
        notes = [f"in {visible_line(listed(verdict.titles))}"] if verdict.titles else []
        notes += [f"on {listed(verdict.releases)}"] if verdict.releases else []
        lines = list(_lines(verdict, (*TITLES[:_OF_PAGE], *columns)))
        at = line_place(row.place.file, row.place.line)
        bodies.append(TableBody(lines, named(row), at, classes, notes))
    problems = sum(body.classes.startswith("problem") for body in bodies)
    return {"titles": ("Workload", *TITLES[:_OF_PAGE], *columns), "workloads": bodies, "problems": problems}


def _rank(verdict: SharedVerdict) -> tuple[int, int]:
    """The worst first: rejected, unconfined, unknown, and then by how lax the SCC is."""
    row = verdict.row
    if row.result == "rejected":
        return 0, 0
    if row.unconfined:
        return 1, -row.points
    return (2, 0) if row.result == "unknown" else (3, -row.points)


def _lines(verdict: SharedVerdict, titles: Sequence[str]) -> Iterator[Sequence[TableCell]]:
    """Yield the cells of each container. Of a workload that is not admitted, there is the reason instead."""
    row = verdict.row
    if row.result in ("rejected", "unknown"):
        scc = TableCell("SCC", row.scc or ("none" if row.result == "rejected" else "unknown"))
        tone = "reason" if row.result == "rejected" else "quiet"
        yield scc, TableCell("Reason", f"{row.result}: {visible_line(row.why)}", tone, columns=len(titles) - 1)
        return
    for number, line in enumerate(verdict.lines):
        of_page = (*line[:_OF_PAGE], *line[len(TITLES) :])
        cells = [TableCell(title, *cell) for title, cell in zip(titles, of_page, strict=True)]
        pod = [cell._replace(rows=len(verdict.lines)) for cell in cells[:OF_POD]]
        yield [*(pod if number == 0 else ()), *cells[OF_POD:]]


def _findings(report: Report, options: Options, units: Choice) -> list[dict[str, Any]]:
    """Return the causes, the widest reach first, each with an anchor that stays the same as long as its consequences do."""
    make = Entries(report, replace(options, verbose=True))
    first, aside = in_order(report, options)
    return [
        {
            **make.entry((cause,)),
            "anchor": f"cause-{cause.name}",
            "classes": f"finding {cause.finding.severity.value} {units.classes(cause.finding.units)}".strip(),
            "of_units": cause.finding.units,
        }
        for cause in (*first, *aside)
    ]


def _groups(shown: Sequence[dict[str, Any]], units: Choice) -> list[dict[str, Any]]:
    """Return the findings of each severity and rule, the most severe first; few findings are one group without a title."""
    if len(shown) <= _FEW_FINDINGS:
        return [{"title": "", "findings": shown}] if shown else []
    groups = grouped(((finding["severity"], finding["rule"], finding["name"]), finding) for finding in shown)
    return [
        {
            "severity": severity,
            "title": f"{rule} {name}",
            "number": counted(len(same), "finding"),
            "classes": f"group {severity} {units.classes(_units_of(same))}".strip(),
            "findings": same,
        }
        for (severity, rule, name), same in groups.items()
    ]


def _units_of(findings: Sequence[dict[str, Any]]) -> set[str]:
    """Return the units of the findings; none if one of the findings is in no unit, so that it is always shown."""
    if not all(finding["of_units"] for finding in findings):
        return set()
    return {unit for finding in findings for unit in finding["of_units"]}


def _worst(shown: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return the first finding of each of the most severe rules, and how many more its rule has; nothing if all fit on a screen."""
    if len(shown) <= _WORST:
        return []
    of_rules = grouped((str(finding["rule"]), finding) for finding in shown)
    return [{**same[0], "more": len(same) - 1} for same in list(of_rules.values())[:_WORST]]


_SHOWN = 8
"""Subjects of a grant that are shown without a click. A binding in a large cluster has hundreds."""

_SCCS_SHOWN = 6
_WORKLOADS_SHOWN = 2


@record
class _Path:
    """A way from subjects to SCCs: what grants it, where, and the units and releases in which it exists."""

    through: tuple[str, ...]
    at: str
    subjects: tuple[tuple[str, str, str], ...]
    sccs: tuple[str, ...]


def graphs(report: Report, units: Choice) -> list[dict[str, object]]:
    """Return a graph for each set of SCCs, those that can take over the node first; none if the input grants no SCC."""
    dangerous = {grant.scc for some in report.grants.values() for grant in some if grant.takes_node}
    runs = _workloads(report)
    paths = grouped((path.sccs, _shown(path, where, report, runs, units)) for path, where in _paths(report).items())
    return [
        {
            "sccs": visible_line(
                f"{counted(len(sccs), 'SCC') + ':' if len(sccs) > 1 else 'SCC'} {and_more(sccs, _SCCS_SHOWN)}"
            ),
            "dangerous": not dangerous.isdisjoint(sccs),
            "paths": paths[sccs],
        }
        for sccs in sorted(paths, key=lambda sccs: (dangerous.isdisjoint(sccs), sccs))
    ]


def _paths(report: Report) -> Mapping[_Path, set[tuple[str, str]]]:
    """Each path with the units and releases that it exists in."""
    alike = grouped(
        ((release, grant.unit, _through(grant), place(grant.place) if grant.place else ""), grant)
        for release, some in report.grants.items()
        for grant in some
    )
    paths: dict[_Path, set[tuple[str, str]]] = {}
    for (release, unit, through, at), same in alike.items():
        subjects = tuple(sorted({(grant.kind, grant.namespace, grant.name) for grant in same}))
        path = _Path(through, at, subjects, tuple(sorted({grant.scc for grant in same})))
        paths.setdefault(path, set()).add((unit, release))
    return paths


def _through(row: GrantRow) -> tuple[str, ...]:
    """What grants the SCC, in lines."""
    grant = row.grant
    if grant.binding is None:
        return (f"field {grant.via} of the SCC",)
    refs = [_named(ref.kind, ref.namespace, ref.name) for ref in (grant.binding, grant.role) if ref]
    return *refs, *((f"for pods in {_where(grant.binding)}",) if grant.binding.namespace else ())


def _where(binding: ObjectRef) -> str:
    return "its own namespace" if binding.namespace == UNSPECIFIED_NAMESPACE else f"namespace {binding.namespace}"


def _named(kind: str, namespace: str, name: str) -> str:
    return full_name(kind, "" if namespace == UNSPECIFIED_NAMESPACE else namespace, name)


def _workloads(report: Report) -> Mapping[tuple[str, str], Sequence[str]]:
    """The workloads that run as each service account, by its namespace and name."""
    by_account: dict[tuple[str, str], dict[str, None]] = {}
    for some in report.outcomes.values():
        for row in some:
            by_account.setdefault(row.account, {})[f"{row.kind} {row.name}"] = None
    return {account: list(names) for account, names in by_account.items()}


def _shown(
    path: _Path, where: set[tuple[str, str]], report: Report, runs: Mapping[tuple[str, str], Sequence[str]], units: Choice
) -> dict[str, object]:
    """Return the texts of a path."""
    # Groups come first, and service accounts that run no workload come last.
    subjects = sorted(path.subjects, key=lambda subject: (subject[0] == "ServiceAccount", subject[1:] not in runs))
    texts = [(visible_line(_named(*subject)), visible_line(_about(*subject, runs))) for subject in subjects]
    names = sorted({unit for unit, _ in where})
    releases = [release for release in report.grants if any(name == release for _, name in where)]
    places = [f"in {visible_line(and_more(names, 2))}"] if len(report.units) > 1 else []
    places += [f"on {visible_line(listed(releases))}"] if len(releases) < len(report.grants) else []
    return {
        "subjects": texts[:_SHOWN],
        "more": texts[_SHOWN:],
        "through": list(map(visible_line, path.through)),
        "at": path.at,
        "where": places,
        "classes": f"path {units.classes(names)}".strip(),
    }


def _about(kind: str, namespace: str, name: str, runs: Mapping[tuple[str, str], Sequence[str]]) -> str:
    """Return who the members of a group are, or the workloads of a service account."""
    if kind != "ServiceAccount":
        return members_of(name) if kind == "Group" else ""
    workloads = and_more(runs.get((namespace, name), ()), _WORKLOADS_SHOWN)
    return f"runs {workloads}" if workloads else "runs no workload of the input"
