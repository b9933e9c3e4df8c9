"""What an editor shows of a verdict: a line above the workload, a hover over it, and the effect of the field under the cursor.

A hover over a suppression shows the rule that it names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import groupby

from scclint.about import rule_page, with_addresses
from scclint.admission.verdict import Verdict
from scclint.apps.lsp.project import Cursor, WorkloadInFile
from scclint.finding import Path, Remove
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.rows import seccomp_words, workload_row
from scclint.outcome.world import World
from scclint.registry import Registry, builtin
from scclint.report.explain import policy_words
from scclint.report.review import named
from scclint.report.rule_pages import kind_words
from scclint.report.text import one_line, visible_line
from scclint.rule import AnyRule
from scclint.source import Span
from scclint.suppress.syntax import ANNOTATION, DIRECTIVES
from scclint.text import capitalized, field_path, listed
from scclint.yaml.edit import EditRefused, changed_data

_DECISIVE = frozenset(
    ("securityContext", "volumes", "annotations", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "hostPort", "ports")
)
"""Fields that admission reads, and fields whose content it reads."""

_REJECTED_BY = {
    "validation": "the API server rejects the pod as invalid",
    "csi": "a CSI volume is rejected",
    "policy": "an admission policy rejects it",
    "pod-security": "Pod Security rejects the pod",
}

_MOST_REASONS = 4

_WORD = re.compile(r"[A-Za-z0-9-]+")
_COMMENT = re.compile(rf"#[ \t]*scclint:[ \t]*(?:{'|'.join(DIRECTIVES)})[ \t]*\[(?P<rules>[^\]]*)")
_ANNOTATION = re.compile(rf"{re.escape(ANNOTATION)}[\"']?:[ \t]*(?P<rules>.*)")


def lenses(placed: Iterable[WorkloadInFile]) -> list[tuple[Span, str]]:
    """Return the text to show above each workload: the SCC, the profiles and the Pod Security level, for all units and releases.

    The workloads are in the order of their names' places.
    """
    lines = []
    for span, same in groupby(placed, key=lambda workload: workload.name):
        texts = _by_text(same, lambda workload, world: summary(world.outcome(workload)))
        alike = len(texts) == 1
        lines.append((span, "; ".join(text if alike else f"{listed(where)}: {text}" for text, where in texts.items())))
    return lines


def summary(outcome: Outcome) -> str:
    """Return an outcome in a few words: `restricted-v2 · RuntimeDefault · Pod Security: restricted`."""
    verdict = outcome.verdict
    if verdict is None:
        return f"No verdict, because {visible_line(outcome.unknown)}"
    scc = visible_line(verdict.scc) if verdict.scc else "No SCC admission"
    words = [scc, ", ".join(dict.fromkeys(visible_line(seccomp_words(container)) for container in outcome.seccomp))]
    if outcome.rejected_by == "scc":
        return "SCC admission rejects the pod"
    if outcome.rejected_by:
        return f"{scc} · {capitalized(_REJECTED_BY[outcome.rejected_by])}"
    if outcome.pod_security is not None:
        words.append(f"Pod Security: {'unknown' if outcome.pod_security.unknown else outcome.pod_security.meets}")
    return " · ".join(words)


def in_words(outcome: Outcome) -> str:
    """Return an outcome as a clause of Markdown: `restricted-v2` admits the pod, which runs with RuntimeDefault."""
    verdict = outcome.verdict
    if verdict is None:
        return f"there is no verdict, because {escaped(outcome.unknown)}"
    if outcome.rejected_by == "scc":
        return "no SCC that the pod may use admits it"
    admits = f"{code(verdict.scc)} admits the pod" if verdict.scc else "no SCC admission looks at the pod"
    if outcome.rejected_by:
        return f"{admits}, and then {_REJECTED_BY[outcome.rejected_by]}"
    profiles = listed(dict.fromkeys(escaped(seccomp_words(container)) for container in outcome.seccomp))
    level = ""
    if outcome.pod_security is not None and not outcome.pod_security.unknown:
        level = f", and it meets the Pod Security level {outcome.pod_security.meets}"
    return f"{admits}, its seccomp profile is {profiles}{level}"


def hover(cursor: Cursor, placed: Sequence[WorkloadInFile]) -> str:
    """Return the verdict on the workloads around a place, and the effect of the field there, as Markdown; empty without a workload."""
    sections = _by_text(placed, lambda workload, world: "\n\n".join(_section(workload, world, cursor.path)))
    if len(sections) < 2:
        return "".join(sections)
    return "\n\n---\n\n".join(f"In {code(listed(where))}:\n\n{text}" for text, where in sections.items())


def field_effect(workload: Workload, world: World, path: Path) -> list[str]:
    """Return what a field of the pod does to the outcome, in sentences of Markdown. `path` leads from the document's root."""
    below = workload.pod.path_in_manifest(path)
    outcome = world.outcome(workload)
    if below is None or outcome.verdict is None or outcome.verdict.skipped or _DECISIVE.isdisjoint(below):
        return []
    effects = list(_rejections(workload, world, below))[:_MOST_REASONS]
    try:
        without = world.outcomes.with_pod(outcome, changed_data(deepcopy(outcome.verdict.submitted), Remove(below)))
    except EditRefused:
        # The pod as SCC admission gets it does not have the field.
        return effects
    if summary(outcome) != summary(without):
        effects.append(f"Without this field, {in_words(without)}.")
    return effects


