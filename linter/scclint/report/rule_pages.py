"""The rules for people to read: a table, and the manual page of one as Markdown."""

from collections.abc import Iterable

from scclint.report.json_text import rows
from scclint.report.text import WIDTH, paint
from scclint.rule import AnyRule
from scclint.text import wrap


def table(rules: Iterable[AnyRule], color: bool, width: int | None = None) -> str:
    """One row per rule: id, severity, name, title. Titles wrap within `width` columns; None leaves each row on one line."""
    rows = [(r.id, r.severity.value, r.name, r.title) for r in rules]
    ids, names = (max((len(row[column]) for row in rows), default=0) for column in (0, 2))
    hang = ids + 7 + names + 6
    lines = []
    for id, severity, name, title in rows:
        lead = f"{paint(f'{id:<{ids}}', 'place', color)}  {paint(f'{severity:<7}', severity, color)}  {name:<{names}}  "
        if width is None:
            lines.append(lead + title)
        elif width - hang < WIDTH // 3:
            lines.append(lead.rstrip())
            lines += [" " * (ids + 2) + part for part in wrap(title, width - ids - 2)]
        else:
            lines.append(lead + f"\n{' ' * hang}".join(wrap(title, width - hang)))
    return "\n".join(lines) + "\n"


def table_json(rules: Iterable[AnyRule]) -> str:
    """The rules as an array of objects, sorted by id, without their pages."""
    entries = (
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
            "study": {"read": r.study[0], "right": r.study[1]},
        }
        for r in rules
    )
    return f"[{rows(entries)}]\n"


def facts(rule: AnyRule) -> list[str]:
    """What there is to know about a rule beside its page: severity, version, findings of the study, CWEs, tags."""
    texts = [f"severity {rule.severity.value}"]
    if rule.security_severity is not None:
        texts.append(f"security severity {rule.security_severity}")
    # A rule that came with no release says so in words.
    texts.append(f"since {rule.since}" if rule.since[:1].isdigit() else rule.since)
    if rule.study[0]:
        texts.append(f"{rule.study[1]} of {rule.study[0]} studied findings right")
    texts += [f"CWE-{number}" for number in rule.cwe]
    return texts + ([f"tags {' '.join(rule.tags)}"] if rule.tags else [])


def page(rule: AnyRule) -> str:
    """Return the manual page in Markdown: title, facts, text, references."""
    parts = [f"# {rule.id} {rule.name}", f"{rule.title}.", f"*{', '.join(facts(rule))}*", rule.page.strip()]
    if rule.references:
        parts.append("## References\n\n" + "\n".join(f"- <{url}>" for url in rule.references))
    return "\n\n".join(parts) + "\n"
