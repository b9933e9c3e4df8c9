"""A limit ends every expression, and everything else goes on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint.apps.lsp.project import Project
from scclint.cel.evaluator import Evaluator, LimitReached
from scclint.cel_rules import rules as declared
from scclint.cli import main
from scclint.errors import ConfigError
from scclint.finding import Severity
from scclint.limits import MAX_EXPRESSION
from scclint.run.pool import in_processes
from tests.cel.test_rules import POD, findings, rule, rules_of, true_of

pytest.importorskip("cel", reason="needs the extra `cel`")


@pytest.fixture(autouse=True)
def evaluator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evaluator]:
    """An evaluator that ends soon, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scclint.cel.evaluator.CEL_CPU", 0.2)
    monkeypatch.setattr("scclint.cel.evaluator.CEL_MEMORY", 1 << 29)
    made = Evaluator()
    monkeypatch.setattr(declared, "EVALUATOR", made)
    yield made
    made.close()


@pytest.mark.parametrize(
    "expr", ["(" * 1900 + "true" + ")" * 1900, "(" * 5000 + "true" + ")" * 5000, "true" + " " * MAX_EXPRESSION + "&& true"]
)
def test_bombs_are_refused(expr: str) -> None:
    with pytest.raises(ConfigError, match=r"nested too deep|more than 4,000 characters"):
        rules_of(rule(expr))


def with_arguments(number: int, pattern: str = "") -> str:
    arguments = "".join(f"        - a{n}\n" for n in range(number))
    pod = POD.replace("{name: web,", f"{{annotations: {{re: '{pattern}'}}, name: web,")
    return f"{pod}      args:\n{arguments}"


ARGS = "object.spec.containers[0].args"
PATH = "field(object, '''spec.containers.0.args''')"
DOUBLED = "['abcdefgh']" + ".map(a, a + a + a + a + a + a + a + a + a + a)" * 12
ENDLESS = {
    "lists that are copied for each item": f"{ARGS}.map(a, a).size() > 0",
    "the same with a filter": f"{ARGS}.filter(a, true).size() > 0",
    "lists of lists": f"{ARGS}.map(a, {ARGS}.map(b, {ARGS})).size() > 0",
    "maps of objects": f"{ARGS}.map(a, {{'k': object}}).size() > 0",
    "quotes in threes": f"{PATH}.exists(a, {PATH}.exists(b, {PATH}.exists(c, false)))",
    "patterns of the manifest": f"{ARGS}.exists(a, a.matches(object.metadata.annotations.re))",
    "texts that grow": f"{DOUBLED}.size() > 0",
    "lists without a manifest": "[1,2,3,4,5,6,7,8]"
    + "".join(f".map(v{n}, [1,2,3,4,5,6,7,8]" for n in range(9))
    + ")" * 9
    + " == []",
}


@pytest.mark.parametrize("expr", ENDLESS.values(), ids=ENDLESS)
def test_what_takes_too_much_is_ended_and_named(expr: str, evaluator: Evaluator) -> None:
    harmless = {**rule("object.metadata.name == 'web'"), "id": "ACME002"}
    found = findings(with_arguments(20_000, r"(\w{10}){10}"), rule(expr), harmless)
    assert [(f.rule_id, f.severity) for f in found] == [("ACME001", Severity.WARNING), ("ACME002", Severity.WARNING)]
    assert found[0].message == ("Pod web: from here on ACME001 is not evaluated: it takes more than 1 second or 1,024 MiB here")
    assert found[1].message == "Pod web: no"


VOLUMES = "pod.spec.volumes"
MANY = POD + "  volumes:\n" + "".join(f"    - {{name: v{number}, emptyDir: {{}}}}\n" for number in range(150))


@pytest.mark.parametrize(
    ("expr", "true"),
    [
        (f"{VOLUMES}.all(a, {VOLUMES}.exists(b, a.name == b.name))", True),
        (f"pod.spec.containers.all(a, {VOLUMES}.exists(b, {VOLUMES}.exists(c, b.name == c.name)))", True),
        (f"{VOLUMES}.filter(a, a.name == 'v1').all(b, pod.spec.containers.all(c, b.name != c.name))", True),
        (f"{VOLUMES}.exists(a, a.name.matches('^x[0-9]{{1,3}}$'))", False),
        ("['a'].map(a, a + a).map(a, a + a) == ['aaaa']", True),
        ("object.metadata.all(a, ['name', 'namespace'].exists(b, b == a))", True),
    ],
)
def test_what_takes_little_is_evaluated(expr: str, true: bool) -> None:
    assert true_of(MANY, expr) is true


