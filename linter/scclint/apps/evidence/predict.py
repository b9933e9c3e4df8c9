"""Predict the seccomp profile of each container of workloads, for the comparison with evidence from nodes."""

from collections.abc import Iterable, Iterator

from scclint.apps.evidence.operands import parse_profile
from scclint.apps.evidence.verify import Prediction
from scclint.errors import LoadError
from scclint.model.workload import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.rows import ContainerRow, workload_row
from scclint.outcome.world import World
from scclint.profiles.resolve import Profile, resolve_profile
from scclint.run.judge import OpenUnit
from scclint.seccomp.capabilities import bounding_set_of
from scclint.seccomp.effective import ContainerSeccomp

NATIVE = "amd64"


def predictions(units: Iterable[OpenUnit]) -> list[Prediction]:
    """Return one prediction per container, workload by workload: init, regular, then ephemeral containers."""
    workloads = ((workload, world) for unit in units for workload in unit.workloads for world in unit.worlds.values())
    return [prediction for workload, world in workloads for prediction in _of(workload, world)]


def _of(workload: Workload, world: World) -> Iterator[Prediction]:
    row = workload_row(world, workload)
    verdict = row.outcome.verdict
    if verdict is None:
        why = f"there is no verdict, {row.why}"
        for view in workload.pod.containers:
            unknown = ContainerSeccomp(None, "not admitted", why, name=view.name, index=view.index)
            yield Prediction(row, ContainerRow(view.name, "", unknown))
        return
    subject, possible = row.subject if workload.controlled or world.creator_given else "", _possible(row.outcome, world)
    for container in row.containers:
        effective = container.effective
        caps = bounding_set_of(row.outcome.container(effective))
        path = effective.localhost_profile if effective.type == "Localhost" else None
        yield Prediction(row, container, caps, _profile(path, world, caps) if path else None, subject, possible)


def _possible(outcome: Outcome, world: World) -> frozenset[str]:
    """The SCCs that could admit the pod, if a dump of the cluster lacks the RBAC that decides; else none."""
    observed, verdict = world.observed, outcome.verdict
    if verdict is None or observed is None or not observed.is_dump or world.knows_grants_in(outcome.namespace):
        return frozenset()
    cluster, pod = world.cluster, verdict.submitted
    return frozenset(scc for scc in cluster.sccs if cluster.admission.errors_under(scc, pod, namespace=outcome.namespace) == ())


def _profile(path: str, world: World, caps: frozenset[str]) -> Profile | None:
    """Return the resolved profile that is provided at the path; None if it is unknown or the runtime would reject it."""
    for provider in world.profiles.resolve(path).providers:
        if not provider.delivered or provider.problem or provider.content is None:
            continue
        try:
            if isinstance(provider.content, str):
                return parse_profile(provider.content, provider.name, NATIVE, caps)
            return resolve_profile(provider.content, caps, NATIVE)
        except LoadError:
            continue
    return None
