"""The service accounts of the input: their bindings, and whether they may create workloads."""

from collections.abc import Iterable
from typing import Any

from scclint.api import Role, RoleBinding, World, grouped
from scclint.platform.terms import SERVICE_ACCOUNTS_OF

from ._grants import Subject, role_of, subjects_of

IN_EVERY_NAMESPACE = ("builder", "default", "deployer")
"""The service accounts that OpenShift creates in each namespace."""

CREATE = frozenset(("create", "*"))
CHANGE = frozenset(("create", "update", "patch", "bind", "escalate", "*"))

POD_CREATORS = frozenset((
    "*", "cronjobs", "daemonsets", "deploymentconfigs", "deployments", "jobs", "pods", "replicasets",
    "replicationcontrollers", "statefulsets",
))  # fmt: skip
GRANT_RESOURCES = frozenset(("*", "clusterrolebindings", "clusterroles", "rolebindings", "roles", "securitycontextconstraints"))

HARMLESS_ROLES = ("system:openshift:scc:", "system:auth-delegator", "system:image-")
"""Prefixes of the release's roles that, like `view`, do not allow the creation of pods or grants."""


def bindings_by_subject(world: World) -> dict[str, list[tuple[RoleBinding, Subject]]]:
    """Return the bindings of service accounts and groups by the name of the subject, whatever the namespace."""
    return world.memo(
        bindings_by_subject,
        lambda: grouped(
            (holder.name, (binding, holder))
            for binding in world.of(RoleBinding)
            for holder in subjects_of(binding, world)
            if holder.kind != "user"
        ),
    )


def may_create_workloads(world: World, namespace: str, account: str) -> bool:
    """Whether the service account may create workloads or grants, or is bound to a role with unknown rules."""
    by_name, group = bindings_by_subject(world), f"{SERVICE_ACCOUNTS_OF}{namespace}"
    return any(
        _allows_creation(world, binding)
        for name, home in ((account, namespace), (group, ""))
        for binding, holder in by_name.get(name, ())
        if holder.namespace == home
    )


def _allows_creation(world: World, binding: RoleBinding) -> bool:
    ref = role_of(binding, world)
    role = world.find(ref)
    if isinstance(role, Role) and not role.manifest.get("aggregationRule"):
        return any(
            (_lists_any(rule.data, "resources", POD_CREATORS) and _lists_any(rule.data, "verbs", CREATE))
            or (_lists_any(rule.data, "resources", GRANT_RESOURCES) and _lists_any(rule.data, "verbs", CHANGE))
            for rule in role.rules
        )
    return ref.name != "view" and not ref.name.startswith(HARMLESS_ROLES)


def _lists_any(rule: Any, field: str, words: Iterable[str]) -> bool:
    values = rule.get(field)
    return isinstance(values, list) and not frozenset(v for v in values if isinstance(v, str)).isdisjoint(words)
