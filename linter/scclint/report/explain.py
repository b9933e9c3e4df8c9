"""`scclint explain`: the verdict on a workload, the profile of each container, and how each candidate contributed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from scclint.admission.verdict import Candidate, FieldError
from scclint.cluster.namespace_policy import NamespacePolicy
from scclint.judge import JudgedWorkload
from scclint.outcome import Outcome
from scclint.podsecurity.labels import level_label
from scclint.record import record
from scclint.report.json_text import dump
from scclint.report.review import container_entry, grant_words, in_units, named, profile_words, workload_entry
from scclint.report.sanitize import visible, visible_line
from scclint.report.summary import line_place
from scclint.report.terminal import paint, prose_width
from scclint.seccomp.effective import ContainerSeccomp
from scclint.text import and_more, field_path, wrap
from scclint.world import World

Json = dict[str, Any]

_SHOWN = 8


def render_json(judged: Iterable[JudgedWorkload]) -> str:
    """The review's entries, each with the `candidates` in the order they are tried and `reason`, why one was chosen.

    A container's `opened` lists the syscalls that each of its added capabilities opens up in RuntimeDefault.
    """
    entries = [{**_entry(world, one), "units": list(one.units)} for one in judged for world in one.worlds.values()]
    return dump({"version": 1, "workloads": entries}) + "\n"


def _entry(world: World, one: JudgedWorkload) -> Json:
    outcome = world.outcome(one.workload)
    verdict = outcome.verdict
    return {
        **workload_entry(world, outcome, one.place),
        "containers": [
            {**container_entry(c), "opened": {cap: list(names) for cap, names in _opened(world, outcome, c).items()}}
            for c in outcome.seccomp
        ],
        "reason": visible(verdict.reason) if verdict and verdict.reason else None,
        "candidates": [
            {
                "scc": visible_line(candidate.scc),
                "outcome": candidate.outcome,
                "wouldBe": would.outcome,
                "grant": grant_words(would.grant) if would.grant else None,
                "reasons": [_reason(one, error) for error in would.reasons],
            }
            for candidate, would in _candidates(world, outcome)
        ],
    }


def _candidates(world: World, outcome: Outcome) -> list[tuple[Candidate, Candidate]]:
    """Return each candidate with its outcome, and the outcome it would have if it were tried."""
    if outcome.verdict is None:
        return []
    would = {c.scc: c for c in world.outcomes.explain(outcome.workload)}
    return [(c, would.get(c.scc, c)) for c in outcome.verdict.candidates]


def _reason(one: JudgedWorkload, error: FieldError) -> Json:
    field = one.workload.pod.field(*error.path)
    span = one.tracer().span(field.span)
    return {
        "text": visible(error.text),
        "path": visible_line(field_path(field.path)),
        "file": visible_line(span.file),
        "line": span.line,
        "column": span.column,
    }


@record
class _Style:
    """How the text is set: with colour or without, and in how many columns."""

    color: bool
    width: int

    def paint(self, text: str, tone: str) -> str:
        return paint(text, tone, self.color)

    def hang(self, text: str, indent: str) -> Iterator[str]:
        """Yield the lines of a paragraph with this indentation."""
        return (indent + line for line in wrap(text, self.width - len(indent)))


def render_text(judged: Sequence[JudgedWorkload], color: bool, columns: int | None = None) -> str:
    """Prose, one section per workload and release. `columns` is the width of the terminal, None if there is none.

    A workload that several units share and that comes out the same in them has one section, with their names.
    """
    style = _Style(color, prose_width(columns))
    several = len({unit for one in judged for unit in one.units}) > 1
    sections: dict[tuple[str, str, str], list[str]] = {}
    for one in judged:
        for world in one.worlds.values():
            place = style.paint(line_place(one.place.file, one.place.line), "quiet")
            key = named(one.workload), place, "\n".join(_section(world, one, style))
            sections.setdefault(key, []).extend(one.units)
    texts = [
        f"{style.paint(in_units(name, units) if several else name, 'place')}  {place}\n{text}"
        for (name, place, text), units in sections.items()
    ]
    return "\n\n".join(texts) + "\n"


def _section(world: World, one: JudgedWorkload, style: _Style) -> Iterator[str]:
    outcome = world.outcome(one.workload)
    verdict = outcome.verdict
    yield from style.hang(_setting(world, outcome), "  ")
    if verdict is None:
        yield from style.hang(f"There is no verdict, because {visible_line(outcome.unknown)}.", "  ")
        return
    yield ""
    yield from _answer(outcome, style)
    yield ""
    yield "  Seccomp, container by container:"
    for container in outcome.seccomp:
        yield from _container(world, outcome, container, style)
    if verdict.allowed:
        yield ""
        yield "  After SCC admission:"
        yield from _after_scc(outcome, style)
    if verdict.candidates:
        yield ""
        yield "  SCCs in the order they are tried (priority, then how restrictive, then name):"
        number = 1
        for words, group in groupby(_candidates(world, outcome), _fate):
            same = list(group)
            if len(same) > 1 and same[0][0].outcome in ("denied", "not reached"):
                yield from _same_fate(number, [candidate.scc for candidate, _ in same], words, style)
            else:
                for place, pair in enumerate(same, number):
                    yield from _candidate(place, one, *pair, style)
            number += len(same)
    if verdict.candidates and verdict.message:
        yield ""
        yield "  In the API server's words:"
        yield from style.hang(visible(_without_denials(verdict.message, verdict.candidates)), "    ")


def _after_scc(outcome: Outcome, style: _Style) -> Iterator[str]:
    """Yield what the steps after SCC admission decide about the pod."""
    for problem in outcome.invalid:
        yield f"    {style.paint('Refused', 'error')} as invalid:"
        yield from style.hang(visible(problem.message), "      ")
    found = outcome.pod_security
    if found is None:
        return
    yield from style.hang(f"Pod Security: {visible_line(policy_words(found.policy))}", "    ")
    if found.unknown:
        because = "" if found.policy.unknown else f", because {visible_line(found.unknown)}"
        yield from style.hang(f"The answer is not known{because}.", "    ")
        return
    if found.answer.exemption:
        yield from style.hang(f"The pod is exempt, because of its {found.answer.exemption}.", "    ")
    elif found.answer.denial:
        yield f"    {style.paint('Refused', 'error')}, in the API server's words:"
        yield from style.hang(visible(found.answer.denial), "      ")
    else:
        yield f"    {style.paint('Admitted', 'clean')}. The strictest level that the pod meets is {found.meets}."
        if found.answer.warning:
            yield "    The API server warns about the pod:"
            yield from style.hang(visible(found.answer.warning), "      ")
    if outcome.template.warning:
        yield "    When the workload is applied, the API server warns about its pod template:"
        yield from style.hang(visible(outcome.template.warning), "      ")
    for volume in outcome.csi:
        tone, word = ("error", "Refused") if volume.refused else ("clean", "Admitted")
        known = "" if volume.known else ", which is assumed because the driver is not in the input"
        yield from style.hang(
            f"{style.paint(word, tone)}: the inline volume of CSI driver {visible_line(volume.driver)}, whose level is "
            f"{volume.profile or 'invalid'}{known}.",
            "    ",
        )


def policy_words(policy: NamespacePolicy) -> str:
    """Return which level the namespace enforces, and what sets it."""
    if policy.unknown:
        return f"the level of the namespace is not known, because {policy.unknown}."
    origin = policy.origin("enforce")
    why = {
        "label": f"its label {level_label('enforce')}",
        "default": "the default of the release",
        "controller": "a controller that forces it on this namespace",
        "label syncer": f"the label syncer, because service account {policy.account} may use SCC {policy.scc}",
    }[origin]
    return f"the namespace enforces {policy.policy.enforce}, set by {why}."


def _answer(outcome: Outcome, style: _Style) -> Iterator[str]:
    """Return which SCC admits the pod and why, or that none does."""
    verdict, chosen = outcome.verdict, outcome.chosen
    assert verdict is not None
    if verdict.skipped:
        yield from style.hang(f"No SCC is tried: {visible_line(outcome.skipped)}.", "  ")
    elif verdict.allowed:
        yield f"  {style.paint('Admitted', 'clean')} by {style.paint(visible_line(verdict.scc or ''), 'place')}:"
        if chosen is not None and chosen.grant is not None:
            yield from style.hang(f"usable by the {grant_words(chosen.grant)}", "    ")
        yield from style.hang(visible(verdict.reason or ""), "    ")
    else:
        yield f"  {style.paint('Refused', 'error')}:"
        tried = [visible_line(c.scc) for c in verdict.candidates if c.outcome == "too restrictive"]
        if tried:
            why = f"every SCC that is tried and may be used is too restrictive: {', '.join(tried)}"
        elif verdict.candidates:
            why = "no SCC that is tried may be used by the service account or the creator"
        else:
            why = visible(verdict.message or "")
        yield from style.hang(why, "    ")


def _container(world: World, outcome: Outcome, container: ContainerSeccomp, style: _Style) -> Iterator[str]:
    profile = style.paint(profile_words(container), "error" if container.type == "Unconfined" and outcome.admitted else "place")
    seen = ""
    if container.proc_mode is not None:
        seen = f" (Seccomp: {container.proc_mode}, crictl: {visible_line(container.crictl or 'null')})"
    yield f"    {visible_line(container.name)}: {profile}{seen}"
    yield from style.hang(visible(container.why), "      ")
    for cap, names in _opened(world, outcome, container).items():
        yield from style.hang(f"{cap} opens up {and_more(names, _SHOWN)}.", "      ")


def _opened(world: World, outcome: Outcome, container: ContainerSeccomp) -> Mapping[str, Sequence[str]]:
    """What each capability of a container opens up in OpenShift's RuntimeDefault, if that is what it runs with."""
    if container.type != "RuntimeDefault" or not outcome.admitted or world.cluster.platform == "kubernetes":
        return {}
    from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of

    caps = bounding_set_of(outcome.container(container)) - CRIO_DEFAULT
    if not caps:
        return {}
    from scclint.profiles.diff import opened_by_each
    from scclint.profiles.target import crio_on

    return opened_by_each(caps, crio_on(world.cluster))


