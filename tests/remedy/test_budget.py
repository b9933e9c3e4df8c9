"""The renderings of a chart that a report makes to try remedies: in some views, and not too often."""

import pytest

from scclint.deploy.unit import Unit
from scclint.finding import Finding, Severity
from scclint.limits import MAX_CHART_RENDERINGS, MAX_VIEWS_TRIED
from scclint.remedy.budget import RenderBudget
from scclint.source import Span
from scclint.yaml.edit import EditRefused


def view(number: int, path: str = "web") -> Unit:
    return Unit(f"{path}#{number}", "chart", path, (f"{path}/values.yaml",), "")


def finding(*units: Unit) -> Finding:
    return Finding(
        "SCC101",
        "no-scc-admits",
        "problem",
        Severity.ERROR,
        "",
        Span("web/values.yaml", 1, 1, 1, 2),
        units=tuple(u.name for u in units),
    )


def test_a_chart_with_few_views_is_tried_in_all() -> None:
    views = [view(number) for number in range(MAX_VIEWS_TRIED)]
    assert RenderBudget([finding(views[0])], views).within(views) == views


def test_the_views_with_the_findings_are_tried() -> None:
    views = [view(number) for number in range(MAX_VIEWS_TRIED + 4)]
    budget = RenderBudget([finding(*views[3:5]), finding(views[4]), finding(views[7])], views)
    kept = budget.within(views)
    assert len(kept) == MAX_VIEWS_TRIED
    assert {views[4], views[7], views[0]} <= set(kept)


def test_other_units_are_tried_all() -> None:
    bases = [Unit(f"overlay{number}", "kustomize", f"overlay{number}", (), "") for number in range(9)]
    budget = RenderBudget([], bases)
    assert budget.within(bases) == bases
    budget.spend(bases, "an edit")
    budget.spend(bases, "another edit")


def test_each_chart_is_rendered_a_few_times() -> None:
    web, shop = view(0), view(0, "shop")
    budget = RenderBudget([], [web, shop])
    for number in range(MAX_CHART_RENDERINGS):
        budget.spend([web], number)
    budget.spend([web], 0)
    budget.spend([shop], "an edit")
    with pytest.raises(EditRefused, match="not tried"):
        budget.spend([web], "an edit")


def test_a_file_of_many_charts_is_not_edited() -> None:
    charts = [view(0, f"chart{number}") for number in range(MAX_CHART_RENDERINGS + 1)]
    with pytest.raises(EditRefused, match="many charts share the file"):
        RenderBudget([], charts).spend(charts, "an edit")
