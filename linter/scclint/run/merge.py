"""Puts the results of all units together: one finding for each place, suppressions that hold in no unit, counts and notices."""

import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypeVar

from scclint.config.discover import check_link
from scclint.config.model import Config
from scclint.config.selection import patch_versions
from scclint.deploy.unit import Unit
from scclint.errors import ConfigError, LoadError
from scclint.files import read
from scclint.finding import Crash, Finding, Ignore, Notice, Tally
from scclint.record import grouped, replace
from scclint.run.check import check_ignores, order
from scclint.run.load import guard
from scclint.run.notices import CONFLICTS, notices, reported_conflicts
from scclint.run.options import RunOptions
from scclint.run.report import Report, UnitResult
from scclint.run.shared import Run
from scclint.run.texts import texts_of
from scclint.source import Span

Key = tuple[object, ...]


def merge(
    results: Sequence[UnitResult], units: Sequence[Unit], run: Run, notices_of_run: Sequence[Notice] = (), *, whole: bool = True
) -> Report:
    """The report on all units, whose results come in the same order. `notices_of_run` are notices on files that belong to no unit.

    `whole` is False if these are not all units of the input. Such a run cannot tell which suppressions are unused.
    """
    findings = merged_findings(results)
    crashes = list(dict.fromkeys(crash for result in results for crash in result.crashes))
    all_notices = [*notices_of_run, *(notice for result in results for notice in result.notices)]
    all_notices += notices([item for result in results for item in result.unjudged], run.config)
    if run.observed is not None and CONFLICTS in run.select(""):
        all_notices += reported_conflicts(run.observed, findings)
    all_notices += patch_versions(run.config)
    findings = sorted([*findings, *gaps_in(all_notices)], key=order)
    all_notices = [notice for notice in all_notices if not notice.words]
    files = frozenset(file for result in results for file in result.files) | {f.span.file for f in findings}
    if run.options.ignores:
        with guard("check", "applying suppressions", crashes):
            findings = _suppressed(findings, results, files, run, crashes, whole=whole)
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
        folders=run.sources.folders if whole else (),
        vendored=sum(map(len, run.sources.vendored.values())),
    )


UNJUDGED = "GAP001"
"""The rule of the gaps that the run itself finds."""


def gaps_in(notices: Iterable[Notice]) -> list[Finding]:
    """The gaps that notices tell of: one for each access word in what was not judged."""
    return [
        Finding(
            rule_id=UNJUDGED,
            rule_name="not-judged",
            kind="gap",
            severity=None,
            message=notice.message,
            span=Span(notice.file, notice.line, 1, notice.line, 1),
            what=word,
            turns_on=notice.reason,
        )
        for notice in dict.fromkeys(notices)
        for word in notice.words
    ]


def _suppressed(
    findings: list[Finding], results: Sequence[UnitResult], files: Set[str], run: Run, crashes: list[Crash], *, whole: bool
) -> list[Finding]:
    """The findings with those marked that the settings suppress, and those of the SUP rules about suppressions."""
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
    if text := accepted_text(run.options, config):
        from scclint.facts.acceptances import apply as accept
        from scclint.facts.acceptances import parse

        file = accepted_file(config)
        findings, stale = accept(findings, parse(text, file))
        # What another run judges may have the fact.
        here = whole and covered.covers(file)
        ignores += [
            Ignore("accepted", (entry.words,), entry.span, reason=entry.reason, unused=(entry.words,))
            for entry in stale
            if here and entry.rule in run.select(file)
        ]
    if ignores:
        more, broken = check_ignores(ignores, rules, run.select)
        crashes += broken
        findings = sorted([*findings, *more], key=order)
    return findings


_ACCEPTED = ".scclint-accepted.yaml"


def accepted_file(config: Config) -> str:
    """Return the path of the acceptances, which lie beside the settings."""
    return os.path.normpath(os.path.join(config.root, _ACCEPTED))


def accepted_text(options: RunOptions, config: Config) -> str:
    """Return the text of the acceptances that hold for a run; empty without any. Raises ConfigError if the file cannot be read."""
    if options.accepted is not None:
        return options.accepted
    file = accepted_file(config)
    if not os.path.isfile(file):
        return ""
    check_link(file)
    try:
        return read(file)
    except LoadError as error:
        raise ConfigError(f"{file}: cannot read the acceptances: {error.message}") from error


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
        (replace(finding, suppression=None, contents=()), (result.unit, _in_unit(finding, result.unit)))
        for result in results
        for finding in result.findings
    )
    groups: dict[Key, list[Finding]] = {}
    for finding, occurrences in same.items():
        units, alike = zip(*occurrences, strict=True)
        # A finding is suppressed if it is in each unit that has it.
        suppression = next((one.suppression for one in alike if one.suppression is None), alike[0].suppression)
        contents = _contents(alike)
        marked = replace(finding, units=tuple(dict.fromkeys(units)), suppression=suppression, contents=contents)
        groups.setdefault(_place(finding), []).append(marked)
    return sorted((finding for group in groups.values() for finding in _joined(group)), key=order)


def _place(finding: Finding) -> Key:
    subject = finding.subject
    about = subject.kind, subject.namespace, subject.name, subject.part, subject.container
    return finding.rule_id, finding.span, finding.path, *about, finding.what, finding.who


def _joined(group: list[Finding]) -> list[Finding]:
    """The findings of one place. Those that no two units share say what differs between units."""
    units = [unit for finding in group for unit in finding.units]
    if len(group) == 1 or len(set(units)) != len(units):
        return group
    group.sort(key=lambda finding: (finding.rank, -len(finding.units), order(finding)))
    worst, *others = group
    # What another one says that the worst does not.
    texts = (
        o.message if o.message != worst.message else "; ".join(note for note in o.notes if note not in worst.notes)
        for o in others
    )
    notes = tuple(f"in {', '.join(other.units)}: {text}" for other, text in zip(others, texts, strict=True) if text)
    return [replace(worst, notes=(*worst.notes, *notes), units=tuple(sorted(units)), contents=_contents(group))]


def _in_unit(finding: Finding, unit: str) -> Finding:
    return replace(finding, units=(unit,))


def _contents(alike: Iterable[Finding]) -> tuple[str, ...]:
    """The contents that findings alike are about."""
    return tuple(sorted(set().union(*(finding.contents for finding in alike))))


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
