"""HTML pages that load nothing, for a browser or for print. A page shows everything without its script, which only searches."""

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from time import gmtime, strftime, time
from typing import NamedTuple

from scclint import __version__
from scclint.record import record
from scclint.report import jinja
from scclint.report.text import visible, visible_line


class TableCell(NamedTuple):
    """A cell of a table. `title` is that of its column, `tone` its class. It extends over so many `rows` and `columns`."""

    title: str
    text: str
    tone: str = ""
    rows: int = 1
    columns: int = 1


@record
class TableBody:
    """Rows of a table that belong together, with the name of their object, its place and notes in front, if they have one."""

    rows: Sequence[Sequence[TableCell]]
    name: str = ""
    place: str = ""
    classes: str = ""
    notes: Sequence[str] = ()


class Choice:
    """Values to choose from, each with a title. The style sheet hides the elements that `classes` gave to another value."""

    def __init__(self, name: str, label: str, titles: Mapping[str, str]) -> None:
        self.name = name
        self.label = label
        self.titles = titles
        self._index = {value: index for index, value in enumerate(titles)}

    @property
    def useful(self) -> bool:
        """Whether there is something to choose."""
        return len(self.titles) > 1

    @property
    def style(self) -> str:
        """The rules that hide elements. They contain positions and no values, which may be anyone's text."""
        # The first option hides nothing.
        return "".join(
            f"body:has(#{self.name} option:nth-child({index + 2}):checked) .{self.name}:not(.{self.name}-{index}) {{ display: none; }}\n"
            for index in range(len(self.titles))
            if self.useful
        )

    def classes(self, values: Iterable[str]) -> str:
        """Return the classes of an element that belongs to these values; none for an element that is always shown."""
        indices = sorted({self._index[value] for value in values if value in self._index})
        return " ".join([self.name, *(f"{self.name}-{index}" for index in indices)]) if indices and self.useful else ""


def render(name: str, *choices: Choice, **values: object) -> str:
    """Return the page of the template `name`.html, with the style that `choices` need. A template names its script, if it has one."""
    style = "".join([style_sheet(), *(choice.style for choice in choices)])

    def asset(file: str) -> str:
        return style if file == _STYLE else _text(file)

    def digest(file: str) -> str:
        """The digest by which the policy of the page allows a style or script: the browser ignores any other, and images and forms."""
        return b64encode(sha256(asset(file).encode()).digest()).decode()

    # In UTC. SOURCE_DATE_EPOCH sets it, see reproducible-builds.org.
    made = strftime(f"scclint {__version__}, %Y-%m-%d", gmtime(float(os.environ.get("SOURCE_DATE_EPOCH") or time())))
    filters = {"prose": prose, "line": lambda text: literal(visible_line(text)), "asset": asset, "digest": digest}
    return jinja.render(f"{name}.html", literal, filters, style=_STYLE, made=made, **values)


_STYLE = "style.css"


def style_sheet() -> str:
    """Return the style sheet of every page."""
    return _text(_STYLE)


def _text(name: str) -> str:
    return (files("scclint.report.templates") / name).read_text("utf-8")


def literal(value: str) -> str:
    """Return foreign text as markup that shows it literally."""
    return escape(visible(value, None))


def prose(value: str) -> str:
    """Return a message as markup, in which a text between backticks is code. Foreign text is literal."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return literal(value)
    return "".join(f"<code>{literal(part)}</code>" if index % 2 else literal(part) for index, part in enumerate(parts))
