"""Which containers run with the seccomp profiles of the input, and what is wrong with these profiles."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from scclint.cluster import Cluster
from scclint.objects.types import ProfileSource
from scclint.outcome.chain import Outcome
from scclint.profiles.lint import target_of
from scclint.profiles.sources import Flaw, Profiles, key_of
from scclint.record import Memo


class LocalhostUse(NamedTuple):
    """A container that runs with a Localhost profile. `pod` and `container` are as the cluster has them after admission."""

    outcome: Outcome
    pod: Mapping[str, Any]
    container: Mapping[str, Any]


class ProfileUses:
    """`profiles` are those of the input, and `outcomes` on `cluster` tell which containers use them."""

    def __init__(self, profiles: Profiles, outcomes: Iterable[Outcome], cluster: Cluster) -> None:
        self._profiles = profiles
        self._cluster = cluster
        self._memo = Memo()
        self._by_source: dict[int | str, list[LocalhostUse]] = {}
        for outcome in outcomes:
            verdict = outcome.verdict
            for effective in outcome.seccomp if verdict is not None and verdict.allowed else ():
                if verdict and effective.type == "Localhost" and effective.localhost_profile:
                    use = LocalhostUse(outcome, verdict.pod, outcome.container(effective))
                    for key in profiles.provided(effective.localhost_profile):
                        self._by_source.setdefault(key, []).append(use)

    def of(self, source: ProfileSource) -> tuple[LocalhostUse, ...]:
        """The containers of admitted pods that run with a profile which the object holds."""
        return tuple(self._by_source.get(key_of(source), ()))

    def flaws(self, source: ProfileSource) -> tuple[Flaw, ...]:
        """What is wrong with the seccomp profiles that an object holds, judged by the containers that use them."""
        return self._memo((ProfileUses.flaws, id(source)), lambda: self._flaws(source))

    def _flaws(self, source: ProfileSource) -> tuple[Flaw, ...]:
        uses = self.of(source)
        target = target_of(self._cluster, [(use.pod, use.container) for use in uses])
        return tuple(self._profiles.flaws(source, target, used=bool(uses)))
