"""What a report says that an earlier state of the same files did not: findings are marked, never dropped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set

from scclint.deploy.unit import chart_views
from scclint.finding import Finding, Notice, Suppression
from scclint.record import replace
from scclint.run.report import Report
from scclint.suppress.consequences import Slot, new_among, news_of, slots
from scclint.text import and_more, counted

Where = Callable[[str], str]
"""From a file as a report names it to its path in the repository."""

Access = tuple[str, str]
"""A file or folder, and the first word of what an object in it opens: `hostPath`, `SCC`."""

MOST_NEW = 3
"""The number of new consequences that a note of a finding names."""


def mark_old(report: Report, base: Report, *, where: Where, where_in_base: Where, reason: str) -> Report:
    """Return `report` with those findings suppressed whose consequences `base` has as well, wherever they are written.

    What is new counts in full, also on files that nobody applies. A finding with new and old consequences says which are new. A comment
    or annotation suppresses no finding that is new.
    """
    compared = _Comparison(report, base, where, where_in_base)
    report, notices = compared.without_new_suppressions(report)
    findings = list(report.findings)
    live = [index for index, finding in enumerate(findings) if finding.suppression is None]
    found = slots([findings[index] for index in live], chart_views(report.units))
    totals = Counter(index for slot in found for index in slot.findings)
    news = news_of(compared.new(found, [findings[index] for index in live], base.live))
    for number, index in enumerate(live):
        texts = news.get(number, ())
        if not texts:
            findings[index] = replace(findings[index], suppression=Suppression("diff-base", reason))
            continue
        findings[index] = replace(findings[index], severity=findings[index].in_review or findings[index].severity)
        if others := totals[number] - len(texts):
            note = f"new: {and_more(dict.fromkeys(texts), MOST_NEW)}; {counted(others, 'consequence')} {'is' if others == 1 else 'are'} not new"
            findings[index] = replace(findings[index], notes=(note, *findings[index].notes))
    built = {unit.name: unit.path for unit in base.units if unit.needs_renderer}
    known = {
        access
        for finding in base.findings
        for place in (finding.span.file, *(built[unit] for unit in finding.units if unit in built))
        for access in judged_access(where_in_base(place), finding.opens)
    }
    named = with_new_access(report.notices, base.notices, known, where)
    return replace(report, findings=tuple(findings), notices=(*named, *notices))


def with_new_access(notices: Iterable[Notice], base: Iterable[Notice], known: Set[Access], where: Where) -> Iterator[Notice]:
    """Yield the notices. Those about access to the node that the base does not name as often are new, and warnings.

    `known` is access that was judged in the base, in paths as `where` returns them.
    """
    left = Counter(access for notice in base for access in notice.access)
    for notice in notices:
        asked = Counter(access for access in notice.access if not _is_known(where(notice.file), access, known))
        new = asked - left
        left -= asked
        yield (
            replace(notice, level="warning", message=f"{notice.message} (new: {', '.join(new)})", gap=True, is_new=True)
            if new
            else notice
        )


def judged_access(place: str, opens: Iterable[str]) -> Iterator[Access]:
    """Yield the access of texts of what an object in a file or folder opens."""
    return ((place, text.partition(" ")[0].rstrip(":")) for text in opens)


def _is_known(file: str, access: str, known: Set[Access]) -> bool:
    word = access.rpartition(" ")[2]
    return any(of == word and (file == place or file.startswith(f"{place}/")) for place, of in known)


class _Comparison:
    """Compares the consequences of findings of `report` with those of findings of `base`."""

    def __init__(self, report: Report, base: Report, where: Where, where_in_base: Where) -> None:
        self._report = report
        self._base = base
        self._where = where
        self._parts = {_part(finding, where_in_base) for finding in base.findings}

    def new(self, found: Sequence[Slot], findings: Sequence[Finding], known: Sequence[Finding]) -> list[Slot]:
        """Return those of the consequences found in `findings` that are new beside those of `known` findings of the base."""
        recorded = Counter((slot.consequence, slot.applied) for slot in slots(known, chart_views(self._base.units)))

        def is_known(slot: Slot) -> bool:
            return any(_part(findings[index], self._where) in self._parts for index in slot.findings)

        return new_among(found, recorded, is_known)[0]

    def without_new_suppressions(self, report: Report) -> tuple[Report, list[Notice]]:
        """Return `report` with the findings live that a comment or annotation suppresses and that are new, and notices of these."""
        written = {
            index: finding
            for index, finding in enumerate(report.findings)
            if finding.suppression is not None and finding.suppression.by in ("comment", "annotation")
        }
        marked = list(written.values())
        new = news_of(self.new(slots(marked, chart_views(report.units)), marked, self._base.findings))
        live = {index: finding for number, (index, finding) in enumerate(written.items()) if number in new}
        places = dict.fromkeys(f.suppression.span for f in live.values() if f.suppression is not None and f.suppression.span)
        text = "this suppression is new and counts once it is merged"
        notices = [Notice("note", text, span.file, span.line) for span in places if span is not None]
        findings = (
            replace(finding, suppression=None) if index in live else finding for index, finding in enumerate(report.findings)
        )
        return replace(report, findings=tuple(findings)), notices


def _part(finding: Finding, where: Where) -> tuple[object, ...]:
    """What is the same in two findings about the same part of an object of the same file."""
    subject = finding.subject
    return finding.rule_id, where(finding.span.file), subject.kind, subject.name, subject.part, subject.container
