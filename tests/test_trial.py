"""The draw, the sheets and the count of tools/trial.py."""

import json
import re
import sys
from pathlib import Path

import pytest

from tools import trial

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop}
spec:
  serviceAccountName: collector
  enableService: true
  containers: [{name: agent, image: registry.example/agent, securityContext: {privileged: true}}, {name: side, image: registry.example/side}]
"""


def entry(rule: str, file: str, line: int, **more: object) -> trial.Json:
    return {"rule": rule, "file": file, "line": line, "column": 1, "text": "", "help": "", **more}


def test_findings_are_those_that_the_text_shows() -> None:
    text = "a.yaml:2:1: error[SCC101] no-scc-admits\n2 | x\n  = one\n\na.yaml:2:1: error[SCC101]\n  no-scc-admits\n  = two\n\n2 errors\n"
    entries = [entry("SCC102", "a.yaml", 2), *(entry("SCC101", "a.yaml", 2, text=text) for text in ("one", "two"))]
    assert [(found.printed[-3:], found.entry["text"]) for found in trial.shown(text, entries)] == [
        ("one", "one"),
        ("two", "two"),
    ]


def test_a_finding_that_only_the_text_has_ends_the_draw() -> None:
    with pytest.raises(SystemExit, match=r"no SCC101 at a\.yaml:3:1"):
        trial.shown("a.yaml:3:1: error[SCC101] no-scc-admits\n", [entry("SCC101", "a.yaml", 2)])


def test_each_repository_contributes_before_any_contributes_twice() -> None:
    drawn = trial.draw({"many": range(100), "few": range(2), "none": []}, seed=7, number=8, most=5)
    assert [name for name, _ in drawn] == ["few"] * 2 + ["many"] * 5
    assert len(set(drawn)) == 7
    assert {name for name, _ in trial.draw({"many": range(100), "few": range(2)}, seed=7, number=2, most=5)} == {"many", "few"}


def test_a_draw_depends_on_the_seed_and_not_on_other_repositories() -> None:
    def of_one(seed: int, **others: range) -> list[int]:
        return [number for name, number in trial.draw({"one": range(100), **others}, seed, 100, 5) if name == "one"]

    assert of_one(7) == of_one(7, other=range(9)) != of_one(8)


def test_an_object_is_found_by_kind_and_name() -> None:
    text = "".join(
        f"---\n# Source: {name}.yaml\nkind: {kind}\nmetadata:\n  name: {name}\n"
        for kind, name in (("Service", "web"), ("Deployment", "api"), ("Deployment", "web"))
    )
    assert trial.object_in(text, "Deployment", "web") == "# Source: web.yaml\nkind: Deployment\nmetadata:\n  name: web"
    assert not trial.object_in(text, "Route", "web")


def test_an_object_of_another_release_is_found_by_its_template() -> None:
    text = "---\n# Source: shop/templates/web.yaml\nkind: Deployment\nmetadata:\n  name: release-web\n"
    assert trial.object_in(text, "Deployment", "web", "charts/shop/templates/web.yaml").startswith("# Source: shop")
    assert not trial.object_in(text, "Deployment", "web", "charts/shop/templates/api.yaml")


def test_the_document_of_a_line() -> None:
    lines = ["a: 1", "---", "b: 1", "b: 2", "---", "c: 1"]
    assert [trial.document_at(lines, line) for line in (1, 3, 4, 6)] == ["a: 1", "b: 1\nb: 2", "b: 1\nb: 2", "c: 1"]


def test_a_draw_writes_sheets_that_can_be_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository, output = tmp_path / "shop", tmp_path / "draw"
    repository.mkdir()
    for name, text in {
        "pod.yaml": POD,
        "README.md": "`pod.yaml` needs an SCC.",
        "deploy.sh": "oc adm policy add-scc-to-user privileged -z collector -n other\n",
    }.items():
        (repository / name).write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("scclint")
    trial.main(["draw", "--seed=7", "--number=1", f"--output={output}", f"--scclint={program}", f"chart={repository}"])
    (sheet,) = (path.read_text(encoding="utf-8") for path in sorted(output.glob("0*.md")))
    report = json.loads((output / "runs" / "shop.json").read_text(encoding="utf-8"))
    assert any(f"- rule: {found['rule']}\n- repository: shop\n- kind: chart\n" in sheet for found in report["problems"])
    assert re.search(r"^> +\d \|", sheet, re.MULTILINE)
    for title, line in (
        ("All files on the accounts collector: 2", "deploy.sh:1: oc adm policy"),
        ("Documents that name the file or its folders: 1", "README.md:1: `pod.yaml`"),
        ("SCCs and grants of the repository: 1", "deploy.sh:1: oc adm policy"),
    ):
        assert f"## {title}\n\n````text\n{line}" in sheet
    assert "| chart | shop |" in (output / "index.md").read_text(encoding="utf-8")
    second = tmp_path / "second"
    second.mkdir()
    for folder, verdict in ((output, "right"), (second, "noise")):
        (folder / "001.md").write_text(sheet.replace("- verdict: \n", f"- verdict: {verdict}\n"), encoding="utf-8")
    trial.main(["count", str(output), str(second)])
    counted = capsys.readouterr().out
    trial.main(["again", f"--sheets={output}", f"--output={tmp_path / 'again'}", f"--scclint={program}", str(repository)])
    assert "| right | 1 | 0 | 0 |" in capsys.readouterr().out
    assert "Both judged 1 sheets, and agree on 0." in counted
    assert re.search(r"\| all \| 1 \| 1 \| 0 \| 1 \|", counted)


def test_a_verdict_of_two_judges_is_the_worse_one() -> None:
    def of(*verdicts: str) -> dict[str, trial.Sheet]:
        return {str(at): trial.Sheet(str(at), "SCC101", "shop", "chart", verdict) for at, verdict in enumerate(verdicts)}

    first, second = of("right", "right", "harmful", "right"), of("right", "wrong", "noise", "")
    assert [sheet.verdict for sheet in trial.together(first, second).values()] == ["right", "wrong", "harmful", ""]


def test_a_verdict_that_is_no_word_of_the_list_ends_the_count() -> None:
    with pytest.raises(SystemExit, match="001: the verdict 'fine' is none of right"):
        trial.read_sheet("001", "- rule: SCC101\n- repository: shop\n- kind: chart\n- verdict: Fine\n")


def test_sheets_without_a_verdict_are_not_judged() -> None:
    sheets = [trial.Sheet(str(at), "SCC101", "shop", "chart", verdict) for at, verdict in enumerate(("right", "wrong", ""))]
    assert "| SCC101 | 3 | 2 | 1 | 0 | 0 | 1 | 0 | 50% |" in trial.counts(sheets)


def test_what_became_of_the_findings_of_a_draw() -> None:
    printed = {name: f"{name}.yaml:2:1: error[SCC101] no-scc-admits\n  = one" for name in ("a", "b", "c")}
    sheets = [trial.Sheet(name, "SCC101", "shop", "chart", "noise", text) for name, text in printed.items()]
    now = [trial.Finding(printed["a"], {}), trial.Finding(printed["b"].replace("one", "two"), {})]
    assert [trial.still_there(sheet, now) for sheet in sheets] == ["same", "changed", "gone"]
    compared = trial.comparison(sheets, {"shop": now})
    assert "| noise | 1 | 1 | 1 |" in compared
    assert "| c | SCC101 | shop | noise | gone |" in compared
