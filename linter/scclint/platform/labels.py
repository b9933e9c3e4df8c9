"""Kubernetes label selectors (apimachinery, `LabelSelectorAsSelector` and `labels.Requirement`)."""

from collections.abc import Mapping
from typing import Any

from scclint.yaml.untyped import Object, as_mapping, as_mappings


def labels_of(item: Object) -> Mapping[str, str]:
    """Return the labels of an object, whose data nobody may have checked."""
    return as_mapping(as_mapping(item.get("metadata")).get("labels"))


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Return whether a LabelSelector matches the labels. An empty one matches everything, an invalid one nothing."""
    equal = selector.get("matchLabels") or {}
    expressions = as_mappings(selector.get("matchExpressions"))
    return (
        is_valid(selector)
        and all(labels.get(key) == value for key, value in equal.items())
        and all(meets(labels, expression) for expression in expressions)
    )


def is_valid(selector: Object) -> bool:
    """Return whether Kubernetes can read a LabelSelector: it refuses an unknown operator, and values that do not fit the operator."""
    return all(map(_valid, as_mappings(selector.get("matchExpressions"))))


def _valid(expression: Object) -> bool:
    """Return whether a LabelSelector may have the requirement: In and NotIn need values, the other operators have none."""
    values = expression.get("values")
    match expression.get("operator"):
        case "In" | "NotIn":
            return bool(values)
        case "Exists" | "DoesNotExist":
            return not values
    return False


def meets(labels: Mapping[str, str], requirement: Object) -> bool:
    """Return whether labels meet one requirement of a label or node selector; they do not if its operator is unknown."""
    key, values = requirement.get("key"), requirement.get("values") or ()
    if not isinstance(key, str) or not isinstance(values, list | tuple):
        return False
    match requirement.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case "Gt" | "Lt" as operator:
            return _compares(operator, labels.get(key), values)
    return False


def _compares(operator: str, label: str | None, values: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a label is greater or less than the only value. Both must be integers."""
    if label is None or len(values) != 1:
        return False
    try:
        number, bound = int(label), int(values[0])
    except (TypeError, ValueError):
        return False
    return number > bound if operator == "Gt" else number < bound
