"""The rules for people to read on a terminal: a table, and the page of one."""

import re
from collections.abc import Iterable

from scclint.report.dump import dump
from scclint.report.screen import paint
from scclint.rule import AnyRule


def table(rules: Iterable[AnyRule], color: bool) -> str:
    """One line per rule: id, severity, name, title."""
    rows = [(r.id, r.severity.value, r.name, r.title) for r in rules]
    width = max(len(row[2]) for row in rows)
    lines = []
    for id, severity, name, title in rows:
        lines.append(f"{paint(id, 'place', color)}  {paint(f'{severity:<7}', severity, color)}  {name:<{width}}  {title}")
    return "\n".join(lines) + "\n"


def table_json(rules: Iterable[AnyRule]) -> str:
    """The rules as an array of objects, sorted by id, without their pages."""
    return (
        "[\n"
        + ",\n".join(
            dump(
                {
                    "id": r.id,
                    "name": r.name,
                    "title": r.title,
                    "severity": r.severity.value,
                    "securitySeverity": r.security_severity,
                    "cwe": list(r.cwe),
                    "tags": list(r.tags),
                    "since": r.since,
                    "references": list(r.references),
                }
            )
            for r in rules
        )
        + "\n]\n"
    )


def markdown(rule: AnyRule) -> str:
    """The whole page as Markdown: title, facts, manual, references."""
    facts = [f"severity {rule.severity.value}", f"since scclint {rule.since}"]
    if rule.security_severity is not None:
        facts.insert(1, f"security severity {rule.security_severity}")
    facts += [f"CWE-{number}" for number in rule.cwe]
    parts = [
        f"# {rule.id} {rule.name}",
        f"{rule.title}.",
        f"*{', '.join(facts)}; tags: {', '.join(rule.tags)}*",
        rule.page.strip(),
    ]
    if rule.references:
        parts.append("## References\n\n" + "\n".join(f"- <{url}>" for url in rule.references))
    return "\n\n".join(parts) + "\n"


def page(rule: AnyRule, color: bool) -> str:
    """The page as text for a terminal; with colour, headings and code are set off."""
    text = markdown(rule)
    if not color:
        return text
    lines, code = [], False
    for line in text.split("\n"):
        if line.startswith("```"):
            code = not code
            lines.append("")
        elif code:
            lines.append(paint("    " + line, "note", color) if line else "")
        elif line.startswith("#"):
            lines.append(paint(line.lstrip("# "), "place", color))
        else:
            lines.append(re.sub(r"`([^`]+)`", lambda m: paint(m[1], "note", color), line))
    return "\n".join(lines)
