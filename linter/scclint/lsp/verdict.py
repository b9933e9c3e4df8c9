"""What an editor shows of a verdict: a line above the workload, a hover over it, and the effect of the field under the cursor."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy

from scclint.admission.verdict import Verdict
from scclint.finding import Path, Remove
from scclint.lsp.project import Cursor, PlacedWorkload
from scclint.model.workload import Workload
from scclint.outcome.chain import Outcome, PodSecurity
from scclint.outcome.world import World
from scclint.report.explain import policy_words
from scclint.report.review import grant_words, named, profile_words
from scclint.report.sanitize import one_line, visible_line
from scclint.source import Span
from scclint.text import field_path, listed
from scclint.yaml.edit import EditRefused, changed_data

_DECISIVE = frozenset(
    ("securityContext", "volumes", "annotations", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "hostPort", "ports")
)
"""Fields that admission reads, and fields whose content it reads."""

_MOST_REASONS = 4


def lenses(placed: Sequence[PlacedWorkload]) -> list[tuple[Span, str]]:
    """Return the text to show above each workload: the SCC, the profiles and the Pod Security level, for all units and releases."""
    by_place: dict[Span, dict[str, list[str]]] = {}
    for one in placed:
        for release, world in one.worlds.items():
            where = by_place.setdefault(one.name, {}).setdefault(summary(world.outcome(one.workload)), [])
            where.append(_where(one, release))
    found = []
    for span, texts in by_place.items():
        alike = len(texts) == 1
        found.append((span, "; ".join(text if alike else f"{listed(where)}: {text}" for text, where in texts.items())))
    return found


def summary(outcome: Outcome) -> str:
    """Return an outcome in a few words: `restricted-v2 · RuntimeDefault · Pod Security: restricted`."""
    verdict = outcome.verdict
    if verdict is None:
        return f"No verdict, because {visible_line(outcome.unknown)}"
    if not verdict.allowed:
        return "SCC admission rejects the pod"
    scc = visible_line(verdict.scc) if verdict.scc else "No SCC admission"
    profiles = dict.fromkeys(profile_words(container) for container in outcome.seccomp)
    return " · ".join([scc, ", ".join(profiles), *_later_step(outcome)])


def hover(cursor: Cursor, placed: Sequence[PlacedWorkload]) -> str:
    """Return the verdict on the workloads around a place, and the effect of the field there, as Markdown; empty without a workload."""
    sections: dict[str, list[str]] = {}
    for one in placed:
        for release, world in one.worlds.items():
            text = "\n\n".join(_section(one.workload, world, cursor.path))
            sections.setdefault(text, []).append(_where(one, release))
    if len(sections) < 2:
        return "".join(sections)
    return "\n\n---\n\n".join(f"In {code(listed(where))}:\n\n{text}" for text, where in sections.items())


def field_effect(workload: Workload, world: World, path: Path) -> list[str]:
    """Return what a field of the pod does to the outcome, in sentences of Markdown. `path` leads from the document's root."""
    below = workload.pod.path_in_manifest(path)
    outcome = world.outcome(workload)
    if below is None or outcome.verdict is None or outcome.verdict.skipped or _DECISIVE.isdisjoint(below):
        return []
    found = list(_rejections(workload, world, below))[:_MOST_REASONS]
    without = _without(world, outcome, below)
    if without is not None and summary(outcome) != summary(without):
        found.append(f"Without this field: {escaped(summary(without))}.")
    return found


def code(text: str) -> str:
    """Return text of a manifest as inline code of Markdown."""
    return f"`{visible_line(text).replace('`', chr(39))}`"


def escaped(text: str) -> str:
    """Return text of a manifest literally in Markdown, on one line."""
    return re.sub(r"([\\`*_{}\[\]()#!<>|~&])", r"\\\1", one_line(text))


def _where(one: PlacedWorkload, release: str) -> str:
    return f"{one.unit} ({release})" if len(one.worlds) > 1 else one.unit


