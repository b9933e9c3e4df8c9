"""github, gitlab, junit, rdjson and checkstyle: what each CI system is to read."""

import json
from xml.etree import ElementTree

from scclint.finding import Crash, Finding, Severity, Subject
from scclint.record import replace
from scclint.report import Options, render
from scclint.run.report import Report
from scclint.source import Span

JUDGED = "OpenShift 4.22; 4 files, 6 documents: 3 linted (2 workloads), 1 of other kinds, 1 not judged, 1 unparsable."


def test_github(sample: Report) -> None:
    report = replace(sample, findings=tuple(reversed(sample.findings)))
    assert render(report, "github").splitlines() == [
        "::error file=deploy/web.yaml,line=15,col=11,endLine=15,endColumn=23,title=SCC101 no-scc-admits::"
        f"{sample.findings[0].message}. Leave runAsUser out. https://scclint.github.io/scclint/rules/no-scc-admits/",
        "::warning file=pod.yaml,line=4,col=55,endLine=4,endColumn=71,title=SEC203 privileged-ignores-seccomp::"
        "Pod b: container 🔥 is privileged.",
        f"1 error, 1 warning (1 suppressed). {JUDGED}",
    ]


def test_github_escapes(sample: Report) -> None:
    finding = replace(sample.findings[1], message="100%\n::error::x\r", span=Span("a,b:c%.yaml", 1, 1, 2, 1))
    assert render(replace(sample, findings=(finding,)), "github").splitlines()[0] == (
        "::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1,title=SEC203 privileged-ignores-seccomp::100%25 \\::error::x\\r."
    )


def test_github_says_when_the_runner_drops_some(sample: Report) -> None:
    ten = render(replace(sample, findings=sample.findings[1:2] * 10), "github").splitlines()
    assert len(ten) == 11
    eleven = render(replace(sample, findings=sample.findings[1:2] * 11), "github").splitlines()
    assert eleven[-2] == f"::notice title=scclint::Not every finding is annotated; the log has all. 11 warnings. {JUDGED}"
    assert eleven[-1] == f"11 warnings. {JUDGED}"


def test_gitlab(sample: Report) -> None:
    issues = json.loads(render(replace(sample, findings=sample.findings + sample.findings[1:2]), "gitlab"))
    assert len({issue.pop("fingerprint") for issue in issues}) == 3
    assert issues[1] == issues[2]
    assert issues[1] == {
        "description": "SEC203 privileged-ignores-seccomp: Pod b: container 🔥 is privileged.",
        "check_name": "SEC203",
        "severity": "minor",
        "location": {"path": "pod.yaml", "lines": {"begin": 4}},
    }
    assert render(Report(), "gitlab") == "[]\n"


def test_junit(sample: Report) -> None:
    report = replace(sample, crashes=(Crash("X1", Subject(), 'a "b" <c>\x01\ufffe'),))
    root = ElementTree.fromstring(render(report, "junit"))
    assert root.attrib == {"name": "scclint", "tests": "3", "failures": "2", "errors": "1"}
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == ["deploy/web.yaml", "pod.yaml", "scclint"]
    (case,) = suites["pod.yaml"]
    assert case.attrib == {"name": "SEC203 privileged-ignores-seccomp", "classname": "pod", "file": "pod.yaml", "line": "4"}
    (failure,) = case
    assert failure.attrib == {"message": "Pod b: container 🔥 is privileged.", "type": "warning"}
    assert failure.text == "pod.yaml:4:55\nPod b: container 🔥 is privileged."
    assert suites["scclint"][0][0].attrib == {"message": r'a "b" <c>\x01\ufffe', "type": "crash"}


def test_junit_of_a_clean_run_passes_one_test() -> None:
    root = ElementTree.fromstring(render(Report(), "junit"))
    assert root.attrib == {"name": "scclint", "tests": "1", "failures": "0", "errors": "0"}
    assert [case.attrib for case in root.iter("testcase")] == [{"name": "no findings", "classname": "scclint"}]
    assert list(root.iter("failure")) == []


def test_rdjson(sample: Report) -> None:
    value = json.loads(render(sample, "rdjson"))
    assert value["source"] == {"name": "scclint", "url": "https://scclint.github.io/scclint/"}
    first, second = value["diagnostics"]
    assert first["code"] == {"value": "SCC101", "url": "https://scclint.github.io/scclint/rules/no-scc-admits/"}
    assert [related["location"]["path"] for related in first["relatedLocations"]] == ["deploy/web.yaml"]
    assert second == {
        "message": "Pod b: container 🔥 is privileged.",
        "location": {"path": "pod.yaml", "range": {"start": {"line": 4, "column": 58}, "end": {"line": 4, "column": 74}}},
        "severity": "WARNING",
        "code": {"value": "SEC203"},
    }
    assert json.loads(render(Report(), "rdjson"))["diagnostics"] == []


def test_checkstyle(sample: Report) -> None:
    report = replace(sample, findings=(*sample.findings, replace(sample.findings[1], message='a "b" <c> & ]]>\nd', help="e")))
    root = ElementTree.fromstring(render(report, "checkstyle"))
    assert (root.tag, root.attrib) == ("checkstyle", {"version": "4.3"})
    assert [(file.tag, file.attrib["name"], len(file)) for file in root] == [
        ("file", "deploy/web.yaml", 1),
        ("file", "pod.yaml", 2),
    ]
    first, second = root[1]
    assert first.attrib == {
        "line": "4",
        "column": "55",
        "severity": "warning",
        "message": "Pod b: container 🔥 is privileged.",
        "source": "scclint.SEC203",
    }
    assert second.attrib["message"] == 'a "b" <c> & ]]> d. e.'
    assert list(ElementTree.fromstring(render(Report(), "checkstyle"))) == []


def test_every_format_leaves_out_the_same() -> None:
    report = Report((Finding("X1", "x", Severity.INFO, "m", Span("a.yaml", 1, 1, 1, 2)),))
    hidden = Options(hide=frozenset({Severity.INFO}))
    assert "X1" in render(report, "github") and "X1" not in render(report, "github", hidden)
    assert json.loads(render(report, "gitlab", hidden)) == []
    assert json.loads(render(report, "rdjson", hidden))["diagnostics"] == []
    assert "<failure" not in render(report, "junit", hidden)
    assert "<error" not in render(report, "checkstyle", hidden)
    assert json.loads(render(report, "sonarqube", hidden)) == {"rules": [], "issues": []}
    assert json.loads(render(report, "sarif", hidden))["runs"][0]["results"] == []