def rule_at(line: str, index: int, rules: Registry) -> AnyRule | None:
    """Return the rule that a suppression in a line names at an index; None if there is none."""
    directive = _COMMENT.search(line) or _ANNOTATION.search(line)
    if directive is None or not directive.start("rules") <= index <= directive.end("rules"):
        return None
    words = _WORD.finditer(line, directive.start("rules"), directive.end("rules"))
    word = next((word[0] for word in words if word.start() <= index <= word.end()), "")
    return rules.find(word) if word else None


def rule_hover(rule: AnyRule) -> str:
    """Return what a rule reports, as Markdown.

    This is the title and, for a rule of scclint, the first paragraph of its manual page and a link to the page.
    """
    title = f"**{escaped(rule.id)} {escaped(rule.name)}** ({kind_words(rule)}): {escaped(rule.title)}."
    page = page_of(rule.id)
    if not page:
        # The page of a rule from a configuration is text that comes with the folder.
        return title
    return "\n\n".join([title, with_addresses(rule.page.strip().partition("\n\n")[0]), f"[The manual page]({page})"])


def page_of(rule_id: str) -> str:
    """Return the address of the manual page of a built-in rule; empty for other rules."""
    rule = builtin().find(rule_id)
    return rule_page(rule.name) if rule else ""


def code(text: str) -> str:
    """Return text of a manifest as inline code of Markdown."""
    return f"`{visible_line(text).replace('`', chr(39))}`"


def escaped(text: str) -> str:
    """Return text of a manifest literally in Markdown, on one line."""
    return re.sub(r"([\\`*_{}\[\]()#!<>|~&])", r"\\\1", one_line(text))


def _by_text(placed: Iterable[WorkloadInFile], describe: Callable[[Workload, World], str]) -> dict[str, list[str]]:
    """Return each text about workloads, with the units that it is true of, and their releases if there are several."""
    texts: dict[str, list[str]] = {}
    for place in placed:
        for release, world in place.worlds.items():
            where = f"{place.unit} ({release})" if len(place.worlds) > 1 else place.unit
            texts.setdefault(describe(place.workload, world), []).append(where)
    return texts


def _section(workload: Workload, world: World, path: Path) -> Iterator[str]:
    """The paragraphs about a workload in one world."""
    row, outcome = workload_row(world, workload), world.outcome(workload)
    verdict, security = outcome.verdict, outcome.pod_security
    title = f"**{escaped(named(row))}** on {world.cluster.platform_name}"
    if verdict is None:
        yield f"{title}: there is no verdict, {escaped(row.why)}."
        return
    effects = field_effect(workload, world, path)
    if verdict.skipped:
        yield f"{title}: no SCC is tried, because {escaped(row.skipped)}."
    elif row.scc:
        yield f"{title}: SCC {code(row.scc)} admits the pod."
        if row.grant:
            yield f"Granted to the {escaped(row.grant)}."
    else:
        yield f"{title}: no SCC that the pod may use admits it."
        yield from () if effects else _why_rejected(verdict)
    if effects:
        yield f"**{escaped(field_path(path[len(workload.pod.path) :]))}**"
        yield "\n".join(f"- {effect}" for effect in effects)
    if row.containers and verdict.allowed:
        lines = (
            f"| {code(container.name)} | {code(container.seccomp)} | {container.effective.source} |"
            for container in row.containers
        )
        yield "\n".join(["| Container | Seccomp profile | Set by |", "|---|---|---|", *lines])
    for problem in row.invalid:
        yield f"The API server rejects the pod: {escaped(problem)}"
    if security is not None:
        answer = f"The strictest level that the pod meets is {row.pod_security}."
        if security.unknown:
            answer = f"The answer is not known, because {escaped(security.unknown)}."
        elif security.answer.denial:
            answer = f"It rejects the pod: {escaped(security.answer.denial)}"
        yield f"Pod Security: {escaped(policy_words(security.policy))}\n{answer}"


def _why_rejected(verdict: Verdict) -> Iterator[str]:
    for candidate in verdict.candidates:
        if candidate.outcome == "too restrictive":
            reasons = list(dict.fromkeys(error.text for error in candidate.reasons))
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            yield f"- {code(candidate.scc)}: {escaped(reasons[0] if reasons else 'no reason is known')}{more}"


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