def _later_step(outcome: Outcome) -> Iterator[str]:
    match outcome.rejected_by:
        case "validation":
            yield "The API server rejects the pod as invalid"
        case "csi":
            yield "A CSI volume is rejected"
        case "pod-security":
            yield "Pod Security rejects the pod"
        case _ if outcome.pod_security is not None:
            unknown = bool(outcome.pod_security.unknown)
            yield f"Pod Security: {'unknown' if unknown else outcome.pod_security.meets}"


def _section(workload: Workload, world: World, path: Path) -> Iterator[str]:
    """The paragraphs about a workload in one world."""
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    title = f"**{escaped(named(workload))}** on {world.cluster.platform_name}"
    if verdict is None:
        yield f"{title}: there is no verdict, because {escaped(outcome.unknown)}."
        return
    effects = field_effect(workload, world, path)
    if verdict.skipped:
        yield f"{title}: no SCC is tried, because {escaped(outcome.skipped)}."
    elif verdict.scc is None:
        yield f"{title}: no SCC that the pod may use admits it."
        yield from () if effects else _why_rejected(verdict)
    else:
        yield f"{title}: SCC {code(verdict.scc)} admits the pod."
        if outcome.chosen is not None and outcome.chosen.grant is not None:
            yield f"Granted to the {escaped(grant_words(outcome.chosen.grant))}."
    if effects:
        yield f"**{escaped(field_path(path[len(workload.pod.path) :]))}**"
        yield "\n".join(f"- {effect}" for effect in effects)
    if outcome.seccomp and verdict.allowed:
        rows = (f"| {code(one.name)} | {code(profile_words(one))} | {one.source} |" for one in outcome.seccomp)
        yield "\n".join(["| Container | Seccomp profile | Set by |", "|---|---|---|", *rows])
    for problem in outcome.invalid:
        yield f"The API server rejects the pod: {escaped(problem.message)}"
    if outcome.pod_security is not None:
        yield _pod_security(outcome.pod_security)


def _why_rejected(verdict: Verdict) -> Iterator[str]:
    for candidate in verdict.candidates:
        if candidate.outcome == "too restrictive":
            reasons = list(dict.fromkeys(error.text for error in candidate.reasons))
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            yield f"- {code(candidate.scc)}: {escaped(reasons[0] if reasons else 'no reason is known')}{more}"


def _pod_security(found: PodSecurity) -> str:
    if found.unknown:
        answer = f"The answer is not known, because {escaped(found.unknown)}."
    elif found.answer.denial:
        answer = f"It rejects the pod: {escaped(found.answer.denial)}"
    else:
        answer = f"The strictest level that the pod meets is {found.meets}."
    return f"Pod Security: {escaped(policy_words(found.policy))}\n{answer}"


def _rejections(workload: Workload, world: World, path: Path) -> Iterator[str]:
    """Yield which SCCs that the pod may use reject it because of the field, also those that are not reached."""
    texts: dict[str, list[str]] = {}
    for candidate in world.outcomes.explain(workload):
        if candidate.outcome == "too restrictive":
            for error in candidate.reasons:
                if error.path[: len(path)] == path:
                    sccs = texts.setdefault(error.text, [])
                    sccs += [] if candidate.scc in sccs else [candidate.scc]
    for text, sccs in texts.items():
        verb = "rejects" if len(sccs) == 1 else "reject"
        yield f"{listed(map(code, sccs))} {verb} the pod because of this field: {escaped(text)}"


def _without(world: World, outcome: Outcome, path: Path) -> Outcome | None:
    """Return the outcome without a field; None if the pod as SCC admission gets it does not have the field."""
    assert outcome.verdict is not None
    try:
        pod = changed_data(deepcopy(outcome.verdict.submitted), Remove(path))
    except EditRefused:
        return None
    return world.outcomes.with_pod(outcome, pod)
