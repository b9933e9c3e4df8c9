"""The `full` format: what a reader needs first, then each cause with its source lines, its evidence and its fix."""

from scclint.finding import Cause
from scclint.limits import LONG_OUTPUT
from scclint.report import Options
from scclint.report.text import closing_summary, from_template, overview, statistics
from scclint.run.report import Report


def render(report: Report, options: Options) -> str:
    """The causes, the widest reach first, and the summary. `options.template` has its own layout instead."""
    if options.template is not None:
        from scclint.report.template_context import render as render_template

        return render_template(report, options, options.template)
    findings = [finding for finding in report.findings if options.shows(finding)]
    if not findings:
        return closing_summary(report, options)
    summary = closing_summary(report, options, "\n")
    if options.statistics:
        return statistics(findings, options, report.units) + summary
    from scclint.report.view import layout

    text = from_template("check", options.color, options.width, verbose=options.verbose, **layout(report, options))
    return text + (overview(findings, options) if len(findings) > LONG_OUTPUT else "") + summary


def render_cause(cause: Cause, report: Report, options: Options) -> str:
    """One cause of the report, as the whole of it shows each."""
    from scclint.report.view import Entries

    made = Entries(report, options).entry((cause,))
    return (
        from_template("check", options.color, options.width, lead="", entries=[made], aside=None, verbose=True).rstrip("\n")
        + "\n"
    )
