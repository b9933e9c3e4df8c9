"""The result of a run in words, the same for the screen, SARIF, GitHub and Markdown."""

from collections import Counter
from collections.abc import Callable, Iterable

from scclint.finding import Crash, Finding, Notice, Severity
from scclint.report.options import Options
from scclint.report.sanitize import one_line, visible_line
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import and_more, counted


def sentences(*parts: str) -> str:
    """Return the non-empty parts as sentences on one line, safe to show."""
    lines = [one_line(part) for part in parts]
    return " ".join(line if line.endswith((".", "!", "?")) else line + "." for line in lines if line)


def fix_sentences(finding: Finding) -> tuple[str, ...]:
    """Return the proved fix of a finding in words; empty if it has none."""
    fix = finding.fix
    return (f"Proved {fix.kind}: {fix.title[:1].lower()}{fix.title[1:]} {fix.effect}",) if fix else ()


def by_severity(findings: tuple[Finding, ...]) -> dict[Severity, int]:
    """Return the number of findings of each severity, worst first, zeros included."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in Severity}


def by_rule(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return the findings of each rule and severity, the most frequent first."""
    groups: dict[tuple[str, int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule_id, finding.severity.rank, finding.rule_name), []).append(finding)
    return [groups[key] for key in sorted(groups, key=lambda key: (-len(groups[key]), key))]


def severities(findings: tuple[Finding, ...]) -> str:
    """`2 errors, 1 warning`; empty for no findings."""
    return ", ".join(
        f"{number:,} info" if severity is Severity.INFO else counted(number, severity.value)
        for severity, number in by_severity(findings).items()
        if number
    )


def findings_summary(report: Report, options: Options) -> str:
    """Return `2 errors, 1 warning (3 suppressed)`: the findings, and how many are not shown."""
    live = report.live
    shown = tuple(f for f in live if not options.hides(f))
    text = severities(shown) or _without_findings(report)
    if report.crashes:
        text += f", {counted(len(report.crashes), 'internal error')}"
    aside = []
    if suppressed := report.suppressed:
        aside.append(f"{suppressed:,} suppressed")
    if len(live) > len(shown):
        aside.append(f"{severities(tuple(f for f in live if options.hides(f)))} not shown")
    return f"{text} ({', '.join(aside)})" if aside else text


def _without_findings(report: Report) -> str:
    if report.judged_nothing or not report.tally.documents:
        return "Nothing judged"
    partly = report.failed or report.unjudged or report.unrendered or report.tally.unparsable
    return "Not everything judged" if partly or any(notice.gap for notice in report.notices) else "No problems found"


def judged_summary(report: Report) -> str:
    """Return how the input was treated: `OpenShift 4.22; 3 files, 20 documents in 2 units: 8 linted (4 workloads), 12 of other kinds.`

    One unit is not mentioned.
    """
    tally = report.tally
    platform = f"{visible_line(report.platform)}; " if report.platform else ""
    parts = [f"{tally.linted:,} linted ({counted(tally.workloads, 'workload')})"]
    parts += [
        f"{number:,} {fate}"
        for number, fate in (
            (tally.other, "of other kinds"),
            (tally.unsupported, "not judged"),
            (tally.unparsable, "unparsable"),
        )
        if number
    ]
    count = f"{counted(tally.files, 'file')}, {counted(tally.documents, 'document')}{_units(report)}"
    return f"{platform}{count}: {', '.join(parts)}."


def units_phrase(report: Report) -> Callable[[Finding], str]:
    """Return what says in which units a finding holds: `in 3 of 5 units: overlays/a, overlays/b and 1 more`.

    The phrase is empty if the finding's file belongs to one unit only. It is not safe to show.
    """
    owners: dict[str, set[str]] = {}
    titles = {unit.name: unit.title for unit in report.units}
    for unit in report.units if len(report.units) > 1 else ():
        for file in unit.files:
            owners.setdefault(file, set()).add(unit.name)

    def phrase(finding: Finding) -> str:
        number = len(owners.get(finding.span.file, set()).union(finding.units)) if owners and finding.units else 1
        names = and_more((titles.get(name, name) for name in finding.units), 2)
        return f"in {len(finding.units)} of {number} units: {names}" if number > 1 else ""

    return phrase


def _units(report: Report) -> str:
    unrendered = sum(bool(unit.unrendered) for unit in report.units)
    aside = f" ({unrendered:,} unrendered)" if unrendered else ""
    return f" in {len(report.units):,} units{aside}" if len(report.units) > 1 else ""


def summary_line(report: Report, options: Options) -> str:
    """Return a run in one line: findings, platform, and how the input was treated."""
    return f"{findings_summary(report, options)}. {judged_summary(report)}"


def place(span: Span) -> str:
    """Return `web.yaml:3:5`, safe to show, without an unknown line or column."""
    numbers = "".join(f":{number}" for number in (span.line, span.column) if span.line > 0 and number > 0)
    return visible_line(span.file) + numbers


def line_place(file: str, line: int) -> str:
    """Return `web.yaml:3`, safe to show; the file alone if the line is 0, which means unknown."""
    return place(Span(file, line, 0, 0, 0))


def crash_label(crash: Crash) -> str:
    """`rule SCC101 failed`, or `load failed` for a stage of the run."""
    return f"{'rule ' if crash.rule_id.isupper() else ''}{crash.rule_id} failed"


def notice_line(notice: Notice) -> str:
    """`web.yaml:3: warning: ...`, safe to show."""
    where = f"{line_place(notice.file, notice.line)}: " if notice.file else ""
    return f"{where}{notice.level}: {visible_line(notice.message)}"


def diagnostics(report: Report, *, quiet: bool = False) -> list[str]:
    """The run's notices and crashes as lines for standard error, safe to show; `quiet` leaves out all but errors.

    A rule's crashes are one line, for a bug of a rule usually shows on every object.
    """
    lines = []
    for notice in report.notices:
        if quiet and notice.level != "error":
            continue
        lines.append(notice_line(notice))
    times = Counter(crash.rule_id for crash in report.crashes)
    for crash in {crash.rule_id: crash for crash in reversed(report.crashes)}.values():
        more = f" and {counted(times[crash.rule_id] - 1, 'more object')}" if times[crash.rule_id] > 1 else ""
        on = f" on {visible_line(str(crash.subject)) or 'a document'}{more}"
        lines.append(f"internal error: {crash_label(crash)}{on}: {visible_line(crash.error)}; this is a bug of scclint")
    return lines
