"""Check from outside what `scclint suggest` prints: judge the input together with the objects that it suggests.

    python tools/check_suggestions.py PATH ...

For every service account of the pods below each PATH, the script writes the suggested objects to a file next to a copy of the input and
runs scclint on both. The pods of the account must be admitted, the pods of others must get the SCC that they got before, and scclint
must report nothing about the objects. It prints how many accounts get which kind of SCC, and ends with 1 if something is wrong.
"""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scclint.config.model import Config
from scclint.errors import UsageError
from scclint.files.sources import find_sources
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.record import grouped
from scclint.registry import builtin
from scclint.remedy.least_privilege import Suggestion, suggest
from scclint.report.suggest import render_yaml
from scclint.run.judge import open_units
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import prepare, report_of
from scclint.run.shared import Run

NAME = "suggested.yaml"
"""The file of the suggested objects."""
NODE_ACCESS = ("SCC312", "RBA402")
"""Rules that report every SCC that opens the node, also one whose pods need that."""


def judge(paths: Sequence[str], context: Sequence[str] = ()) -> tuple[Run, Report]:
    config = Config(render="never", namespace="demo")
    run = prepare(find_sources(paths, config, context=context), config, builtin(), RunOptions())
    return run, report_of(run)


def outcomes_of(run: Run) -> Mapping[str, Sequence[Outcome]]:
    """Judge the workloads of a run, by release."""
    worlds = ((release, world, unit.workloads) for unit in open_units(run) for release, world in unit.worlds.items())
    return grouped((release, world.outcome(workload)) for release, world, workloads in worlds for workload in workloads)


def check(path: str, counts: Counter[str]) -> Iterator[str]:
    """Suggest an SCC for each service account below a path, and yield what is wrong with it."""
    run, _ = judge([path])
    for opened in open_units(run):
        (world,) = opened.worlds.values()
        accounts: dict[tuple[str, str], list[Workload]] = {}
        for workload in opened.workloads:
            accounts.setdefault((world.namespace_of(workload), workload.pod.service_account), []).append(workload)
        for (namespace, account), workloads in accounts.items():
            named = f"{path}: {namespace}/{account}"
            for meant in [[workload] for workload in workloads] if account == "default" else [workloads]:
                yield from (f"{named}: {why}" for why in _check_one(path, world, meant, namespace, account, counts))


def _check_one(
    path: str, world: World, workloads: list[Workload], namespace: str, account: str, counts: Counter[str]
) -> Iterator[str]:
    try:
        found = suggest(world, workloads, namespace, account)
    except UsageError as error:
        counts[f"none, because {str(error).partition(': ')[2]}"] += 1
        return
    counts[found.kind] += 1
    counts["with a required SCC"] += found.pin
    if any(not after for _, _, after in found.pods):
        yield "a pod is not admitted"
    documents: list[Any] = [document for document in YAML(typ="safe").load_all(render_yaml(found)) if document]
    if [dict(document) for document in documents] != [_plain(one) for one in found.objects]:
        yield "the YAML reads as other objects"
    for document in documents:
        counts["custom, for a privileged container"] += bool(document.get("allowPrivilegedContainer"))
    if found.objects:
        yield from _judge_together(path, found, workloads, account)


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _judge_together(path: str, found: Suggestion, workloads: list[Workload], account: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(path, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        with chdir(copy):
            before = outcomes_of(judge(["."])[0])
            beside = Path("..") / NAME
            beside.write_text(render_yaml(found), encoding="utf-8")
            # A bundle takes nothing from other files of its folder, but everything from what describes the cluster.
            after = outcomes_of(judge(["."], [str(beside)])[0])
            shutil.copy(beside, NAME)
            _, linted = judge(["."])
    names = {workload.name for workload in workloads}
    for release, outcomes in before.items():
        then = {_name(outcome): outcome for outcome in outcomes}
        now = {_name(outcome): outcome for outcome in after[release]}
        for name, outcome in now.items():
            ours = outcome.workload.name in names and outcome.workload.pod.service_account == account
            if ours and account != "default" and not outcome.admitted:
                yield f"{name} is not admitted"
            if not ours and _scc(outcome) != _scc(then[name]):
                yield f"{name} gets SCC {_scc(outcome)}"
    for finding in linted.live:
        # Without the annotation, which is for the author of the pods to write, another SCC comes first.
        expected = (*NODE_ACCESS, "RBA403") if found.pin else NODE_ACCESS
        ours = Path(finding.span.file).name == NAME and finding.rule_id not in expected
        if ours and finding.kind != "advice" and account != "default":
            yield f"scclint reports {finding.rule_id}: {finding.message}"


def _name(outcome: Outcome) -> tuple[str, ...]:
    workload = outcome.workload
    return workload.file, workload.kind, outcome.namespace, workload.name, str(workload.path)


def _scc(outcome: Outcome) -> str | None:
    return outcome.verdict.scc if outcome.verdict else None


def main(paths: Sequence[str]) -> int:
    counts: Counter[str] = Counter()
    wrong = [why for path in paths for why in check(path, counts)]
    print("\n".join(f"{number:5} {name}" for name, number in counts.most_common()))
    print("\n".join(wrong) or "Nothing is wrong.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