def _setting(world: World, outcome: Outcome) -> str:
    verdict = outcome.verdict
    who = "the workload's controller" if outcome.creator is None else outcome.creator.name
    assumed = ""
    if verdict is not None and verdict.namespace_assumed and not verdict.skipped:
        assumed = " (its ID ranges are assumed, because the input does not give them)"
    known = world.namespace_known(outcome.workload)
    namespace = f"namespace {visible_line(known)}" if known else "no namespace is named, so an ordinary project"
    if outcome.workload.provenance.by_account:
        namespace += ", the only one in the input with the service account"
    return (
        f"{world.cluster.platform_name}; {namespace}{assumed}; service account "
        f"{visible_line(outcome.workload.pod.service_account)}; pods are created by {visible_line(who)}."
    )


_TONES = {"chosen": "clean", "too restrictive": "warning"}


def _fate(pair: tuple[Candidate, Candidate]) -> str:
    """What became of a candidate, in words."""
    candidate, would = pair
    if candidate.outcome == "denied":
        return "not usable by the service account or the creator"
    if candidate.outcome == "not reached":
        fate = {"denied": "not usable", "too restrictive": "would reject the pod", "chosen": "would admit the pod"}
        return f"not reached ({fate.get(would.outcome, would.outcome)})"
    return candidate.outcome


