"""What the rules of other scanners ask for, from rules.json, and whether a pod meets it."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from scclint.data import read_json
from scclint.finding import Path
from scclint.record import record
from scclint.untyped import Object, as_list, as_mapping, mappings, value_at

TOOLS = {
    "trivy": "trivy",
    "checkov": "checkov",
    "kube-linter": "kube-linter",
    "kubescape": "kubescape",
    "bridgecrew": "checkov",
}
"""The scanners by how the name of their driver begins in SARIF."""


@record
class Condition:
    """What a rule asks for. All of `groups` must hold, and a group holds if one of its tests does. `about` names it for people."""

    about: str
    groups: tuple[tuple[Object, ...], ...]

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that it is about."""
        return frozenset(name for group in self.groups for test in group for name in (*test["field"][:1], *test["field"][-1:]))

    def met(self, pod: Object, containers: Sequence[Path]) -> bool:
        """Whether a pod meets it in each of the containers, whose paths lead from the pod."""
        return all(
            any(all(_passes(test, value) for value in _values(pod, path, test)) for test in group)
            for path in containers
            for group in self.groups
        )


@cache
def _data() -> Any:
    return read_json(__file__, "rules.json")


def condition_of(driver: str, rule: str) -> Condition | None:
    """Return what a rule of a scanner asks for; None for a rule that is not about admission, or of an unknown scanner.

    `driver` is the name of the scanner and `rule` the ID of the rule as SARIF has them. Trivy writes one rule as `KSV001`,
    `KSV-0001` and `AVD-KSV-0001`.
    """
    tool = next((name for start, name in TOOLS.items() if driver.lower().startswith(start)), "")
    if tool == "trivy" and (number := rule.removeprefix("AVD-").removeprefix("KSV").lstrip("-")).isdecimal():
        rule = f"KSV-{int(number):04}"
    name = _data()["rules"].get(tool, {}).get(rule)
    if name is None:
        return None
    entry = _data()["conditions"][name]
    return Condition(entry["about"], tuple(tuple(group["any"]) for group in entry["all"]))


def _values(pod: Object, container: Path, test: Object) -> Iterator[Any]:
    """Yield the values that a test looks at: fields of the pod, of its volumes, of a container or its ports, or a security context."""
    field = test["field"]
    match test["of"]:
        case "pod":
            yield value_at(pod, ("spec", *field))
        case "volumes":
            yield from (value_at(volume, field) for volume in mappings(value_at(pod, ("spec", "volumes"))))
        case "ports":
            yield from (value_at(port, field) for port in mappings(value_at(pod, (*container, "ports"))))
        case "container":
            yield value_at(pod, (*container, "securityContext", *field))
        case _:
            value = value_at(pod, (*container, "securityContext", *field))
            yield value if value is not None else value_at(pod, ("spec", "securityContext", *field))


def _passes(test: Object, value: Any) -> bool:
    names = set(map(str, as_list(value)))
    if "in" in test:
        return value in test["in"]
    if "above" in test:
        return isinstance(value, int) and value > test["above"]
    if "has" in test:
        return not names.isdisjoint(test["has"])
    if "only" in test:
        return names <= set(test["only"])
    return names.isdisjoint(test["without"]) if "without" in test else bool(as_mapping(value))
