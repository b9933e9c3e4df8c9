"""Stage fix: the proofs of all findings that are shown, in processes of their own if that pays, and from an earlier run if it had them."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import accumulate
from typing import Any

from scclint.deploy.render import installed
from scclint.files.store import digest
from scclint.finding import Crash, Finding, Fix, Ignore, Notice, Subject, TextEdit
from scclint.limits import MAX_FIXED_FINDINGS, MAX_FIXES_RENDERED
from scclint.record import grouped, replace
from scclint.remedy.fixes import FixOutcome, SharedFiles, prove_all
from scclint.run.report import Report
from scclint.run.shared import Run
from scclint.run.stored_results import unit_key
from scclint.run.texts import FileTexts
from scclint.run.views import processes
from scclint.text import counted

_Proved = tuple[list[FixOutcome], list[Crash], dict[str, list[Any]]]


def with_fixes(session: Run, report: Report, shown: Sequence[Finding], *, limited: bool = False) -> Report:
    """Return the report in which each of the `shown` findings has a proved fix, or the reason why it has none.

    A gap has none: its rule is the run itself. `limited`: fixes are tried in some views of each chart, and not tried if that takes too many
    renderings.
    """
    by_rules = [finding for finding in shown if finding.kind != "gap"]
    outcomes, crashes = _outcomes(session, report.findings, by_rules, limited=limited)
    session.store.save()
    charts = rendered_charts(session)
    findings = [
        outcomes[finding].stamped(finding, is_advice=not charts.isdisjoint(finding.units)) if finding in outcomes else finding
        for finding in report.findings
    ]
    fixed = {edit.file for finding in findings if finding.fix for edit in finding.fix.edits} - report.texts.keys()
    texts = FileTexts((), {file: session.outline.text(file) for file in sorted(fixed)}, report.texts)
    return replace(report, findings=tuple(findings), crashes=(*report.crashes, *crashes), texts=texts)


def with_few_fixes(session: Run, report: Report, shown: Sequence[Finding], *, limited: bool = True) -> Report:
    """Return what `with_fixes` does, without fixes and with a note if looking for them would take long.

    `limited` leaves out also fixes in kustomizations whose proofs render many units.
    """
    if len(shown) > MAX_FIXED_FINDINGS:
        text = f"no fixes were looked for, because there are more than {MAX_FIXED_FINDINGS} findings: use --fixes always"
        return replace(report, notices=(*report.notices, Notice("note", text)))
    if limited:
        shared = SharedFiles(session.rendered.units)
        renderings = {
            finding: sum(unit.rendered and unit.kind != "chart" for unit in shared.concerned(finding)) for finding in shown
        }
        shown = sorted(shown, key=renderings.__getitem__)
        totals = accumulate(map(renderings.__getitem__, shown))
        cheap = [finding for finding, total in zip(shown, totals, strict=True) if total <= MAX_FIXES_RENDERED]
        if left := len(shown) - len(cheap):
            text = f"no fix was looked for of {counted(left, 'finding')}, whose proof renders many units: use --fixes always"
            report = replace(report, notices=(*report.notices, Notice("note", text)))
        shown = cheap
    return with_fixes(session, report, shown, limited=limited) if shown else report


def of_charts(session: Run, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of rendered charts. What their rules advise for a pod has to be tried where people edit the chart."""
    charts = rendered_charts(session)
    return [finding for finding in findings if not charts.isdisjoint(finding.units)]


def rendered_charts(session: Run) -> Set[str]:
    """The names of the views of charts that are judged by what they render to. What a rule advises for a pod was not tried in a chart."""
    return {unit.name for unit in session.rendered.units if unit.kind == "chart" and unit.rendered}


def _outcomes(
    session: Run, findings: Sequence[Finding], shown: Sequence[Finding], *, limited: bool
) -> tuple[Mapping[Finding, FixOutcome], list[Crash]]:
    """Return what became of the fix of each of the `shown` findings, and the bugs that this brought out.

    A proof judges the units that share a file with those of the finding. It is taken from an earlier run if the keys of all of these are
    the same, and if what their rules asked about other units has the same answers.
    """
    units, store = session.rendered.units, session.store
    shared = SharedFiles(units)
    # What a suppression suppresses depends on all findings.
    unkept = {rule.id for rule in session.registry.rules if rule.on is Ignore}
    programs = installed() if store.scope else ()

    def key(finding: Finding) -> str:
        concerned = [unit_key(unit, session) for unit in shared.concerned(finding)]
        if not all(concerned) or not concerned or session.options.force_generated or finding.rule_id in unkept:
            return ""
        return digest(repr((finding, concerned, programs, limited)))

    def stored(finding: Finding) -> FixOutcome | None:
        def restored(value: Any) -> FixOutcome | None:
            stored_replies, fix, why = value
            concerned = shared.concerned(finding)
            same = all(session.others.of(unit).same_answers(stored_replies.get(unit.name, ())) for unit in concerned)
            if not same:
                return None
            return FixOutcome(_fix(fix) if fix else None, str(why))

        return store.find("fixes", key(finding), restored)

    by_finding = {finding: stored_outcome for finding in dict.fromkeys(shown) if (stored_outcome := stored(finding))}
    # Findings whose proofs judge the same units are proved in one process, which opens each of these units once.
    missing = (finding for finding in dict.fromkeys(shown) if finding not in by_finding)
    groups = [*grouped((tuple(unit.name for unit in shared.concerned(finding)), finding) for finding in missing).values()]
    jobs = processes(session, units)
    if jobs < 2:
        groups = [[finding for group in groups for finding in group]] if groups else []
    crashes: list[Crash] = []

    def work(run: Run, index: int) -> _Proved:
        return prove_all(groups[index], findings, units, run, limited=limited)

    for group, (outcomes, broken, replies) in zip(groups, _proofs(groups, work, session, jobs), strict=True):
        crashes += broken
        for finding, outcome in zip(group, outcomes, strict=True):
            by_finding[finding] = outcome
            if not broken:
                concerned_replies = {unit.name: list(replies.get(unit.name, ())) for unit in shared.concerned(finding)}
                store.keep("fixes", key(finding), [concerned_replies, outcome.fix, outcome.why])
    return by_finding, crashes


def _fix(fields: Any) -> Fix:
    title, effect, safety, edits, second, switch, beside, elsewhere, words = fields
    if safety not in ("safe", "unsafe", "advice"):
        raise ValueError(safety)
    changes = tuple(TextEdit(str(f), int(a), int(b), str(t)) for f, a, b, t in edits)
    return Fix(str(title), str(effect), safety, changes, bool(second), str(switch), str(beside), bool(elsewhere), str(words))


def _proofs(
    groups: Sequence[Sequence[Finding]], work: Callable[[Run, int], _Proved], session: Run, jobs: int
) -> Iterator[_Proved]:
    if jobs < 2 or len(groups) < 2:
        yield from (work(session, index) for index in range(len(groups)))
        return
    from scclint.run.pool import Died, in_processes_of

    for group, result in zip(groups, in_processes_of(session, "looked for fixes:", work, len(groups), jobs), strict=True):
        if isinstance(result, Died):
            crash = Crash("fix", Subject(), f"the process that proved {len(group)} fixes {result.how}")
            yield [FixOutcome() for _ in group], [crash], {}
        else:
            yield result
