"""What other units of a run define, for rules that claim that something is not there."""

from collections.abc import Iterable, Mapping
from typing import Any

from scclint.model.roles import Role
from scclint.model.scc import SecurityContextConstraints
from scclint.units.facts import Facts


class Elsewhere:
    """Answers by name what other units have. `asked` records each question with its answer, on which the findings depend."""

    def __init__(self, others: "Index | None" = None, unit: str = "") -> None:
        self._others = others
        self._unit = unit
        self.asked: dict[tuple[str, ...], bool] = {}

    def uses_account(self, namespace: str, name: str) -> bool:
        """Whether pods of another unit run as a service account."""
        return self._ask("account", namespace, name)

    def defines_scc(self, name: str) -> bool:
        """Whether another unit defines an SCC of that name."""
        return self._ask("scc", name)

    def grants_scc(self, name: str) -> bool:
        """Whether another unit lets somebody use an SCC, by a role that names it or by a binding to the role `system:openshift:scc:NAME`."""
        return self._ask("grant", name)

    def provides_profile(self, path: str) -> bool:
        """Whether another unit provides the seccomp profile that `localhostProfile: PATH` names."""
        return self._ask("profile", path)

    def same_answers(self, asked: Iterable[tuple[tuple[str, ...], bool]]) -> bool:
        """Whether questions that an earlier run asked have the same answers now."""
        return all(self._ask(*question) == answer for question, answer in asked)

    def _ask(self, *question: str) -> bool:
        if question not in self.asked:
            self.asked[question] = self._others is not None and self._others.has(question, self._unit)
        return self.asked[question]


class Index:
    """What all units define, by name, and which of them do."""

    def __init__(self, facts: Mapping[str, Facts]) -> None:
        self._owners: dict[tuple[str, ...], set[str]] = {}
        self._profiles = {unit: found.profiles for unit, found in facts.items() if found.profiles}
        for unit, found in facts.items():
            for namespace, name in found.accounts:
                self._add(unit, "account", namespace, name)
            for obj in found.objects:
                if isinstance(obj, SecurityContextConstraints):
                    self._add(unit, "scc", obj.name)
                    if obj.manifest.get("users") or obj.manifest.get("groups"):
                        self._add(unit, "grant", obj.name)
                elif isinstance(obj, Role):
                    for rule in _dicts(obj.manifest.get("rules")):
                        for name in _texts(rule.get("resourceNames")):
                            self._add(unit, "grant", name)

    def has(self, question: tuple[str, ...], unit: str) -> bool:
        """Whether a unit other than `unit` has what the question names."""
        if question[0] == "profile":
            return any(_provides(sources, question[1]) for other, sources in self._profiles.items() if other != unit)
        return bool(self._owners.get(question, set()) - {unit})

    def _add(self, unit: str, *key: str) -> None:
        self._owners.setdefault(key, set()).add(unit)


def _provides(sources: Any, path: str) -> bool:
    from scclint.profiles.sources import Profiles

    return bool(Profiles(sources).resolve(path).providers)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
