"""Predict the seccomp profile of each container of workloads, for the comparison with evidence from nodes."""

from collections.abc import Iterable, Iterator

from scclint.errors import LoadError
from scclint.evidence.operands import parse_profile
from scclint.evidence.verify import Prediction
from scclint.judge import OpenUnit
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.profiles.resolve import Profile, resolve_profile
from scclint.seccomp.capabilities import bounding_set_of

NATIVE = "amd64"


def predictions(units: Iterable[OpenUnit]) -> list[Prediction]:
    """Return one prediction per container, workload by workload: init, regular, then ephemeral containers."""
    judged = (one for unit in units for one in unit.judged)
    return [found for one in judged for world in one.worlds.values() for found in _of(world.outcome(one.workload), world)]


def _of(outcome: Outcome, world: World) -> Iterator[Prediction]:
    workload, verdict = outcome.workload, outcome.verdict
    place = workload.place.span
    namespace = world.namespace_known(workload)
    if verdict is None:
        for view in workload.pod.containers:
            yield Prediction(
                workload.kind,
                namespace,
                workload.name,
                view.name,
                None,
                file=place.file,
                line=place.line,
                undecided=f"there is no verdict, because {outcome.unknown}",
                part=workload.part,
            )
        return
    possible = _possible(outcome, world)
    for found in outcome.seccomp:
        container = outcome.container(found)
        caps = bounding_set_of(container)
        undecided = verdict.allowed and found.type is None and found.source != "windows"
        yield Prediction(
            workload.kind,
            namespace,
            workload.name,
            found.name,
            found.type if verdict.allowed else None,
            found.localhost_profile,
            found.proc_mode,
            verdict.scc or "",
            found.source,
            caps,
            _profile(found.localhost_profile, world, caps) if found.type == "Localhost" and found.localhost_profile else None,
            place.file,
            place.line,
            found.why if undecided else "",
            (verdict.subject or "") if workload.controlled or world.creator_given else "",
            possible,
            workload.part,
        )


def _possible(outcome: Outcome, world: World) -> frozenset[str]:
    """The SCCs that could admit the pod, if a dump of the cluster lacks the RBAC that decides; else none."""
    seen, verdict = world.observed, outcome.verdict
    if verdict is None or seen is None or not seen.is_dump or world.knows_grants_in(outcome.namespace):
        return frozenset()
    cluster, pod = world.cluster, verdict.submitted
    return frozenset(scc for scc in cluster.sccs if cluster.admission.errors_under(scc, pod, namespace=outcome.namespace) == ())


def _profile(path: str | None, world: World, caps: frozenset[str]) -> Profile | None:
    """Return the resolved profile that is provided at the path; None if it is unknown or the runtime would reject it."""
    for provider in world.profiles.resolve(path or "").providers:
        if not provider.delivered or provider.problem or provider.content is None:
            continue
        try:
            if isinstance(provider.content, str):
                return parse_profile(provider.content, provider.name, NATIVE, caps)
            return resolve_profile(provider.content, caps, NATIVE)
        except LoadError:
            continue
    return None
