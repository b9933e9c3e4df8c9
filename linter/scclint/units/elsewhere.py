"""What other units of a run define, for rules that claim that something is not there."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from scclint.model.namespaces import ServiceAccount
from scclint.model.object import ApiObject
from scclint.model.roles import Role, RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.other_units import OtherUnits
from scclint.units.facts import Facts
from scclint.untyped import mappings, texts

if TYPE_CHECKING:
    from scclint.profiles.sources import Profiles

_SCC_ROLE = "system:openshift:scc:"
"""Prefix of the release's ClusterRoles that grant one SCC each."""

Asked = Mapping[tuple[str, ...], bool]
"""Questions about other units, with their answers."""


class Elsewhere(OtherUnits):
    """Answers by name what other units have.

    `own` are the units whose objects the asking unit has in full: itself, and those whose files it shares. `alternatives` returns
    those that are never deployed beside it. What an alternative has and this unit has as well is mostly one object of a common base, so that it
    does not count; what only an alternative has counts, because the cluster may have it too. `asked` records each question with
    its answer, because the findings depend on both. If the asking unit is `incomplete`, the answer to each question is True.
    """

    def __init__(
        self,
        others: "Index | None" = None,
        own: Iterable[str] = (),
        alternatives: Callable[[], frozenset[str]] = frozenset,
        *,
        incomplete: bool = False,
    ) -> None:
        self._incomplete = incomplete
        self._others = others
        self._own = frozenset(own)
        self._alternatives = alternatives
        self.asked: dict[tuple[str, ...], bool] = {}

    def uses_account(self, namespace: str, name: str) -> bool:
        return self._ask("account", namespace, name) or self._ask("account", "", name)

    def defines_account(self, namespace: str, name: str) -> bool:
        return self._ask("defined account", namespace, name) or self._ask("defined account", "", name)

    def has_pods(self, namespace: str = "") -> bool:
        return self._ask("pods", namespace) or self._ask("pods", "") if namespace else self._ask("pods")

    def requires_scc(self, name: str) -> bool:
        return self._ask("required", name)

    def defines_scc(self, name: str) -> bool:
        return self._ask("scc", name)

    def grants_scc(self, name: str) -> bool:
        return self._ask("grant", name)

    def provides_profile(self, path: str) -> bool:
        return self._ask("profile", path)

    def same_answers(self, asked: Iterable[tuple[tuple[str, ...], bool]]) -> bool:
        """Whether questions that an earlier run asked have the same answers now."""
        return all(self._ask(*question) == answer for question, answer in asked)

    def _ask(self, *question: str) -> bool:
        if question not in self.asked:
            there = self._others is not None and self._others.has(question, self._own, self._alternatives)
            self.asked[question] = self._incomplete or there
        return self.asked[question]


class Index:
    """What all units define, by name, and which of them do."""

    def __init__(self, facts: Mapping[str, Facts]) -> None:
        self._owners: dict[tuple[str, ...], set[str]] = {}
        self._sources = {unit: found.profiles for unit, found in facts.items() if found.profiles}
        self._profiles: dict[str, Profiles] = {}
        for unit, found in facts.items():
            for namespace, name in found.accounts:
                self._add(unit, "account", namespace, name)
                self._add(unit, "pods", namespace)
                self._add(unit, "pods")
            for name in found.required:
                self._add(unit, "required", name)
            for obj in found.objects:
                if isinstance(obj, SecurityContextConstraints):
                    self._add(unit, "scc", obj.name)
                elif isinstance(obj, ServiceAccount):
                    self._add(unit, "defined account", obj.namespace, obj.name)
                for name in _granted(obj):
                    self._add(unit, "grant", name)

    def has(self, question: tuple[str, ...], own: frozenset[str], alternatives: Callable[[], frozenset[str]]) -> bool:
        """Whether a unit that is not among `own` has what the question names (see `Elsewhere` for `alternatives`)."""
        if question[0] == "profile":
            owners = {unit for unit in self._sources if self._provides(unit, question[1])}
        else:
            owners = self._owners.get(question, set())
        return bool(owners - own - (frozenset() if owners.isdisjoint(own) else alternatives()))

    def _add(self, unit: str, *key: str) -> None:
        self._owners.setdefault(key, set()).add(unit)

    def _provides(self, unit: str, path: str) -> bool:
        from scclint.profiles.sources import Profiles

        if unit not in self._profiles:
            self._profiles[unit] = Profiles(self._sources[unit])
        return bool(self._profiles[unit].resolve(path).providers)


def _granted(obj: ApiObject) -> list[str]:
    """The SCCs that an object grants by name."""
    if isinstance(obj, SecurityContextConstraints):
        return [obj.name] if obj.manifest.get("users") or obj.manifest.get("groups") else []
    if isinstance(obj, Role):
        return [name for rule in mappings(obj.manifest.get("rules")) for name in texts(rule.get("resourceNames"))]
    if isinstance(obj, RoleBinding):
        name = str(obj.field("roleRef", "name").value or "")
        return [name.removeprefix(_SCC_ROLE)] if name.startswith(_SCC_ROLE) else []
    return []
