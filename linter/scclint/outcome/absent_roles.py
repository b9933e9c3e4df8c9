"""The roles that the input binds to the account of a pod and does not have: whether they grant an SCC is not known."""

from collections.abc import Iterator

from scclint.admission.authorize import controller_user
from scclint.admission.verdict import ObjectRef
from scclint.objects.types import Workload
from scclint.outcome.world import World
from scclint.platform.terms import SCC_ROLE_PREFIX, namespace_name
from scclint.text import full_name, listed

_WITHOUT_SCCS = frozenset((
    "alert-routing-edit", "cluster-debugger", "cluster-logging-application-view", "cluster-logging-audit-view",
    "cluster-logging-infrastructure-view", "cluster-monitoring-metrics-api", "cluster-monitoring-view", "cluster-status",
    "extension-apiserver-authentication-reader", "monitoring-alertmanager-edit", "monitoring-edit", "monitoring-rules-edit",
    "monitoring-rules-view", "registry-admin", "registry-editor", "registry-monitor", "registry-viewer", "self-access-reviewer",
    "self-provisioner", "user-workload-monitoring-config-edit",
))  # fmt: skip
"""Roles of OpenShift and its add-ons that allow no use of SCCs, beside those that begin with `system:`."""


def open_on(workload: Workload, world: World) -> str:
    """Return what the input lacks that a rejection by SCC admission depends on, as a clause; empty if it depends on nothing of the kind.

    It is `ClusterRole web, which is not in the input, grants an SCC`.
    """
    outcome = world.outcome(workload)
    if outcome.rejected_by != "scc" or world.knows_grants_in(outcome.namespace):
        return ""
    roles = sorted(
        {
            full_name(role.kind, namespace_name(role.namespace), role.name)
            for role in _absent(workload, outcome.namespace, world)
        }
    )
    are = "is" if len(roles) == 1 else "are"
    return f"{listed(roles, 'or')}, which {are} not in the input, grants an SCC" if roles else ""


def _absent(workload: Workload, namespace: str, world: World) -> Iterator[ObjectRef]:
    """Yield the roles that the input binds to the account of a workload, or to a group of it, and that nothing defines."""
    grants, others = world.cluster.grants, world.other_units
    several = {of.name for of in others.ambiguous}
    for binding, role in grants.rights.bindings_of(controller_user(namespace, workload.pod.service_account)).items():
        counts = binding.namespace in ("", namespace) and world.find(binding) is not None
        if not counts or _is_of_platform(role.name) or grants.has_role(role) or world.find(role) is not None:
            continue
        if f"{role.kind} {role.name}" not in several and not others.defines_role(*role):
            yield role


def _is_of_platform(name: str) -> bool:
    return name in _WITHOUT_SCCS or (name.startswith("system:") and not name.startswith(SCC_ROLE_PREFIX))
