"""`scclint explain`: the verdict on a workload, the profile of each container, and how each candidate contributed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from scclint.admission.verdict import Candidate, FieldError, Verdict
from scclint.cluster.namespace_policy import NamespacePolicy
from scclint.outcome.chain import Outcome
from scclint.outcome.rows import ContainerRow, WorkloadRow, grant_words
from scclint.outcome.world import World
from scclint.podsecurity.levels import level_label
from scclint.profiles.diff import opened_by_each
from scclint.profiles.runtime_default import crio_on
from scclint.report.review import container_entry, in_units, named, workload_entry
from scclint.report.text import Json, dump, from_template, line_place, visible, visible_line, with_units
from scclint.run.judge import OpenUnit
from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of
from scclint.seccomp.effective import ContainerSeccomp
from scclint.text import and_more, field_path

if TYPE_CHECKING:
    from scclint.outcome.policies import PolicyAnswer

Judged = tuple[OpenUnit, World, Outcome, WorkloadRow]
"""A row with the unit, the world and the outcome that it is from."""

_SHOWN = 8


def render_json(judged: Iterable[Judged]) -> str:
    """The review's entries, each with the `candidates` in the order they are tried and `reason`, why one was chosen.

    A container's `opened` lists the syscalls that each of its added capabilities opens up in RuntimeDefault.
    """
    return dump({"version": 1, "workloads": [{**_entry(*each), "units": [each[-1].unit]} for each in judged]}) + "\n"


def _entry(unit: OpenUnit, world: World, outcome: Outcome, row: WorkloadRow) -> Json:
    verdict = outcome.verdict
    return {
        **workload_entry(row),
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
                "grant": visible_line(grant_words(would.grant)) if would.grant else None,
                "reasons": [_reason(unit, outcome, error) for error in would.reasons],
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


def _reason(unit: OpenUnit, outcome: Outcome, error: FieldError) -> Json:
    field = outcome.workload.pod.field(*error.path)
    span = unit.edited(field.span)
    return {
        "text": visible(error.text),
        "path": visible_line(field_path(field.path)),
        "file": visible_line(span.file),
        "line": span.line,
        "column": span.column,
    }


def render_text(judged: Sequence[Judged], color: bool, columns: int | None = None) -> str:
    """Prose, one section per workload and release. `columns` is the width of the terminal, None if there is none.

    A workload that several units share and that comes out the same in them has one section, with their names.
    """
    several = len({row.unit for *_, row in judged}) > 1
    sections = with_units((_section(*each), each[-1].unit) for each in judged)
    for section in sections if several else ():
        section["name"] = in_units(section["name"], section["units"])
    return from_template("explain", color, columns, sections=sections)


def _section(unit: OpenUnit, world: World, outcome: Outcome, row: WorkloadRow) -> Json:
    """Return the texts about a workload."""
    verdict = outcome.verdict
    place = line_place(row.place.file, row.place.line)
    head = {"name": named(row), "place": place, "setting": _setting(world, outcome, row)}
    if verdict is None:
        return {**head, "unknown": f"There is no verdict, because {visible_line(outcome.unknown)}."}
    return {
        **head,
        "unknown": "",
        "skipped": f"No SCC is tried: {visible_line(outcome.skipped)}." if verdict.skipped else "",
        "allowed": verdict.allowed,
        "scc": row.scc,
        "grant": f"usable by the {visible_line(row.grant)}" if row.grant else "",
        "why": (verdict.reason or "") if verdict.allowed else _rejection(verdict, row),
        "containers": [_container(world, outcome, container) for container in row.containers],
        **_after_scc(outcome),
        "candidates": list(_candidate_texts(unit, world, outcome)),
        "message": _without_denials(verdict.message or "", verdict.candidates),
    }


def _rejection(verdict: Verdict, row: WorkloadRow) -> str:
    """Return why no SCC admits the pod, and what that rests on."""
    why = _why_rejected(verdict)
    return f"{why} ({visible_line(row.rests_on)})" if row.rests_on else why


def _why_rejected(verdict: Verdict) -> str:
    if tried := [candidate.scc for candidate in verdict.candidates if candidate.outcome == "too restrictive"]:
        return f"every SCC that is tried and may be used is too restrictive: {visible_line(', '.join(tried))}"
    if verdict.candidates:
        return "no SCC that is tried may be used by the service account or the creator"
    return verdict.message or ""


def _answered(answer: "PolicyAnswer") -> str:
    """What a ValidatingAdmissionPolicy does, in a word or two."""
    if answer.unknown:
        return "Not known"
    return "Rejected" if answer.denies else "Warning"


def _after_scc(outcome: Outcome) -> Json:
    """Return what the steps after SCC admission decide about the pod."""
    security = outcome.pod_security
    invalid = [problem.message for problem in outcome.invalid]
    if security is None:
        return {"invalid": invalid, "policy": ""}
    because = "" if security.policy.unknown else f", because {visible_line(security.unknown)}"
    answer = security.answer
    return {
        "invalid": invalid,
        "policy": f"Pod Security: {visible_line(policy_words(security.policy))}",
        "no_answer": f"The answer is not known{because}." if security.unknown else "",
        "exempt": f"The pod is exempt, because of its {answer.exemption}." if answer.exemption else "",
        "denial": answer.denial,
        "meets": security.meets,
        "warning": answer.warning,
        "template_warning": outcome.template.warning,
        "last": [
            (
                *(("Rejected", "error") if volume.refused else ("Admitted", "clean")),
                f": the inline volume of CSI driver {visible_line(volume.driver)}, whose level is {volume.profile or 'invalid'}"
                + ("." if volume.known else ", which is assumed because the driver is not in the input."),
            )
            for volume in outcome.csi
        ]
        + [
            (
                _answered(answer),
                "error" if answer.denies else "quiet",
                f": {visible(answer.unknown or answer.text)}",
            )
            for answer in outcome.policies
        ]
        + [
            ("Not started", "error", f": container {visible_line(name)}, because the kubelet reports: {visible_line(error)}")
            for name, error in outcome.never_started.items()
        ]
        + [
            ("Not started", "error", f": the kubelet does not mount gitRepo volume {visible_line(str(name))}")
            for name in (outcome.workload.pod.field(*path, "name").value for path in outcome.never_mounted)
        ],
    }


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


def _container(world: World, outcome: Outcome, row: ContainerRow) -> Json:
    container = row.effective
    node = f" (Seccomp: {container.proc_mode}, crictl: {visible_line(container.crictl or 'null')})"
    return {
        "name": row.name,
        "profile": visible_line(row.seccomp),
        "tone": "error" if container.type == "Unconfined" and outcome.admitted else "place",
        "node": "" if container.proc_mode is None else node,
        "why": container.why,
        "opened": [
            *([f"Runs as user {visible_line(row.uid)}."] if " (image, " in row.uid else ()),
            *(f"{cap} opens up {and_more(names, _SHOWN)}." for cap, names in _opened(world, outcome, container).items()),
        ],
    }


def _opened(world: World, outcome: Outcome, container: ContainerSeccomp) -> Mapping[str, Sequence[str]]:
    """What each capability of a container opens up in OpenShift's RuntimeDefault, if that is what it runs with."""
    if container.type != "RuntimeDefault" or not outcome.admitted or world.cluster.platform == "kubernetes":
        return {}

    caps = bounding_set_of(outcome.container(container)) - CRIO_DEFAULT
    if not caps:
        return {}

    return opened_by_each(caps, crio_on(world.cluster))


