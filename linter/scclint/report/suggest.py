"""The output of `scclint suggest`: one YAML stream for `oc apply -f -`, or JSON."""

from collections.abc import Iterator

from scclint.model.terms import REQUIRED_SCC
from scclint.remedy.least_privilege import PodChange, Suggestion
from scclint.report.json_text import dump
from scclint.report.sanitize import visible_line
from scclint.text import wrap
from scclint.yaml.write import block_text

_WIDTH = 100


def render_yaml(found: Suggestion) -> str:
    """The objects as YAML documents, below comments that say what they are for and what the pods get."""
    lines = [*_comments(found)]
    for item in found.objects:
        reasons = found.reasons if item["kind"] == "SecurityContextConstraints" else {}
        lines += ["---", block_text(item, comments={path: visible_line(text) for path, text in reasons.items()})]
    return "\n".join(lines) + "\n"


def render_json(found: Suggestion) -> str:
    """One JSON object, described by schemas/suggest.json."""
    value = {
        "version": 1,
        "namespace": visible_line(found.namespace),
        "serviceAccount": visible_line(found.account),
        "kind": found.kind,
        "scc": visible_line(found.scc),
        "objects": list(found.objects),
        "reasons": [{"path": [str(step) for step in path], "text": visible_line(text)} for path, text in found.reasons.items()],
        "workloads": [{"workload": visible_line(pod.workload), "before": pod.before, "after": pod.after} for pod in found.pods],
        "requireScc": found.pin,
        "notes": [visible_line(note) for note in found.notes],
    }
    return dump(value) + "\n"


def _comments(found: Suggestion) -> Iterator[str]:
    account = f"service account {found.namespace}/{found.account}"
    said = {
        "usable": f"SCC {found.scc} admits the pods of {account}, and the account may use it already: nothing has to be granted.",
        "shipped": f"SCC {found.scc} of the release admits the pods of {account}. This grants it.",
        "custom": f"The least SCC that admits the pods of {account}, and its grant. Apply the SCC as an administrator.",
    }
    yield from _comment(said[found.kind])
    for pod in found.pods:
        yield from _comment(_change(pod))
    if found.pin:
        pin = f"{REQUIRED_SCC}: {found.scc}"
        yield from _comment(f"Another SCC comes first: write the annotation {pin} in the metadata of the pods.")
    for note in found.notes:
        yield from _comment(f"To do: {note}.")


def _change(pod: PodChange) -> str:
    before = f"SCC {pod.before}" if pod.before else "no SCC admits its pods"
    return f"{pod.workload}: before: {before}; after: {f'SCC {pod.after}' if pod.after else 'no SCC admits its pods'}."


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in wrap(visible_line(text), _WIDTH))
