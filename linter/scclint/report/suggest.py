"""The output of `scclint suggest`: one YAML stream for `oc apply -f -`, or JSON."""

from collections.abc import Iterator

from scclint.platform.terms import REQUIRED_SCC
from scclint.remedy.least_privilege import Suggestion
from scclint.report.text import dump, visible_line
from scclint.text import wrap
from scclint.yaml.write import block_text

_WIDTH = 78


def render_yaml(suggestion: Suggestion) -> str:
    """The objects as YAML documents, below comments that say what they are for and what the pods get."""
    lines = [*_comments(suggestion)]
    for item in suggestion.objects:
        reasons = suggestion.reasons if item["kind"] == "SecurityContextConstraints" else {}
        lines += ["---", block_text(item, comments={path: visible_line(text) for path, text in reasons.items()})]
    return "\n".join(lines) + "\n"


def render_json(suggestion: Suggestion) -> str:
    """One JSON object, described by schemas/suggest.json."""
    value = {
        "version": 1,
        "namespace": visible_line(suggestion.namespace),
        "serviceAccount": visible_line(suggestion.account),
        "kind": suggestion.kind,
        "scc": visible_line(suggestion.scc),
        "objects": list(suggestion.objects),
        "reasons": [
            {"path": [str(step) for step in path], "text": visible_line(text)} for path, text in suggestion.reasons.items()
        ],
        "workloads": [
            {"workload": visible_line(workload), "before": before, "after": after}
            for workload, before, after in suggestion.pods
        ],
        "requireScc": suggestion.pin,
        "notes": [visible_line(note) for note in suggestion.notes],
    }
    return dump(value) + "\n"


def _comments(suggestion: Suggestion) -> Iterator[str]:
    account = f"service account {suggestion.namespace}/{suggestion.account}"
    said = {
        "usable": f"SCC {suggestion.scc} admits the pods of {account}, and the account may use it already: nothing has to be granted.",
        "shipped": f"SCC {suggestion.scc} of the release admits the pods of {account}. This grants it.",
        "custom": f"The least SCC that admits the pods of {account}, and its grant. Apply the SCC as an administrator.",
    }
    yield from _comment(said[suggestion.kind])
    for workload, before, after in suggestion.pods:
        yield from _comment(f"{workload}: before: {_admitting(before)}; after: {_admitting(after)}.")
    if suggestion.pin:
        yield from _comment("Another SCC comes first: write this annotation in the metadata of the pods:")
        yield visible_line(f"#   {REQUIRED_SCC}: {suggestion.scc}")
    for note in suggestion.notes:
        yield from _comment(f"To do: {note}.")


def _admitting(scc: str) -> str:
    return f"SCC {scc}" if scc else "no SCC admits its pods"


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in wrap(visible_line(text), _WIDTH))
