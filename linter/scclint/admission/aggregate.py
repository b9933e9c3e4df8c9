"""ClusterRoles that take their rules from others: their own are overwritten by those of all that they select by labels.

Source: the aggregation controller of kube-controller-manager, which repeats it until nothing changes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]

_MOST_STEPS = 2_000_000
"""Comparisons of a selector with a role, and steps from role to role. A cluster's own 20 aggregating roles take some thousands."""


class Aggregation:
    """Which ClusterRoles each takes its rules from. `unfollowed` names those where that was too much to be worked out."""

    def __init__(self, cluster_roles: Mapping[str, Object]) -> None:
        self._roles = dict(sorted(cluster_roles.items()))
        self._selected: dict[str, list[str]] = {}
        self._left = _MOST_STEPS
        self.unfollowed: list[str] = []

    def sources(self, name: str) -> Iterator[Object]:
        """The roles whose own rules the ClusterRole `name` has: itself, or what it selects, and what that selects in turn."""
        seen = {name}
        pending = [name] if name in self._roles else []
        while pending:
            at = pending.pop()
            if not _selectors(self._roles[at]):
                yield self._roles[at]
                continue
            selected = self._select(at)
            self._left -= len(selected)
            if self._left < 0:
                self.unfollowed.append(name)
                return
            new = [other for other in selected if other not in seen]
            seen.update(new)
            pending += reversed(new)

    def _select(self, name: str) -> list[str]:
        selected = self._selected.get(name)
        if selected is None:
            selectors = _selectors(self._roles[name])
            self._left -= len(self._roles) * sum(map(_size, selectors))
            if self._left < 0:
                return []
            labels = ((other, (role.get("metadata") or {}).get("labels") or {}) for other, role in self._roles.items())
            selected = [other for other, has in labels if any(selects(selector, has) for selector in selectors)]
            self._selected[name] = selected
        return selected


def _selectors(role: Object) -> list[Object]:
    return (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or []


def _size(selector: Object) -> int:
    expressions = selector.get("matchExpressions") or ()
    return 1 + len(selector.get("matchLabels") or ()) + sum(1 + len(e.get("values") or ()) for e in expressions)


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches; an empty one matches everything."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions") or ():
        key, values = expression.get("key"), expression.get("values") or ()
        match expression.get("operator"):
            case "In":
                good = key in labels and labels[key] in values
            case "NotIn":
                good = key not in labels or labels[key] not in values
            case "Exists":
                good = key in labels
            case "DoesNotExist":
                good = key not in labels
            case _:
                good = False
        if not good:
            return False
    return True
