"""What the formats for people share: colour, wrapping, statistics."""

from collections.abc import Iterator, Sequence

from scclint.finding import Finding
from scclint.report.options import Options
from scclint.report.sanitize import visible, visible_line
from scclint.report.summary import findings_summary, judged_summary, severities
from scclint.run.report import Report
from scclint.text import counted, wrap

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


def statistics(findings: Sequence[Finding], options: Options, *, several_units: bool) -> str:
    """Return how often each rule found something, the most frequent first: count, id, severity, name.

    With `several_units`, each rule has the number of its units, and a second table counts the findings of each unit.
    """
    rules: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        rules.setdefault((finding.rule_id, finding.severity.value, finding.rule_name), []).append(finding)
    digits = max((len(str(len(some))) for some in rules.values()), default=0)
    names = max((len(name) for _, _, name in rules), default=0)
    lines = []
    for (rule, severity, name), some in sorted(rules.items(), key=lambda row: (-len(row[1]), row[0])):
        units = {unit for finding in some for unit in finding.units}
        where = f"{'':{names - len(name)}}  in {counted(len(units), 'unit')}" if several_units and units else ""
        lines.append(f"{len(some):>{digits}}  {paint(rule, severity, options.color)}  {severity:<7}  {name}{where}\n")
    return "".join([*lines, *(_by_unit(findings) if several_units else ())])


def _by_unit(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each unit with findings, the one with the most first. A finding counts in each of its units."""
    findings_of: dict[str, list[Finding]] = {}
    for finding in findings:
        for unit in finding.units:
            findings_of.setdefault(unit, []).append(finding)
    digits = max((len(str(len(some))) for some in findings_of.values()), default=0)
    yield "\n" if findings_of else ""
    for unit, some in sorted(findings_of.items(), key=lambda row: (-len(row[1]), row[0])):
        yield f"{len(some):>{digits}}  {visible_line(unit)}: {severities(tuple(some))}\n"
    yield "\n" if findings_of else ""
