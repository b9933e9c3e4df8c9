"""`scclint diff`: what a change changes, as text, JSON, Markdown, and what is new as SARIF."""

from collections.abc import Iterator

from scclint.change.compare import StateDifference, WorkloadChange, facts
from scclint.finding import Finding
from scclint.outcome.rows import WorkloadRow
from scclint.report import Options, markdown, render
from scclint.report.json_v1 import lists_of
from scclint.report.text import (
    Json,
    closing_summary,
    dump,
    findings_summary,
    from_template,
    notice_line,
    place,
    visible,
    visible_line,
)
from scclint.report.view import layout
from scclint.text import full_name


def render_json(comparison: StateDifference, options: Options) -> str:
    """The comparison as JSON, which schemas/diff.json describes."""
    document = {
        "version": 1,
        "before": visible_line(comparison.before),
        "after": visible_line(comparison.after),
        "new": lists_of(_new(comparison)),
        "gone": lists_of(comparison.gone),
        "workloads": [_change(change) for change in comparison.changes],
        "notices": [notice_line(notice) for notice in comparison.report.notices],
    }
    return dump(document) + "\n"


def _new(comparison: StateDifference) -> Iterator[Finding]:
    """Yield the facts that are new, lines of others included."""
    return (f for f in comparison.report.findings if f.suppression is None or f.suppression.by == "finding")


def _change(change: WorkloadChange) -> Json:
    row = change.row
    return {
        "unit": visible_line(row.unit),
        "kind": visible_line(row.kind),
        "namespace": visible_line(row.namespace),
        "name": visible_line(row.name),
        "part": visible_line(row.part),
        "release": row.release,
        "before": _facts(change.before),
        "after": _facts(change.after),
        "file": visible_line(row.place.file),
        "line": row.place.line,
    }


def _facts(row: WorkloadRow | None) -> Json | None:
    return None if row is None else {name: visible(text) for name, text in facts(row).items()}


def render_sarif(comparison: StateDifference, options: Options) -> str:
    """What is new as SARIF."""
    return render(comparison.report, "sarif", options)


def render_text(comparison: StateDifference, options: Options) -> str:
    """The comparison for people: what is new as `check` shows it, what is gone, and the workloads that get something else."""
    report = comparison.report
    new = from_template("check", options.color, options.width, verbose=options.verbose, **layout(report, options))
    others = from_template(
        "diff",
        options.color,
        options.width,
        **_others(comparison),
        notices=[notice_line(notice) for notice in report.notices if notice.level != "error"],
    )
    title = f"{visible_line(comparison.before)} to {visible_line(comparison.after)}\n\n"
    return "".join((title, "New:\n\n" if new.strip() else "", new, others, closing_summary(report, options, "\n")))


def render_markdown(comparison: StateDifference, options: Options) -> str:
    """The comparison for a pull request."""
    return markdown.from_template(
        "diff",
        before=comparison.before,
        after=comparison.after,
        summary=findings_summary(comparison.report, options),
        **layout(comparison.report, options),
        **_others(comparison),
        notices=comparison.report.notices,
        longest=markdown.LONGEST,
    )


def _others(comparison: StateDifference) -> Json:
    """Return what is gone, and the workloads that get something else, as lines."""
    gone = [f for f in comparison.gone if f.suppression is None]
    return {
        "gone": [{"text": f"{f.heading}[{f.rule_id}] {visible(f.message)}", "place": place(f.span)} for f in gone],
        "changes": [_change_lines(change) for change in comparison.changes],
    }


def _change_lines(change: WorkloadChange) -> Json:
    row = change.row
    title = full_name(row.kind, row.namespace, row.name, row.part)
    on = f" on {row.release}" if row.release else ""
    if change.before is None:
        what = "new"
    elif change.after is None:
        what = "gone"
    else:
        what = "changed"
    words = [f"{name}: {before or '-'} -> {after or '-'}" for name, before, after in change.differing()]
    return {
        "title": visible_line(f"{title}{on}"),
        "what": what,
        "place": place(row.place),
        "facts": [visible(text) for text in words] if what == "changed" else [visible(_summary(row))],
    }


def _summary(row: WorkloadRow) -> str:
    """Return the result of a workload in a few words."""
    return " ".join(filter(None, (row.result, f"by SCC {row.scc}" if row.scc else "")))
