"""What the controls of frameworks look for, beyond the rules: each check names the objects that fail it.

Some checks are about who may use an SCC that allows too much. The procedures of these controls name the SCCs by a field, then the users
and groups in their lists, the roles that allow their use, and the bindings to those roles outside of the platform's namespaces.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scclint.admission.access import opened_by
from scclint.admission.constraints import MUST_RUN_AS_RANGE, Constraints
from scclint.admission.rbac import Binding, role_bound_by, service_account_name
from scclint.admission.verdict import ObjectRef, User
from scclint.apps.controls.scope import PERMITTED, Scope, is_platform_account, is_platform_namespace
from scclint.objects.expand.csv import INSTALL
from scclint.objects.types import ApiObject, Role, RoleBinding, SecurityContextConstraints, Workload
from scclint.outcome.chain import Outcome
from scclint.platform.terms import EVERYONE, SCC_ROLE_PREFIX, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF, shown_name
from scclint.record import record
from scclint.source import Span
from scclint.text import listed
from scclint.yaml.nodes import node_at, to_data
from scclint.yaml.untyped import as_list, as_mapping, mappings, texts, value_at


@record
class Evidence:
    """An object that fails a control: what is wrong, and where."""

    message: str
    span: Span


Check = Callable[[Scope], Iterator[Evidence]]
Allows = Callable[[Constraints], bool]

_MAY_ADD = ("privileged", "hostnetwork-v2", "restricted-v2", "restricted-v3", "nonroot-v2", "nested-container")
_PLAIN_VOLUMES = frozenset(("configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret"))
"""The sources of volumes that each category of certsuite allows."""
Container = Mapping[str, Any]
Fails = Callable[[Container, Container], bool]


def _of_containers(what: str, fails: Fails, asks: Fails | None = None) -> Check:
    """A check of each container with its pod's spec. `asks` is for pods that the cluster rejects, by default it is the same.

    Such pods lack what the SCC would set.
    """

    def check(scope: Scope) -> Iterator[Evidence]:
        for outcome, spec, rejected in _specs(scope):
            for container in map(outcome.container, outcome.seccomp):
                if (asks or fails if rejected else fails)(container, spec):
                    yield _evidence(outcome, f"container {container['name']} {what}", rejected)

    return check


def _of_pods(what: str, fails: Callable[[Container], bool]) -> Check:
    """A check of the spec of each pod."""

    def check(scope: Scope) -> Iterator[Evidence]:
        for outcome, spec, rejected in _specs(scope):
            if fails(spec):
                yield _evidence(outcome, f"its pods {what}", rejected)

    return check


def _specs(scope: Scope) -> Iterator[tuple[Outcome, Container, bool]]:
    """The pods with a verdict, each with its spec after admission, and whether the cluster rejects it."""
    for outcome in scope.outcomes():
        if outcome.verdict is not None:
            yield outcome, outcome.verdict.pod["spec"], outcome.rejected_by is not None


def _evidence(outcome: Outcome, what: str, rejected: bool) -> Evidence:
    end = " (the cluster rejects the pods)" if rejected else ""
    return Evidence(f"{outcome.workload.named}: {what}{end}", outcome.workload.place.span)


def _context(container: Container) -> Container:
    return as_mapping(container.get("securityContext"))


def _capabilities(container: Container, verb: str) -> frozenset[str]:
    return frozenset(
        str(name).removeprefix("CAP_") for name in value_at(container, ("securityContext", "capabilities", verb)) or ()
    )


def _privileged(container: Container) -> bool:
    return bool(_context(container).get("privileged"))


def _in_effect(container: Container, spec: Container, field: str) -> Any:
    """The value of a field of the security context of a container, or else of its pod."""
    value = _context(container).get(field)
    return _context(spec).get(field) if value is None else value


def _is_root(container: Container, spec: Container) -> bool:
    return bool(_in_effect(container, spec, "runAsUser") == 0)


def _may_be_root(container: Container, spec: Container) -> bool:
    if _in_effect(container, spec, "runAsUser") is None:
        return _in_effect(container, spec, "runAsNonRoot") is not True
    return _is_root(container, spec)


def _is_above_category_1(container: Container, spec: Container) -> bool:
    """Whether a container is in none of certsuite's two categories for every workload.

    Source: tests/accesscontrol/securitycontextcontainer/securitycontextcontainer.go of certsuite. There, `runAsNonRoot` and
    `allowPrivilegeEscalation` make no difference.
    """
    dropped = _capabilities(container, "drop")
    return (
        any(bool(spec.get(field)) for field in ("hostIPC", "hostNetwork", "hostPID"))
        or _privileged(container)
        or any(port.get("hostPort") for port in mappings(container.get("ports")))
        or bool(_capabilities(container, "add"))
        or not (dropped == {"ALL"} or dropped >= {"KILL", "MKNOD", "SETGID", "SETUID"})
        or any(_in_effect(container, spec, field) is None for field in ("runAsUser", "seLinuxOptions"))
        or _context(spec).get("fsGroup") is None
        or any(_PLAIN_VOLUMES.isdisjoint(volume) for volume in mappings(spec.get("volumes")))
    )


def _asks_for_capabilities(container: Container, spec: Container) -> bool:
    return _privileged(container) or bool(_capabilities(container, "add"))


def _asks_for_unconfined(container: Container, spec: Container) -> bool:
    profile = _in_effect(container, spec, "seccompProfile") or {}
    return _privileged(container) or profile.get("type") == "Unconfined"


def _account_of_pods(scope: Scope) -> Iterator[Evidence]:
    for workload in scope.of(Workload):
        if workload.pod.service_account == "default":
            yield Evidence(f"{workload.named}: its pods run as service account default", workload.place.span)


def _default_account(scope: Scope) -> Iterator[Evidence]:
    yield from _account_of_pods(scope)
    for scc in scope.of(SecurityContextConstraints):
        if any(map(_is_default_account, as_list(scc.data.get("users")))):
            yield Evidence(f"{scc.named}: lists service account default", scc.place.span)
    for binding in scope.of(RoleBinding):
        for name in scope.subjects_of(binding):
            if _is_default_account(name):
                role = role_bound_by(scope.decoded(binding) or {}, "")
                yield Evidence(f"{binding.named}: binds {role.kind} {role.name} to service account default", binding.place.span)


def _service_account_token(scope: Scope) -> Iterator[Evidence]:
    """Yield the pods that do not opt out of the token of their account, or run as account default."""
    for outcome, spec, rejected in _specs(scope):
        name = outcome.workload.pod.service_account
        account = scope.world.find(ObjectRef("ServiceAccount", outcome.namespace, name))
        mounts = [as_mapping(of).get("automountServiceAccountToken") for of in (spec, account and account.manifest)]
        if name == "default" or mounts[0] is True or False not in mounts:
            yield _evidence(outcome, f"its pods do not refuse the token of service account {name}", rejected)


def _bound_account(kind: str, counts: Callable[[Scope, Workload, RoleBinding], bool]) -> Check:
    """Return a check of workloads: a binding of a kind names their service account, and `counts`."""

    def check(scope: Scope) -> Iterator[Evidence]:
        bound: dict[str, list[RoleBinding]] = {}
        for binding in scope.of(RoleBinding):
            for name in scope.subjects_of(binding) if binding.kind == kind else ():
                bound.setdefault(name, []).append(binding)
        for workload in scope.of(Workload):
            account = service_account_name(scope.world.namespace_of(workload), workload.pod.service_account)
            for binding in bound.get(account, ()):
                if counts(scope, workload, binding):
                    yield Evidence(f"{workload.named}: {binding.named} binds its service account", workload.place.span)

    return check


def _is_of_all_namespaces(workload: Workload) -> bool:
    """Whether OLM creates the workload of an operator that can serve all namespaces."""
    csv = workload.path[: -len(INSTALL) - 2] if workload.provenance.operator else None
    modes = [] if csv is None else mappings(to_data(node_at(workload.root, (*csv, "spec", "installModes"))))
    return any(mode.get("type") == "AllNamespaces" for mode in modes)


def _requested_sccs(*, several: bool) -> Check:
    """Return a check of ClusterServiceVersions: the first rule about SCCs in `clusterPermissions` names one, or else `several`.

    Source: GetSecurityContextConstraints in internal/bundle/bundle.go of openshift-preflight. Verbs do not count there.
    """

    def check(scope: Scope) -> Iterator[Evidence]:
        first: dict[str, tuple[list[str], Span]] = {}
        for role in scope.of(Role):
            for rule in role.rules if role.provenance.operator and "clusterPermissions" in role.path else ():
                groups, resources = (as_list(rule.data.get(field)) for field in ("apiGroups", "resources"))
                if "security.openshift.io" in groups and "securitycontextconstraints" in resources:
                    first.setdefault(role.provenance.operator, (texts(rule.data.get("resourceNames")), rule.span))
        for operator, (names, span) in first.items():
            if len(names) > 1 or not several:
                yield Evidence(f"ClusterServiceVersion {operator}: asks for SCC {listed(names, 'and') or '*'}", span)

    return check


def _is_default_account(user: object) -> bool:
    account = User(user).service_account if isinstance(user, str) else None
    return account is not None and account[1] == "default" and not is_platform_namespace(account[0])


def _wildcard_roles(scope: Scope) -> Iterator[Evidence]:
    for role in scope.of(Role):
        for rule in role.rules:
            # A wildcard is `*`, or a subresource of every resource: `*/scale`.
            fields = [
                name
                for name in ("apiGroups", "resources", "verbs")
                if any(value.partition("/")[0] == "*" for value in texts(rule.data.get(name)))
            ]
            if fields:
                yield Evidence(f"{role.named}: * in {', '.join(fields)}", rule.span)


def grants_of(what: str, allows: Allows) -> Check:
    """Return a check of who may use the SCCs that `allows` names: each such SCC `what`, a phrase such as "allows host ports"."""

    def check(scope: Scope) -> Iterator[Evidence]:
        counted = {*scope.of(SecurityContextConstraints)}
        for scc, written in _written(scope):
            if allows(scc) and written in counted:
                yield from _members(scc, written, f"SCC {scc.name} {what}, and lists")
        for binding, bound, names in _bindings(scope, allows):
            others = _others(bound)
            # A service account's pods may be admitted by every SCC that the account may use.
            covered = any(name in EVERYONE or name.startswith((SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF)) for name in others)
            if _binds_platform_role(binding, scope) and not covered:
                continue
            lets = listed(sorted(map(shown_name, others)), "and")
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
        if _binds_platform_role(binding, scope):
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
            yield Evidence(f"{start} {shown_name(member)}", written.place.span)


def _bindings(scope: Scope, allows: Allows) -> Iterator[tuple[RoleBinding, Binding, list[str]]]:
    """The bindings of the input outside of the platform, with the SCCs named by `allows` that they let their subjects use."""
    cluster = scope.world.cluster
    granting = {bound.ref: bound for bound in cluster.grants.bindings}
    brought = set(cluster.as_installed.grants.bindings)
    for binding in scope.all(RoleBinding):
        namespace = scope.world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
        bound = granting.get(ObjectRef(binding.kind, namespace, binding.name))
        if bound is None or is_platform_namespace(namespace) or bound in brought:
            continue
        names = sorted(name for name, scc in cluster.sccs.items() if allows(scc) and bound.uses.first(name) is not None)
        if names and _others(bound):
            yield binding, bound, names


def _binds_platform_role(binding: RoleBinding, scope: Scope) -> bool:
    """Whether the role is a specific one of the platform, which V-257557 excludes: cluster-admin, and not the role of an SCC."""
    role = role_bound_by(scope.decoded(binding) or {}, "")
    of_platform = role.name.startswith("system:") and not role.name.startswith(SCC_ROLE_PREFIX)
    return role.kind == "ClusterRole" and (role.name == "cluster-admin" or of_platform)


def _others(bound: Binding) -> set[str]:
    """The subjects of a binding that are no service accounts of the platform."""
    return {name for name in (*bound.users, *bound.groups) if not is_platform_account(name)}


def _adding(name: str) -> Check:
    """A check of containers that add a capability."""
    return _of_containers(
        f"adds the capability {name}", lambda container, spec: bool(_capabilities(container, "add") & {name, "ALL"})
    )


CHECKS: Mapping[str, Check] = {
    "privileged": _of_containers("is privileged", lambda container, spec: _privileged(container)),
    "host-pid": _of_pods("share the process IDs of the host", lambda spec: bool(spec.get("hostPID"))),
    "host-ipc": _of_pods("share the IPC of the host", lambda spec: bool(spec.get("hostIPC"))),
    "host-network": _of_pods("share the network of the host", lambda spec: bool(spec.get("hostNetwork"))),
    "privilege-escalation": _of_containers(
        "may gain more privileges than its parent process",
        lambda container, spec: _context(container).get("allowPrivilegeEscalation") is not False,
        lambda container, spec: _privileged(container) or _context(container).get("allowPrivilegeEscalation") is True,
    ),
    "allowed-escalation": _of_containers(
        "sets allowPrivilegeEscalation: true",
        lambda container, spec: _context(container).get("allowPrivilegeEscalation") is True,
    ),
    "root": _of_containers("may run as root", _may_be_root, _is_root),
    "category-1": _of_containers("is above category 1 of security contexts", _is_above_category_1),
    "user-1337": _of_pods("run as user 1337", lambda spec: _context(spec).get("runAsUser") == 1337),
    "ptrace": _of_pods(
        "share their process IDs, and no container adds SYS_PTRACE",
        lambda spec: (
            spec.get("shareProcessNamespace") is True
            and not any("SYS_PTRACE" in _capabilities(one, "add") for one in mappings(spec.get("containers")))
        ),
    ),
    # Rules report the containers that run so.
    "unconfined": _of_containers("asks to run without seccomp", lambda container, spec: False, _asks_for_unconfined),
    "net-raw": _of_containers(
        "has the capability NET_RAW",
        lambda container, spec: _privileged(container) or bool(_capabilities(container, "add") & {"NET_RAW", "ALL"}),
    ),
    **{
        f"adds-{name.lower().replace('_', '-')}": _adding(name)
        for name in (
            *("BPF", "DAC_OVERRIDE", "DAC_READ_SEARCH", "IPC_LOCK", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_MODULE"),
        )
    },
    "host-path": _of_pods(
        "mount a path of the host", lambda spec: any(one.get("hostPath") for one in mappings(spec.get("volumes")))
    ),
    "host-port": _of_containers(
        "uses a port of the host",
        lambda container, spec: any(port.get("hostPort") for port in mappings(container.get("ports"))),
    ),
    "writable-root": _of_containers(
        "can write to its root filesystem",
        lambda container, spec: _context(container).get("readOnlyRootFilesystem") is not True,
    ),
    "added-capabilities": _of_containers("adds capabilities", _asks_for_capabilities),
    "assigned-capabilities": _of_containers(
        "keeps capabilities of the runtime",
        lambda container, spec: _privileged(container) or "ALL" not in _capabilities(container, "drop"),
        _asks_for_capabilities,
    ),
    "account-of-pods": _account_of_pods,
    "account-elsewhere": _bound_account(
        "RoleBinding",
        lambda scope, workload, binding: scope.world.namespace_of(binding) not in scope.namespaces_of_pods,
    ),
    "cluster-wide-account": _bound_account(
        "ClusterRoleBinding", lambda scope, workload, binding: not _is_of_all_namespaces(workload)
    ),
    "service-account-token": _service_account_token,
    "requests-sccs": _requested_sccs(several=False),
    "requests-several-sccs": _requested_sccs(several=True),
    "default-account": _default_account,
    "wildcard-roles": _wildcard_roles,
    "v-257557": v_257557,
    "allowed-capabilities": allowed_capabilities,
    "grants-privileged": grants_of("allows privileged containers", lambda scc: scc.allow_privileged_container),
    "grants-node-access": grants_of("opens the node", lambda scc: bool(opened_by(scc))),
    "grants-host-pid": grants_of("allows the process IDs of the host", lambda scc: scc.allow_host_pid),
    "grants-host-ipc": grants_of("allows the IPC of the host", lambda scc: scc.allow_host_ipc),
    "grants-host-network": grants_of("allows the network of the host", lambda scc: scc.allow_host_network),
    "grants-privilege-escalation": grants_of("allows privilege escalation", lambda scc: scc.allow_privilege_escalation),
    "grants-root": grants_of("does not require a user ID from a range", lambda scc: scc.run_as_user != MUST_RUN_AS_RANGE),
    "grants-net-raw": grants_of(
        "does not drop NET_RAW", lambda scc: {"NET_RAW", "ALL"}.isdisjoint(scc.required_drop_capabilities)
    ),
    "grants-capabilities": grants_of("drops no capability", lambda scc: not scc.required_drop_capabilities),
}
"""The checks by the names that frameworks.json uses."""
