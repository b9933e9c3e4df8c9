"""What SCC admission adds to a pod, shown at the end of the lines of its security contexts."""

from collections.abc import Iterable, Iterator, Mapping

from scclint.admission.verdict import Verdict
from scclint.apps.lsp.project import WorkloadInFile
from scclint.finding import END, Path
from scclint.objects.types import Workload
from scclint.record import record
from scclint.report.text import visible_line
from scclint.source import Span
from scclint.text import plain
from scclint.yaml.untyped import as_mapping, value_at

_OF_NAMESPACE = frozenset(("runAsUser", "fsGroup", "supplementalGroups", "seLinuxOptions.level"))
"""Fields whose values come from annotations of the namespace."""


@record
class Hint:
    """A text to show at the end of `at`, and why in a sentence."""

    at: Span
    text: str
    why: str


def hints(placed: Iterable[WorkloadInFile]) -> list[Hint]:
    """Return the hints of each workload, for its first unit and the newest release."""
    hints: dict[Span, Hint] = {}
    for place in placed:
        workload, world = place.workload, list(place.worlds.values())[-1]
        verdict = world.outcome(workload).verdict
        if verdict is None or not verdict.allowed or verdict.skipped:
            continue
        assumed = " The input does not give the ID ranges of the namespace." if verdict.namespace_assumed else ""
        why = f"SCC {visible_line(verdict.scc or '')} adds these fields to the pod.{assumed}"
        for path in _contexts(workload):
            before, after = (as_mapping(value_at(pod, path)) for pod in (verdict.submitted, verdict.pod))
            if added := dict(_added(before, after)):
                line = workload.pod.field(*path).span.line
                at = Span(workload.file, line, 1, line, END)
                hints.setdefault(at, Hint(at, f"SCC adds {_words(added, verdict)}", why))
    return list(hints.values())


def _contexts(workload: Workload) -> Iterator[Path]:
    """Yield the paths of the security contexts that the pod has or could have."""
    yield "spec", "securityContext"
    yield from (("spec", container.list, container.index, "securityContext") for container in workload.pod.containers)


def _added(before: Mapping[str, object], after: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in after.items():
        if isinstance(value, Mapping):
            yield from _added(as_mapping(before.get(key)), value, f"{prefix}{key}.")
        elif before.get(key) != value:
            yield f"{prefix}{key}", value


def _words(added: Mapping[str, object], verdict: Verdict) -> str:
    assumed = _OF_NAMESPACE if verdict.namespace_assumed else frozenset()
    words = (f"{key}: {'from the namespace' if key in assumed else _yaml(value)}" for key, value in added.items())
    return visible_line(", ".join(words))


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    return plain(value)
