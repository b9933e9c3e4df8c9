"""What a cause makes besides what its headline says, as lines for people."""

from collections.abc import Sequence

from scclint.finding import Finding, Related
from scclint.text import field_path


def related_places(finding: Finding) -> Sequence[Related]:
    """Return the places that explain a finding, and then those of its consequences."""
    return (*finding.related, *consequences(finding)) if finding.others else finding.related


def consequences(finding: Finding) -> list[Related]:
    """Return a line for each of the other findings of a cause, with its place."""
    return [Related(consequence(other, finding), other.span) for other in finding.others]


def consequence(other: Finding, finding: Finding) -> str:
    """Return the line of another finding of a cause."""
    rule = f"also {other.rule_id} ({other.rule_name})"
    about = about_what(other, finding)
    return f"{rule} for {about}" if about else rule


def about_what(other: Finding, finding: Finding) -> str:
    """Return the object, container or field that another finding of a cause is about; empty if the cause is about it."""
    if other.subject.name != finding.subject.name and not is_implied(other):
        return str(other.subject)
    if other.subject.container:
        return f"container {other.subject.container}"
    return field_path(other.path) if is_other_field(other, finding) else ""


def is_other_field(other: Finding, finding: Finding) -> bool:
    """Whether a finding says the same of another field: one line of a template wrote both, or one mistake."""
    same = other.rule_id == finding.rule_id and other.subject == finding.subject
    return same and other.path != finding.path


def is_implied(finding: Finding) -> bool:
    """Whether a ClusterServiceVersion implies the object that the finding is about."""
    return "install" in finding.path
