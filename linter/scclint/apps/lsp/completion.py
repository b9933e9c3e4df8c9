"""What an editor offers to complete: SCC names, rules in suppressions, and paths of seccomp profiles."""

import re
from collections.abc import Iterable, Iterator

from scclint.objects.ignition import paths_of
from scclint.objects.types import MachineConfig, SeccompProfile, Workload
from scclint.outcome.world import World
from scclint.profiles.providers import SECCOMP_ROOT, localhost_path
from scclint.record import record
from scclint.rule import AnyRule
from scclint.suppress.syntax import ANNOTATION

_FOLDER = f"{SECCOMP_ROOT}/"
_WORD = r"[\"']?(?P<word>[^\s\"',{}\[\]]*)$"
_SCC = re.compile(rf"(?:openshift\.io/required-scc[\"']?:[ \t]+|system:openshift:scc:){_WORD}")
_RULE = re.compile(
    rf"(?:#[ \t]*scclint:[ \t]*ignore(?:-file)?\[(?:[^\]]*,)?[ \t]*|{re.escape(ANNOTATION)}[\"']?:[ \t]+){_WORD}"
)
_PROFILE = re.compile(rf"\blocalhostProfile[\"']?:[ \t]+{_WORD}")


@record
class Offer:
    """A text to complete to. `typed` is the number of characters before the cursor that it replaces."""

    text: str
    detail: str
    typed: int


def offers(before: str, worlds: Iterable[World], rules: Iterable[AnyRule]) -> list[Offer]:
    """Return what to offer after `before`, the line up to the cursor."""
    worlds = list(worlds)
    if match := _SCC.search(before):
        names = dict.fromkeys(name for world in worlds for name in world.cluster.sccs)
        return [Offer(name, "SecurityContextConstraints", len(match["word"])) for name in sorted(names)]
    if match := _RULE.search(before):
        return [Offer(rule.id, f"{rule.name}: {rule.title}", len(match["word"])) for rule in rules]
    if match := _PROFILE.search(before):
        paths = dict.fromkeys(path for world in worlds for path in _profiles(world))
        return [Offer(path, "seccomp profile of the input", len(match["word"])) for path in sorted(paths)]
    return []


def _profiles(world: World) -> Iterator[str]:
    """Yield the paths that SeccompProfiles and MachineConfigs of the input provide, and those that pods name already."""
    for profile in world.of(SeccompProfile):
        yield localhost_path(profile.manifest)
    for config in world.of(MachineConfig):
        paths = (path for _, path in paths_of(config.manifest))
        yield from (path.removeprefix(_FOLDER) for path in paths if path.startswith(_FOLDER))
    for workload in world.of(Workload):
        written = (workload.pod.localhost_profile, *(container.localhost_profile for container in workload.pod.containers))
        yield from (field.value for field in written if isinstance(field.value, str) and field.value)
