"""Check proved fixes from outside: carry each out on a copy, read it with another YAML reader, and lint the copy.

    python tools/check_fixes.py PATH ...

Each PATH is linted by itself. The script shares nothing with the code that proves fixes: it replaces the lines that the JSON
report names, reads both texts with PyYAML's own loader, and compares the findings and outcomes of two separate runs. It prints
how many fixes each rule has, and every broken obligation. It ends with 1 if there is one.
"""

import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import chdir
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import yaml

from scclint.config.model import Config
from scclint.engine.report import Report
from scclint.engine.run import Run
from scclint.files.sources import find_sources
from scclint.finding import Finding, Severity
from scclint.judge.session import RunOptions
from scclint.outcome import Outcome
from scclint.registry import builtin


class Checked(NamedTuple):
    """The number of findings, by rule and class of fix; the broken obligations; the seconds that looking for each fix took."""

    counts: dict[str, Counter[str]]
    broken: list[str]
    seconds: list[float]


def lint(path: str) -> tuple[Run, Report]:
    config = Config(render="never", profile="strict")
    run = Run(find_sources([path], config), config, builtin(), RunOptions(review=True))
    return run, run.report()


def check(paths: Sequence[str]) -> Checked:
    """Look for a fix of each finding below each path, and carry out every one that is not advice."""
    found = Checked(defaultdict(Counter), [], [])
    for path in paths:
        run, report = lint(path)
        live = report.live
        if not live:
            continue
        start = perf_counter()
        fixed = run.with_fixes(report, live)
        found.seconds.extend([(perf_counter() - start) / len(live)] * len(live))
        done = set()
        for finding in fixed.live:
            fix = finding.fix
            found.counts[finding.rule_id][fix.safety if fix else "none"] += 1
            if fix is not None and fix.safety != "advice":
                key = (finding.rule_id, finding.subject, fix)
                if key not in done:
                    done.add(key)
                    found.broken.extend(
                        f"{path}: {finding.rule_id} {finding.subject}: {why}" for why in broken(path, report, finding)
                    )
    return found


def broken(path: str, before: Report, finding: Finding) -> Iterator[str]:
    """Carry out the fix of a finding on a copy, and yield each obligation that it breaks."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        source = Path(path).resolve()
        shutil.copytree(source, copy) if source.is_dir() else shutil.copytree(source.parent, copy)
        within = "." if source.is_dir() else source.name
        yield from _carry_out(path, copy, finding)
        with chdir(copy):
            _, after = lint(within)
        yield from _compare(before, after, finding)


def _carry_out(path: str, copy: Path, finding: Finding) -> Iterator[str]:
    base = Path(path) if Path(path).is_dir() else Path(path).parent
    assert finding.fix is not None
    for file in {edit.file for edit in finding.fix.edits}:
        target = copy / Path(file).relative_to(base)
        data = target.read_bytes()
        lines = data.decode().splitlines(keepends=True) if b"\x0c" not in data else data.decode().split("\n")
        for edit in sorted((e for e in finding.fix.edits if e.file == file), key=lambda e: e.line, reverse=True):
            lines[edit.line - 1 : edit.end_line - 1] = [edit.text]
        text = "".join(lines)
        target.write_bytes(text.encode())
        old, new = _documents(data.decode()), _documents(text)
        if len(old) != len(new):
            yield "the number of documents changed"
        elif sum(one != other for one, other in zip(old, new, strict=True)) > 1:
            yield "more than one document changed"
        if (b"\r\n" in data) != (b"\r\n" in text.encode()):
            yield "the line ends changed"
        same_end = data.decode().rsplit("\n", 1)[-1] == text.rsplit("\n", 1)[-1]
        if not same_end and data.endswith(b"\n"):
            # A last line without an end may go, and the line above it then keeps its own.
            yield "the end of the file changed"


def _documents(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def _compare(before: Report, after: Report, finding: Finding) -> Iterator[str]:
    if after.crashes:
        yield f"a rule fails: {after.crashes[0]}"
    there, here = (sum(_place(f) == _place(finding) for f in report.live) for report in (before, after))
    if here >= there:
        yield "the finding is still there"
    then = Counter(_identity(f) for f in before.live)
    for key, number in Counter(_identity(f) for f in after.live).items():
        rule, severity, _ = key
        if number > then[key] and (severity is Severity.ERROR or severity.rank <= finding.severity.rank):
            yield f"{rule} is new"
    for release, outcomes in before.outcomes.items():
        results = {_name(one.outcome): one.outcome for one in after.outcomes.get(release, ())}
        for outcome in (one.outcome for one in outcomes):
            now = results.get(_name(outcome))
            if now is None or (outcome.verdict is not None and now.verdict is None):
                yield f"{_name(outcome)} has no outcome"
            elif outcome.admitted and not now.admitted:
                yield f"{_name(outcome)} is not admitted"
            elif outcome.admitted and _confined(outcome) - _confined(now):
                yield f"{_name(outcome)} loses a profile"


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.rule_id, finding.subject, finding.path


def _identity(finding: Finding) -> tuple[str, Severity, object]:
    return finding.rule_id, finding.severity, finding.subject


def _name(outcome: Outcome) -> str:
    return f"{outcome.workload.kind} {outcome.namespace}/{outcome.workload.name} {outcome.workload.path}"


def _confined(outcome: Outcome) -> set[str]:
    return {container.name for container in outcome.seccomp if container.type in ("RuntimeDefault", "Localhost")}


def main() -> int:
    found = check(sys.argv[1:])
    print("| rule | findings | safe | unsafe | advice | none |\n|---|---:|---:|---:|---:|---:|")
    for rule in sorted(found.counts):
        counts = found.counts[rule]
        numbers = " | ".join(str(counts[name]) for name in ("safe", "unsafe", "advice", "none"))
        print(f"| {rule} | {counts.total()} | {numbers} |")
    seconds = sorted(found.seconds)
    if seconds:
        print(f"\nMedian per finding: {seconds[len(seconds) // 2] * 1000:.0f} ms. Broken obligations: {len(found.broken)}.")
    for line in found.broken:
        print(line)
    return bool(found.broken)


if __name__ == "__main__":
    sys.exit(main())
