"""The `html` format: one page without scripts and without anything to load, for a browser or for print."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from itertools import groupby
from typing import NewType

from scclint.engine.report import Report
from scclint.finding import Finding, Fix
from scclint.report.full import Remark, remarks_of, suppressed_words
from scclint.report.html_style import STYLE
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.review import Row, named, table_rows
from scclint.report.sanitize import visible, visible_line
from scclint.report.snippet import Snippet, snippet
from scclint.report.summary import (
    by_severity,
    diagnostics,
    findings_summary,
    judged_summary,
    line_place,
    place,
    severities,
    units_phrase,
)
from scclint.text import char_width, counted

Html = NewType("Html", str)
"""Markup. Only `_text` and the functions that build elements make it, so mypy rejects a text that is not escaped."""

_OF_POD = ("SCC", "Granted to", "Pod Security")
_OF_CONTAINER = ("Container", "Seccomp profile", "Source")
_FIRST_OF_CONTAINER = 4
"""The index of the cell of the container in a `Row`."""


def render(report: Report, options: Options) -> str:
    """Return a page with the summary, the verdict of each workload, and the findings by file."""
    findings = tuple(finding for finding in report.findings if options.shows(finding))
    heading = findings_summary(report, options)
    page = [
        _element("header", _element("h1", _text("scclint report")), *_summary(heading, report)),
        _element("main", *_diagnostics(report), *_workloads(report), *_findings(findings, report)),
    ]
    if findings:
        page.append(_element("footer", _text("To read about a rule, run scclint rule with its ID.")))
    html = _element("html", _head(f"scclint: {heading}"), _element("body", *page), lang="en")
    return f"<!DOCTYPE html>\n{html}\n"


def _text(value: str) -> Html:
    """Return foreign text as markup that shows it literally."""
    return Html(escape(visible(value, None)))


def _element(name: str, /, *content: Html, **attributes: str) -> Html:
    """Return an element. A trailing `_` of an attribute's name is dropped, and other `_` become `-`."""
    separator = "\n" if name in _BLOCKS else ""
    return Html(f"{_void(name, **attributes)}{separator}{separator.join(content)}{separator}</{name}>")


_BLOCKS = {
    *("html", "head", "body", "header", "main", "section", "footer", "fieldset", "details", "article", "ul"),
    *("table", "thead", "tbody", "tr"),
}
"""Elements whose content gets lines of its own, so that two reports can be compared line by line."""


