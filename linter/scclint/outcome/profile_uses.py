"""Which containers run with the seccomp profiles of the input, and what is wrong with these profiles."""

from collections.abc import Iterator
from functools import cached_property

from scclint.cluster import Cluster
from scclint.model.node_config import ProfileSource
from scclint.model.workload import Workload
from scclint.outcome.chain import LocalhostUse
from scclint.outcome.index import ObjectIndex
from scclint.outcome.outcomes import Outcomes
from scclint.profiles.sources import Flaw, Profiles, key_of
from scclint.profiles.target import target_of


class ProfileUses:
    """`profiles` are those of the objects in `index`, whose `outcomes` on `cluster` tell which containers use them."""

    def __init__(self, profiles: Profiles, index: ObjectIndex, outcomes: Outcomes, cluster: Cluster) -> None:
        self._profiles = profiles
        self._index = index
        self._outcomes = outcomes
        self._cluster = cluster
        self._flaws: dict[int, tuple[Flaw, ...]] = {}

    def of(self, source: ProfileSource) -> tuple[LocalhostUse, ...]:
        """The containers of admitted pods that run with a profile which the object holds."""
        return tuple(self._by_source.get(key_of(source), ()))

    def flaws(self, source: ProfileSource) -> tuple[Flaw, ...]:
        """What is wrong with the seccomp profiles that an object holds, judged by the containers that use them."""
        if id(source) not in self._flaws:
            uses = self.of(source)
            target = target_of(self._cluster, [use.manifests for use in uses])
            self._flaws[id(source)] = tuple(self._profiles.flaws(source, target, used=bool(uses)))
        return self._flaws[id(source)]

    @cached_property
    def _by_source(self) -> dict[int | str, list[LocalhostUse]]:
        found: dict[int | str, list[LocalhostUse]] = {}
        for use in self._localhost_uses():
            for key in self._profiles.provided(use.container.localhost_profile or ""):
                found.setdefault(key, []).append(use)
        return found

    def _localhost_uses(self) -> Iterator[LocalhostUse]:
        for workload in self._index.of(Workload):
            outcome = self._outcomes.of(workload)
            for container in outcome.seccomp if outcome.admitted else ():
                if container.type == "Localhost" and container.localhost_profile:
                    yield LocalhostUse(outcome, container)