def _same_fate(number: int, sccs: Sequence[str], words: str, style: _Style) -> Iterator[str]:
    """SCCs that follow each other and are out for the same reason, which needs no place."""
    numbers = f"{number}-{number + len(sccs) - 1}"
    yield f"{numbers:>6}  {style.paint(words, 'quiet')}:"
    yield from style.hang(visible_line(", ".join(sccs)), "          ")


def _without_denials(message: str, candidates: Sequence[Candidate]) -> str:
    """Return the message of the API server, which ends with a denial for each SCC that may not be used, without most of these."""
    denied = [candidate.scc for candidate in candidates if candidate.outcome == "denied"]
    parts = message.split(", provider ")
    last = [part for part in parts if part.startswith(tuple(f'"{scc}": Forbidden: ' for scc in denied))]
    if len(last) < 3 or parts[-len(last) :] != last:
        return message
    kept = ", provider ".join(parts[: 1 - len(last)])
    return f"{kept}, and the same for {len(last) - 1} more, which the list above names"


def _candidate(number: int, one: JudgedWorkload, candidate: Candidate, would: Candidate, style: _Style) -> Iterator[str]:
    words = _fate((candidate, would))
    tone = _TONES.get(candidate.outcome, "quiet")
    yield f"  {number:>4}  {visible_line(candidate.scc):<25} {style.paint(words, tone)}"
    if candidate.outcome in ("chosen", "too restrictive") and would.grant is not None:
        yield f"          usable by the {grant_words(would.grant)}"
    if candidate.outcome == "too restrictive":
        for error in dict.fromkeys(would.reasons):
            span = one.tracer().span(one.workload.pod.field(*error.path).span)
            *lines, last = style.hang(visible(error.text), "          ")
            yield from lines
            yield f"{last}  {style.paint(line_place(span.file, span.line), 'quiet')}"
