"""What the controls of frameworks look for, beyond the rules: each check names the objects that fail it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scclint.admission.constraints import MUST_RUN_AS_RANGE, Constraints
from scclint.admission.verdict import ObjectRef
from scclint.model.roles import Role, RoleBinding
from scclint.model.workload import Workload
from scclint.outcome import Outcome
from scclint.record import record
from scclint.source import Span
from scclint.world import World


@record
class Evidence:
    """An object that fails a control: what is wrong, and where."""

    message: str
    span: Span


Check = Callable[[World], Iterator[Evidence]]
Container = Mapping[str, Any]


def _of_containers(what: str, fails: Callable[[Container, Container], bool]) -> Check:
    """A check of each container of the pods that run, with its pod's spec."""

    def check(world: World) -> Iterator[Evidence]:
        for outcome in _running(world):
            assert outcome.verdict is not None
            spec = outcome.verdict.pod["spec"]
            for one in outcome.seccomp:
                if fails(outcome.container(one), spec):
                    yield Evidence(f"{outcome.workload.named}: container {one.name} {what}", outcome.workload.place.span)

    return check


def _of_pods(what: str, fails: Callable[[Container], bool]) -> Check:
    """A check of the spec of each pod that runs."""

    def check(world: World) -> Iterator[Evidence]:
        for outcome in _running(world):
            assert outcome.verdict is not None
            if fails(outcome.verdict.pod["spec"]):
                yield Evidence(f"{outcome.workload.named}: its pods {what}", outcome.workload.place.span)

    return check


def _running(world: World) -> Iterator[Outcome]:
    """The outcomes of the workloads whose pods the cluster creates."""
    for workload in world.of(Workload):
        outcome = world.outcome(workload)
        if outcome.admitted and outcome.rejected_by is None:
            yield outcome


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


def _default_account(world: World) -> Iterator[Evidence]:
    for workload in world.of(Workload):
        if workload.pod.service_account == "default":
            yield Evidence(f"{workload.named}: its pods run as service account default", workload.place.span)


def _wildcard_roles(world: World) -> Iterator[Evidence]:
    for role in world.of(Role):
        for rule in role.rules:
            fields = [name for name in ("apiGroups", "resources", "verbs") if "*" in (rule.data.get(name) or ())]
            if fields:
                yield Evidence(f"{role.named}: * in {', '.join(fields)}", rule.span)


PERMITTED = frozenset(
    (
        *("system:cluster-admins", "system:nodes", "system:masters", "system:admin"),
        "system:serviceaccount:openshift-infra:build-controller",
        "system:serviceaccount:openshift-infra:pv-recycler-controller",
        "system:serviceaccount:openshift-machine-api:machine-api-termination-handler",
    )
)
"""The users and groups that V-257557 permits in the lists of an SCC that opens what `restricted` does not."""


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


def _stig_257557(world: World) -> Iterator[Evidence]:
    """The check text of V-257557: the lists of open SCCs, `system:authenticated`, and bindings outside of the platform's namespaces."""
    sccs = world.cluster.sccs
    for name, scc in sccs.items():
        written = world.scc(name)
        if written is None:
            continue
        if _opens(scc):
            if name == "restricted":
                yield Evidence("SCC restricted allows what it must not allow", written.place.span)
            for member in (*scc.users, *scc.groups):
                if member not in PERMITTED:
                    yield Evidence(f"SCC {name} is not permitted, and lists {member}", written.place.span)
        elif "system:authenticated" in scc.groups and name != "restricted":
            yield Evidence(f"SCC {name} lists group system:authenticated", written.place.span)
    granting = {bound.ref: bound for bound in world.cluster.bindings}
    for binding in world.of(RoleBinding):
        home = world.namespace_of(binding) if binding.kind == "RoleBinding" else ""
        bound = granting.get(ObjectRef(binding.kind, home, binding.name))
        if bound is None or home.startswith(("kube-", "openshift-")) or bound in world.cluster.as_installed.bindings:
            continue
        named = sorted(name for name, scc in sccs.items() if _opens(scc) and bound.uses.first(name) is not None)
        subjects = [*bound.users, *bound.groups]
        if named and not all(_of_the_platform(subject) for subject in subjects):
            what = "every SCC" if bound.uses.every else f"SCC {', '.join(named)}"
            yield Evidence(f"{binding.named}: binds a role that allows the use of {what}", binding.place.span)


def _of_the_platform(subject: str) -> bool:
    """Whether a subject is permitted, or a service account of a namespace of the platform."""
    return subject in PERMITTED or subject.startswith(("system:serviceaccount:openshift-", "system:serviceaccount:kube-"))


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
    "v-257557": _stig_257557,
}
"""The checks by the names that frameworks.json uses."""
