"""Format the output of `scclint seccomp show`, `scclint seccomp diff` and `scclint verify`."""

import json
from typing import Any

from scclint.apps.evidence.verify import ContainerComparison, Verification
from scclint.finding import Finding, Severity, Subject
from scclint.profiles.diff import ProfileDiff, Stance
from scclint.profiles.lint import Recognition
from scclint.profiles.resolve import Profile
from scclint.record import record
from scclint.report import jinja
from scclint.report.text import visible_line
from scclint.text import full_name, wrap

_WIDTH = 110
"""The width of the lists of syscalls where there is no terminal."""


@record
class Operand:
    """A profile to compare: `label` is its name in the output, and `profile` is in the OCI format, None if unconfined."""

    label: str
    profile: Profile | None


def diff_text(first: Operand, second: Operand, diff: ProfileDiff, width: int | None = None) -> str:
    """Return the comparison as text: the syscalls that B allows, denies or treats differently, in groups.

    `width` is that of the terminal.
    """
    titles = {"opened": "B allows more", "closed": "B allows less", "differs": "other differences"}
    groups = [
        (title, [change for change in diff.changes if change.direction == direction]) for direction, title in titles.items()
    ]
    return jinja.render(
        "seccomp_diff.txt",
        visible_line,
        {"wrapped": lambda names: "\n  ".join(wrap(visible_line(", ".join(names)), (width or _WIDTH) - 2))},
        first=first,
        second=second,
        diff=diff,
        groups=[(title, sum(len(change.syscalls) for change in some), some) for title, some in groups if some],
    )


def diff_json(first: Operand, second: Operand, diff: ProfileDiff) -> str:
    """Return the comparison as JSON: an object with `version` 1, `a`, `b`, `same`, `default`, `architectures` and `changes`."""
    changes = [
        {
            "direction": change.direction,
            "a": _stance(change.before),
            "b": _stance(change.after),
            "syscalls": list(change.syscalls),
        }
        for change in diff.changes
    ]
    return to_json(
        {
            "version": 1,
            "a": first.label,
            "b": second.label,
            "same": diff.same,
            "default": {"a": _stance(diff.defaults[0]), "b": _stance(diff.defaults[1])},
            "architectures": {"a": list(diff.architectures[0]), "b": list(diff.architectures[1])},
            "changes": changes,
        }
    )


def verify_text(verification: Verification) -> str:
    """Return one block of text per container: the prediction, the observation, and the difference."""
    statuses = [comparison.status for comparison in verification.comparisons]
    return jinja.render(
        "verify.txt",
        visible_line,
        {},
        containers=[(comparison, _subject(comparison), _predicted(comparison)) for comparison in verification.comparisons],
        unmatched=[f"{observation.file}{_identity(observation.identity)}" for observation in verification.unmatched],
        agree=statuses.count("agree"),
        disagree=statuses.count("disagree"),
        without=statuses.count("no evidence"),
    )


def verify_json(verification: Verification) -> str:
    """Return JSON: an object with `version` 1, `agrees`, `containers` (one per container and pod) and `unmatched` captures."""
    containers = [
        {
            "kind": comparison.prediction.row.kind,
            "namespace": comparison.prediction.row.namespace,
            "name": comparison.prediction.row.name,
            "part": comparison.prediction.row.part,
            "container": comparison.prediction.container.name,
            "file": comparison.prediction.row.place.file,
            "line": comparison.prediction.row.place.line,
            "pod": comparison.pod,
            "status": comparison.status,
            "predicted": {
                "type": comparison.prediction.type,
                "localhostProfile": comparison.prediction.container.effective.localhost_profile,
                "procMode": comparison.prediction.container.effective.proc_mode,
                "scc": comparison.prediction.row.scc or None,
            },
            "observed": comparison.observed or None,
            "step": comparison.step or None,
            "explanation": comparison.explanation or None,
            "closest": _recognition(comparison.closest),
            "evidence": list(comparison.evidence),
        }
        for comparison in verification.comparisons
    ]
    unmatched = [{"file": observation.file, **observation.identity._asdict()} for observation in verification.unmatched]
    return to_json({"version": 1, "agrees": verification.agrees, "containers": containers, "unmatched": unmatched})


def disagreements(verification: Verification) -> tuple[Finding, ...]:
    """Return the disagreements as findings at their workloads, for report formats such as SARIF."""
    return tuple(_disagreement(comparison) for comparison in verification.comparisons if comparison.status == "disagree")


def _disagreement(comparison: ContainerComparison) -> Finding:
    row, predicted = comparison.prediction.row, f"predicted {_predicted(comparison)}, observed {comparison.observed}"
    subject = Subject("", row.kind, row.namespace, row.name, comparison.prediction.container.name, row.part)
    message = f"{_subject(comparison)}: {predicted}: {comparison.explanation}"
    return Finding("VER001", "node-disagrees", "problem", Severity.ERROR, message, row.place, subject)


def _subject(comparison: ContainerComparison) -> str:
    row = comparison.prediction.row
    pod = f", pod {comparison.pod}" if comparison.pod and row.kind != "Pod" else ""
    return f"{full_name(row.kind, row.namespace, row.name, row.part)}, container {comparison.prediction.container.name}{pod}"


def _predicted(comparison: ContainerComparison) -> str:
    scc, effective = comparison.prediction.row.scc, comparison.prediction.container.effective
    if comparison.prediction.undecided:
        return "undecided"
    if comparison.prediction.type is None:
        return "rejected"
    parts = [f"{effective.type} {effective.localhost_profile}" if effective.localhost_profile else comparison.prediction.type]
    if effective.proc_mode is not None:
        parts.append(f"Seccomp: {effective.proc_mode}")
    return ", ".join([*parts, f"SCC {scc}"] if scc else parts)


def _identity(identity: tuple[str, ...]) -> str:
    named = "/".join(part for part in identity if part)
    return f" ({named})" if named else ""


def _recognition(closest: Recognition | None) -> dict[str, Any] | None:
    if closest is None:
        return None
    return {
        "exact": closest.exact,
        "releases": closest.variant.releases,
        "crio": closest.variant.crio,
        "capabilities": list(closest.caps),
        "arch": closest.arch,
        "changes": [
            {"direction": c.direction, "syscalls": list(c.syscalls), "from": str(c.before), "to": str(c.after)}
            for c in closest.diff.changes
        ],
    }


def _stance(stance: Stance) -> dict[str, Any]:
    return {"verdict": stance.verdict, "action": stance.action, "conditions": list(stance.conditions)}


def to_json(value: object) -> str:
    """Return a value as JSON with sorted keys, as crictl prints it."""
    return json.dumps(_printable(value), indent=2, sort_keys=True) + "\n"


def _printable(value: Any) -> Any:
    """Return the value with control characters escaped: a name in a capture must not control a terminal or start a line."""
    if isinstance(value, str):
        return visible_line(value)
    if isinstance(value, dict):
        return {key: _printable(inner) for key, inner in value.items()}
    return [_printable(inner) for inner in value] if isinstance(value, list) else value
