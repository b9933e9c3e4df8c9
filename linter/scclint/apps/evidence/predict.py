"""Predict the seccomp profile of each container of workloads, for the comparison with evidence from nodes."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from scclint.errors import LoadError
from scclint.finding import Severity
from scclint.objects.types import Workload
from scclint.outcome.chain import Outcome
from scclint.outcome.rows import ContainerRow, WorkloadRow, workload_row
from scclint.outcome.world import World
from scclint.profiles.resolve import Profile, resolve_profile
from scclint.profiles.schema import check_shape
from scclint.record import record
from scclint.run.judge import OpenUnit
from scclint.seccomp.capabilities import CRIO_DEFAULT, bounding_set_of
from scclint.seccomp.effective import ContainerSeccomp
from scclint.yaml.json import parse_json
from scclint.yaml.nodes import locate, to_data

_ARCH = "amd64"
"""The architecture that profiles of the input are resolved for."""


@record
class Prediction:
    """The prediction for one container of a workload.

    `caps` is the bounding set, None if it has no effect. `profile` is the resolved Localhost profile if it is known. `subject` is
    whose rights admit the pod (`user` or `serviceaccount`), empty if it is unknown. `possible` are the SCCs that could admit the
    pod, if a dump of the cluster lacks the RBAC that decides between them; else it is empty.
    """

    row: WorkloadRow
    container: ContainerRow
    caps: frozenset[str] | None = None
    profile: Profile | None = None
    subject: str = ""
    possible: frozenset[str] = frozenset()

    @property
    def workload(self) -> tuple[str, ...]:
        """The workload without its part, and the container: the name of a running pod does not show the part."""
        return self.row.kind, self.row.namespace, self.row.name, self.container.name

    @property
    def type(self) -> str | None:
        """The type of the profile: `RuntimeDefault`, `Localhost` or `Unconfined`; None if the pod is not admitted."""
        return None if self.container.effective.source == "not admitted" else self.container.effective.type

    @property
    def undecided(self) -> str:
        """Why nothing definite is predicted (it depends on the node pool, or the verdict is unknown); empty if something is."""
        decided = self.container.effective.type or self.container.effective.source in ("windows", "not admitted")
        return "" if decided and self.row.result != "unknown" else self.container.effective.why


def predictions(units: Iterable[OpenUnit]) -> list[Prediction]:
    """Return one prediction per container, workload by workload: init, regular, then ephemeral containers."""
    workloads = ((workload, world) for unit in units for workload in unit.workloads for world in unit.worlds.values())
    return [prediction for workload, world in workloads for prediction in _of(workload, world)]


def _of(workload: Workload, world: World) -> Iterator[Prediction]:
    row, outcome = workload_row(world, workload), world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None:
        why = f"there is no verdict, {row.why}"
        for view in workload.pod.containers:
            unknown = ContainerSeccomp(None, "not admitted", why, name=view.name, index=view.index)
            yield Prediction(row, ContainerRow(view.name, "", unknown))
        return
    subject, possible = row.subject if workload.controlled or world.creator_given else "", _possible(outcome, world)
    for container in row.containers:
        effective = container.effective
        caps = bounding_set_of(outcome.container(effective))
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
        if provider.delivered and not provider.problem:
            with suppress(LoadError):
                if isinstance(provider.content, str):
                    return parse_profile(provider.content, provider.name, _ARCH, caps)
                if provider.content is not None:
                    return resolve_profile(provider.content, caps, _ARCH)
    return None


def parse_profile(text: str, path: str, arch: str, caps: frozenset[str] = CRIO_DEFAULT) -> Profile | None:
    """Return the resolved profile of the text of a file, in either format. Raises LoadError if the runtime would reject it."""
    root = parse_json(text, path)
    data = to_data(root)
    for problem in check_shape(data):
        if problem.severity is Severity.ERROR:
            span, _ = locate(root, problem.path)
            raise LoadError(problem.message, path, span.line, span.column)
    return resolve_profile(data, caps, arch)
