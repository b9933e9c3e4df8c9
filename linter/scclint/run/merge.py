"""Puts the results of all units together: one finding for each place, suppressions that hold in no unit, counts and notices."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from scclint.config.selection import patch_versions
from scclint.deploy.unit import Unit, chart_views
from scclint.files import read
from scclint.finding import Applied, Crash, Finding, Ignore, Notice, Severity, Tally
from scclint.record import grouped, replace
from scclint.rule import MOST_SEVERE, lightest
from scclint.run.check import check_ignores, order
from scclint.run.load import guard
from scclint.run.notices import CONFLICTS, notices, reported_conflicts
from scclint.run.report import Report, UnitResult
from scclint.run.shared import Run
from scclint.run.texts import texts_of
from scclint.text import and_more, counted

if TYPE_CHECKING:
    from scclint.suppress.apply import Ran

Key = tuple[object, ...]

_OF_TESTS = r"(?:(?:[^/]*[-_.])?(?:acceptance|demos?|e2e|examples?|molecule|samples?|test[-_]?data|tests)(?:[-_.][^/]*)?|test)"
_LEFT_OUT_BY_MANY = (
    rf"(?:^|.*?/)(?:{_OF_TESTS}|\.github|(?:[^/]*[-_.])?(?:aks|eks|gke|iks|k3d|k3s|kind|microk8s|minikube|oke|rke2|tkgi))/"
)
"""The path up to a folder that is called like those for tests, examples, CI or another platform than OpenShift. A name lowers no severity."""


_MOST_NAMED = 10
"""Notes on findings of severity info; more of them hide the findings."""


def merge(
    results: Sequence[UnitResult], units: Sequence[Unit], run: Run, notices_of_run: Sequence[Notice] = (), *, whole: bool = True
) -> Report:
    """The report on all units, whose results come in the same order. `notices_of_run` are notices on files that belong to no unit.

    `whole` is False if these are not all units of the input. Such a run cannot tell which suppressions are unused.
    """
    findings, all_notices = _lowered([_with_applied(finding, run) for finding in merged_findings(results)], run)
    crashes = list(dict.fromkeys(crash for result in results for crash in result.crashes))
    all_notices += (*notices_of_run, *(notice for result in results for notice in result.notices))
    all_notices += notices([item for result in results for item in result.unjudged], run.config)
    if run.observed is not None and CONFLICTS in run.select(""):
        all_notices += reported_conflicts(run.observed, findings)
    all_notices += patch_versions(run.config)
    files = frozenset(file for result in results for file in result.files) | {f.span.file for f in findings}
    if run.options.ignores:
        with guard("check", "applying suppressions", crashes):
            findings, more = _suppressed(findings, results, units, files, run, crashes, whole=whole)
            all_notices += more
    all_notices += _named_at_info(findings, run)
    texts = {file: text for result in results for file, text in result.texts.items()}
    return Report(
        findings=tuple(findings),
        crashes=tuple(crashes),
        notices=tuple(dict.fromkeys(all_notices)),
        tally=merged_tally(results),
        platform=next((result.platform for result in results), ""),
        texts=texts_of(findings, texts),
        rules=run.registry.rules,
        outcomes=_by_release(result.outcomes for result in results),
        grants=_by_release(result.grants for result in results),
        units=tuple(units),
        nothing=whole and all(result.nothing for result in results),
        unjudged=_unjudged_paths(results, run) if whole else (),
        files=files,
        aside=_aside(files, run),
        folders=run.sources.folders if whole else (),
        vendored=sum(map(len, run.sources.vendored.values())),
    )


def _with_applied(finding: Finding, run: Run) -> Finding:
    """The finding with who applies what it is about, in each unit."""
    openings = (replace(one, applied=_applied(run.by_name[one.unit], finding)) for one in finding.openings)
    return replace(finding, openings=tuple(openings))


def _applied(unit: Unit, finding: Finding) -> Applied:
    return "shown" if unit.shown is not None and unit.shown.covers(finding.subject.kind) else unit.applied


def _why_shown(finding: Finding, run: Run) -> str:
    """Why nobody applies what a finding is about to an OpenShift cluster, in each of its units; empty if people may."""
    reasons = [run.by_name[name].shown for name in finding.units]
    covering = [shown for shown in reasons if shown is not None and shown.covers(finding.subject.kind)]
    return covering[0].why if covering and len(covering) == len(reasons) else ""


def _lowered(findings: Sequence[Finding], run: Run) -> tuple[list[Finding], list[Notice]]:
    """The findings in the same order, with severity info and a note if nobody applies what they are about; and how many these are.

    A severity that the settings give stays. What opens the node or grants an SCC has a notice of its own.
    """
    severities = {rule.id: rule.severity for rule in run.registry.rules}
    shown = {finding: why for finding in findings if (why := _why_shown(finding, run))}
    by_reason = grouped(
        (why, finding)
        for finding, why in shown.items()
        if finding.severity is not Severity.INFO
        and run.select(finding.span.file).get(finding.rule_id) is severities.get(finding.rule_id)
    )
    notices = [
        Notice(
            "note",
            f"{counted(len(alike), 'finding')} in {and_more(dict.fromkeys(f.span.file for f in alike), 3)}: severity info, because {why}; "
            f"--show-info shows {'it' if len(alike) == 1 else 'them'}",
        )
        for why, alike in by_reason.items()
    ]
    if not shown:
        return list(findings), []
    from scclint.run.opening import opening

    most = MOST_SEVERE["shown"]
    info = {
        f: replace(f, severity=lightest(f.severity, most), in_review=f.in_review or f.severity, notes=(*f.notes, why))
        for why, alike in by_reason.items()
        for f in alike
    }

    return [info.get(finding, finding) for finding in findings], [*notices, *opening(shown)]


def _aside(files: Iterable[str], run: Run) -> Mapping[str, str]:
    """Return the folder of each file in a folder that is called as many users call those that they do not deploy."""
    matches = ((file, re.match(_LEFT_OUT_BY_MANY, run.outline.inside(file))) for file in files)
    return {file: match[0] for file, match in matches if match}


def _named_at_info(findings: Iterable[Finding], run: Run) -> list[Notice]:
    """A note with the place and the message of each finding that has to be named where findings of severity info are hidden."""
    if run.config.show_info or run.config.profile == "strict" or run.config.fail_on is Severity.INFO:
        return []
    # What nobody applies has a line that says so.
    named = [
        f
        for f in findings
        if f.always_named
        and f.severity is Severity.INFO
        and f.suppression is None
        and not (f.subject.kind == "SecurityContextConstraints" and _why_shown(f, run))
    ]
    said = [Notice("note", f"{f.message}; info, --show-info shows the finding", f.span.file, f.span.line) for f in named]
    if len(said) <= _MOST_NAMED:
        return said
    others = and_more(dict.fromkeys(f.span.file for f in named[_MOST_NAMED:]), 3)
    more = f"{counted(len(said) - _MOST_NAMED, 'more finding')} of this kind in {others}: --show-info shows them"
    return [*said[:_MOST_NAMED], Notice("note", more)]


def _suppressed(
    findings: list[Finding],
    results: Sequence[UnitResult],
    units: Sequence[Unit],
    files: Set[str],
    run: Run,
    crashes: list[Crash],
    *,
    whole: bool,
) -> tuple[list[Finding], list[Notice]]:
    """The findings with what the configuration and the baseline suppress, and those of the SUP rules about suppressions."""
    config, rules = run.config, run.registry.rules
    covered = Report(files=frozenset(files), folders=run.sources.folders)

    def ran(rule_id: str, file: str) -> bool:
        return whole and covered.covers(file) and rule_id in run.select(file)

    ignores = merged_ignores(results)
    if not whole:
        ignores = [replace(ignore, unused=()) for ignore in ignores]
    if config.ignores:
        from scclint.suppress.apply import apply

        findings, judged = apply(findings, config.ignores, rules, run.options.today, root=config.root, ran=ran)
        ignores += judged
    if ignores:
        more, broken = check_ignores(ignores, rules, run.select)
        crashes += broken
        findings = sorted([*findings, *more], key=order)
    if not config.baseline:
        return findings, []
    return _apply_baseline(findings, units, run, ran)


def _apply_baseline(findings: list[Finding], units: Sequence[Unit], run: Run, ran: "Ran") -> tuple[list[Finding], list[Notice]]:
    from scclint.suppress import baseline

    file = run.config.baseline
    text = run.options.overlay.get(file)
    accepted = baseline.load_baseline(text if isinstance(text, str) else read(file), file)
    marked, stale = baseline.apply(findings, chart_views(units), accepted, ran=ran)
    if not stale:
        return marked, []
    entries = "entry no longer matches" if len(stale) == 1 else "entries no longer match"
    return marked, [Notice("note", f"{len(stale)} baseline {entries}; --write-baseline {file} prunes them", file)]


def _unjudged_paths(results: Iterable[UnitResult], run: Run) -> tuple[str, ...]:
    """The paths that the user named and of which nothing was judged."""
    # Standard input is judged under the name that it is displayed by.
    displayed = {file.path: file.display for file in run.outline.files.values() if file.path == "-"}
    judged: set[str] = set()
    for file in (file for result in results for file in result.judged):
        path = os.path.abspath(file)
        while path not in judged:
            judged.add(path)
            path = os.path.dirname(path)
    return tuple(path for path in run.sources.paths if os.path.abspath(displayed.get(path, path)) not in judged)


T = TypeVar("T")


def _by_release(results: Iterable[Mapping[str, Sequence[T]]]) -> Mapping[str, tuple[T, ...]]:
    rows = grouped((release, row) for result in results for release, some in result.items() for row in some)
    return {release: tuple(some) for release, some in rows.items()}


def merged_findings(results: Sequence[UnitResult]) -> list[Finding]:
    """The findings of all units, each with the units that it holds in.

    Units that share a base report the same finding at the same place. Where units say different things about one field of one
    object, the worst is reported, and what the others say is a note of it.
    """
    if len(results) == 1:
        return [_in_unit(finding, results[0].unit) for finding in results[0].findings]
    same = grouped(
        (replace(finding, suppression=None, openings=(), contents=()), (result.unit, _in_unit(finding, result.unit)))
        for result in results
        for finding in result.findings
    )
    groups: dict[Key, list[Finding]] = {}
    for finding, occurrences in same.items():
        units, alike = zip(*occurrences, strict=True)
        # A finding is suppressed if it is in each unit that has it.
        suppression = next((one.suppression for one in alike if one.suppression is None), alike[0].suppression)
        marked = _of_all(replace(finding, units=tuple(dict.fromkeys(units)), suppression=suppression), alike)
        groups.setdefault(_place(finding), []).append(marked)
    return sorted((finding for group in groups.values() for finding in _joined(group)), key=order)


def _place(finding: Finding) -> Key:
    subject = finding.subject
    return finding.rule_id, finding.span, finding.path, subject.kind, subject.name, subject.part, subject.container


def _joined(group: list[Finding]) -> list[Finding]:
    """The findings of one place. Those that no two units share say what differs between units."""
    units = [unit for finding in group for unit in finding.units]
    if len(group) == 1 or len(set(units)) != len(units):
        return group
    group.sort(key=lambda finding: (finding.severity.rank, -len(finding.units), order(finding)))
    worst, *others = group
    # What another one says that the worst does not.
    texts = (
        o.message if o.message != worst.message else "; ".join(note for note in o.notes if note not in worst.notes)
        for o in others
    )
    notes = tuple(f"in {', '.join(other.units)}: {text}" for other, text in zip(others, texts, strict=True) if text)
    return [_of_all(replace(worst, notes=(*worst.notes, *notes), units=tuple(sorted(units))), group)]


def _in_unit(finding: Finding, unit: str) -> Finding:
    return replace(finding, units=(unit,), openings=tuple(replace(one, unit=unit) for one in finding.openings))


def _of_all(finding: Finding, alike: Iterable[Finding]) -> Finding:
    """The finding with the openings and the contents of all of those alike."""
    openings, contents = zip(*((one.openings, one.contents) for one in alike), strict=True)
    return replace(finding, openings=tuple(chain(*openings)), contents=tuple(sorted(set().union(*contents))))


def merged_ignores(results: Iterable[UnitResult]) -> list[Ignore]:
    """The suppressions of all units: one is unused where it is unused in every unit that has it."""
    ignores = (ignore for result in results for ignore in result.ignores)
    groups = grouped((replace(ignore, uses=0, unused=(), expired=False), ignore) for ignore in ignores)
    merged = []
    for alike in groups.values():
        unused = [rule for rule in alike[0].unused if all(rule in other.unused for other in alike)]
        uses = sum(ignore.uses for ignore in alike)
        merged.append(replace(alike[0], uses=uses, unused=tuple(unused)))
    return merged


def merged_tally(results: Iterable[UnitResult]) -> Tally:
    """The counts of all units. A file that several units have counts once, where most of it was judged."""
    files: dict[str, None] = {}
    best: dict[str, Tally] = {}
    for result in results:
        files |= dict.fromkeys(result.files)
        for file, tally in result.tallies.items():
            if file not in best or tally.linted > best[file].linted:
                best[file] = tally
    counts = ("documents", "linted", "other", "unsupported", "unparsable", "workloads")
    return Tally(len(files), **{name: sum(getattr(tally, name) for tally in best.values()) for name in counts})
