"""The service accounts of the input: what runs as them, and what else they may do."""

from collections.abc import Iterable
from typing import Any

from scclint.api import Role, RoleBinding, Workload, World

from ._grants import SERVICE_ACCOUNTS_OF, holders, role_of

CREATE = frozenset(("create", "*"))
CHANGE = frozenset(("create", "update", "patch", "bind", "escalate", "*"))

MAKES_PODS = frozenset((
    "*", "cronjobs", "daemonsets", "deploymentconfigs", "deployments", "jobs", "pods", "replicasets",
    "replicationcontrollers", "statefulsets",
))  # fmt: skip
GRANTS_RIGHTS = frozenset(("*", "clusterrolebindings", "clusterroles", "rolebindings", "roles", "securitycontextconstraints"))

HARMLESS_ROLES = ("system:openshift:scc:", "system:auth-delegator", "system:image-")
"""Roles of the release that let nobody create pods or pass on rights. `view` does not, either."""


def _workloads(world: World) -> dict[tuple[str, str], list[Workload]]:
    found: dict[tuple[str, str], list[Workload]] = {}
    for workload in world.of(Workload):
        found.setdefault((world.namespace_of(workload), workload.pod.service_account), []).append(workload)
    return found


def workloads_of(world: World, namespace: str, account: str) -> list[Workload]:
    """The workloads of the input, the context included, whose pods run as the service account."""
    return world.memo(_workloads, lambda: _workloads(world)).get((namespace, account), [])


def _bindings(world: World) -> dict[tuple[str, str], list[RoleBinding]]:
    """The bindings by service account; those to all service accounts of a namespace under the name ``."""
    found: dict[tuple[str, str], list[RoleBinding]] = {}
    for binding in world.of(RoleBinding):
        for holder in holders(binding, world):
            if holder.kind == "service account":
                found.setdefault((holder.namespace, holder.name), []).append(binding)
            elif holder.kind == "group" and holder.name.startswith(SERVICE_ACCOUNTS_OF):
                found.setdefault((holder.name.removeprefix(SERVICE_ACCOUNTS_OF), ""), []).append(binding)
    return found


def acts_for_others(world: World, namespace: str, account: str) -> bool:
    """Whether the service account may create workloads or pass on rights, or is bound to a role whose rules are not known."""
    bindings = world.memo(_bindings, lambda: _bindings(world))
    return any(_lets_act(world, binding) for name in (account, "") for binding in bindings.get((namespace, name), ()))


def _lets_act(world: World, binding: RoleBinding) -> bool:
    ref = role_of(binding, world)
    role = world.find(ref)
    if isinstance(role, Role) and not role.manifest.get("aggregationRule"):
        return any(
            (_any(rule.data, "resources", MAKES_PODS) and _any(rule.data, "verbs", CREATE))
            or (_any(rule.data, "resources", GRANTS_RIGHTS) and _any(rule.data, "verbs", CHANGE))
            for rule in role.rules
        )
    return ref.name != "view" and not ref.name.startswith(HARMLESS_ROLES)


def _any(rule: Any, field: str, words: Iterable[str]) -> bool:
    values = rule.get(field)
    return isinstance(values, list) and not frozenset(v for v in values if isinstance(v, str)).isdisjoint(words)