def test_a_rule_that_was_ended_is_reported_once() -> None:
    pods = with_arguments(20_000) + "---" + POD.replace("name: web,", "name: later,")
    (found,) = findings(pods, rule(ENDLESS["lists of lists"]))
    assert found.message.startswith("Pod web: from here on")


def test_all_rules_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared._Budget, "left", 0)
    pods = "---".join(POD.replace("name: web,", f"name: web-{number},") for number in range(3))
    found = findings(pods, rule("true"), {**rule("true"), "id": "ACME002"})
    assert sorted(f.message for f in found) == [
        f"Pod web-0: from here on {id} is not evaluated: the rules took 10 seconds altogether" for id in ("ACME001", "ACME002")
    ]


def test_a_process_that_was_ended_is_started_again(evaluator: Evaluator) -> None:
    assert evaluator.evaluate("a == 1", {"a": 1})["value"] is True
    assert evaluator._process is not None
    evaluator._process.kill()
    evaluator._process.wait()
    values = {"a": 2}
    assert evaluator.evaluate("a == 1", values)["value"] is False
    with pytest.raises(LimitReached):
        evaluator.evaluate(ENDLESS["lists without a manifest"], values)
    assert evaluator.evaluate("a == 2", values)["value"] is True


def test_a_process_that_waits_is_ended(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.cel.evaluator.CEL_SECONDS", 0.2)
    monkeypatch.setattr("scclint.cel.evaluator.CEL_CPU", 60)
    with pytest.raises(LimitReached):
        evaluator.evaluate(ENDLESS["lists without a manifest"], {})
    # Windows has no timers that end a process.
    monkeypatch.delattr(signal, "setitimer")
    with pytest.raises(LimitReached):
        evaluator.evaluate(ENDLESS["lists without a manifest"], {})


def test_a_library_that_does_not_load_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.cel.evaluator._SANDBOX", str(tmp_path / "nothing.py"))
    with pytest.raises(
        ConfigError, match=r"scclint\.yaml:\d+: rules in CEL cannot be evaluated: the CEL library cannot be loaded"
    ):
        rules_of(rule("true"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forked processes")
def test_forked_processes_have_their_own(evaluator: Evaluator) -> None:
    values = {"a": 7}
    assert evaluator.evaluate("a == 7", values)["value"] is True

    def work(item: int) -> bool:
        return all(evaluator.evaluate(f"a == {item} && {n} == {n}", {"a": item})["value"] for n in range(20))

    assert list(in_processes(work, 8, 2)) == [True] * 8
    assert evaluator.evaluate("a == 7", values)["value"] is True


def test_processes_and_the_language_server_report_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    rules_of(rule(ENDLESS["lists of lists"]), {**rule("verdict.scc == 'anyuid'"), "id": "ACME002"})
    os.rename("scclint.yaml", ".scclint.yaml")
    for folder, number in (("a", 2_000), ("b", 2_000), ("c", 1)):
        Path(folder).mkdir()
        Path(folder, "kustomization.yaml").write_text("resources: [pod.yaml]\n")
        Path(folder, "pod.yaml").write_text(with_arguments(number))
    outputs = []
    for jobs in ("1", "2"):
        assert main(["check", "--format", "concise", "--render", "never", "--jobs", jobs, "c"]) == 1
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] and "ACME002" in outputs[0]
    project = Project("a")
    project.judge_units(os.path.join("a", "pod.yaml"))
    found = project.findings(os.path.join("a", "pod.yaml"))
    assert sorted(f.message.partition(" is not")[0] for f in found) == ["Pod web: from here on ACME001", "Pod web: no"]


def test_many_mistakes_are_cut_short() -> None:
    with pytest.raises(ConfigError) as caught:
        rules_of(*({**rule(" + ".join(f"a{n}" for n in range(500))), "id": f"ACME{number:03}"} for number in range(3)))
    assert str(caught.value).count("nothing is called") == 20
    assert str(caught.value).endswith("and 40 more")
