"""The `full` format: each cause with its source lines, its evidence and its fix, then access and what was not judged in a line each."""

from scclint.finding import Cause
from scclint.report import Options
from scclint.report.text import closing_summary, from_template
from scclint.run.report import Report


def render(report: Report, options: Options) -> str:
    """The causes, the widest reach first, access, gaps, and the summary. `options.template` has its own layout instead."""
    if options.template is not None:
        from scclint.report.template_context import render as render_template

        return render_template(report, options, options.template)
    if not any(map(options.shows, report.findings)):
        return closing_summary(report, options)
    from scclint.report.view import layout

    text = from_template("check", options.color, options.width, verbose=options.verbose, **layout(report, options))
    return text + closing_summary(report, options, "\n")


def render_cause(cause: Cause, report: Report, options: Options) -> str:
    """One cause of the report, as the whole of it shows each."""
    from scclint.report.view import Entries

    made = {"lead": "", "entries": [Entries(report, options).entry((cause,))], "access": None, "gaps": []}
    return from_template("check", options.color, options.width, verbose=True, **made).rstrip("\n") + "\n"
