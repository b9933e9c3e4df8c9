"""Check proved fixes from outside: carry each out on a copy, read it with another YAML reader, and lint the copy.

    python tools/check_fixes.py [--generated] [--render] PATH ...

Each PATH is linted by itself. The script shares nothing with the code that proves fixes: it replaces the lines that the JSON
report names, reads both texts with ruamel.yaml's own loader, and compares the findings and outcomes of two separate runs. It prints
how many fixes each rule has, why others have none, and every broken obligation. It ends with 1 if there is one. `--generated` looks
for fixes in files that a tool generates as well. `--render` judges kustomizations and charts as rendered.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from scclint.causes.join import joined
from scclint.cluster import Cluster
from scclint.config.model import Config
from scclint.files.sources import find_sources
from scclint.finding import Finding, Remove, TextEdit
from scclint.outcome.chain import Outcome
from scclint.platform.releases import NEWEST_KUBERNETES
from scclint.record import grouped
from scclint.registry import builtin
from scclint.remedy.proofs import with_fixes
from scclint.run.judge import open_units
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import prepare, report_of
from scclint.run.shared import Run
from scclint.validation.validate import validate
from scclint.yaml.edit import changed_data

_WIDE = ("anyuid", "hostaccess", "hostmount-anyuid", "hostmount-anyuid-v2", "hostnetwork", "hostnetwork-v2", "privileged")
_CONFINED = ("RuntimeDefault", "Localhost")


class Checked(NamedTuple):
    """The number of findings, by rule and class of fix; the broken obligations; the seconds that looking for each fix took.

    `carried_out` counts the different fixes that were carried out, by rule. `reasons` count why a rule has no fix.
    `weighty` are the errors and warnings before and after causes are joined.
    """

    counts: dict[str, Counter[str]]
    carried_out: Counter[str]
    reasons: Counter[tuple[str, str]]
    broken: list[str]
    seconds: list[float]
    weighty: Counter[str]


Outcomes = Mapping[str, Sequence[Outcome]]
"""The outcomes of all workloads, by release."""


def lint(path: str, config: Config, *, generated: bool = False) -> tuple[Run, Report]:
    run = prepare(find_sources([path], config), config, builtin(), RunOptions(force_generated=generated))
    return run, report_of(run)


def outcomes_of(run: Run) -> Outcomes:
    """Judge the workloads of a run."""
    worlds = ((release, world, unit.workloads) for unit in open_units(run) for release, world in unit.worlds.items())
    return grouped((release, world.outcome(workload)) for release, world, workloads in worlds for workload in workloads)


def check(paths: Sequence[str], *, generated: bool = False, render: bool = False) -> Checked:
    """Look for a fix of each finding below each path, and carry out every one that is not advice."""
    config = Config(render="auto" if render else "never", extend_select=("advice",))
    found = Checked(defaultdict(Counter), Counter(), Counter(), [], [], Counter())
    for path in paths:
        run, report = lint(path, config, generated=generated)
        live = report.live
        if not live:
            continue
        _count(found.weighty, report)
        start = perf_counter()
        fixed = with_fixes(run, report, live)
        found.seconds.extend([(perf_counter() - start) / len(live)] * len(live))
        found.broken.extend(f"{path}: {crash.error}" for crash in fixed.crashes)
        _carry_out_all(path, config, (report, outcomes_of(run)), fixed, found)
    return found


def _count(weighty: Counter[str], report: Report) -> None:
    for name, shown in (("before", report), ("after", joined(report))):
        counted = [finding for finding in shown.live if finding.kind != "advice"]
        weighty[name] += len(counted)
        weighty[f"{name}, of workloads"] += sum(finding.rule_id.startswith(("SCC1", "SEC2", "PSA")) for finding in counted)
    weighty["workloads"] += report.tally.workloads


def _carry_out_all(path: str, config: Config, before: tuple[Report, Outcomes], fixed: Report, found: Checked) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = _Copy(path, config, Path(folder) / "copy")
        done = set()
        for finding in fixed.live:
            fix = finding.fix
            found.counts[finding.rule_id][fix.safety if fix else "none"] += 1
            if fix is None:
                found.reasons[finding.rule_id, finding.no_fix] += 1
            elif fix.safety != "advice" and (key := (finding.rule_id, finding.subject, fix)) not in done:
                done.add(key)
                found.carried_out[finding.rule_id] += 1
                whose = f"{path}: {finding.rule_id} {finding.subject}"
                found.broken.extend(f"{whose}: {why}" for why in copy.broken(before, finding))


class _Copy:
    """A copy of what is linted, which each fix changes and which is as before afterwards."""

    def __init__(self, path: str, config: Config, folder: Path) -> None:
        self._config = config
        self._folder = folder
        source = Path(path).resolve()
        self._base = Path(path) if source.is_dir() else Path(path).parent
        self._within = "." if source.is_dir() else source.name
        self._source = source if source.is_dir() else source.parent
        self._made = False
        self._with = lru_cache(maxsize=16)(self._judged_with)

    def broken(self, before: tuple[Report, Outcomes], finding: Finding) -> Iterator[str]:
        """Carry out the fix of a finding on the copy, and yield each obligation that it breaks."""
        assert finding.fix is not None
        if not self._made:
            self._made = True
            shutil.copytree(self._source, self._folder, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        faults, after = self._with(finding.fix.edits)
        yield from faults
        yield from _compare(before, after, finding)

    def _judged_with(self, edits: Sequence[TextEdit]) -> tuple[list[str], tuple[Report, Outcomes]]:
        """The faults of the texts with these edits, and what the copy with them is judged. Fixes of several findings may be equal."""
        texts = {file: self._target(file).read_bytes() for file in {edit.file for edit in edits}}
        try:
            faults = list(self._carry_out(edits))
            with chdir(self._folder):
                run, report = lint(self._within, self._config)
                return faults, (report, outcomes_of(run))
        finally:
            for file, data in texts.items():
                self._target(file).write_bytes(data)

    def _target(self, file: str) -> Path:
        return self._folder / Path(file).relative_to(self._base)

    def _carry_out(self, edits: Sequence[TextEdit]) -> Iterator[str]:
        for file in {edit.file for edit in edits}:
            target = self._target(file)
            data = target.read_bytes()
            lines = data.decode().splitlines(keepends=True) if b"\x0c" not in data else data.decode().split("\n")
            for edit in sorted((e for e in edits if e.file == file), key=lambda e: e.line, reverse=True):
                lines[edit.line - 1 : edit.end_line - 1] = [edit.text]
            text = "".join(lines)
            target.write_bytes(text.encode())
            yield from _compare_texts(data.decode(), text)


def _compare_texts(data: str, text: str) -> Iterator[str]:
    old, new = _documents(data), _documents(text)
    if len(old) != len(new):
        yield "the number of documents changed"
    elif sum(one != other for one, other in zip(old, new, strict=True)) > 1:
        yield "more than one document changed"
    if ("\r\n" in data) != ("\r\n" in text):
        yield "the line ends changed"
    same_end = data.rsplit("\n", 1)[-1] == text.rsplit("\n", 1)[-1]
    if not same_end and data.endswith("\n"):
        # A last line without an end may go, and the line above it then keeps its own.
        yield "the end of the file changed"


class LastKey(SafeConstructor):
    """Lets the last of several equal keys win, as the cluster does."""

    def check_mapping_key(self, *_: object) -> bool:
        return True


@lru_cache(maxsize=2)
def _documents(text: str) -> list[Any]:
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = LastKey
    return list(reader.load_all(text))


def _compare(judged: tuple[Report, Outcomes], changed: tuple[Report, Outcomes], finding: Finding) -> Iterator[str]:
    (before, then_outcomes), (after, now_outcomes) = judged, changed
    if after.crashes:
        yield f"a rule fails: {after.crashes[0]}"
    there, here = (sum(_place(f) == _place(finding) for f in report.live) for report in (before, after))
    if here >= there:
        yield "the finding is still there"
    # Advice says that nothing is wrong.
    then, now = (Counter(_identity(f) for f in report.live if f.kind != "advice") for report in (before, after))
    for key, number in now.items():
        rule, rank, _ = key
        if number > then[key] and rank <= finding.rank:
            yield f"{rule} is new"
    for release, outcomes in then_outcomes.items():
        # Files may define one object in different ways, each in a unit of its own: only the order tells them apart.
        results = now_outcomes.get(release, ())
        if list(map(_name, results)) != list(map(_name, outcomes)):
            yield "other workloads have outcomes"
            continue
        for one, other in zip(outcomes, results, strict=True):
            yield from _compare_outcomes(one, other, finding)


def _compare_outcomes(outcome: Outcome, now: Outcome, finding: Finding) -> Iterator[str]:
    name = _name(outcome)
    if outcome.verdict is not None and now.verdict is None:
        yield f"{name} has no outcome"
        return
    if outcome.admitted and not now.admitted:
        yield f"{name} is not admitted"
    elif outcome.rejected_by is None and now.rejected_by is not None:
        yield f"{name} is rejected"
    elif outcome.rejected_by is None and _confined(outcome) - _confined(now):
        yield f"{name} loses a profile"
    if outcome.verdict is None or now.verdict is None:
        return
    if now.verdict.scc in _WIDE and outcome.verdict.scc not in (*_WIDE, None):
        yield f"{name} gets SCC {now.verdict.scc}"
    assert finding.fix is not None
    rejected = finding.rule_id == "MAN002"
    if finding.fix.safety == "safe" and not rejected and _settings(outcome.verdict.pod) != _settings(now.verdict.pod):
        yield f"{name} differs, although the fix is safe"


def _settings(pod: Mapping[str, Any]) -> Any:
    """The pod without fields that do not exist, and with what its security context says for its containers in each of them."""
    minor = Cluster.kubernetes(NEWEST_KUBERNETES).kubernetes_minor
    for problem in validate({**pod, "apiVersion": "v1", "kind": "Pod"}, "v1", "Pod", minor):
        if problem.code == "unknown":
            pod = changed_data(pod, Remove(problem.path))
    spec = dict(pod["spec"])
    own = dict(spec.pop("securityContext", None) or {})
    default = {"runAsNonRoot": own.pop("runAsNonRoot")} if "runAsNonRoot" in own else {}
    for field in ("initContainers", "containers"):
        spec[field] = [
            {**container, "securityContext": {**default, **(container.get("securityContext") or {})}}
            for container in spec.get(field) or ()
        ]
    return own, spec, (pod.get("metadata") or {}).get("annotations") or {}


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.rule_id, finding.subject, finding.path


def _identity(finding: Finding) -> tuple[str, int, object]:
    return finding.rule_id, finding.rank, finding.subject


def _name(outcome: Outcome) -> str:
    return f"{outcome.workload.kind} {outcome.namespace}/{outcome.workload.name} {outcome.workload.path}"


def _confined(outcome: Outcome) -> set[str]:
    return {container.name for container in outcome.seccomp if container.type in _CONFINED}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--generated", action="store_true")
    parser.add_argument("--render", action="store_true")
    parser.add_argument("paths", nargs="+")
    found = check(**vars(parser.parse_args(arguments)))
    print("| Rule | Findings | Safe fix | Unsafe fix | Advice | None | Carried out |\n|---|---:|---:|---:|---:|---:|---:|")
    for rule in sorted(found.counts):
        counts = found.counts[rule]
        numbers = " | ".join(str(counts[name]) for name in ("safe", "unsafe", "advice", "none"))
        print(f"| {rule} | {counts.total()} | {numbers} | {found.carried_out[rule]} |")
    seconds = sorted(found.seconds)
    if seconds:
        print(f"\nMedian per finding: {seconds[len(seconds) // 2] * 1000:.0f} ms. Broken obligations: {len(found.broken)}.")
    print(f"Errors and warnings: {dict(found.weighty)}")
    for (rule, why), number in sorted(found.reasons.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"{number:5} {rule}: {why or 'the rule proposes nothing'}")
    for line in found.broken:
        print(line)
    return bool(found.broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
