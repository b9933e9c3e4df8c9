"""What the formats for people share: colour, wrapping, the filters of templates, statistics."""

from collections.abc import Callable, Iterable
from functools import partial

from scclint.engine.report import Report
from scclint.finding import Finding
from scclint.report.options import Options
from scclint.report.summary import findings_summary, judged_summary
from scclint.text import wrap

WIDTH = 80

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
    found = findings_summary(report, options)
    worst = min((f.severity for f in report.live if f.severity not in options.hide), key=lambda s: s.rank, default=None)
    style = "error" if report.crashes else worst.value if worst else "clean"
    return f"{paint(found, style, options.color)}{separator}{judged_summary(report)}\n"


def filters(options: Options) -> dict[str, Callable[..., str]]:
    """The filters of the package's own templates: `paint(style)`, and `hang(indent, taken)`, which wraps a text in its column."""

    def hang(text: str, indent: int, taken: int) -> str:
        return ("\n" + " " * indent).join(wrap(text, WIDTH - indent, taken))

    return {"paint": partial(paint, color=options.color), "hang": hang}


def statistics(findings: Iterable[Finding], options: Options) -> str:
    """How often each rule was broken, the most frequent first: a table of count, id, severity, name."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in findings:
        key = (finding.rule_id, finding.severity.value, finding.rule_name)
        counts[key] = counts.get(key, 0) + 1
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    digits = max((len(str(number)) for _, number in rows), default=0)
    lines = []
    for (rule, severity, name), number in rows:
        lines.append(f"{number:>{digits}}  {paint(rule, severity, options.color)}  {severity:<7}  {name}\n")
    return "".join(lines)
