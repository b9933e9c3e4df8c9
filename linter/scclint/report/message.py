"""`scclint explain --message`: for each error in a pasted text the cause, the reasons, and what to do."""

from collections.abc import Sequence

from scclint.message.answers import Explanation
from scclint.report import Options, render
from scclint.report.text import Json, dump, from_template, visible_line


def render_text(answers: Sequence[Explanation], options: Options) -> str:
    """Return the answers, each followed by the findings in manifests that are its cause."""
    parts = []
    for given in answers:
        text = from_template("message", options.color, options.width, answer=given, match=given.match, incident=given.incident)
        found = given.match.report if given.match and given.match.findings else None
        parts.append(f"{text}\n{render(found, 'full', options)}" if found else text)
    return "\n".join(parts)


def render_json(answers: Sequence[Explanation]) -> str:
    """Return an object with `version` 1 and the `incidents`, each with its cause, reasons, steps and findings."""
    return dump({"version": 1, "incidents": [_incident(given) for given in answers]}) + "\n"


def _incident(given: Explanation) -> Json:
    incident, denial, match = given.incident, given.incident.denial, given.match
    uid_range = denial.uid_range if denial else None
    return {
        "error": incident.kinds[0].title if incident.kinds else "",
        "count": incident.count,
        "pod": visible_line(incident.pod),
        "namespace": visible_line(incident.namespace),
        "owner": visible_line("/".join(filter(None, incident.owner))),
        "container": visible_line(incident.container),
        "cause": visible_line(given.cause),
        "reasons": [
            {"from": visible_line(source), "reasons": [visible_line(text) for text in texts]} for source, texts in given.reasons
        ],
        "steps": [{"text": visible_line(step.text), "effect": visible_line(step.effect)} for step in given.steps],
        "asks": [visible_line(text) for text in given.asks],
        "facts": {name: visible_line(value) for name, value in incident.facts.items()},
        "denied": list(denial.denied) if denial else [],
        "uidRange": list(uid_range) if uid_range else [],
        "level": denial.level if denial else "",
        "policy": visible_line(incident.policy),
        "since": incident.since,
        "until": incident.until,
        "cut": bool(denial and denial.cut),
        "rules": sorted({rule for kind in incident.kinds for rule in kind.rules}),
        "workload": visible_line(match.workload) if match else None,
        "differences": [visible_line(text) for text in match.differences] if match else [],
        "findings": [
            {
                "rule": finding.rule_id,
                "message": visible_line(finding.message),
                "help": visible_line(finding.help),
                "file": visible_line(finding.span.file),
                "line": finding.span.line,
                "fix": visible_line(finding.fix.title) if finding.fix else None,
            }
            for finding in (match.findings if match else ())
        ],
    }
