"""The findings of all units together: one for each place, object and part of an object."""

from scclint.finding import Finding, Severity, Subject
from scclint.run.merge import merged_findings
from scclint.run.report import UnitResult
from scclint.source import Span


def _result(unit: str, message: str, part: str) -> UnitResult:
    subject = Subject("tekton.dev/v1", "Pipeline", "shop", "ci", "run", part)
    return UnitResult(
        unit, findings=(Finding("SEC201", "x", "problem", Severity.ERROR, message, Span("a.yaml", 1, 1, 1, 2), subject),)
    )


def test_what_units_say_of_one_part_is_one_finding() -> None:
    (finding,) = merged_findings([_result("a", "anyuid", "task build"), _result("b", "nonroot", "task build")])
    assert (finding.units, finding.notes) == (("a", "b"), ("in b: nonroot",))


def test_what_units_say_of_two_parts_is_two_findings() -> None:
    findings = merged_findings([_result("a", "anyuid", "task build"), _result("b", "nonroot", "task deploy")])
    assert [(finding.units, finding.notes) for finding in findings] == [(("a",), ()), (("b",), ())]
