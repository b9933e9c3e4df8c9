"""How often each fact is there, and the names that formats give to facts. Both come from `Finding.key`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from scclint.finding import Cause, Finding, Key

NAME_OF_CAUSE = r"[0-9a-f]{8}(-\d+)?"
"""The form of the names that `causes_of` gives."""


def numbers(findings: Iterable[Finding]) -> Mapping[tuple[Key, str], int]:
    """Return how often each key is there on each release: as often as in the unit that has it most.

    Units are views of the same objects, or deliver them to several places: what all of them have is one fact. The release is empty where
    a run judged one.
    """
    in_unit: Counter[tuple[Key, str, str]] = Counter()
    for finding in findings:
        in_unit.update((finding.key, release, unit) for release in finding.releases or ("",) for unit in finding.units or ("",))
    most: Counter[tuple[Key, str]] = Counter()
    for (key, release, _), number in in_unit.items():
        most[key, release] = max(most[key, release], number)
    return most


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """Return a fingerprint for each finding, all different: a digest of its key, then an ordinal.

    Pass all findings of a run, suppressed ones too, so that showing or hiding some does not renumber the others.
    """
    counts: Counter[str] = Counter()
    prints = []
    for finding in findings:
        digest = sha256(str(finding.key).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        counts[digest] += 1
        prints.append(f"{digest}:{counts[digest]}")
    return prints


def causes_of(findings: Sequence[Finding]) -> Iterator[Cause]:
    """Yield the cause of each finding that stands for one, in the order of the findings."""
    for finding, fingerprint in zip(findings, fingerprints(findings), strict=True):
        if finding.suppression is None or finding.suppression.by != "finding":
            digest, _, number = fingerprint.partition(":")
            yield Cause(digest[:8] if number == "1" else f"{digest[:8]}-{number}", finding)
