"""The `html` format of `check`: what is worst, each finding, and pictures of each workload and of who may use which SCC."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence, Sized
from itertools import accumulate
from typing import Any

from scclint.record import grouped, replace
from scclint.report import Options
from scclint.report.html_grants import graphs
from scclint.report.html_page import Choice
from scclint.report.html_page import render as page
from scclint.report.html_workloads import breaks, by_release, end, identity, workloads
from scclint.report.text import (
    by_severity,
    diagnostics,
    findings_summary,
    judged_summary,
    visible_line,
)
from scclint.report.view import Entries, access, gaps, in_order
from scclint.run.report import Report
from scclint.text import and_more, counted, listed

_WORST = 5
"""Findings that the first screen names: the first of each rule, the most severe first."""

_FEW_FINDINGS = 30
"""Findings that each have a line of their own. Of more, those of a rule are behind one line."""

_PATHS_SHOWN = 4

_FEW_NOTICES = 4
"""Notices that are shown without a click. A repository of many units has dozens, and they are not what the page is about."""


def render(report: Report, options: Options) -> str:
    """Return the page."""
    units = Choice("unit", "Unit", {unit.name: unit.title for unit in report.units})
    notices = diagnostics(report)
    shown = _findings(report, options, units)
    workload_groups = workloads(report, units)
    return page(
        "check",
        units,
        lead=findings_summary(report, options),
        judged=judged_summary(report),
        paths=and_more(map(visible_line, options.paths), _PATHS_SHOWN),
        revision=options.revision,
        counters=counters(report, {group["id"] for group in workload_groups}),
        sccs=bar(report),
        sccs_on=next(iter(by_release(report)), "") if len(report.outcomes) > 1 else "",
        worst=_worst(shown),
        once=_counted_once(report),
        notices=notices,
        folded=len(notices) > _FEW_NOTICES and not report.failed,
        severities={severity.value: number for severity, number in by_severity(report.problems).items()},
        findings=shown,
        access=access(report, options),
        gaps=gaps(report, options),
        groups=_groups(shown, units),
        workloads=workload_groups,
        graphs=graphs(report, units),
        units=units,
    )


def counters(report: Report, groups: Container[str]) -> list[dict[str, str]]:
    """Return the numbers of the first screen, each with its words, its tone and the section that has the details.

    A workload, container or grant counts once, however many releases and units have it. `groups` are those of the workloads.
    """
    rows = [row for some in report.outcomes.values() for row in some]
    if not rows and not report.grants:
        return []
    every = {identity(row) for row in rows}
    first, *later = by_release(report) or [""]
    rejected = {identity(row) for row in rows if row.result == "rejected" and row.release == first}
    containers = {(*identity(row), c.name) for row in rows for c in row.containers}
    running = [(row, container) for row in rows if row.runs for container in row.containers]
    unconfined = {(*identity(row), container.name) for row, container in running if container.seccomp == "Unconfined"}
    root = {(*identity(row), container.name) for row, container in running if container.root}
    grants = {
        (grant.scc, grant.kind, grant.namespace, grant.name)
        for some in report.grants.values()
        for grant in some
        if grant.takes_node
    }

    def section(group: str) -> str:
        return f"workloads-{group}" if group in groups else "workloads"

    on = f" on {first}" if later else ""
    of_workloads = f"of {counted(len(every), 'workload')}"
    counters = [_counter(rejected, f"{of_workloads} rejected{on}", "error", section("rejected"))]
    if later:
        breaking = breaks(report)
        verb = "breaks" if len(breaking) == 1 else "break"
        counters.append(_counter(breaking, f"{of_workloads} {verb} on {listed(later, 'or')}", "error", section("breaks")))
    of_containers = f"of {counted(len(containers), 'container')}"
    return [
        *counters,
        _counter(unconfined, f"{of_containers} unconfined", "error", section("unconfined")),
        _counter(root, f"{of_containers} run as root", "warning", section("root")),
        _counter(grants, f"{'grant' if len(grants) == 1 else 'grants'} of an SCC that opens the node", "warning", "grants"),
    ]


def _counted_once(report: Report) -> bool:
    """Whether several units or releases have the same workload."""
    rows = [row for some in report.outcomes.values() for row in some]
    return len(rows) > len(set(map(identity, rows)))


def _counter(of: Sized, words: str, tone: str, section: str) -> dict[str, str]:
    return {"number": f"{len(of):,}", "words": words, "tone": tone if of else "none", "section": section if of else ""}


_SCCS_OF_BAR = 6
"""Parts of the bar: not more than its colors. The SCCs of the fewest workloads are one part."""


def bar(report: Report) -> list[dict[str, object]]:
    """Return the parts of the bar of workloads by SCC: name, number, and begin and width of 1,000. Rejected workloads are the first part.

    If there are several releases, it is about the oldest.
    """
    rows = next(iter(by_release(report).values()), ())
    numbers = Counter(name for _, name in {(identity(row), end(row)) for row in rows})
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


def _findings(report: Report, options: Options, units: Choice) -> list[dict[str, Any]]:
    """Return the causes, the widest reach first, each with an anchor that stays the same as long as its consequences do."""
    make = Entries(report, replace(options, verbose=True))
    return [
        {
            **make.entry((cause,)),
            "anchor": f"cause-{cause.name}",
            "classes": f"finding {cause.finding.heading} {units.classes(cause.finding.units)}".strip(),
            "of_units": cause.finding.units,
        }
        for cause in in_order(report, options)
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
