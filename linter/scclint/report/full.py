"""The `full` format: every finding with its source line, its reasons and its fix."""

from collections.abc import Iterator
from functools import partial
from itertools import groupby

from scclint.finding import Finding, Fix, Related, help_text
from scclint.limits import LONG_OUTPUT
from scclint.record import record
from scclint.report import Options
from scclint.report.text import (
    SourceLines,
    closing_summary,
    hang,
    overview,
    place,
    statistics,
    units_phrase,
    visible,
    visible_line,
)
from scclint.report.text import paint as painted
from scclint.run.report import Report
from scclint.text import counted

_LEAST = 40
"""Characters of a source line that even a narrow terminal gets."""

MOST_LINES = 10
"""Lines that a finding takes at most, to be read at a glance, but its help is whole, and one note is shown. A blank line follows."""

_MOST_NOTES = 3
"""Causes and places of a finding that are shown at most. The other formats have all of them."""

_SIGNS = {"-": "error", "+": "help"}
"""The styles of the lines that a fix removes and adds."""


@record
class Remark:
    """One entry below the source line of a finding. `where` and `label` precede it and may be empty."""

    text: str
    where: str = ""
    label: str = ""
    style: str = "note"


def render(report: Report, options: Options) -> str:
    """The findings in order, a blank line after each, and the summary line. `options.template` has its own layout instead."""
    if options.template is not None:
        from scclint.report.template_context import render as render_template

        return render_template(report, options, options.template)
    findings = [finding for finding in report.findings if options.shows(finding)]
    if not findings:
        return closing_summary(report, options)
    summary = closing_summary(report, options, "\n")
    if options.statistics:
        return statistics(findings, options, report.units) + summary
    lines, units = SourceLines(report.texts), units_phrase(report)
    shown = (line for finding in findings for line in _lines(finding, lines, units(finding), options))
    return (
        "".join(f"{line}\n" for line in shown) + (overview(findings, options) if len(findings) > LONG_OUTPUT else "") + summary
    )


def _lines(finding: Finding, lines: SourceLines, units: str, options: Options) -> Iterator[str]:
    """Yield the rule, the source line, what explains it, and the first lines that the fix changes."""
    from scclint.report.snippet import snippet
    from scclint.text import display_width

    paint = partial(painted, color=options.color)
    severity, region = finding.severity.value, lines.region(finding.span)
    width = options.width and max(options.width - len(f"{region.line} | "), _LEAST)
    excerpt = snippet(region, width) if width else snippet(region)
    margin = len(str(region.line)) if excerpt else 1
    gutter, bar, aside = " " * margin, paint("|", "quiet"), paint(suppressed_words(finding), "quiet")
    yield f"{paint(place(finding.span), 'place')}: {paint(f'{severity}[{finding.rule_id}]', severity)} {finding.rule_name}{aside}"
    if excerpt:
        yield f"{paint(region.line, 'quiet')} {bar} {excerpt.source}"
        yield f"{gutter} {bar} {' ' * excerpt.indent}{paint('^' * excerpt.width, severity)}"

    def written(remark: Remark) -> list[str]:
        text = hang(remark.text, options.width, margin + 3, display_width(remark.where + remark.label))
        return f"{gutter} {paint('=', 'quiet')} {remark.where}{paint(remark.label, remark.style)}{text}".split("\n")

    message, *others = remarks_of(finding, units, brief=True)
    room = MOST_LINES - (3 if excerpt else 1)
    said = written(message)
    if len(said) >= room:
        said = [*said[: room - 2], f"{said[room - 2].rpartition(' ')[0]} …"]
    advice = [line for remark in others if remark.style == "help" for line in written(remark)]
    notes = [remark for remark in others if remark.style != "help"]
    shown = 0
    for more in map(written, notes):
        # The first one, which says why, has room beside long help.
        if shown < _MOST_NOTES and (not shown or len(said) + len(more) + len(advice) <= room):
            said += more
            shown += 1
    if shown < len(notes) and len(said) + len(advice) < room:
        said += written(Remark(f"{counted(len(notes) - shown, 'more note')}: see --format json", label="note: "))
    changed = list(_diff(finding.fix, lines, finding.span.file)) if finding.fix else []
    if len(said) + len(advice) + len(changed) > room:
        changed = []
    yield from (*said, *advice, *(f"{gutter} {bar} {paint(line, _SIGNS.get(line[0], 'quiet'))}" for line in changed), "")


def _diff(fix: Fix, lines: SourceLines, here: str) -> Iterator[str]:
    """Yield the lines that the fix changes, below the names of their files unless `here`, the finding's file, is the only one."""
    several = {edit.file for edit in fix.edits} != {here}
    for file, edits in groupby(fix.edits, key=lambda edit: edit.file):
        if several:
            yield f" {visible_line(file)}"
        yield from (f"{sign}{visible(text)}" for edit in edits for sign, text in lines.changed(edit))


def remarks_of(finding: Finding, units: str, *, brief: bool = False) -> list[Remark]:
    """Return the message of a finding, and then what explains it and its fix, all safe to show. `brief`: of the advice, only the best."""
    steps, fix = len(finding.flow), finding.fix
    # The proved fix is the first remedy of the help. Without one, the best remedy is enough to act.
    told, help = help_text(finding.remedies), finding.help
    if brief and (fix or (told and help.startswith(told))):
        help = "" if fix else help_text(finding.remedies[:1])
    texts = [
        ("note", f"no fix is proved: {finding.no_fix}" if finding.no_fix else ""),
        ("help", help),
        (fix.kind, f"{fix.title} {fix.effect}") if fix else ("", ""),
    ]
    scope_notes = [f"holds for {', '.join(finding.releases)}"] if finding.releases else []
    scope_notes += [visible_line(units)] if units else []
    return [
        Remark(visible(finding.message)),
        *(Remark(visible(note), "", "note: ") for note in (*scope_notes, *finding.notes)),
        # A chain of grants usually repeats the related places in their order.
        *(_remark(related, "note") for related in finding.related if related not in finding.flow),
        *(_remark(step, f"step {number}" if steps > 1 else "note") for number, step in enumerate(finding.flow, 1)),
        *(Remark(visible(text), "", f"{label}: ", "note" if label == "note" else "help") for label, text in texts if text),
    ]


def _remark(related: Related, label: str) -> Remark:
    where = place(related.span)
    return Remark(visible(related.message), f"{where}: " if where else "", f"{label}: ")


def suppressed_words(finding: Finding) -> str:
    """Return what suppresses a finding, in parentheses and safe to show; empty if nothing does."""
    suppression = finding.suppression
    if suppression is None:
        return ""
    reason = f": {visible_line(suppression.reason)}" if suppression.reason else ""
    return f" (suppressed by {suppression.by}{reason})"
