"""A finding's identity across edits: it survives moved lines and reworded messages."""

from collections.abc import Container, Iterable
from hashlib import sha256

from scclint.finding import Finding
from scclint.report.paths import RepositoryPaths
from scclint.suppress.baseline import stable_path
from scclint.text import field_path


def fingerprints(findings: Iterable[Finding], paths: RepositoryPaths) -> list[str]:
    """One fingerprint a finding, all different: a hash of rule, file, object, container and field path, then an ordinal.

    Pass all findings of a run, suppressed ones too, so that showing or hiding some does not renumber the others.
    """
    return _numbered(
        (
            finding.rule_id,
            paths.path(finding.span.file),
            finding.subject.kind,
            finding.subject.namespace,
            finding.subject.name,
            finding.subject.container,
            field_path(finding.path),
        )
        for finding in findings
    )


def fingerprints_v2(findings: Iterable[Finding], paths: RepositoryPaths, charts: Container[str] = ()) -> list[str]:
    """Return the fingerprints of the second version, which also tell findings apart by their subjects.

    Containers count by name, not by position. A finding in one of the units `charts` counts by the template and the kind of its object, as
    the name may contain that of the release.
    """
    return _numbered(_identity(finding, paths, charts) for finding in findings)


def fingerprints_v3(findings: Iterable[Finding], paths: RepositoryPaths, charts: Container[str] = ()) -> list[str]:
    """Return the fingerprints of the third version, which also tell the parts of an object apart, such as the tasks of a Pipeline."""
    return _numbered((*_identity(finding, paths, charts), finding.subject.part) for finding in findings)


def _identity(finding: Finding, paths: RepositoryPaths, charts: Container[str]) -> tuple[str, ...]:
    return (
        finding.rule_id,
        paths.path(finding.span.file),
        finding.subject.kind,
        *(("", "") if any(unit in charts for unit in finding.units) else (finding.subject.namespace, finding.subject.name)),
        finding.subject.container,
        stable_path(finding.path, finding.subject.container),
        *finding.subjects,
    )


def _numbered(identities: Iterable[tuple[str, ...]]) -> list[str]:
    counts: dict[str, int] = {}
    prints = []
    for parts in identities:
        digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        counts[digest] = counts.get(digest, 0) + 1
        prints.append(f"{digest}:{counts[digest]}")
    return prints