def _setting(world: World, outcome: Outcome, row: WorkloadRow) -> str:
    verdict = outcome.verdict
    who = "the workload's controller" if outcome.workload.controlled else outcome.creator.name
    assumed = ""
    if verdict is not None and verdict.namespace_assumed and not verdict.skipped:
        assumed = " (its ID ranges are assumed, because the input does not give them)"
    namespace = f"namespace {visible_line(row.namespace)}" if row.namespace else "no namespace is named, so an ordinary project"
    if outcome.workload.provenance.placed_by == "account":
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


def _without_denials(message: str, candidates: Sequence[Candidate]) -> str:
    """Return the message of the API server, which ends with a denial for each SCC that may not be used, without most of these."""
    denied = [candidate.scc for candidate in candidates if candidate.outcome == "denied"]
    parts = message.split(", provider ")
    last = [part for part in parts if part.startswith(tuple(f'"{scc}": Forbidden: ' for scc in denied))]
    if len(last) < 3 or parts[-len(last) :] != last:
        return message
    prefix = ", provider ".join(parts[: 1 - len(last)])
    return f"{prefix}, and the same for {len(last) - 1} more, which the list above names"


def _candidate_texts(unit: OpenUnit, world: World, outcome: Outcome) -> Iterator[Json]:
    """Yield the texts about each candidate. Those that follow each other and are out for the same reason are one entry."""
    number = 1
    for fate, group in groupby(_candidates(world, outcome), _fate):
        same = list(group)
        if len(same) > 1 and same[0][0].outcome in ("denied", "not reached"):
            numbers = f"{number}-{number + len(same) - 1}"
            names = visible_line(", ".join(candidate.scc for candidate, _ in same))
            yield {"number": f"{numbers:>6}", "fate": fate, "same": names}
        else:
            for place, (candidate, would) in enumerate(same, number):
                tried = candidate.outcome in ("chosen", "too restrictive") and would.grant
                errors = dict.fromkeys(would.reasons if candidate.outcome == "too restrictive" else ())
                yield {
                    "number": f"{place:>6}",
                    "fate": fate,
                    "same": "",
                    "scc": f"{visible_line(candidate.scc):<25}",
                    "tone": _TONES.get(candidate.outcome, "quiet"),
                    "grant": f"usable by the {visible_line(grant_words(would.grant))}" if tried and would.grant else "",
                    "reasons": [(error.text, _error_place(unit, outcome, error)) for error in errors],
                }
        number += len(same)


def _error_place(unit: OpenUnit, outcome: Outcome, error: FieldError) -> str:
    span = unit.edited(outcome.workload.pod.field(*error.path).span)
    return line_place(span.file, span.line)
