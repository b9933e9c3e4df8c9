"""ClusterRoles that take their rules from others: the rules of the roles that they select by label replace their own.

Source: the aggregation controller of kube-controller-manager, which repeats this until nothing changes.
"""

from collections.abc import Iterator, Mapping, Sequence

from scclint.platform.labels import is_valid, labels_of, selects
from scclint.record import Memo
from scclint.yaml.untyped import Object, as_mapping, as_mappings


class Aggregation:
    """Which ClusterRoles each ClusterRole takes its rules from."""

    def __init__(self, cluster_roles: Mapping[str, Object]) -> None:
        self._roles = dict(sorted(cluster_roles.items()))
        self._memo = Memo()
        self._selectors = {name: selectors for name, role in self._roles.items() if (selectors := selectors_of(role))}

    def concerns(self, role: Object) -> bool:
        """Whether a ClusterRole aggregates others, or one that is known aggregates it."""
        return bool(selectors_of(role)) or bool(self._selecting(labels_of(role)))

    def takers(self, role: Object) -> tuple[str, ...]:
        """Return the names of the ClusterRoles that take the rules of a role, those that take them from one of these included."""
        takers: dict[str, None] = {}
        pending = [labels_of(role)]
        while pending:
            new = self._selecting(pending.pop())
            pending += [labels_of(self._roles[name]) for name in new if name not in takers]
            takers |= dict.fromkeys(new)
        return tuple(sorted(takers))

    def sources(self, name: str) -> Iterator[Object]:
        """Yield the roles whose own rules the ClusterRole `name` has: itself, or the roles that it selects, and so on."""
        visited = {name}
        pending = [name] if name in self._roles else []
        while pending:
            at = pending.pop()
            if at not in self._selectors:
                yield self._roles[at]
                continue
            new = [other for other in self._select(at) if other not in visited]
            visited.update(new)
            pending += reversed(new)

    def _selecting(self, labels: Mapping[str, str]) -> list[str]:
        """The ClusterRoles that select roles with these labels."""
        return [name for name, selectors in self._selectors.items() if any(selects(selector, labels) for selector in selectors)]

    def _select(self, name: str) -> list[str]:
        selectors, labels = self._selectors[name], ((other, labels_of(role)) for other, role in self._roles.items())
        return self._memo(
            name, lambda: [other for other, has in labels if any(selects(selector, has) for selector in selectors)]
        )


def selectors_of(role: Object) -> Sequence[Object]:
    """Return the selectors by which a ClusterRole aggregates other roles; empty if it does not aggregate.

    The controller leaves a role with an invalid selector as it is.
    """
    # Null in a list is the empty selector, which matches every role.
    selectors = as_mappings(as_mapping(role.get("aggregationRule")).get("clusterRoleSelectors"))
    return selectors if all(map(is_valid, selectors)) else []
