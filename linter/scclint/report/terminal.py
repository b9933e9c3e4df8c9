"""What the formats for people share: colour, wrapping, statistics."""

from collections.abc import Iterator, Sequence

from scclint.finding import Finding
from scclint.report.options import Options
from scclint.report.sanitize import visible, visible_line
from scclint.report.summary import by_rule, findings_summary, judged_summary, severities
from scclint.run.report import Report
from scclint.text import counted, wrap
from scclint.units.unit import Unit

WIDTH = 80
"""The width of prose where there is no terminal."""

_NARROWEST = 40
_WIDEST = 100
"""The width of prose on a wide terminal. Longer lines are hard to read."""


def prose_width(columns: int | None) -> int:
    """Return how wide to set prose on a terminal of so many columns; None is no terminal."""
    return WIDTH if columns is None else max(_NARROWEST, min(columns, _WIDEST))


_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "clean": "1;32",
    "place": "1",
    "note": "36",
    "help": "32",
    "quiet": "2",
}


def paint(text: object, style: str, color: bool) -> str:
    """`text` in one of the styles by which all output for people is painted, or as it is without colour."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else str(text)


def closing_summary(report: Report, options: Options, separator: str = ". ") -> str:
    """The summary, what was found in the colour of the worst of it: with the default `separator`, one line."""
    summary = findings_summary(report, options)
    worst = min((f.severity for f in report.live if not options.hides(f)), key=lambda s: s.rank, default=None)
    style = "error" if report.crashes else worst.value if worst else "clean"
    return f"{paint(summary, style, options.color)}{separator}{judged_summary(report)}\n"


def hang(text: str, columns: int | None, indent: int, taken: int = 0) -> str:
    """Return a text wrapped on a terminal of so many columns. Its first line begins `taken` columns after the indentation of the others."""
    return ("\n" + " " * indent).join(wrap(text, prose_width(columns) - indent, taken))


def from_template(name: str, color: bool, columns: int | None, **values: object) -> str:
    """Return templates/`name`.txt.j2 rendered with `values` for a terminal of so many columns. Its filters are `paint` and `hang`."""
    from scclint.report import jinja

    def hung(text: str, indent: int, taken: int = 0) -> str:
        return hang(visible(text), columns, indent, taken)

    def painted(text: str, style: str) -> str:
        return paint(visible_line(text), style, color)

    return jinja.render(f"{name}.txt", visible_line, {"paint": painted, "hang": hung}, **values)


def statistics(findings: Sequence[Finding], options: Options, units: Sequence[Unit]) -> str:
    """Return how often each rule found something, the most frequent first: count, id, severity, name.

    With several units, each rule has the number of its units, and a second table counts the findings of each unit.
    """
    rules = by_rule(findings)
    digits = max((len(str(len(same))) for same in rules), default=0)
    names = max((len(same[0].rule_name) for same in rules), default=0)
    lines = []
    for same in rules:
        first, number = same[0], len({unit for finding in same for unit in finding.units})
        where = f"{'':{names - len(first.rule_name)}}  in {counted(number, 'unit')}" if len(units) > 1 and number else ""
        rule = paint(first.rule_id, first.severity.value, options.color)
        lines.append(f"{len(same):>{digits}}  {rule}  {first.severity.value:<7}  {first.rule_name}{where}\n")
    return "".join([*lines, *(_by_unit(findings, units) if len(units) > 1 else ())])


def _by_unit(findings: Sequence[Finding], units: Sequence[Unit]) -> Iterator[str]:
    """Yield a line for each unit with findings, the one with the most first. A finding counts in each of its units."""
    of_unit = [(unit, tuple(finding for finding in findings if unit.name in finding.units)) for unit in units]
    counts = sorted(((unit, same) for unit, same in of_unit if same), key=lambda pair: (-len(pair[1]), pair[0].name))
    digits = max((len(str(len(same))) for _, same in counts), default=0)
    lines = [f"{len(same):>{digits}}  {visible_line(unit.title)}: {severities(same)}\n" for unit, same in counts]
    yield from ("\n", *lines, "\n") if lines else ()
