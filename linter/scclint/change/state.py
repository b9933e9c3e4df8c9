"""One side of a comparison: the objects and workloads of a unit on one release, and the same with an object exchanged."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from scclint.change.facts import PodFacts, facts_of
from scclint.change.model import Key
from scclint.config.model import Config
from scclint.judge.worlds import make_worlds
from scclint.model.object import ApiObject
from scclint.model.workload import Workload
from scclint.world import World

_DECIDING = frozenset(
    (
        *("SecurityContextConstraints", "Namespace", "Project", "ProjectRequest", "ServiceAccount", "Role", "ClusterRole"),
        *("RoleBinding", "ClusterRoleBinding", "KubeletConfig", "MachineConfig", "MachineConfigPool"),
    )
)
"""The kinds of objects, besides workloads, that a verdict depends on."""


class State:
    """A unit on one release. `workloads` are those to compare."""

    def __init__(self, world: World, workloads: Iterable[Workload], config: Config) -> None:
        self.world = world
        self.config = config
        self.workloads: dict[Key, Workload] = {}
        for workload in workloads:
            self.workloads.setdefault(key_of(workload, world), workload)

    @property
    def release(self) -> str:
        cluster = self.world.cluster
        return cluster.release or cluster.kubernetes_version

    @cached_property
    def objects(self) -> dict[Key, ApiObject]:
        """The objects that decide about verdicts, by name."""
        return {
            key_of(obj, self.world): obj
            for obj in self.world.objects
            if obj.kind in _DECIDING and not isinstance(obj, Workload) and not obj.partial
        }

    @cached_property
    def home(self) -> str:
        """The namespace, in words, that an operator is installed in; empty without one."""
        return next((o.provenance.home for o in self.world.objects if " " in o.provenance.home), "")

    def facts(self, workload: Workload) -> PodFacts:
        """Return what the pods of a workload get here."""
        return facts_of(self.world, self.world.outcome(workload))

    def exchanged(self, key: Key, replacement: ApiObject | None) -> "State":
        """Return the state with one object replaced, added, or removed if `replacement` is None."""
        new = [] if replacement is None else [self.at_home(replacement)]
        return self.with_objects(new, without={key})

    def with_objects(self, more: Sequence[ApiObject], without: Iterable[Key] = ()) -> "State":
        """Return the state with more objects, which replace those of the same name, and without some."""
        gone = {*without, *(key_of(obj, self.world) for obj in more)}
        kept = [obj for obj in self.world.objects if key_of(obj, self.world) not in gone]
        workloads = [workload for key, workload in self.workloads.items() if key not in gone]
        world = self.world
        (made,) = make_worlds(
            [*kept, *more],
            self.config,
            [world.cluster.as_installed],
            namespace=world.namespace_asked,
            elsewhere=world.elsewhere,  # type: ignore[arg-type]  # the answers about other units, as the unit's own world has them
        ).values()
        return State(made, [*workloads, *(obj for obj in more if isinstance(obj, Workload))], self.config)

    def at_home(self, obj: ApiObject) -> ApiObject:
        """Return an object of another state as if it belonged to this one: the names of an operator's namespace differ by version."""
        if " " not in obj.provenance.home or obj.provenance.home == self.home or not self.home:
            return obj
        return obj.with_provenance(home=self.home)


def key_of(obj: ApiObject, world: World) -> Key:
    """Return the kind, the namespace if it is known, and the name of an object."""
    return obj.kind, world.namespace_known(obj), obj.name
