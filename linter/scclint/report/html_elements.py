"""Elements of HTML pages without scripts and without anything to load."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import NewType

from scclint.report.html_style import STYLE
from scclint.report.sanitize import visible, visible_line

Html = NewType("Html", str)
"""Markup. Only `literal` and the functions that build elements make it, so mypy rejects a text that is not escaped."""


def literal(value: str) -> Html:
    """Return foreign text as markup that shows it literally."""
    return Html(escape(visible(value, None)))


def prose(value: str) -> Html:
    """Return a message as markup, in which a text between backticks is code. Foreign text is literal, as with `literal`."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return literal(value)
    return Html("".join(element("code", literal(part)) if index % 2 else literal(part) for index, part in enumerate(parts)))


def element(name: str, /, *content: Html, **attributes: str) -> Html:
    """Return an element. A trailing `_` of an attribute's name is dropped, and other `_` become `-`."""
    separator = "\n" if name in _BLOCKS else ""
    return Html(f"{void(name, **attributes)}{separator}{separator.join(content)}{separator}</{name}>")


_BLOCKS = {
    *("html", "head", "body", "header", "main", "section", "footer", "fieldset", "details", "article", "ul"),
    *("table", "thead", "tbody", "tr"),
}
"""Elements whose content gets lines of its own, so that two reports can be compared line by line."""


def void(name: str, /, **attributes: str) -> Html:
    """Return an element that has no content and no end tag."""
    parts = "".join(f' {key.rstrip("_").replace("_", "-")}="{literal(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{parts}>")


def page(title: str, *body: Html, style: str = "") -> str:
    """Return a whole page. `style` is added to the style sheet, and must contain no text from the input."""
    content = element("html", _head(title, STYLE + style), element("body", *body), lang="en")
    return f"<!DOCTYPE html>\n{content}\n"


def _head(title: str, style: str) -> Html:
    # The style sheet is allowed by its digest, so the browser ignores any other style, script, image or form.
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=policy),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", literal(visible_line(title))),
        Html(f"<style>{style}</style>"),
    )


def section(name: str, title: str, *content: Html) -> Html:
    """Return a section with a heading. `name` is its ID."""
    return element("section", element("h2", literal(title), id=name), *content, aria_labelledby=name)


_FULL_COLUMNS = 9
"""The most columns of their full width that fit a screen of 1,280 pixels."""


def table(titles: Iterable[str], *bodies: Html, caption: str = "", wide: bool = False) -> Html:
    """Return a table with a row of titles. Narrow screens show it as blocks, and a `wide` one may take the whole page."""
    titles = tuple(titles)
    head = table_row(element("th", literal(title), scope="col", role="columnheader") for title in titles)
    layout = "stacked wide" if wide else "stacked many" if len(titles) > _FULL_COLUMNS else "stacked"
    parts = [element("caption", literal(caption))] if caption else []
    # Some browsers no longer report a table that is shown as blocks as one.
    return element("table", *parts, element("thead", head, role="rowgroup"), *bodies, class_=layout, role="table")


def table_cell(title: str, text: str, tone: str, rows: int = 1) -> Html:
    """Return a cell of a table. `title` is that of its column, `tone` its class, and `rows` over how many rows it extends."""
    style = {"class": tone if text else "empty"} if tone or not text else {}
    span = {"rowspan": str(rows)} if rows > 1 else {}
    return element("td", literal(text), role="cell", data_label=title, **style, **span)


def table_row(cells: Iterable[Html]) -> Html:
    """Return a row of a table."""
    return element("tr", *cells, role="row")


def checkbox(name: str, label: str, *, checked: bool) -> Html:
    """Return a checkbox with a label. `name` is its ID, by which the style sheet acts on it."""
    state = {"checked": ""} if checked else {}
    return element("label", void("input", type="checkbox", id=name, **state), literal(f" {label}"))


def problem_filter() -> Html:
    """Return the filter that hides the workloads without problems."""
    box = checkbox("only-problems", "Show only workloads that are rejected or have an unconfined container", checked=False)
    return element("fieldset", element("legend", literal("Filter")), box)


def choice(name: str, label: str, options: Iterable[str]) -> Html:
    """Return a list to choose from, with a label. `name` is its ID. The first option is chosen."""
    listed = [element("option", literal(visible_line(option))) for option in options]
    return element("label", literal(f"{label} "), element("select", *listed, id=name))


def preformatted(*content: Html) -> Html:
    """Lines as they are. The keyboard can scroll them, so they have a tab stop."""
    return element("pre", element("code", *content), tabindex="0")
