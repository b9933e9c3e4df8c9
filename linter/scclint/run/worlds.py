"""Stage model: the objects of the input become one world per release asked for."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from scclint.admission.aggregate import selectors_of
from scclint.admission.decoding import decode_object
from scclint.admission.provider import MCS, SUPPLEMENTAL_GROUPS
from scclint.admission.rbac import RBAC, binding_object, reference, role_object, use_rule
from scclint.admission.verdict import User
from scclint.cluster import Cluster
from scclint.cluster.namespaces import ASSUMED_ANNOTATIONS
from scclint.config.model import Config
from scclint.config.selection import patches_of
from scclint.limits import MAX_AGGREGATION
from scclint.objects.kinds import CLUSTER_SCOPED
from scclint.objects.types import ApiObject, Namespace, RoleBinding, TektonConfig, Workload
from scclint.objects.unknown import is_open
from scclint.other_units import OtherUnits
from scclint.outcome.field_problems import FieldProblems
from scclint.outcome.manifests import manifests, namespace_of
from scclint.outcome.world import World
from scclint.platform.releases import DEFAULT, NEWEST_KUBERNETES
from scclint.platform.terms import POOL_LABELS, SCC_ROLE_PREFIX, UID_RANGE, UNSPECIFIED_NAMESPACE
from scclint.record import EMPTY, record, replace
from scclint.yaml.untyped import Object, as_text, value_at

if TYPE_CHECKING:
    from scclint.cluster.nodes import NodePool
    from scclint.cluster.observed import Observed

MACHINE = "machineconfiguration.openshift.io/v1"
ADDING_SCC = "policy add-scc-to-"
"""How the command begins that grants an SCC, behind `oc` or `oc adm`."""
ANY_MINOR = 0
"""A Kubernetes minor for objects that all minors decode alike."""


@record
class ClusterDescription:
    """What the settings and a description of the cluster say, for all units.

    `clusters` are those of the releases asked for, with `objects` and what the settings say added to `installed`. `layers` are the
    manifests that were added, in this order: of the settings, of `--cluster-state`, and those that are applied. `roles` are the
    ClusterRoles among them.
    """

    installed: tuple[Cluster, ...]
    clusters: tuple[Cluster, ...]
    objects: tuple[ApiObject, ...]
    layers: tuple[Sequence[dict[str, Any]], ...]
    roles: tuple[dict[str, Any], ...]

    def without(self, left_out: Sequence[dict[str, Any]]) -> tuple[Cluster, ...]:
        """Return the clusters without some of the manifests."""
        # A rule reports the objects that cannot be decoded.
        clusters = self.installed
        for layer, merge in zip(self.layers, (True, False, True), strict=True):
            clusters = tuple(cluster.with_decodable(_without(layer, left_out), merge=merge) for cluster in clusters)
        return clusters


def describe(
    config: Config, installed: tuple[Cluster, ...], objects: Sequence[ApiObject] = (), namespace: str = ""
) -> ClusterDescription:
    """Return what all units share. `namespace` is that of objects that name none."""
    objects = _whole(objects)
    state, applied = (
        [*manifests((obj for obj in objects if obj.document.stored is stored), namespace)] for stored in (True, False)
    )
    layers = [*_configured(config)], state, applied
    roles = tuple(_cluster_roles(chain(*layers)))
    described = ClusterDescription(installed, (), tuple(objects), layers, roles)
    return replace(described, clusters=described.without(_unfollowed(roles)))


def make_worlds(
    objects: Sequence[ApiObject],
    config: Config,
    described: ClusterDescription,
    *,
    namespace: str = "",
    why_there: str = "",
    other_units: OtherUnits | None = None,
    observed: "Observed | None" = None,
    params: Sequence[Object] = (),
    creator: User | None = None,
) -> dict[str, World]:
    """A world for each of the clusters, which the objects are added to, by the name of its release or Kubernetes version.

    `objects` may repeat some that are described, as those of another world do.
    `namespace` is the one of objects that name none, and `why_there` says why as a clause. `observed` is what a dump shows, and
    `params` are the objects from which admission policies take values. `creator` creates bare Pods, unless the configuration names
    another; None for the default.
    """
    described_ids = {id(obj) for obj in described.objects}
    of_unit = [obj for obj in _whole(objects) if id(obj) not in described_ids]
    objects = [*described.objects, *of_unit]
    unit_manifests = [(obj, manifest) for obj in of_unit for manifest in manifests((obj,), namespace)]
    unfollowed = _unfollowed([*described.roles, *_cluster_roles(manifest for _, manifest in unit_manifests)])
    clusters = described.without(unfollowed) if unfollowed else described.clusters
    brought = [
        *_of_pipelines(objects, described, namespace, installed="pipelines" in config.addons),
        *_roles_of_commands(objects, clusters),
    ]
    creator = acting(config.creator.user, config.creator.groups) if config.creator else creator
    # Worlds that kept one another alive would outlive their unit.
    others = WeakValueDictionary[str, World]() if len(clusters) > 1 else None
    worlds: dict[str, World] = {}
    for empty in clusters:
        problems = FieldProblems(empty, described_ids)
        accepted = _without((manifest for obj, manifest in unit_manifests if not problems.rejects(obj)), unfollowed)
        # Pipelines in front, so that what the input says of the same objects holds.
        cluster = empty.with_decodable(brought).with_decodable(accepted, other_units.last_applied if other_units else EMPTY)
        worlds[cluster.release or cluster.kubernetes_version] = World(
            objects,
            cluster,
            namespace=namespace,
            why_there=why_there,
            creator=creator,
            profile_dirs=config.profile_dirs,
            others=others,
            unfollowed=tuple(dict.fromkeys(str((role.get("metadata") or {}).get("name")) for role in unfollowed)),
            other_units=other_units,
            observed=observed,
            problems=problems,
            described=described.objects,
            params=params,
        )
    if others is not None:
        others.update(worlds)
    return worlds


def _of_pipelines(
    objects: Sequence[ApiObject], described: ClusterDescription, namespace: str, *, installed: bool
) -> list[dict[str, Any]]:
    """What OpenShift Pipelines brings for the namespaces that it serves, without the objects that the input describes."""
    served = [o for o in objects if installed or (isinstance(o, Workload) and o.group == "tekton.dev")]
    if not served:
        return []
    from scclint.cluster.pipelines import SCC, SCC_ANNOTATION, openshift_pipelines

    said = {reference(item) for item in chain(*described.layers)}
    default_sccs = (
        value_at(obj.manifest, ("spec", "platforms", "openshift", "scc", "default"))
        for obj in objects
        if isinstance(obj, TektonConfig)
    )
    annotations = {
        o.name: value_at(o.manifest, ("metadata", "annotations", SCC_ANNOTATION)) for o in objects if isinstance(o, Namespace)
    }
    sccs = {name: as_text(annotations.get(name)) for name in _namespaces(served, namespace)}
    brought = openshift_pipelines(sccs, installed=installed, default=next(filter(None, map(as_text, default_sccs)), SCC))
    return [item for item in brought if reference(item) not in said]


def _roles_of_commands(objects: Iterable[ApiObject], clusters: Sequence[Cluster]) -> Iterator[dict[str, Any]]:
    """Yield the ClusterRoles that commands create beside their bindings: those for SCCs that no release brings.

    Source: `AddSCC` in pkg/cli/admin/policy/modify_scc.go of openshift/oc.
    """
    installed = frozenset().union(*(cluster.own_sccs for cluster in clusters))
    grants = (obj for obj in objects if isinstance(obj, RoleBinding) and f" {ADDING_SCC}" in obj.provenance.command)
    names = dict.fromkeys(grant.role[1] for grant in grants)
    sccs = {name: name.removeprefix(SCC_ROLE_PREFIX) for name in names}
    return (role_object(name, [use_rule(scc)]) for name, scc in sccs.items() if scc not in installed and not is_open(scc))


def _whole(objects: Sequence[ApiObject]) -> list[ApiObject]:
    """The objects without patches: a patch of an SCC or a binding is no SCC or binding."""
    return [obj for obj in objects if isinstance(obj, Workload) or not obj.partial]


def acting(user: str, groups: tuple[str, ...] = ()) -> User:
    """A user who acts, with the groups that the API server adds."""
    return User(user, _groups(user, groups))


def _groups(user: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The groups of a user who acts: those given and those that the API server adds, as it does for `--as` (impersonation)."""
    if not groups and (account := User(user).service_account) is not None:
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{account[0]}")
    if {"system:authenticated", "system:unauthenticated"} & set(groups):
        return groups
    return (*groups, "system:unauthenticated" if user == "system:anonymous" else "system:authenticated")


