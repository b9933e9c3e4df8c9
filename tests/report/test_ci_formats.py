"""github and gitlab: what each CI system is to read."""

import json

import pytest

from scclint.finding import Finding
from scclint.record import replace
from scclint.report import FORMATS, Options, render
from scclint.run.report import Report
from scclint.source import Span

JUDGED = "OpenShift 4.22; 4 files, 6 documents: 3 linted (2 workloads), 1 of other kinds, 1 not judged, 1 unparsable."


def test_github(sample: Report) -> None:
    report = replace(sample, findings=tuple(reversed(sample.findings)))
    assert render(report, "github").splitlines() == [
        "::error file=deploy/web.yaml,line=15,col=11,endLine=15,endColumn=23,title=SCC101 no-scc-admits::"
        f"{sample.findings[0].message}. Leave runAsUser out. https://scclint.github.io/scclint/rules/no-scc-admits/",
        "::warning file=pod.yaml,line=4,col=55,endLine=4,endColumn=71,title=SEC201 unconfined-by-default::"
        "Pod b: container 🔥 is privileged.",
        f"1 error, 1 warning (1 suppressed). {JUDGED}",
    ]


def test_github_escapes(sample: Report) -> None:
    finding = replace(sample.findings[1], message="100%\n::error::x\r", span=Span("a,b:c%.yaml", 1, 1, 2, 1))
    assert render(replace(sample, findings=(finding,)), "github").splitlines()[0] == (
        "::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1,title=SEC201 unconfined-by-default::100%25 \\::error::x\\r."
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
        "description": "SEC201 unconfined-by-default: Pod b: container 🔥 is privileged.",
        "check_name": "SEC201",
        "severity": "minor",
        "location": {"path": "pod.yaml", "lines": {"begin": 4}},
    }
    assert render(Report(), "gitlab") == "[]\n"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_leaves_advice_out_unless_it_is_asked_for(form: str) -> None:
    report = Report((Finding("X1", "x", "advice", None, "better elsewhere", Span("a.yaml", 1, 1, 1, 2)),))
    assert "etter elsewhere" in render(report, form, Options(advice=True))
    assert "etter elsewhere" not in render(report, form)
