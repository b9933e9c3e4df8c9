"""What the controls of frameworks look for, beyond the rules: each check names the objects that fail it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scclint.admission.constraints import MUST_RUN_AS_RANGE
from scclint.admission.rbac import role_bound_by
from scclint.admission.verdict import User
from scclint.controls.grants import Check, Evidence, allowed_capabilities, grants_of, v_257557
from scclint.controls.scope import Scope, is_platform_namespace, subjects_of
from scclint.model.roles import Role, RoleBinding
from scclint.model.workload import Workload
from scclint.outcome import Outcome

Container = Mapping[str, Any]


def _of_containers(what: str, fails: Callable[[Container, Container], bool]) -> Check:
    """A check of each container of the pods that run, with its pod's spec."""

    def check(scope: Scope) -> Iterator[Evidence]:
        for outcome, spec in _specs(scope):
            for one in outcome.seccomp:
                if fails(outcome.container(one), spec):
                    yield Evidence(f"{outcome.workload.named}: container {one.name} {what}", outcome.workload.place.span)

    return check


def _of_pods(what: str, fails: Callable[[Container], bool]) -> Check:
    """A check of the spec of each pod that runs."""

    def check(scope: Scope) -> Iterator[Evidence]:
        for outcome, spec in _specs(scope):
            if fails(spec):
                yield Evidence(f"{outcome.workload.named}: its pods {what}", outcome.workload.place.span)

    return check


def _specs(scope: Scope) -> Iterator[tuple[Outcome, Container]]:
    """The pods that run, each with its spec after admission."""
    return ((outcome, outcome.verdict.pod["spec"]) for outcome in scope.running() if outcome.verdict is not None)


def _context(container: Container) -> Container:
    found: Container = container.get("securityContext") or {}
    return found


def _capabilities(container: Container, verb: str) -> frozenset[str]:
    names = (_context(container).get("capabilities") or {}).get(verb) or ()
    return frozenset(str(name).removeprefix("CAP_") for name in names)


def _privileged(container: Container) -> bool:
    return bool(_context(container).get("privileged"))


def _may_be_root(container: Container, spec: Container) -> bool:
    pod, own = spec.get("securityContext") or {}, _context(container)
    uid = own["runAsUser"] if own.get("runAsUser") is not None else pod.get("runAsUser")
    non_root = own["runAsNonRoot"] if own.get("runAsNonRoot") is not None else pod.get("runAsNonRoot")
    return uid == 0 or (uid is None and non_root is not True)


def _default_account(scope: Scope) -> Iterator[Evidence]:
    for workload in scope.of(Workload):
        if workload.pod.service_account == "default":
            yield Evidence(f"{workload.named}: its pods run as service account default", workload.place.span)
    for binding in scope.of(RoleBinding):
        accounts = (User(name).service_account for name in subjects_of(binding, scope.world))
        for namespace, name in filter(None, accounts):
            if name == "default" and not is_platform_namespace(namespace):
                role = role_bound_by(binding.manifest, "")
                yield Evidence(f"{binding.named}: binds {role.kind} {role.name} to service account default", binding.place.span)


def _wildcard_roles(scope: Scope) -> Iterator[Evidence]:
    for role in scope.of(Role):
        for rule in role.rules:
            fields = [name for name in ("apiGroups", "resources", "verbs") if "*" in (rule.data.get(name) or ())]
            if fields:
                yield Evidence(f"{role.named}: * in {', '.join(fields)}", rule.span)


CHECKS: Mapping[str, Check] = {
    "privileged": _of_containers("is privileged", lambda one, spec: _privileged(one)),
    "host-pid": _of_pods("share the process IDs of the host", lambda spec: bool(spec.get("hostPID"))),
    "host-ipc": _of_pods("share the IPC of the host", lambda spec: bool(spec.get("hostIPC"))),
    "host-network": _of_pods("share the network of the host", lambda spec: bool(spec.get("hostNetwork"))),
    "host-path": _of_pods("mount a path of the host", lambda spec: any("hostPath" in one for one in spec.get("volumes") or ())),
    "privilege-escalation": _of_containers(
        "may gain more privileges than its parent process",
        lambda one, spec: _context(one).get("allowPrivilegeEscalation") is not False,
    ),
    "root": _of_containers("may run as root", _may_be_root),
    "net-raw": _of_containers(
        "has the capability NET_RAW", lambda one, spec: _privileged(one) or bool(_capabilities(one, "add") & {"NET_RAW", "ALL"})
    ),
    "added-capabilities": _of_containers(
        "adds capabilities", lambda one, spec: _privileged(one) or bool(_capabilities(one, "add"))
    ),
    "assigned-capabilities": _of_containers(
        "keeps capabilities of the runtime", lambda one, spec: _privileged(one) or "ALL" not in _capabilities(one, "drop")
    ),
    "default-account": _default_account,
    "wildcard-roles": _wildcard_roles,
    "v-257557": v_257557,
    "allowed-capabilities": allowed_capabilities,
    "grants-privileged": grants_of("allows privileged containers", lambda scc: scc.allow_privileged_container),
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
