"""The consequences of findings: what a baseline records, and what `--diff-base` calls new.

The identity of a consequence is its rule, the object, what is opened or lost, and for whom: no file, no line and no words of a message.
Consequences are counted over units and containers, but the views of one chart count once. One is new if it opens something that was
not open, if there are more of it than before, or if it is applied more surely than before.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, get_args

from scclint.admission.access import covers
from scclint.finding import ON_RELEASE, Applied, Cause, Finding
from scclint.record import grouped, record

APPLIED: tuple[Applied, ...] = get_args(Applied)
"""From the least to the most sure."""

_EVERY_SCC = dict.fromkeys(("SCC privileged", "SCC *"), "SCC ")
"""Grants of an SCC that have all other grants, which begin so."""
_EVERYONE = ("group system:authenticated", "system:authenticated")


class Consequence(NamedTuple):
    """What a finding says that its object opens or loses. `subject` is the user, group or service account for whom; empty for no one."""

    code: str
    group: str
    kind: str
    namespace: str
    name: str
    opens: str
    subject: str = ""

    @property
    def alike(self) -> tuple[str, ...]:
        """What two consequences have in common if one can have all that the other has."""
        return self.code, self.group, self.kind, self.name

    def has(self, other: "Consequence") -> bool:
        """Whether a consequence that is `alike` has all that the other one has. A namespace that one does not name may be the same."""
        same = self.namespace == other.namespace or "" in (self.namespace, other.namespace)
        return same and _has_text(self.opens, other.opens) and _has_subject(self.subject, other.subject)

    def __str__(self) -> str:
        return f"{self.opens} for {self.subject}" if self.subject else self.opens


def _has_text(opens: str, other: str) -> bool:
    return covers(opens, other) or other.startswith((f"{opens}{ON_RELEASE}", _EVERY_SCC.get(opens, "\0")))


def _has_subject(subject: str, other: str) -> bool:
    if other in (subject, "") or subject in _EVERYONE:
        return True
    _, found, accounts = subject.partition("system:serviceaccounts")
    namespace = accounts.removeprefix(":")
    return bool(found) and other.startswith(f"service account {namespace}/" if namespace else "service account ")


def group_of(api_version: str) -> str:
    """Return the API group of an `apiVersion`; empty for the core group."""
    return api_version.rpartition("/")[0]


@record
class Slot:
    """One of the times that a consequence occurs, with the findings that have it, by index: several for the views of one chart."""

    consequence: Consequence
    applied: Applied
    findings: tuple[int, ...]


def slots(findings: Sequence[Finding], views: Mapping[str, str]) -> list[Slot]:
    """Return the consequences of findings, each as often as it occurs. `views` have the path of the chart for units that are views of one."""
    numbers: Counter[tuple[Consequence, str]] = Counter()
    members: dict[tuple[Consequence, str, int], list[tuple[int, Applied]]] = {}
    for index, finding in enumerate(findings):
        for consequence, unit, applied in _openings(finding):
            numbers[consequence, unit] += 1
            key = consequence, views.get(unit, unit), numbers[consequence, unit]
            members.setdefault(key, []).append((index, applied))
    return [
        Slot(consequence, max((applied for _, applied in some), key=APPLIED.index), tuple(index for index, _ in some))
        for (consequence, _, _), some in members.items()
    ]


def _openings(finding: Finding) -> Iterator[tuple[Consequence, str, Applied]]:
    subject = finding.subject
    for opening in finding.openings:
        of = ("", *opening.of) if opening.of else (group_of(subject.api_version), subject.kind, subject.namespace, subject.name)
        for text in opening.opens:
            for who in finding.subjects or ("",):
                yield Consequence(finding.rule_id, *of, text, who), opening.unit, opening.applied


Recorded = Mapping[tuple[Consequence, Applied], int]
"""How often each consequence is known."""


def new_among(found: Sequence[Slot], recorded: Recorded, is_known: Callable[[Slot], bool]) -> tuple[list[Slot], Recorded]:
    """Return the slots that are new, and what is recorded and not found any more. Of several alike, the last that `is_known` are new."""
    remainder = Counter(recorded)
    missing = []
    for slot in sorted(found, key=lambda slot: (-APPLIED.index(slot.applied), not is_known(slot))):
        for applied in APPLIED[APPLIED.index(slot.applied) :]:
            if remainder[slot.consequence, applied] > 0:
                remainder[slot.consequence, applied] -= 1
                break
        else:
            missing.append(slot)
    wider = grouped((known.alike, (known, applied, count)) for (known, applied), count in remainder.items() if count > 0)
    uses: Counter[tuple[Consequence, Applied, Consequence]] = Counter()
    new = []
    for slot in missing:
        for known, applied, count in wider.get(slot.consequence.alike, ()):
            use = known, applied, slot.consequence
            if APPLIED.index(applied) >= APPLIED.index(slot.applied) and uses[use] < count and known.has(slot.consequence):
                uses[use] += 1
                break
        else:
            new.append(slot)
    used = {(known, applied) for known, applied, _ in uses}
    return new, {key: count for key, count in remainder.items() if count > 0 and key not in used}


def news_of(new: Iterable[Slot]) -> dict[int, list[str]]:
    """Return the new consequences of each finding that has any, by its index, in words and sorted."""
    words = grouped((index, str(slot.consequence)) for slot in new for index in slot.findings)
    return {index: sorted(texts) for index, texts in words.items()}


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """Return a fingerprint for each finding, all different: a digest of its consequences and those of its cause, then an ordinal.

    Pass all findings of a run, suppressed ones too, so that showing or hiding some does not renumber the others.
    """
    counts: Counter[str] = Counter()
    prints = []
    for finding in findings:
        consequences = sorted({consequence for one in (finding, *finding.others) for consequence, _, _ in _openings(one)})
        text = "\0".join("\0".join(consequence) for consequence in consequences) or finding.message
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        counts[digest] += 1
        prints.append(f"{digest}:{counts[digest]}")
    return prints


NAME_OF_CAUSE = r"[0-9a-f]{8}(-\d+)?"
"""The form of the names that `causes_of` gives."""


def causes_of(findings: Sequence[Finding]) -> Iterator[Cause]:
    """Yield the cause of each finding that stands for one, in the order of the findings."""
    for finding, fingerprint in zip(findings, fingerprints(findings), strict=True):
        if finding.suppression is None or finding.suppression.by != "finding":
            digest, _, number = fingerprint.partition(":")
            yield Cause(digest[:8] if number == "1" else f"{digest[:8]}-{number}", finding)
