"""One side of a comparison: the objects and workloads of a unit on one release, and the same with an object exchanged."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from scclint.change.facts import PodFacts, facts_of
from scclint.change.model import Key
from scclint.config.model import Config
from scclint.expand.csv import HOME
from scclint.judge.worlds import describe, make_worlds
from scclint.model.kinds import CLUSTER_SCOPED
from scclint.model.object import ApiObject
from scclint.model.workload import Workload
from scclint.record import replace
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
        return next((o.provenance.home for o in self.world.objects if o.provenance.home.startswith(HOME)), "")

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
        made = self._rebuilt([*kept, *more], self.world.namespace_asked)
        return State(made, [*workloads, *(obj for obj in more if isinstance(obj, Workload))], self.config)

    def in_namespace_of(self, other: "State") -> "State":
        """Return the state with the objects that name no namespace in the one that another state names for the same objects.

        A chart that starts to write `metadata.namespace` renders the same objects. Where the other state has several such
        namespaces, nothing is taken for the same.
        """
        mine, theirs = ({*state.workloads, *state.objects} for state in (self, other))
        unnamed = {(kind, name) for kind, namespace, name in mine - theirs if not namespace}
        found = {namespace for kind, namespace, name in theirs - mine if namespace and (kind, name) in unnamed}
        if len(found) != 1 or self.world.namespace_asked:
            return self
        (namespace,) = found
        return State(self._rebuilt(self.world.objects, namespace), self.workloads.values(), self.config)

    def _rebuilt(self, objects: Sequence[ApiObject], namespace: str) -> World:
        """The world of the same cluster with these objects. `namespace` is that of objects that name none."""
        world = self.world
        described = describe(self.config, (world.cluster.as_installed,), (), namespace)
        (made,) = make_worlds(objects, self.config, described, namespace=namespace, elsewhere=world.elsewhere).values()
        return made

    def at_home(self, obj: ApiObject) -> ApiObject:
        """Return an object of another state as if it belonged to this one: an operator's namespace and roles are named after its version."""
        home = obj.provenance.home
        if not home.startswith(HOME) or home == self.home or not self.home:
            return obj
        if not obj.implied or not obj.name.startswith(_version(obj)):
            return obj.with_provenance(home=self.home)
        manifest = _renamed(obj, self.home.removeprefix(HOME))
        provenance = replace(obj.provenance, home=self.home)
        return type(obj)(obj.document, obj.root, obj.data, obj.path, provenance, manifest)


def key_of(obj: ApiObject, world: World) -> Key:
    """Return the kind, the namespace if it is known, and the name of an object, without the version of an operator."""
    version = _version(obj) if obj.implied else ""
    namespace = "" if obj.kind in CLUSTER_SCOPED else world.namespace_known(obj)
    return obj.kind, namespace, obj.name.removeprefix(version)


def content(obj: ApiObject) -> dict[str, Any]:
    """Return the manifest of an object, without the version of an operator in the names of its roles."""
    return _renamed(obj, "") if obj.implied and obj.name.startswith(_version(obj)) else obj.manifest


def _version(obj: ApiObject) -> str:
    """The name of the ClusterServiceVersion that implies an object; empty for others."""
    return obj.provenance.home.removeprefix(HOME) if obj.provenance.home.startswith(HOME) else ""


def _renamed(obj: ApiObject, version: str) -> dict[str, Any]:
    """The manifest of a role or binding of an operator with the name of another version."""
    own, manifest = _version(obj), obj.manifest
    made = {**manifest, "metadata": {**manifest["metadata"], "name": version + obj.name.removeprefix(own)}}
    ref = manifest.get("roleRef")
    return {**made, "roleRef": {**ref, "name": version + ref["name"].removeprefix(own)}} if ref else made