def make_clusters(config: Config, observed: "Observed | None" = None) -> tuple[Cluster, ...]:
    """Return a cluster as installed for each release (or Kubernetes version) that the configuration asks for, oldest first.

    A release has only the SCCs that a dump of it has, if that has all SCCs, and those of add-ons.
    """
    if config.platform == "kubernetes":
        version = config.kubernetes or NEWEST_KUBERNETES
        return (Cluster.kubernetes(version, seccomp_default=config.seccomp_default, node_pools=_node_pools(config)),)
    patches = patches_of(config)
    return tuple(
        Cluster.openshift(
            release,
            platform=config.platform,
            feature_set=config.feature_set,
            upgraded_from_4_10=config.upgraded_from_4_10,
            addons=config.addons,
            among=observed.sccs if observed and observed.release == release else (),
            cluster_admins=True,
            patch=patches.get(release),
        )
        for release in config.openshift or (DEFAULT,)
    )


def _namespaces(objects: Iterable[ApiObject], requested_namespace: str) -> Iterator[str]:
    """Yield the namespaces that objects are in, or that they define."""
    for obj in objects:
        if obj.kind not in CLUSTER_SCOPED:
            yield namespace_of(obj, requested_namespace)
        elif isinstance(obj, Namespace):
            yield obj.name