def _void(name: str, /, **attributes: str) -> Html:
    """Return an element that has no content and no end tag."""
    parts = "".join(f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{parts}>")


def _head(title: str) -> Html:
    # The style sheet is allowed by its digest, so the browser ignores any other style, script, image or form.
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _element(
        "head",
        _void("meta", charset="utf-8"),
        _void("meta", http_equiv="Content-Security-Policy", content=policy),
        _void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _element("title", _text(visible_line(title))),
        Html(f"<style>{STYLE}</style>"),
    )


def _summary(heading: str, report: Report) -> Iterator[Html]:
    yield _element("p", _text(heading), class_="lead")
    yield _element("p", _text(judged_summary(report)))


def _diagnostics(report: Report) -> Iterator[Html]:
    """The notices and internal errors of the run."""
    if lines := diagnostics(report):
        items = [_element("li", _text(line)) for line in lines]
        yield _section("notices", "Notices", _element("ul", *items))


def _section(name: str, title: str, *content: Html) -> Html:
    return _element("section", _element("h2", _text(title), id=name), *content, aria_labelledby=name)


def _workloads(report: Report) -> Iterator[Html]:
    """The table of verdicts; nothing where the run was not asked for outcomes."""
    if not any(report.outcomes.values()):
        return
    where = tuple(title for title, many in (("Unit", report.units), ("Release", report.outcomes)) if len(many) > 1)
    titles = ("Workload", *where, *_OF_POD, *_OF_CONTAINER)
    groups = _verdicts(report)
    bodies = [_workload(*group, where) for group in groups]
    only = _checkbox("only-problems", "Show only workloads that are rejected or have an unconfined container", checked=False)
    head = _row(_element("th", _text(title), scope="col", role="columnheader") for title in titles)
    table = _element(
        "table",
        _element("caption", _text(f"SCC, Pod Security level and seccomp profile of {counted(len(groups), 'workload')}")),
        _element("thead", head, role="rowgroup"),
        *bodies,
        class_="stacked",
        # Narrow screens show the table as blocks, and some browsers then no longer report it as a table.
        role="table",
    )
    yield _section("workloads", "Workloads", _element("fieldset", _element("legend", _text("Filter")), only), table)


Verdict = tuple[dict[str, str], tuple[Row, ...]]
"""The units and releases that a verdict holds in, by the title of their column, and its rows."""


def _verdicts(report: Report) -> list[tuple[str, str, list[Verdict]]]:
    """The name, place and verdicts of each workload. A verdict that is the same in several units or releases is there once."""
    found: dict[tuple[str, int, int, str], dict[tuple[str, tuple[Row, ...]], list[str]]] = {}
    for release, outcomes in report.outcomes.items():
        for one in outcomes:
            at = (one.place.file, one.place.line, one.place.column, named(one.outcome.workload))
            rows = tuple(table_rows(one.outcome, ""))
            found.setdefault(at, {}).setdefault((one.unit, rows), []).append(release)
    groups = []
    for (file, line, _, name), releases in found.items():
        units: dict[tuple[tuple[str, ...], tuple[Row, ...]], list[str]] = {}
        for (unit, rows), known in releases.items():
            units.setdefault((tuple(known), rows), []).append(unit)
        verdicts = [
            ({"Unit": ", ".join(map(visible_line, names)), "Release": ", ".join(known)}, rows)
            for (known, rows), names in units.items()
            if rows
        ]
        groups.append((name, line_place(file, line), verdicts))
    return groups


def _workload(name: str, at: str, verdicts: list[Verdict], where: tuple[str, ...]) -> Html:
    """The rows of a workload, one for each verdict and container."""
    total = sum(len(rows) for _, rows in verdicts)
    content = (_text(name), _void("br"), _element("code", _text(at), class_="quiet"))
    cells = [_element("th", *content, scope="rowgroup", role="rowheader", rowspan=str(max(total, 1)))]
    lines = []
    for places, rows in verdicts:
        cells += [_cell(title, places[title], "", len(rows)) for title in where]
        pod = rows[0][1:_FIRST_OF_CONTAINER]
        cells += [_cell(title, *cell, len(rows)) for title, cell in zip(_OF_POD, pod, strict=True)]
        for row in rows:
            container = row[_FIRST_OF_CONTAINER : _FIRST_OF_CONTAINER + len(_OF_CONTAINER)]
            cells += [_cell(title, *cell) for title, cell in zip(_OF_CONTAINER, container, strict=True)]
            lines.append(_row(cells))
            cells = []
    fine = not any(tone == "error" for _, rows in verdicts for row in rows for _, tone in row)
    return _element("tbody", *(lines or [_row(cells)]), class_="fine" if fine else "problem", role="rowgroup")


def _cell(title: str, text: str, tone: str, rows: int = 1) -> Html:
    style = {"class": tone if text else "empty"} if tone or not text else {}
    span = {"rowspan": str(rows)} if rows > 1 else {}
    return _element("td", _text(text), role="cell", data_label=title, **style, **span)


def _row(cells: Iterable[Html]) -> Html:
    return _element("tr", *cells, role="row")


def _checkbox(name: str, label: str, *, checked: bool) -> Html:
    state = {"checked": ""} if checked else {}
    return _element("label", _void("input", type="checkbox", id=name, **state), _text(f" {label}"))


def _findings(findings: tuple[Finding, ...], report: Report) -> Iterator[Html]:
    """The filter by severity, and the findings of each file."""
    if not findings:
        return
    lines, units = SourceLines(report.texts), units_phrase(report)
    boxes = [
        _checkbox(f"show-{severity.value}", f"{severity.value} ({number:,})", checked=True)
        for severity, number in by_severity(findings).items()
    ]
    files = []
    for file, group in groupby(findings, key=lambda finding: finding.span.file):
        same = tuple(group)
        title = _element("summary", _element("h3", _element("code", _text(visible_line(file)))), _text(f" {severities(same)}"))
        files.append(_element("details", title, *(_finding(one, lines, units(one)) for one in same), open=""))
    yield _section("findings", "Findings", _element("fieldset", _element("legend", _text("Show")), *boxes), *files)


def _finding(finding: Finding, lines: SourceLines, units: str) -> Html:
    message, *remarks = remarks_of(finding, units)
    region = lines.region(finding.span)
    source = snippet(region)
    severity = _element("span", _text(finding.severity.value), class_="severity")
    rule = _text(f" {finding.rule_id} {finding.rule_name}{suppressed_words(finding)}")
    parts = [
        _element("h4", severity, rule),
        _element("code", _text(place(finding.span)), class_="quiet"),
        _element("p", _text(message.text)),
    ]
    if source:
        parts.append(_source(region.line, source))
    if remarks:
        parts.append(_element("ul", *map(_remark, remarks)))
    if finding.fix:
        parts += _diffs(finding.fix, lines)
    return _element("article", *parts, class_=f"finding {finding.severity.value}")


def _source(line: int, source: Snippet) -> Html:
    """A source line with its decisive part marked."""
    start = _index(source.source, source.indent)
    end = max(_index(source.source, source.indent + source.width), start)
    before, marked, after = source.source[:start], source.source[start:end], source.source[end:]
    number = _element("span", _text(f"{line} "), class_="number")
    return _pre(number, _text(before), _element("mark", _text(marked)), _text(after))


def _pre(*content: Html) -> Html:
    """Lines as they are. The keyboard can scroll them, so they have a tab stop."""
    return _element("pre", _element("code", *content), tabindex="0")


def _index(text: str, column: int) -> int:
    """Return the index of the character at a terminal column."""
    for index, char in enumerate(text):
        if column <= 0:
            return index
        column -= char_width(char)
    return len(text)


def _remark(remark: Remark) -> Html:
    where = (_element("code", _text(remark.where)),) if remark.where else ()
    return _element("li", _element("b", _text(remark.label)), *where, _text(remark.text), class_=remark.style)


def _diffs(fix: Fix, lines: SourceLines) -> Iterator[Html]:
    """Each edit of a proved fix as a diff."""
    for edit in fix.edits:
        changed = [
            _element("ins" if sign == "+" else "del", _text(f"{sign}{visible_line(text)}"))
            for sign, text in lines.changed(edit)
        ]
        yield _pre(_text(f"{line_place(edit.file, edit.line)}\n"), Html("\n".join(changed)))
