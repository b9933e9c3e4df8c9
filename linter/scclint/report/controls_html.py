"""`scclint controls` as a page for a browser or for print."""

from collections.abc import Iterator, Sequence

from scclint.controls.assess import Assessment
from scclint.controls.frameworks import Framework
from scclint.report.controls import evidence_of, full_title, summary
from scclint.report.html_elements import Html, element, literal, page, section, table, table_cell, table_row
from scclint.report.sanitize import visible_line
from scclint.report.summary import place
from scclint.text import counted

_TITLES = ("Control", "Title", "Status", "Evidence")
_TONES = {"fail": "error", "not assessable": "quiet"}


def render_html(framework: Framework, found: Sequence[Assessment], about: str) -> str:
    """A page with the status of each control, and below the table what fails it. `about` says what was assessed."""
    title = full_title(framework)
    header = element(
        "header",
        element("h1", literal(title)),
        element("p", literal(summary(found)), class_="lead"),
        element("p", literal(about)),
        element("p", literal(f"IDs and titles: {framework.source}."), class_="quiet"),
    )
    failed = [one for one in found if one.status == "fail"]
    parts = [section("controls", "Controls", _table(found))]
    if failed:
        parts.append(section("evidence", "Evidence", *map(_evidence, failed)))
    return page(title, header, element("main", *parts))


def _table(found: Sequence[Assessment]) -> Html:
    return table(_TITLES, *(element("tbody", table_row(_cells(one)), role="rowgroup") for one in found))


def _cells(one: Assessment) -> Iterator[Html]:
    number = sum(1 for _ in evidence_of(one))
    yield element("th", literal(one.control.id), scope="row", role="rowheader")
    yield table_cell("Title", one.control.title, "")
    yield table_cell("Status", one.status, _TONES.get(one.status, ""))
    yield table_cell("Evidence", f"{counted(number, 'object')}, see below" if number else one.why, "" if number else "quiet")


def _evidence(one: Assessment) -> Html:
    items = []
    for rule, text, span in evidence_of(one):
        message = literal(f" {f'{rule} ' if rule else ''}{visible_line(text)}")
        items.append(element("li", element("code", literal(place(span)), class_="quiet"), message))
    heading = element("h3", literal(f"{one.control.id} {one.control.title}"))
    return element("article", heading, element("ul", *items), class_="finding error")