def _cluster_roles(items: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the ClusterRoles that the API server can decode."""
    return (item for item in items if item.get("kind") == "ClusterRole" and not decode_object(item, ANY_MINOR).errors)


def _unfollowed(roles: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ClusterRoles that aggregate others, if following them takes too long; else none."""
    aggregating = [role for role in roles if selectors_of(role)]
    selectors = sum(len(selectors_of(role)) for role in aggregating)
    return aggregating if len(aggregating) * selectors * len(roles) > MAX_AGGREGATION else []


def _without(items: Iterable[dict[str, Any]], left_out: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    gone = {id(item) for item in left_out}
    return [item for item in items if id(item) not in gone]


def _node_pools(config: Config) -> "Iterator[NodePool]":
    for pool in sorted(config.node_pools, key=lambda pool: pool.name):
        from scclint.cluster.nodes import NodePool

        labels = tuple(sorted(pool.node_selector.items()))
        yield NodePool(pool.name, frozenset(), seccomp_default=pool.seccomp_default, labels=labels)


def _configured(config: Config) -> Iterator[dict[str, Any]]:
    """What the configuration says of the cluster, as the objects that would say it."""
    for facts in config.namespaces:
        ranges = {UID_RANGE: facts.uid_range, MCS: facts.mcs, SUPPLEMENTAL_GROUPS: facts.supplemental_groups}
        annotations = {key: value for key, value in ranges.items() if value}
        if annotations:
            # A cluster writes these two together: who tells one of them leaves the other as it may be.
            annotations = {key: ASSUMED_ANNOTATIONS[key] for key in (UID_RANGE, MCS)} | annotations
        metadata = {"name": facts.name, "labels": dict(facts.labels), "annotations": annotations}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    for pool in config.node_pools:
        labels = {f"{POOL_LABELS}{pool.name}": ""}
        metadata = {"name": pool.name, "labels": labels}
        selector = {"matchLabels": dict(pool.node_selector)}
        yield {"apiVersion": MACHINE, "kind": "MachineConfigPool", "metadata": metadata, "spec": {"nodeSelector": selector}}
        spec = {
            "machineConfigPoolSelector": {"matchLabels": labels},
            "kubeletConfig": {"seccompDefault": pool.seccomp_default},
        }
        metadata = {"name": f"scclint-configured-pool-{pool.name}"}
        yield {"apiVersion": MACHINE, "kind": "KubeletConfig", "metadata": metadata, "spec": spec}
    for index, grant in enumerate(config.grants):
        name = f"scclint-configured-grant-{index}"
        yield role_object(name, [use_rule(grant.scc)])
        if grant.service_account:
            subject = {
                "kind": "ServiceAccount",
                "name": grant.service_account,
                "namespace": grant.namespace or config.namespace or UNSPECIFIED_NAMESPACE,
            }
        else:
            subject = {"kind": "Group" if grant.group else "User", "apiGroup": RBAC, "name": grant.group or grant.user}
        yield binding_object(name, name, [subject], grant.namespace)
