"""What a run came to, in words: one wording for the screen, SARIF, GitHub and Markdown."""

from collections import Counter

from scclint.engine.report import Report
from scclint.finding import Crash, Finding, Notice, Severity
from scclint.report.options import Options
from scclint.report.sanitize import one_line, visible_line
from scclint.source import Span


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sentences(*parts: str) -> str:
    """The parts that are not empty as sentences on one line, safe to show."""
    lines = [one_line(part) for part in parts]
    return " ".join(line if line.endswith((".", "!", "?")) else line + "." for line in lines if line)


def by_severity(findings: tuple[Finding, ...]) -> dict[Severity, int]:
    """How many findings there are of each severity, worst first; zeros included."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def severities(findings: tuple[Finding, ...]) -> str:
    """`2 errors, 1 warning`; empty for no findings."""
    return ", ".join(
        f"{number:,} info" if severity is Severity.INFO else counted(number, severity.value)
        for severity, number in by_severity(findings).items()
        if number
    )


def verdict(report: Report, options: Options) -> str:
    """`2 errors, 1 warning (3 suppressed)`: what was found, and what of it is not shown."""
    live = report.live
    shown = tuple(f for f in live if f.severity not in options.hide)
    text = severities(shown) or ("Nothing judged" if _nothing_judged(report) else "No problems found")
    if report.crashes:
        text += f", {counted(len(report.crashes), 'internal error')}"
    aside = []
    if len(report.findings) > len(live):
        aside.append(f"{len(report.findings) - len(live):,} suppressed")
    if len(live) > len(shown):
        aside.append(f"{severities(tuple(f for f in live if f.severity in options.hide))} not shown")
    return f"{text} ({', '.join(aside)})" if aside else text


def _nothing_judged(report: Report) -> bool:
    """Whether there was something to judge and none of it was: template sources, patches, files that cannot be read."""
    tally = report.tally
    failed = any(notice.level == "error" for notice in report.notices)
    return not tally.linted and (tally.unsupported > 0 or failed)


def became(report: Report) -> str:
    """What became of the input: `3 files, 20 documents: 8 linted (4 workloads), 12 of other kinds`."""
    tally = report.tally
    parts = [f"{tally.linted:,} linted ({counted(tally.workloads, 'workload')})"]
    parts += [
        f"{number:,} {fate}"
        for number, fate in (
            (tally.other, "of other kinds"),
            (tally.unsupported, "unsupported"),
            (tally.unparsable, "unparsable"),
        )
        if number
    ]
    return f"{counted(tally.files, 'file')}, {counted(tally.documents, 'document')}: {', '.join(parts)}"


def judged(report: Report) -> str:
    """`became` as a sentence, led in by the platform that was judged: `OpenShift 4.22; 3 files, ...`."""
    platform = f"{visible_line(report.platform)}; " if report.platform else ""
    return f"{platform}{became(report)}."


def summary_line(report: Report, options: Options) -> str:
    """A run in one line: what was found, what was judged, what became of the input."""
    return f"{verdict(report, options)}. {judged(report)}"


def place(span: Span) -> str:
    """`web.yaml:3:5`, safe to show; what is not known is left out."""
    numbers = "".join(f":{number}" for number in (span.line, span.column) if span.line > 0 and number > 0)
    return visible_line(span.file) + numbers


def line_place(file: str, line: int) -> str:
    """`web.yaml:3`, safe to show; the file alone where the line is not known and 0."""
    return place(Span(file, line, 0, 0, 0))


def failed(crash: Crash) -> str:
    """`rule SCC101 failed`, or `load failed` for a stage of the run."""
    return f"{'rule ' if crash.rule_id.isupper() else ''}{crash.rule_id} failed"


def noted(notice: Notice) -> str:
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
        lines.append(noted(notice))
    times = Counter(crash.rule_id for crash in report.crashes)
    for crash in {crash.rule_id: crash for crash in reversed(report.crashes)}.values():
        more = f" and {counted(times[crash.rule_id] - 1, 'more object')}" if times[crash.rule_id] > 1 else ""
        on = f" on {visible_line(str(crash.subject)) or 'a document'}{more}"
        lines.append(f"internal error: {failed(crash)}{on}: {visible_line(crash.error)}; this is a bug of scclint")
    return lines
