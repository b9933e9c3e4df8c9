"""The rules for people to read: a table, and the manual page of one as Markdown."""

import re
from collections.abc import Iterable

from scclint.report.table import table as lines_of
from scclint.report.text import paint, prose_width, rows
from scclint.rule import AnyRule
from scclint.text import wrap

_INSIDE = r"(?<=\S)\n *(?=[A-Za-z`(*])"
"""A line break inside a paragraph or an entry of a list."""


def table(rules: Iterable[AnyRule], color: bool, width: int | None = None) -> str:
    """Return a row for each rule: id, kind, name, title, on a terminal of `width` columns; None leaves each row on one line."""
    rows = [(paint(r.id, "place", color), paint(r.kind, r.heading, color), r.name, r.title) for r in rules]
    _, *lines = lines_of(("ID", "KIND", "NAME", "TITLE"), rows, width)
    return "\n".join(lines) + "\n"


def table_json(rules: Iterable[AnyRule]) -> str:
    """The rules as an array of objects, sorted by id, without their pages."""
    entries = (
        {
            "id": r.id,
            "name": r.name,
            "title": r.title,
            "kind": r.kind,
            "severity": r.severity.value if r.severity else "",
            "reach": r.reach or "",
            "securitySeverity": r.security_severity,
            "cwe": list(r.cwe),
            "tags": list(r.tags),
            "since": r.since,
            "references": list(r.references),
        }
        for r in rules
    )
    return f"[{rows(entries)}]\n"


def kind_words(rule: AnyRule) -> str:
    """Return the kind of a rule with the severity or reach of its facts: `problem, error`, `access, reach node`, `advice`."""
    more = f"reach {rule.reach}" if rule.reach else ""
    return ", ".join(filter(None, (rule.kind, rule.severity.value if rule.severity else more)))


def facts(rule: AnyRule) -> list[str]:
    """What there is to know about a rule beside its page: kind, version, CWEs, tags."""
    texts = [kind_words(rule)]
    if rule.security_severity is not None:
        texts.append(f"security severity {rule.security_severity}")
    # A rule that came with no release says so in words.
    texts.append(f"since {rule.since}" if rule.since[:1].isdigit() else rule.since)
    texts += [f"CWE-{number}" for number in rule.cwe]
    return texts + ([f"tags {' '.join(rule.tags)}"] if rule.tags else [])


def page(rule: AnyRule, columns: int | None = None) -> str:
    """Return the manual page in Markdown: title, facts, text, references. Its paragraphs are wrapped on a terminal of so many `columns`."""
    parts = [f"# {rule.id} {rule.name}", f"{rule.title}.", f"*{', '.join(facts(rule))}*", rule.page.strip()]
    if rule.references:
        parts.append("## References\n\n" + "\n".join(f"- <{url}>" for url in rule.references))
    text = "\n\n".join(parts) + "\n"
    if columns is None:
        return text
    pieces = text.split("```")
    for index in range(0, len(pieces), 2):
        pieces[index] = "\n".join(wrap(re.sub(_INSIDE, " ", pieces[index]), prose_width(columns)))
    return "```".join(pieces)
