"""Stage fix: the proofs of all findings that are shown, in processes of their own if that pays, and from an earlier run if it had them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scclint.engine.store import RunStore
from scclint.engine.unit_keys import UnitKeys
from scclint.files.store import digest
from scclint.finding import Crash, Finding, Fix, Ignore, Subject, TextEdit
from scclint.judge import OpenUnit
from scclint.judge.session import Session
from scclint.remedy.fixes import FixOutcome, SharedFiles, prove_all
from scclint.units.all_units import AllUnits
from scclint.units.render import installed
from scclint.units.unit import Unit

Open = Callable[[Unit], OpenUnit]
_Proved = tuple[list[FixOutcome], list[Crash], dict[str, list[Any]]]


def proved(
    shown: Sequence[Finding],
    findings: Sequence[Finding],
    units: Sequence[Unit],
    open_unit: Open,
    session: Session,
    store: RunStore,
    keys: UnitKeys,
    all_units: AllUnits,
    jobs: int,
) -> tuple[Mapping[Finding, FixOutcome], list[Crash]]:
    """Return what became of the fix of each of the `shown` findings, and the bugs that this brought out. `findings` are those of the
    whole run, and `jobs` is the number of processes.

    A proof judges the units that share a file with those of the finding. It is taken from an earlier run if the keys of all of these are
    the same, and if what their rules asked about other units has the same answers.
    """
    shared = SharedFiles(units)
    # What a suppression suppresses depends on all findings.
    unkept = {rule.id for rule in session.registry.rules if rule.on is Ignore}
    programs = installed() if store.scope else ()

    def key(finding: Finding) -> str:
        concerned = [keys.of(unit) for unit in shared.concerned(finding)]
        if not all(concerned) or not concerned or session.options.force_generated or finding.rule_id in unkept:
            return ""
        return digest(repr((finding, concerned, programs)))

    def stored(finding: Finding) -> FixOutcome | None:
        def restored(value: Any) -> FixOutcome | None:
            asked, fix, why = value
            units = shared.concerned(finding)
            same = all(all_units.of(unit).same_answers(asked.get(unit.name, ())) for unit in units)
            return FixOutcome(_fix(fix) if fix else None, str(why)) if same else None

        return store.find("fixes", key(finding), restored)

    found = {finding: known for finding in dict.fromkeys(shown) if (known := stored(finding))}
    groups = _groups([finding for finding in dict.fromkeys(shown) if finding not in found], shared)
    if jobs < 2:
        groups = [[finding for group in groups for finding in group]] if groups else []
    crashes: list[Crash] = []

    def work(index: int) -> _Proved:
        return prove_all(groups[index], findings, units, open_unit, session)

    for group, (outcomes, broken, asked) in zip(groups, _proofs(groups, work, session, jobs), strict=True):
        crashes += broken
        for finding, outcome in zip(group, outcomes, strict=True):
            found[finding] = outcome
            if not broken:
                own = {unit.name: list(asked.get(unit.name, ())) for unit in shared.concerned(finding)}
                store.keep("fixes", key(finding), [own, outcome.fix, outcome.why])
    store.save()
    return found, crashes


def _fix(fields: Any) -> Fix:
    title, effect, safety, edits = fields
    if safety not in ("safe", "unsafe", "advice"):
        raise ValueError(safety)
    return Fix(str(title), str(effect), safety, tuple(TextEdit(str(f), int(a), int(b), str(t)) for f, a, b, t in edits))


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
