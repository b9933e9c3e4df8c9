"""The exit statuses, as the help of `scclint` lists them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scclint.report import UNPARSABLE
from scclint.report.output import say
from scclint.report.text import crash_label, notice_line, place, visible_line
from scclint.source import Span

if TYPE_CHECKING:
    from scclint.finding import Finding
    from scclint.run.report import Report
    from scclint.run.shared import Run
    from scclint.run.views import InputStatus

OK, FINDINGS, USAGE, BUG, NOTHING = 0, 1, 2, 3, 4


_FAILS = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "access": ("error", "warning", "access"),
    "gap": ("error", "warning", "access", "gap"),
    "never": (),
}
"""What makes a run fail, by the setting `fail-on`: the severities of problems, and kinds of facts."""


def of_review(fail_on: str) -> str:
    """Return the setting for a review, in which a new gap counts like new access."""
    return "gap" if fail_on == "access" else fail_on


def counts(finding: "Finding", fail_on: str) -> bool:
    """Whether a fact makes a run fail."""
    return finding.heading in _FAILS[fail_on]


def is_partial(report: "Report", render: str) -> bool:
    """Whether something of the input was not judged as it is deployed. `render` is the setting of that name.

    A rule that is off reports no document that cannot be parsed.
    """
    unread = report.tally.unparsable and not any(finding.rule_id == UNPARSABLE for finding in report.findings)
    return bool(unread or (report.unrendered and render != "never"))


def status_of_check(report: "Report", fail_on: str, nothing: bool = False, findings_count: bool = True) -> int:
    """Return BUG after a crash, else USAGE for unreadable input, else FINDINGS for findings that count, else NOTHING or OK.

    `nothing` says that a path or a unit was not judged. Without `findings_count` no finding matters, not even a document that could
    not be parsed. A document that cannot be parsed counts unless it is accepted or the base of a comparison has it, or it is a gap:
    nothing shows then that it is a manifest.
    """
    known = ("accepted", "diff-base")
    of_rule = (f for f in report.findings if f.rule_id == UNPARSABLE and f.kind == "problem")
    unparsable = (f for f in of_rule if not (f.suppression and f.suppression.by in known))
    if report.crashes:
        return BUG
    if any(n.level == "error" for n in report.notices) or (findings_count and any(unparsable)):
        return USAGE
    if findings_count and any(counts(f, fail_on) for f in report.live):
        return FINDINGS
    return NOTHING if nothing else OK


def status_of_fix(report: "Report", *, something: bool) -> int:
    """Return the status of a run that fixes; `something` is left or would change."""
    if report.failed:
        return BUG if report.crashes else USAGE
    if report.judged_nothing or report.unjudged:
        return NOTHING
    return FINDINGS if something else OK


def status_of_units(run: "Run", statuses: "Iterable[InputStatus]") -> int:
    """Report on standard error what could not be read of the units of a run, and return the status for it."""
    from scclint.run.notices import gaps_of_dump
    from scclint.run.notices import notices as notices_of

    units = list(statuses)
    crashes = dict.fromkeys(crash for unit in units for crash in unit.crashes)
    lacking = gaps_of_dump(gap for unit in units for gap in unit.lacking)
    lacking += notices_of([gap for unit in units for gap in unit.unjudged], run.config)
    notices = dict.fromkeys([*run.notices, *(notice for unit in units for notice in unit.notices), *lacking])
    for crash in crashes:
        say(f"internal error: {crash_label(crash)}: {visible_line(crash.error)}; this is a bug of scclint")
    for notice in notices:
        say(notice_line(notice))
    unreadable = dict.fromkeys(document for unit in units for document in unit.unreadable)
    for file, line, column, message in unreadable:
        say(f"{place(Span(file, line, column, 0, 0))}: error: this document cannot be read: {visible_line(message)}")
    if crashes:
        return BUG
    if unreadable or any(notice.level == "error" for notice in notices):
        return USAGE
    return NOTHING if all(unit.nothing for unit in units) else OK
