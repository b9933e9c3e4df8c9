"""A finding's identity across edits: it survives moved lines and reworded messages."""

from collections.abc import Iterable
from hashlib import sha256

from scclint.finding import Finding
from scclint.report.paths import RepositoryPaths
from scclint.text import field_path


def fingerprints(findings: Iterable[Finding], paths: RepositoryPaths) -> list[str]:
    """One fingerprint a finding, all different: a hash of rule, file, object, container and field path, then an ordinal.

    Pass all findings of a run, suppressed ones too, so that showing or hiding some does not renumber the others.
    """
    seen: dict[str, int] = {}
    prints = []
    for finding in findings:
        subject = finding.subject
        parts = (
            finding.rule_id,
            paths.path(finding.span.file),
            subject.kind,
            subject.namespace,
            subject.name,
            subject.container,
            field_path(finding.path),
        )
        digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[digest] = seen.get(digest, 0) + 1
        prints.append(f"{digest}:{seen[digest]}")
    return prints
