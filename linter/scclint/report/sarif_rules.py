"""Rules as SARIF `reportingDescriptor`s, with the properties that GitHub code scanning reads."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scclint.about import with_addresses
from scclint.finding import Finding, Severity
from scclint.report.help_address import help_addresses
from scclint.run.report import Report

if TYPE_CHECKING:
    from scclint.rule import AnyRule

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}

_PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_LONGEST_DESCRIPTION = 1024
_LINK = r"\[([^\]]+)\]\([^)]*\)"
_ENOUGH = 20
"""Findings to read before a rule counts as very precise. If all of 20 are right, at least 86 % are with 95 % confidence."""
_MOST_TAGS = 20


def descriptors(report: Report) -> list[dict[str, Any]]:
    """All rules of the run sorted by id, not only those with findings: hosts compare the list from run to run.

    A finding's rule that the run has no record of is listed with what the finding says about it.
    """
    pages = help_addresses(report.rules)
    by_id = {rule.id: _descriptor(rule, pages.get(rule.id, "")) for rule in report.rules}
    for finding in report.findings:
        if finding.rule_id not in by_id:
            by_id[finding.rule_id] = _bare_descriptor(finding)
    return [by_id[rule_id] for rule_id in sorted(by_id)]


def _descriptor(rule: "AnyRule", page: str) -> dict[str, Any]:
    title = _sentence(rule.title)
    manual = with_addresses(_with_references(rule.page or title, rule.references))
    return {
        "id": rule.id,
        "name": _pascal_case(rule.name),
        "shortDescription": {"text": _cut(title)},
        "fullDescription": {"text": _cut(_first_paragraph(rule.page) or title)},
        **({"helpUri": page} if page else {}),
        "help": {"text": manual, "markdown": manual},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "precision": precision(rule),
            "problem.severity": _PROBLEM_SEVERITIES[rule.severity],
            **({} if rule.security_severity is None else {"security-severity": str(rule.security_severity)}),
            "tags": _tags(rule),
        },
    }


def _bare_descriptor(finding: Finding) -> dict[str, Any]:
    text = _sentence(finding.rule_name)
    return {
        "id": finding.rule_id,
        "name": _pascal_case(finding.rule_name),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"precision": "high", "problem.severity": _PROBLEM_SEVERITIES[finding.severity]},
    }


def precision(rule: "AnyRule") -> str:
    """Return how often a finding of the rule is right, in GitHub's words, from the study on real manifests.

    A rule without findings in the study had no wrong one either.
    """
    read, right = rule.study
    if right < read:
        return "medium" if right * 2 >= read else "low"
    return "very-high" if read >= _ENOUGH else "high"


def _tags(rule: "AnyRule") -> list[str]:
    """GitHub heeds a security severity only under the tag `security`, and knows CWEs by CodeQL's tags."""
    security = () if rule.security_severity is None else ("security",)
    tags = (*security, *rule.tags, *(f"external/cwe/cwe-{number:03d}" for number in rule.cwe))
    return list(dict.fromkeys(tags))[:_MOST_TAGS]


def _first_paragraph(page: str) -> str:
    """The first prose of a manual page without headings and links, on one line."""
    for paragraph in page.split("\n\n"):
        text = " ".join(line for line in paragraph.split("\n") if not line.startswith("#")).strip()
        if text:
            return re.sub(_LINK, r"\1", " ".join(text.split()))
    return ""


def _with_references(page: str, references: Iterable[str]) -> str:
    links = "\n".join(f"- <{reference}>" for reference in references)
    return f"{page}\n\n{links}" if links else page


def _pascal_case(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 1] + "…"
