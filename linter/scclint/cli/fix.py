"""`scclint fix`."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.config.selection import selects_advice
from scclint.console.arguments import cache_scope, open_run, settings, terminal_columns
from scclint.console.progress import progress
from scclint.console.status import status_of_fix
from scclint.errors import UsageError
from scclint.finding import Finding, Fix
from scclint.limits import MAX_FIX_PASSES
from scclint.record import EMPTY, replace
from scclint.registry import Registry
from scclint.remedy.apply import applied, chosen, together, unified_diff, why_not_written, write_file
from scclint.remedy.fixes import pins
from scclint.remedy.proofs import with_fixes
from scclint.remedy.prove import NEEDLESS_GRANT
from scclint.report.output import say, write
from scclint.report.text import diagnostics, place, visible, visible_line
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import report_of
from scclint.run.shared import Run
from scclint.text import counted, listed


class Fixed(NamedTuple):
    """The texts before and after, by path as displayed, the number of findings that went, and the report on what is left.

    `refused` has the fixes that were tried and left out, each with the rules that would have new findings.
    """

    originals: Mapping[str, str]
    texts: Mapping[str, str]
    number: int
    report: Report
    run: Run
    refused: Mapping[Fix, Sequence[str]] = EMPTY


def run(args: Namespace) -> int:
    """Apply fixes, or show what they would change. Returns 0 if nothing selected is left, 1 if something is."""
    config, registry = settings(args)
    diff, check = getattr(args, "diff", False), getattr(args, "check", False)
    unsafe, pinning = getattr(args, "unsafe", False), getattr(args, "pin", False)
    fixed = _pinned(args, config, registry) if pinning else fix(args, config, registry, unsafe=unsafe)
    report = fixed.report
    for line in diagnostics(report):
        say(line)
    if diff:
        text = "".join(unified_diff(file, fixed.originals[file], fixed.texts[file]) for file in sorted(fixed.texts))
        if terminal_columns() is not None:
            text = visible(text.replace("\r\n", "\n"), None)
        if text:
            write(text, None)
    elif check:
        for file in sorted(fixed.texts):
            say(f"scclint: would change {visible_line(file)}")
    else:
        write_all(fixed)
    done = "would" if diff or check else ""
    if pinning:
        say(
            f"scclint: {'would pin' if done else 'pinned'} {counted(fixed.number, 'workload')} in {counted(len(fixed.texts), 'file')}"
        )
        return status_of_fix(report, something=bool(check and fixed.texts))
    findings = report.live
    for finding in findings:
        why = _why_left(finding, fixed, unsafe=unsafe)
        say(f"{place(finding.span)}: {finding.rule_id} is left: {visible_line(why)}")
    done = "would fix" if done else "fixed"
    unwritten = (f for f in findings if f.fix is not None and f.fix.safety == "unsafe" and not unsafe)
    more = sum(not _why_file_left(finding, fixed.run) for finding in unwritten)
    hint = f"; --unsafe fixes {more:,} of them" if more else ""
    say(
        f"scclint: {done} {counted(fixed.number, 'finding')} in {counted(len(fixed.texts), 'file')}; {len(findings):,} left{hint}"
    )
    return status_of_fix(report, something=bool(findings or (check and fixed.texts)))


def fix(args: Namespace, config: Config, registry: Registry, *, unsafe: bool) -> Fixed:
    """The texts with all fixes that can be applied. Nothing is written.

    Each pass applies the fixes that do not touch each other, and judges the result again. If together they do not do what each
    does alone, it leaves out the fixes that are the cause.
    """
    if "-" in args.paths:
        raise UsageError("fix changes files; standard input is none: use `scclint check --format json --fixes always -`")
    originals: dict[str, str] = {}
    texts: dict[str, str] = {}
    number = 0
    refused: dict[Fix, Sequence[str]] = {}
    with progress() as step:
        options = RunOptions(
            jobs=1, progress=step, force_generated=getattr(args, "force_generated", False), cache_scope=cache_scope(args)
        )
        judged, all_found, report = _judged(args, config, registry, options, texts)
        for _ in range(MAX_FIX_PASSES):
            start, before, unedited, taken = judged, report, texts, list[Fix]()
            written = [f for f in report.live if f.fix is not None and not _why_file_left(f, judged)]
            groups = [chosen(written, unsafe=unsafe)]
            while groups:
                some = groups.pop()
                if not some:
                    continue
                current = {edit.file: start.outline.text(edit.file) for one_fix in (*taken, *some) for edit in one_fix.edits}
                after = {**unedited, **applied(current, (*taken, *some))}
                judged_after, found_after, report_after = _judged(args, config, registry, options, after)
                if not _worse(all_found, (found_after, report_after)):
                    taken += some
                    originals = {**current, **originals}
                    texts, judged, all_found, report = after, judged_after, found_after, report_after
                elif len(some) == 1:
                    refused[some[0]] = _new_rules(all_found, report_after)
                else:
                    groups += some[len(some) // 2 :], some[: len(some) // 2]
            if not taken:
                break
            # A report has one finding for each cause.
            number += (_counts(before.live) - _counts(report.live)).total()
    return Fixed(originals, texts, number, report, judged, refused)


def _pinned(args: Namespace, config: Config, registry: Registry) -> Fixed:
    """The texts in which workloads require the SCC that admits their pods now. Nothing is written."""
    originals: dict[str, str] = {}
    texts: dict[str, str] = {}
    number = 0
    with progress() as step:
        for _ in range(MAX_FIX_PASSES):
            opened = open_run(args, config, registry, RunOptions(jobs=1, progress=step, overlay=texts))
            proved = together(
                fix for fix in pins(opened.units, opened) if not any(_why_not_written(opened, edit.file) for edit in fix.edits)
            )
            if not proved:
                break
            current = {edit.file: opened.outline.text(edit.file) for fix in proved for edit in fix.edits}
            originals = {**current, **originals}
            texts = {**texts, **applied(current, proved)}
            number += len(proved)
    return Fixed(originals, texts, number, report_of(opened), opened)


def _judged(
    args: Namespace, config: Config, registry: Registry, options: RunOptions, texts: Mapping[str, str]
) -> tuple[Run, Report, Report]:
    """The run, its report, and the report with one finding for each cause, and its fix: a second fix would do more than is needed."""
    opened = open_run(args, config, registry, replace(options, overlay=texts))
    report = report_of(opened)
    causes = joined(report, each_edit=True)
    if not selects_advice(config, registry.rules):
        # Nothing is wrong there, and `check` does not print it.
        causes = replace(causes, findings=tuple(f for f in causes.findings if f.kind != "advice"))
    return opened, report, with_fixes(opened, causes, causes.live)


def _why_not_written(judged: Run, file: str) -> str:
    source = judged.outline.files.get(file)
    return why_not_written(source, judged.sources.folders) if source else ""


def _worse(before: Report, after: tuple[Report, Report]) -> bool:
    """Whether a cause that is no advice is new, or no finding is gone.

    The pair is the report of all findings, and that with one for each cause.
    """
    found, causes = after
    gone = _everywhere(before.live) - _everywhere(found.live)
    return not gone or bool(_new_rules(before, causes)) or bool(found.crashes)


def _new_rules(before: Report, after: Report) -> list[str]:
    """Return the rules that have more facts but advice about an object of a unit among the causes than among all earlier findings."""
    counts = _everywhere(f for f in before.findings if f.kind != "advice")
    now = _everywhere(f for f in after.live if f.kind != "advice")
    return sorted({str(key[0]) for key in now if now[key] > counts[key]})


def _everywhere(findings: Iterable[Finding]) -> Counter[tuple[object, ...]]:
    """Return how many of the findings are about each object of each unit, wherever they are shown."""
    return Counter((f.rule_id, f.subject, unit) for f in findings if f.rule_id != NEEDLESS_GRANT for unit in f.units or ("",))


def _counts(findings: Iterable[Finding]) -> Counter[tuple[object, ...]]:
    """Return how many of the findings are about each object. A grant that a fix makes needless does not count: the fix names it."""
    return Counter((f.rule_id, f.span.file, f.subject) for f in findings if f.rule_id != NEEDLESS_GRANT)


def write_all(fixed: Fixed) -> None:
    """Write the texts to their files. Raises LoadError for one that changed meanwhile, and UsageError if it cannot be written."""
    for file in sorted(fixed.texts):
        try:
            write_file(fixed.run.outline.source(file), fixed.originals[file], fixed.texts[file])
        except OSError as error:
            raise UsageError(f"cannot write {visible_line(file)}: {error.strerror or error}") from error


def _why_file_left(finding: Finding, run: Run) -> str:
    files = dict.fromkeys(edit.file for edit in finding.fix.edits) if finding.fix else (finding.span.file,)
    return next(filter(None, (_why_not_written(run, file) for file in files)), "")


def _why_left(finding: Finding, fixed: Fixed, *, unsafe: bool) -> str:
    if why := _why_file_left(finding, fixed.run):
        return why
    if finding.fix is None:
        return finding.no_fix or "it needs a decision of yours"
    if finding.fix.safety == "advice":
        return f"it needs a decision of yours; `scclint check --fixes always` shows a proved change: {finding.fix.title}"
    if finding.fix.safety == "unsafe" and not unsafe:
        return f"the fix changes a pod, and --unsafe applies it: {finding.fix.title}"
    if new := fixed.refused.get(finding.fix):
        return f"its fix would make a new finding: {listed(new)}"
    return "its fix does not go together with another one"
