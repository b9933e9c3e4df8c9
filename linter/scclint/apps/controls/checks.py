"""What the controls of frameworks look for, beyond the rules: each check names the objects that fail it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from scclint.admission.access import opened_by
from scclint.admission.constraints import MUST_RUN_AS_RANGE
from scclint.admission.rbac import role_bound_by
from scclint.admission.verdict import User
from scclint.apps.controls.grants import Check, Evidence, allowed_capabilities, grants_of, v_257557
from scclint.apps.controls.scope import Scope, is_platform_namespace
from scclint.model.object import Role, RoleBinding, SecurityContextConstraints, Workload
from scclint.outcome.chain import Outcome
from scclint.untyped import as_list, as_mapping

Container = Mapping[str, Any]
Fails = Callable[[Container, Container], bool]


def _of_containers(what: str, fails: Fails, asks: Fails | None = None) -> Check:
    """A check of each container with its pod's spec. `asks` is for pods that the cluster rejects, by default it is the same.

    Such pods lack what the SCC would set.
    """

    def check(scope: Scope) -> Iterator[Evidence]:
        for outcome, spec, rejected in _specs(scope):
            for one in outcome.seccomp:
                if (asks or fails if rejected else fails)(outcome.container(one), spec):
                    yield _evidence(outcome, f"container {one.name} {what}", rejected)

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
    names = (_context(container).get("capabilities") or {}).get(verb) or ()
    return frozenset(str(name).removeprefix("CAP_") for name in names)


def _privileged(container: Container) -> bool:
    return bool(_context(container).get("privileged"))


def _in_effect(container: Container, spec: Container, field: str) -> Any:
    """The value of a field of the security context of a container, or else of its pod."""
    own = _context(container).get(field)
    return _context(spec).get(field) if own is None else own


def _is_root(container: Container, spec: Container) -> bool:
    return bool(_in_effect(container, spec, "runAsUser") == 0)


def _may_be_root(container: Container, spec: Container) -> bool:
    open_user = _in_effect(container, spec, "runAsUser") is None and _in_effect(container, spec, "runAsNonRoot") is not True
    return open_user or _is_root(container, spec)


def _asks_for_capabilities(container: Container, spec: Container) -> bool:
    return _privileged(container) or bool(_capabilities(container, "add"))


def _asks_for_unconfined(container: Container, spec: Container) -> bool:
    profile = _in_effect(container, spec, "seccompProfile") or {}
    return _privileged(container) or profile.get("type") == "Unconfined"


def _default_account(scope: Scope) -> Iterator[Evidence]:
    for workload in scope.of(Workload):
        if workload.pod.service_account == "default":
            yield Evidence(f"{workload.named}: its pods run as service account default", workload.place.span)
    for scc in scope.of(SecurityContextConstraints):
        if any(map(_is_default_account, as_list(scc.data.get("users")))):
            yield Evidence(f"{scc.named}: lists service account default", scc.place.span)
    for binding in scope.of(RoleBinding):
        for name in scope.subjects_of(binding):
            if _is_default_account(name):
                role = role_bound_by(scope.decoded(binding) or {}, "")
                yield Evidence(f"{binding.named}: binds {role.kind} {role.name} to service account default", binding.place.span)


def _is_default_account(user: object) -> bool:
    account = User(user).service_account if isinstance(user, str) else None
    return account is not None and account[1] == "default" and not is_platform_namespace(account[0])


def _wildcard_roles(scope: Scope) -> Iterator[Evidence]:
    for role in scope.of(Role):
        for rule in role.rules:
            fields = [name for name in ("apiGroups", "resources", "verbs") if _has_wildcard(as_list(rule.data.get(name)))]
            if fields:
                yield Evidence(f"{role.named}: * in {', '.join(fields)}", rule.span)


def _has_wildcard(values: Iterable[object]) -> bool:
    """Whether a list of a rule has `*`, or a subresource of every resource: `*/scale`."""
    return any(isinstance(value, str) and value.partition("/")[0] == "*" for value in values)


CHECKS: Mapping[str, Check] = {
    "privileged": _of_containers("is privileged", lambda one, spec: _privileged(one)),
    "host-pid": _of_pods("share the process IDs of the host", lambda spec: bool(spec.get("hostPID"))),
    "host-ipc": _of_pods("share the IPC of the host", lambda spec: bool(spec.get("hostIPC"))),
    "host-network": _of_pods("share the network of the host", lambda spec: bool(spec.get("hostNetwork"))),
    "privilege-escalation": _of_containers(
        "may gain more privileges than its parent process",
        lambda one, spec: _context(one).get("allowPrivilegeEscalation") is not False,
        lambda one, spec: _privileged(one) or _context(one).get("allowPrivilegeEscalation") is True,
    ),
    "root": _of_containers("may run as root", _may_be_root, _is_root),
    # Rules report the containers that run so.
    "unconfined": _of_containers("asks to run without seccomp", lambda one, spec: False, _asks_for_unconfined),
    "net-raw": _of_containers(
        "has the capability NET_RAW", lambda one, spec: _privileged(one) or bool(_capabilities(one, "add") & {"NET_RAW", "ALL"})
    ),
    "added-capabilities": _of_containers("adds capabilities", _asks_for_capabilities),
    "assigned-capabilities": _of_containers(
        "keeps capabilities of the runtime",
        lambda one, spec: _privileged(one) or "ALL" not in _capabilities(one, "drop"),
        _asks_for_capabilities,
    ),
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
