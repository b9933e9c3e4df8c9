from typing import Any

import pytest

from scclint.platform.labels import meets, selects


@pytest.mark.parametrize(
    ("expression", "labels", "matches"),
    [
        ({"key": "a", "operator": "In", "values": ["1"]}, {"a": "1"}, True),
        ({"key": "a", "operator": "In", "values": ["1"]}, {}, False),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {"a": "2"}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {"a": "1"}, False),
        ({"key": "a", "operator": "Exists"}, {"a": ""}, True),
        ({"key": "a", "operator": "Exists"}, {}, False),
        ({"key": "a", "operator": "DoesNotExist"}, {}, True),
        ({"key": "a", "operator": "DoesNotExist"}, {"a": "1"}, False),
    ],
)
def test_requirements(expression: dict[str, Any], labels: dict[str, str], matches: bool) -> None:
    assert selects({"matchExpressions": [expression]}, labels) is matches
    assert meets(labels, expression) is matches


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "a", "operator": "Odd"},
        {"key": "a", "operator": "Gt", "values": ["1"]},
        {"key": "a", "operator": "In", "values": []},
        {"key": "b", "operator": "NotIn"},
        {"key": "a", "operator": "Exists", "values": ["2"]},
        {"key": "b", "operator": "DoesNotExist", "values": ["2"]},
        {"key": "a"},
    ],
)
def test_an_invalid_selector_matches_nothing(expression: dict[str, Any]) -> None:
    """Kubernetes cannot make a selector of it (`LabelSelectorAsSelector`)."""
    assert not selects({"matchExpressions": [expression]}, {"a": "2"})


def test_all_of_a_selector_must_match() -> None:
    selector = {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}
    assert selects(selector, {"a": "1", "b": ""})
    assert not selects(selector, {"a": "1"})
    assert not selects(selector, {"a": "2", "b": ""})
    assert selects({}, {}) and selects({"matchLabels": None, "matchExpressions": None}, {"a": "1"})


@pytest.mark.parametrize(
    ("operator", "values", "label", "met"),
    [
        ("Gt", ["5"], "6", True),
        ("Gt", ["5"], "5", False),
        ("Lt", ["5"], "4", True),
        ("Lt", ["5"], "5", False),
        ("Lt", ["5"], None, False),
        ("Gt", ["5", "6"], "9", False),
        ("Gt", ["x"], "9", False),
        ("Gt", ["5"], "x", False),
        ("Gt", [None], "9", False),
        ("Odd", ["5"], "9", False),
        ("In", 3, "9", False),
    ],
)
def test_requirements_of_node_selectors(operator: str, values: Any, label: str | None, met: bool) -> None:
    assert meets({} if label is None else {"a": label}, {"key": "a", "operator": operator, "values": values}) is met


def test_a_key_that_is_no_text_is_met_by_nothing() -> None:
    assert not meets({"1": "a"}, {"key": 1, "operator": "Exists"})
