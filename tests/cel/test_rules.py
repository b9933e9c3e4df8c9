"""Rules that a configuration declares in CEL: what they see, what they report, and what is told before anything is linted."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scclint.cel.evaluator import Evaluator
from scclint.cel_rules import rules as declared
from scclint.cel_rules.rules import with_declared
from scclint.cel_rules.values import object_values
from scclint.cli import main
from scclint.config import build_config
from scclint.config.raw import parse_config
from scclint.errors import ConfigError, RuleSetError
from scclint.finding import Finding, Severity
from scclint.registry import Registry, builtin
from tests.running import report_on

cel = pytest.importorskip("cel", reason="needs the extra `cel`")

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example/web:1
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {team: a}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web@sha256:0
          securityContext: {runAsUser: 1000000001}
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: shop}\n"


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def rule(expr: str, **more: str) -> dict[str, str]:
    return {"id": "ACME001", "message": "no", "expr": expr, **more}


def rules_of(*rules: dict[str, str], **settings: Any) -> tuple[Any, Registry]:
    """Configuration and rule set, from a configuration file that is written to the working directory."""
    text = json.dumps({"rules": list(rules), "select": ["ACME"], **settings}, ensure_ascii=False, indent=1)
    return settings_of(text)


def settings_of(text: str, name: str = "scclint.yaml") -> tuple[Any, Registry]:
    Path(name).write_text(text, encoding="utf-8")
    config = build_config(parse_config(text, name), builtin().rules, {})
    return config, with_declared(builtin(), config)


def findings(manifest: str, *rules: dict[str, str], **settings: Any) -> list[Finding]:
    config, registry = rules_of(*rules, **settings)
    report = report_on(config=config, text=manifest, filename="m.yaml", registry=registry)
    assert report.crashes == ()
    return list(report.findings)


def true_of(manifest: str, expr: str, **more: str) -> bool:
    found = findings(manifest, rule(expr, **more))
    assert all(f.kind == "problem" for f in found), found[0].message
    return bool(found)


@pytest.mark.parametrize(
    ("expr", "pod", "deployment"),
    [
        ("verdict.scc == 'anyuid'", True, False),
        ("verdict.scc in ['restricted-v2', 'restricted-v3']", False, True),
        ("verdict.containers.exists(c, c.seccomp.type == 'Unconfined')", True, False),
        ("verdict.containers.all(c, c.procMode == 2)", False, True),
        ("verdict.containers[0].name == 'web' && verdict.containers[0].role == 'container'", True, True),
        ("verdict.containers[0].source == 'SCC default'", False, True),
        ("verdict.containers[0].requested.type == null", True, True),
        ("verdict.allowed && verdict.message == null", True, True),
        ("verdict.subject == 'user'", True, True),
        ("has(verdict.pod.spec.containers[0].securityContext)", True, True),
        ("verdict.pod.spec.containers.all(c, field(c, 'securityContext.allowPrivilegeEscalation') == false)", False, True),
        ("scc.priority >= 10", True, False),
        ("scc.metadata.name == verdict.scc", True, True),
        ("'runtime/default' in scc.seccompProfiles", False, True),
        ("scc.runAsUser.type == 'RunAsAny'", True, False),
        ("object.kind == 'Pod'", True, False),
        ("pod.kind == 'Pod' && pod.spec.containers.size() == 1", True, True),
        ("pod.spec.containers.exists(c, !c.image.contains('@sha256:'))", True, False),
        ("field(object, 'metadata.labels.team') == 'a'", False, True),
        ("pod.spec.containers.exists(c, c.field('securityContext.runAsUser') == 1000000001)", False, True),
        ("field(pod, 'spec.containers.0.name') == 'web' && field(pod, 'spec.containers.7.name') == null", True, True),
    ],
)
def test_what_an_expression_sees(expr: str, pod: bool, deployment: bool) -> None:
    assert true_of(POD, expr) is pod
    assert true_of(DEPLOYMENT, expr) is deployment


def test_a_finding_says_what_was_declared_where_it_was_told_to() -> None:
    declared = rule(
        "verdict.scc == 'anyuid'",
        name="lands-on-anyuid",
        message="must not land on anyuid.",
        severity="error",
        at="pod.spec.containers[0].name",
        help="Use a Deployment.",
    )
    (found,) = findings(POD, declared)
    assert (found.rule_id, found.rule_name, found.severity) == ("ACME001", "lands-on-anyuid", Severity.ERROR)
    assert (found.message, found.help) == ("Pod web: must not land on anyuid.", "Use a Deployment.")
    assert (found.span.line, found.span.column) == (7, 7)
    assert found.path == ("spec", "containers", 0, "name")


@pytest.mark.parametrize(
    ("at", "line"),
    [
        ("", 4),
        ("kind", 3),
        ("metadata.labels", 4),
        ("pod.spec.containers[0].image", 10),
        ("spec.template.spec.containers[0].securityContext.seccompProfile", 11),
        ('metadata["labels"].team', 4),
        ("nothing.like.it", 3),
    ],
)
def test_the_region_is_the_field_or_what_it_is_missing_from(at: str, line: int) -> None:
    (found,) = findings(DEPLOYMENT, rule("true", at=at))
    assert found.span.line == line


def test_other_kinds_are_looked_at_when_they_are_named() -> None:
    assert true_of(ACCOUNT, "object.metadata.name == 'robot'", kind="ServiceAccount")
    assert not true_of(ACCOUNT, "true", kind="Namespace")
    assert not true_of(ACCOUNT, "true")
    assert true_of(DEPLOYMENT, "pod.spec.containers.size() == 1", kind="Deployment")
    assert not true_of(POD, "true", kind="Deployment")


def test_what_cannot_be_told_is_said_and_is_no_violation() -> None:
    (found,) = findings(POD, rule("object.metadata.labels.team == 'a'"))
    assert found.kind == "gap"
    assert found.message == "Pod web: ACME001 cannot tell whether it holds (there is no 'labels' here)"
    (found,) = findings(POD, rule("object.metadata.name"))
    assert found.message == "Pod web: ACME001 cannot tell: the expression is neither true nor false but 'web'"
    assert (found.severity, found.help) == (Severity.WARNING, "Correct the expression.")
    (found,) = findings(POD, rule("field(object, 'metadata.labels')"))
    assert found.kind == "gap"


def test_rules_about_verdicts_leave_alone_what_has_none() -> None:
    patch = POD.replace("      image: registry.example/web:1\n", "")
    assert findings(patch, rule("verdict.allowed || true")) == []
    outside = POD.replace("namespace: shop", "namespace: kube-system")
    assert findings(outside, rule("scc.priority > 0 || true")) == []
    assert len(findings(outside, rule("verdict.scc == null"))) == 1


def test_numbers_and_texts_that_cel_cannot_hold_do_no_harm() -> None:
    huge = DEPLOYMENT.replace("labels: {team: a}", "labels: {team: 99999999999999999999}")
    assert true_of(huge, "object.metadata.labels.team > 1.0")
    assert object_values({"a": [2**63, -(2**63) - 1, 2**63 - 1, True, "\ud800", None]}) == {
        "a": [float(2**63), float(-(2**63) - 1), 2**63 - 1, True, "?", None]
    }


def test_declared_rules_are_rules_like_others() -> None:
    strict = {"id": "ACME002", "name": "second", "message": "two", "expr": "true"}
    assert [f.rule_id for f in findings(POD, rule("true"), strict, ignore=["second"])] == ["ACME001"]
    (found,) = findings(POD, rule("true"), severity={"ACME001": "error"})
    assert found.severity is Severity.ERROR
    (found,) = findings(POD + "# scclint: ignore-file[ACME001] because\n", rule("true"))
    assert found.suppression is not None and found.suppression.reason == "because"


def test_a_declared_rule_has_a_page() -> None:
    _, registry = rules_of(rule("verdict.scc == 'anyuid'", help="Use a Deployment."))
    page = registry.rules[0].page
    assert "declared in scclint.yaml:3" in page
    assert "```cel\nverdict.scc == 'anyuid'\n```" in page
    assert "## How to fix it\n\nUse a Deployment." in page


def test_the_command_line_runs_lists_and_documents_them(capsys: pytest.CaptureFixture[str]) -> None:
    rules_of(rule("verdict.scc == 'anyuid'"))
    os.rename("scclint.yaml", ".scclint.yaml")
    Path("pod.yaml").write_text(POD)
    assert main(["check", "--format", "concise"]) == 1
    assert "pod.yaml:4:12: ACME001 Pod web: no" in capsys.readouterr().out
    assert main(["rules"]) == 0
    assert "ACME001" in capsys.readouterr().out
    assert main(["rule", "acme001"]) == 0
    assert "declared in the configuration" in capsys.readouterr().out
    assert main(["check", "--isolated", "--select", "ACME001"]) == 2


MISTAKES = [
    ("verdct.scc == 'x'", 1, "nothing is called 'verdct'; did you mean 'verdict'?"),
    ("'verdct' == field(verdct, 'verdct')", 19, "nothing is called 'verdct'; did you mean 'verdict'?"),
    ("verdict.scss == 'x'", 9, "verdict has no field 'scss'; known here: allowed, containers, message, pod, scc, subject"),
    ("scc.allowPrivileged", 5, "scc has no field 'allowPrivileged'; did you mean 'allowPrivilegedContainer'?"),
    ("sizes(pod) == 1", 1, "no function is called 'sizes'; did you mean 'size'?"),
    ("verdict.scc.startWith('a')", 13, "no function is called 'startWith'; did you mean 'startsWith'?"),
    ("verdict.containers.exist(c, true)", 20, "no function is called 'exist'; did you mean 'exists'?"),
    ("verdict.containers.exists(pod)", 20, "exists() takes a name and an expression, as in list.exists(x, x == 1)"),
    ("verdict.containers.exists(1, true)", 27, "argument must be a simple name"),
    ("has(verdict)", 5, "invalid argument to has() macro"),
    ("verdict.scc =", 13, "Syntax error: token recognition error at: '='"),
    ("verdict.scc == 'x", 16, "Syntax error: token recognition error"),
    ("verdict.scc ==", 15, "Syntax error: mismatched input '<EOF>' expecting"),
    ("verdict.scc == 'a' 'b'", 20, "Syntax error: extraneous input ''b''"),
    ("(verdict.allowed", 17, "Syntax error: missing ')'"),
    ("99999999999999999999 == 1", 1, "invalid int literal"),
    ("'(' == '\\q'", 8, "Syntax error"),
]


@pytest.mark.parametrize(("expr", "column", "message"), MISTAKES)
def test_mistakes_are_told_at_their_place_before_anything_is_linted(expr: str, column: int, message: str) -> None:
    text = f"rules:\n- id: ACME001\n  message: m\n  expr: |\n    {expr}\n"
    with pytest.raises(ConfigError) as caught:
        settings_of(text)
    place, _, told = str(caught.value).partition(": ACME001: ")
    assert told.startswith(message)
    assert place == f"scclint.yaml:5:{4 + column}"


@pytest.mark.parametrize(
    "expr",
    [
        "pod.spec.containers.exists(verdct, verdct.name == 'web')",
        "pod.spec.containers.map(scc, scc.name + ' verdict.scss').size() == 1",
        "'verdct' != \"scc.nope\" // verdict.nope",
        "'''verdict.nope''' != \"\"\"'scc.nope\"\"\" && 'a\\\\'' != 'scc.nope'".replace("\\\\", "\\"),
        "{'verdct': 1}.verdct == 1 && object.metadata.name == 'web'",
        "type(1) == int && verdict.pod.spec.containers.size() == 1",
    ],
)
def test_names_that_are_no_variables_are_no_mistakes(expr: str) -> None:
    assert true_of(POD, expr)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rules:\n- {id: ACME001, message: m, expr: verdict.nope}", "2:43"),
        ('rules:\n- id: ACME001\n  message: m\n  expr: "verdict.nope"', "4:18"),
        ("rules:\n- id: ACME001\n  message: m\n  expr: |\n    true &&\n      verdict.nope", "6:15"),
        ("rules:\n- id: ACME001\n  message: m\n  expr: >-\n    true &&\n    verdict.nope", "4:9"),
        ("rules:\n- id: ACME001\n  message: m\n  expr: \"'\\u00e9' == verdict.nope\"", "4:9"),
    ],
)
def test_the_place_is_that_in_the_file_as_far_as_the_file_spells_it(text: str, place: str) -> None:
    with pytest.raises(ConfigError, match="'nope'") as caught:
        settings_of(text)
    assert str(caught.value).startswith(f"scclint.yaml:{place}: ")
    assert ("of the expression)" in str(caught.value)) is (place == "4:9")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        rules_of(rule("nope"), {**rule("true"), "id": "ACME002", "kind": "ConfigMap", "at": "a..b"})
    told = str(caught.value)
    assert "nothing is called 'nope'" in told
    assert "objects of kind 'ConfigMap' are not read" in told
    assert "'a..b' is no path" in told


def test_a_path_of_thousands_of_digits_is_none() -> None:
    with pytest.raises(ConfigError, match="is no path; write it like"):
        rules_of(rule("true", at=f"spec.containers[{'9' * 5000}]"))


def test_variables_of_workloads_are_not_there_for_other_kinds() -> None:
    with pytest.raises(ConfigError, match="nothing is called 'verdict'"):
        rules_of(rule("verdict.allowed", kind="Role"))


def test_names_are_not_taken_twice() -> None:
    with pytest.raises(ConfigError, match="already taken"):
        rules_of({**rule("true"), "name": "unconfined"})


def test_a_message_is_a_title() -> None:
    with pytest.raises(RuleSetError, match="title"):
        rules_of({**rule("true"), "message": "..."})


def test_without_the_library_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cel", None)
    monkeypatch.setattr(declared, "EVALUATOR", Evaluator())
    with pytest.raises(ConfigError, match=r"scclint\.yaml:\d+: .*pip install 'scclint\[cel\]'"):
        rules_of(rule("true"))
