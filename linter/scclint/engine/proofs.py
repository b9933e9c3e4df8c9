"""Stage fix: the proofs of all findings that are shown, in processes of their own if that pays, and from an earlier run if it had them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scclint.finding import Crash, Finding, Ignore, Subject
from scclint.judge import OpenUnit
from scclint.judge.session import Session
from scclint.remedy.fixes import FixOutcome, SharedFiles, prove_all
from scclint.units.unit import Unit

if TYPE_CHECKING:
    from scclint.engine.fix_cache import FixCache

Open = Callable[[Unit], OpenUnit]
_Proved = tuple[list[FixOutcome], list[Crash], dict[str, list[Any]]]


def proved(
    shown: Sequence[Finding],
    findings: Sequence[Finding],
    units: Sequence[Unit],
    open_unit: Open,
    session: Session,
    cache: "FixCache | None",
    jobs: int,
) -> tuple[Mapping[Finding, FixOutcome], list[Crash]]:
    """Return what became of the fix of each of the `shown` findings, and the bugs that this brought out. `findings` are those of the
    whole run, and `jobs` is the number of processes.
    """
    # What a suppression suppresses depends on all findings.
    unkept = {rule.id for rule in session.registry.rules if rule.on is Ignore}
    found = {finding: known for finding in shown if cache and (known := cache.find(finding))}
    groups = _groups([finding for finding in dict.fromkeys(shown) if finding not in found], SharedFiles(units))
    if jobs < 2:
        groups = [[finding for group in groups for finding in group]] if groups else []
    crashes: list[Crash] = []

    def work(index: int) -> _Proved:
        return prove_all(groups[index], findings, units, open_unit, session)

    for group, (outcomes, broken, asked) in zip(groups, _proofs(groups, work, session, jobs), strict=True):
        crashes += broken
        for finding, outcome in zip(group, outcomes, strict=True):
            found[finding] = outcome
            if cache and not broken and finding.rule_id not in unkept:
                cache.keep(finding, outcome, asked)
    if cache:
        cache.save()
    return found, crashes


def _groups(findings: Sequence[Finding], shared: SharedFiles) -> list[list[Finding]]:
    """The findings whose proofs judge the same units: each of these is then opened in one process."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(tuple(unit.name for unit in shared.concerned(finding)), []).append(finding)
    return list(groups.values())


def _proofs(
    groups: Sequence[Sequence[Finding]], work: Callable[[int], _Proved], session: Session, jobs: int
) -> Iterator[_Proved]:
    if jobs < 2 or len(groups) < 2:
        yield from map(work, range(len(groups)))
        return
    from scclint.engine.pool import Died, in_processes_of

    for group, result in zip(groups, in_processes_of(session, "looked for fixes:", work, len(groups), jobs), strict=True):
        if isinstance(result, Died):
            crash = Crash("fix", Subject(), f"the process that proved {len(group)} fixes {result.how}")
            yield [FixOutcome() for _ in group], [crash], {}
        else:
            yield result
