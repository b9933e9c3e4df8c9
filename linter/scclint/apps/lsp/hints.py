"""What SCC admission adds to a pod, shown at the end of the lines of its security contexts."""

from collections.abc import Iterable, Iterator, Mapping

from scclint.apps.lsp.project import PlacedWorkload
from scclint.finding import END, Path
from scclint.outcome.chain import Outcome
from scclint.record import record
from scclint.report.sanitize import visible_line
from scclint.source import Span
from scclint.untyped import as_mapping, value_at

_OF_NAMESPACE = frozenset(("runAsUser", "fsGroup", "supplementalGroups", "seLinuxOptions.level"))
"""Fields whose values come from annotations of the namespace."""


@record
class Hint:
    """A text to show at the end of `at`, and why in a sentence."""

    at: Span
    text: str
    why: str


def hints(placed: Iterable[PlacedWorkload]) -> list[Hint]:
    """Return the hints of each workload, for its first unit and the newest release."""
    found: dict[Span, Hint] = {}
    for one in placed:
        world = list(one.worlds.values())[-1]
        outcome = world.outcome(one.workload)
        for holder, added in filled_in(outcome).items():
            context = one.workload.pod.field(*holder, "securityContext")
            line = context.span.line
            at = Span(one.workload.file, line, 1, line, END)
            found.setdefault(at, Hint(at, f"SCC adds {_words(added, outcome)}", _why(outcome)))
    return list(found.values())


def _why(outcome: Outcome) -> str:
    verdict = outcome.verdict
    assert verdict is not None
    assumed = " The input does not give the ID ranges of the namespace." if verdict.namespace_assumed else ""
    return f"SCC {visible_line(verdict.scc or '')} adds these fields to the pod.{assumed}"


def filled_in(outcome: Outcome) -> Mapping[Path, Mapping[str, object]]:
    """Return what SCC admission adds to each security context of the pod, by the path of what holds the context."""
    verdict = outcome.verdict
    if verdict is None or not verdict.allowed or verdict.skipped:
        return {}
    found: dict[Path, Mapping[str, object]] = {}
    holders: list[Path] = [("spec",)]
    holders += [("spec", container.list, container.index) for container in outcome.workload.pod.containers]
    for holder in holders:
        before, after = (as_mapping(value_at(pod, (*holder, "securityContext"))) for pod in (verdict.submitted, verdict.pod))
        if added := dict(_added(before, after)):
            found[holder] = added
    return found


def _added(before: Mapping[str, object], after: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in after.items():
        if isinstance(value, Mapping):
            yield from _added(as_mapping(before.get(key)), value, f"{prefix}{key}.")
        elif before.get(key) != value:
            yield f"{prefix}{key}", value


def _words(added: Mapping[str, object], outcome: Outcome) -> str:
    verdict = outcome.verdict
    assumed = _OF_NAMESPACE if verdict is not None and verdict.namespace_assumed else frozenset()
    words = (f"{key}: {'from the namespace' if key in assumed else _yaml(value)}" for key, value in added.items())
    return visible_line(", ".join(words))


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
