"""What a check yields, and the names that plugins of earlier versions use."""

import pytest

from scclint.finding import Finding, Place, Problem, Severity, help_of
from scclint.source import Span

AT = Place(Span("a.yaml", 1, 1, 1, 2))


def test_the_former_name_of_help_is_deprecated() -> None:
    former = Problem("wrong", AT, settle="Set it.")
    with pytest.deprecated_call(match="ORG001: the argument `settle` of Problem is deprecated, write `help`"):
        assert help_of(former, "ORG001") == "Set it."


def test_help_is_not_deprecated(recwarn: pytest.WarningsRecorder) -> None:
    assert help_of(Problem("wrong", AT, help="Set it."), "ORG001") == "Set it."
    assert not recwarn


def test_a_finding_has_its_help_by_both_names() -> None:
    finding = Finding("ORG001", "x", Severity.ERROR, "wrong", AT.span, help="Set it.")
    assert (finding.help, getattr(finding, "settle")) == ("Set it.", "Set it.")  # noqa: B009
