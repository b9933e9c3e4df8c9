"""The output of `scclint suggest`: one YAML stream for `oc apply -f -`, or JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scclint.finding import Path
from scclint.model.terms import REQUIRED_SCC
from scclint.remedy.least_privilege import PodChange, Suggestion
from scclint.report.json_text import dump
from scclint.report.sanitize import visible_line
from scclint.text import wrap
from scclint.yaml.scalars import resolve

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9./_-]*")


def render_yaml(found: Suggestion) -> str:
    """The objects as YAML documents, below comments that say what they are for and what the pods get."""
    lines = [*_comments(found)]
    for item in found.objects:
        reasons = found.reasons if item["kind"] == "SecurityContextConstraints" else {}
        lines += ["---", *_mapping(item, 0, (), reasons)]
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


def _mapping(item: Mapping[str, Any], indent: int, path: Path, reasons: Mapping[Path, str]) -> Iterator[str]:
    pad = " " * indent
    for key, value in item.items():
        below = (*path, key)
        because = _because(reasons.get(below))
        if isinstance(value, Mapping):
            yield f"{pad}{key}:{because}"
            yield from _mapping(value, indent + 2, below, reasons)
        elif isinstance(value, list):
            yield f"{pad}{key}:{because}" if value else f"{pad}{key}: []{because}"
            for entry in value:
                yield from _item(entry, indent, below, reasons)
        else:
            yield f"{pad}{key}: {_scalar(value)}{because}"


def _item(entry: Any, indent: int, path: Path, reasons: Mapping[Path, str]) -> Iterator[str]:
    pad = " " * indent
    if isinstance(entry, Mapping):
        first, *rest = _mapping(entry, indent + 2, path, reasons)
        yield f"{pad}- {first.lstrip()}"
        yield from rest
    else:
        yield f"{pad}- {_scalar(entry)}{_because(reasons.get((*path, entry)))}"


def _because(reason: str | None) -> str:
    return f"  # {visible_line(reason)}" if reason else ""


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and resolve(value, True) == value:
        return value
    return json.dumps(value)
