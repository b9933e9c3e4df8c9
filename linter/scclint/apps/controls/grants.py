"""The checks of controls that are about who may use an SCC that allows too much.

The procedures of these controls name the SCCs by a field, then the users and groups in their lists, the roles that allow their use,
and the bindings to those roles outside of the platform's namespaces.
"""

from collections.abc import Callable, Iterator

from scclint.admission.constraints import MUST_RUN_AS_RANGE, Constraints
from scclint.admission.rbac import Binding, role_bound_by
from scclint.apps.controls.scope import PERMITTED, Scope, is_platform_account, is_platform_namespace, reference
from scclint.model.object import ApiObject, RoleBinding, SecurityContextConstraints
from scclint.model.terms import EVERYONE, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF
from scclint.record import record
from scclint.source import Span
from scclint.text import listed


@record
class Evidence:
    """An object that fails a control: what is wrong, and where."""

    message: str
    span: Span


Check = Callable[[Scope], Iterator[Evidence]]
Allows = Callable[[Constraints], bool]

_OWN_SCC_ROLES = "system:openshift:scc:"
_MAY_ADD = ("privileged", "hostnetwork-v2", "restricted-v2", "restricted-v3", "nonroot-v2", "nested-container")


def grants_of(what: str, allows: Allows) -> Check:
    """Return a check of who may use the SCCs that `allows` names: each such SCC `what`, a phrase such as "allows host ports"."""

    def check(scope: Scope) -> Iterator[Evidence]:
        counted = {*scope.of(SecurityContextConstraints)}
        for scc, written in _written(scope):
            if allows(scc) and written in counted:
                yield from _members(scc, written, f"SCC {scc.name} {what}, and lists")
        for binding, bound, names in _bindings(scope, allows):
            others = _others(bound)
            if _binds_own_role(binding, scope) and not any(map(_covers_service_accounts, others)):
                continue
            lets = listed(sorted(others), "and")
            sccs = f"SCC {names[0]}, which {what}" if len(names) == 1 else f"SCCs {listed(names, 'and')}, each of which {what}"
            yield Evidence(f"{binding.named}: lets {lets} use {sccs}", binding.place.span)

    return check


def allowed_capabilities(scope: Scope) -> Iterator[Evidence]:
    """Yield the SCCs with `allowedCapabilities` that are not in the list that ComplianceAsCode permits.

    Source: var_sccs_with_allowed_capabilities_regex of ComplianceAsCode/content.
    """
    for obj in scope.all(SecurityContextConstraints):
        # The expression of ComplianceAsCode has no end for the last name.
        permitted = obj.name in _MAY_ADD or obj.name.startswith("insights-runtime-extractor-scc")
        if obj.data.get("allowedCapabilities") is not None and not permitted:
            yield Evidence(f"SCC {obj.name} sets allowedCapabilities", obj.place.span)


def v_257557(scope: Scope) -> Iterator[Evidence]:
    """Yield what the check text of V-257557 names: lists of open SCCs, `system:authenticated`, and bindings."""
    for scc, written in _written(scope):
        if _opens(scc):
            if scc.name == "restricted":
                yield Evidence("SCC restricted allows what it must not allow", written.place.span)
            yield from _members(scc, written, f"SCC {scc.name} is not permitted, and lists")
        elif "system:authenticated" in scc.groups and scc.name != "restricted":
            yield Evidence(f"SCC {scc.name} lists group system:authenticated", written.place.span)
    for binding, bound, names in _bindings(scope, _opens):
        if _binds_own_role(binding, scope):
            continue
        what = "every SCC" if bound.uses.every else f"SCC {', '.join(names)}"
        yield Evidence(f"{binding.named}: binds a role that allows the use of {what}", binding.place.span)


def _opens(scc: Constraints) -> bool:
    """Whether V-257557 counts the SCC as one that is not permitted."""
    return (
        scc.allow_host_ipc
        or scc.allow_host_pid
        or scc.allow_host_ports
        or scc.allow_host_network
        or scc.allow_host_dir_volume_plugin
        or scc.allow_privileged_container
        or scc.run_as_user != MUST_RUN_AS_RANGE
    )


def _written(scope: Scope) -> Iterator[tuple[Constraints, ApiObject]]:
    """The SCCs of the input, each in effect and as an object."""
    for name, scc in scope.world.cluster.sccs.items():
        written = scope.world.scc(name)
        if written is not None:
            yield scc, written


def _members(scc: Constraints, written: ApiObject, start: str) -> Iterator[Evidence]:
    for member in (*scc.users, *scc.groups):
        if member not in PERMITTED:
            yield Evidence(f"{start} {member}", written.place.span)


def _bindings(scope: Scope, allows: Allows) -> Iterator[tuple[RoleBinding, Binding, list[str]]]:
    """The bindings of the input outside of the platform, with the SCCs named by `allows` that they let their subjects use."""
    cluster = scope.world.cluster
    granting = {bound.ref: bound for bound in cluster.grants.bindings}
    brought = set(cluster.as_installed.grants.bindings)
    for binding in scope.all(RoleBinding):
        ref = reference(binding, scope.world)
        bound = granting.get(ref)
        if bound is None or is_platform_namespace(ref.namespace) or bound in brought:
            continue
        names = sorted(name for name, scc in cluster.sccs.items() if allows(scc) and bound.uses.first(name) is not None)
        if names and _others(bound):
            yield binding, bound, names


def _binds_own_role(binding: RoleBinding, scope: Scope) -> bool:
    """Whether the role is a specific one of the platform, which V-257557 excludes: cluster-admin, and not the role of an SCC."""
    role = role_bound_by(scope.decoded(binding) or {}, "")
    own = role.name == "cluster-admin" or (role.name.startswith("system:") and not role.name.startswith(_OWN_SCC_ROLES))
    return role.kind == "ClusterRole" and own


def _covers_service_accounts(name: str) -> bool:
    """Whether a user or group is or includes a service account: its pods may be admitted by every SCC that it may use."""
    return name in EVERYONE or name.startswith((SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF))


def _others(bound: Binding) -> set[str]:
    """The subjects of a binding that are no service accounts of the platform."""
    return {name for name in (*bound.users, *bound.groups) if not is_platform_account(name)}
