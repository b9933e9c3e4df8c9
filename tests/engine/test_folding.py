"""What is let go and made again is the same: a run that keeps nothing unfolded comes to what any other comes to."""

from pathlib import Path

from scclint.config.model import Config
from scclint.engine.inputs import load_inputs
from scclint.engine.objects import model_objects
from scclint.engine.run import run
from scclint.finding import Report
from scclint.load.folding import Trees
from scclint.model.object import Workload
from scclint.registry import builtin

FIXTURES = Path(__file__).parents[2] / "fixtures"


def report(folder: Path, trees: Trees) -> Report:
    config = Config(show_info=True, profile="strict")
    return run(load_inputs([str(folder)], config, trees=trees), config, builtin(), review=True)


def test_findings_and_outcomes() -> None:
    folded, usual = report(FIXTURES, Trees(most_open=0, pays_from=0)), report(FIXTURES, Trees())
    assert len(usual.findings) > 500
    assert folded.findings == usual.findings
    assert (folded.crashes, folded.notices, folded.tally) == (usual.crashes, usual.notices, usual.tally)
    assert shown(folded) == shown(usual)


def shown(report: Report) -> list[object]:
    outcomes = [outcome for release in report.outcomes.values() for outcome in release]
    return [(str(o.workload.named), o.unknown, o.verdict, o.seccomp) for o in outcomes]  # type: ignore[attr-defined]


def test_a_workload_folds_where_it_is_all_of_a_document(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {containers: [{name: web, image: i}]}\n"
    items = "- " + (pod % "b").replace("\n", "\n  ")
    text = "---\n".join((pod % "a", f"apiVersion: v1\nkind: List\nitems:\n{items}\n", pod % "c"))
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    config = Config()
    objects = model_objects(load_inputs([str(tmp_path)], config, trees=Trees(most_open=0, pays_from=0)), config)
    workloads = [o for o in objects if isinstance(o, Workload)]
    assert [is_folded(w) for w in workloads] == [True, False, False], "the latest, and what is part of a list, are there"
    for workload, name in zip(workloads, "abc", strict=True):
        assert workload.manifest is workload.data and workload.data["metadata"] == {"name": name}
        assert workload.pod.manifest["spec"]["containers"] == [{"name": "web", "image": "i"}]
        assert not is_folded(workload)


def is_folded(workload: Workload) -> bool:
    try:
        object.__getattribute__(workload, "pod")
    except AttributeError:
        return True
    return False
