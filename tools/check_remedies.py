"""Carry out the remedy that is printed first for each finding, and check that it holds.

    python tools/check_remedies.py [--most N] PATH ...

Each PATH, such as the folder of a chart or of plain files, is linted by itself, in a copy of its repository. Every remedy that is an edit
is carried out there, and the path is linted again for OpenShift and for plain Kubernetes. A remedy holds if the finding is gone, no
workload has a new error or warning on either platform, and every workload is still there. What else is wrong with an object that the API
server refused before is not new. The script prints how many remedies hold, what the first remedy of the other findings is, and each remedy
that does not hold. It ends with 1 if there is one. `--most` limits the remedies of each rule below one PATH.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import NamedTuple

from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.files.sources import find_sources
from scclint.finding import Finding, Subject, TextEdit
from scclint.objects.types import Workload
from scclint.registry import builtin
from scclint.remedy.proofs import with_few_fixes
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import prepare, report_of
from scclint.run.shared import Run

PLATFORMS = {"OpenShift": Config(), "Kubernetes": Config(platform="kubernetes")}
NAMED_IN_EFFECT = "With it, "
"""How an effect begins to name what a switch of a chart adds, which its reader has to decide about."""

REFUSED = "MAN002"
"""The rule about objects that the API server refuses."""

UNCONFINED = "unconfined"


class Judged(NamedTuple):
    """What a folder has on one platform: the findings, the errors and warnings about workloads among all findings and among the causes, the
    workloads, and the units without a rendering.
    """

    findings: Counter[tuple[object, ...]]
    known: Counter[tuple[str, Subject]]
    problems: Counter[tuple[str, Subject]]
    workloads: Counter[tuple[str, str]]
    unrendered: int


def lint(path: str, config: Config) -> tuple[Run, Report]:
    """Lint a path as `scclint check` does."""
    run = prepare(find_sources([path], config), config, builtin(), RunOptions(review=True))
    return run, report_of(run)


def judged(path: str) -> dict[str, Judged]:
    """What a folder has, by platform."""
    of_workloads = {rule.id for rule in builtin().rules if rule.on is Workload}
    results = {}
    for name, config in PLATFORMS.items():
        run, report = lint(path, config)
        live = joined(report).live
        outcomes = next(iter(report.outcomes.values()), ())
        results[name] = Judged(
            Counter(_place(finding) for finding in report.live),
            *(
                Counter((_problem(f), f.subject) for f in found if f.kind != "advice" and f.rule_id in of_workloads)
                for found in (report.live, live)
            ),
            Counter((each.kind, each.name) for each in outcomes),
            sum(bool(unit.unrendered) for unit in run.rendered.units),
        )
    return results


def check(path: str, most: int, counts: Counter[str]) -> Iterator[str]:
    """Carry out the first remedy of each finding below a path, and yield what is wrong with it."""
    run, report = lint(path, PLATFORMS["OpenShift"])
    causes = joined(report)
    shown = [finding for finding in causes.live if finding.kind != "advice"]
    fixed = [finding for finding in with_few_fixes(run, causes, shown).live if finding.kind != "advice"]
    counts.update(_first(finding) for finding in fixed)
    done: Counter[object] = Counter()
    before: dict[str, Judged] = {}
    for finding in fixed:
        key = finding.rule_id, finding.fix and finding.fix.edits
        done[finding.rule_id] += not done[key]
        if finding.fix is None or done[key] or done[finding.rule_id] > most:
            continue
        done[key] = 1
        before = before or judged(path)
        with edited(finding.fix.edits):
            after = judged(path)
        wrong = list(_compare(before, after, finding))
        counts["carried out"] += 1
        counts["hold"] += not wrong
        yield from (f"{path}: {finding.rule_id} {finding.subject}: {finding.fix.title}: {why}" for why in wrong)


@contextmanager
def edited(edits: Sequence[TextEdit]) -> Iterator[None]:
    """Edit files, and restore them."""
    texts = {Path(edit.file): Path(edit.file).read_bytes() for edit in edits}
    try:
        for edit in sorted(edits, key=lambda edit: edit.line, reverse=True):
            lines = Path(edit.file).read_bytes().decode().splitlines(keepends=True)
            lines[edit.line - 1 : edit.end_line - 1] = [edit.text]
            Path(edit.file).write_bytes("".join(lines).encode())
        yield
    finally:
        for file, data in texts.items():
            file.write_bytes(data)


@contextmanager
def copied(path: Path) -> Iterator[str]:
    """Work in a copy of the repository of a path, and yield the path there."""
    root = next(
        (folder for folder in (path, *path.parents) if (folder / ".git").exists()), path if path.is_dir() else path.parent
    )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(root, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        with chdir(copy):
            yield str(path.relative_to(root))


def _compare(before: dict[str, Judged], after: dict[str, Judged], finding: Finding) -> Iterator[str]:
    assert finding.fix is not None
    place = _place(finding)
    if after["OpenShift"].findings[place] >= before["OpenShift"].findings[place]:
        yield "the finding is still there"
    for platform, then in before.items():
        now = after[platform]
        for rule, subject in now.problems - then.known:
            if finding.rule_id == REFUSED and (subject.kind, subject.name) == (finding.subject.kind, finding.subject.name):
                # Nothing else is known of an object that the API server refuses.
                continue
            if NAMED_IN_EFFECT not in finding.fix.effect or rule not in finding.fix.effect:
                yield f"{rule} is new for {subject} on {platform}"
        if gone := then.workloads - now.workloads:
            yield f"{gone.total()} workloads are gone on {platform}, such as {next(iter(gone))[1]}"
        if now.unrendered > then.unrendered:
            yield f"a unit is not rendered on {platform}"


def _problem(finding: Finding) -> str:
    """What a finding is about: containers that run unconfined are reported by several rules."""
    return UNCONFINED if finding.rule_id in ("SEC201", "SEC202", "SEC203") else finding.rule_id


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.rule_id, finding.subject, finding.path


def _first(finding: Finding) -> str:
    """What kind of remedy is printed first for a finding."""
    if finding.fix is not None:
        return f"first remedy: {finding.fix.safety} edit"
    words = finding.help.lower()
    if words.startswith(("grant ", "run the workload as")):
        return "first remedy: a grant"
    if "pod-security.kubernetes.io" in words.partition(".")[0] or words.startswith("label "):
        return "first remedy: a label"
    return "first remedy: words"


def main(arguments: Sequence[str]) -> int:
    """Check the remedies of all paths."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=sys.maxsize)
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    wrong = 0
    for path in options.paths:
        try:
            with copied(Path(path).resolve()) as within:
                for why in check(within, options.most, counts):
                    wrong += 1
                    print(why, flush=True)
        except UsageError as error:
            print(f"{path}: not linted: {error}", flush=True)
    print("\n".join(f"{number:5} {name}" for name, number in counts.most_common()))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
