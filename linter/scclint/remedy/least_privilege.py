"""The smallest right to SCCs with which the pods of a service account are admitted.

In this order: an SCC that the account may use already, an SCC of the release that confines as well as it can, a custom SCC. A
custom SCC allows what the pods ask for and nothing else, and it is tried after `restricted-v2`, so that it takes no other pod.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import product
from typing import Any, Literal, NamedTuple

from scclint.admission.access import opened_by, used_by
from scclint.admission.rbac import binding_object, role_object, use_rule
from scclint.admission.verdict import ObjectRef, Verdict
from scclint.advice.effects import of_injection, user_change
from scclint.advice.grants import SHARED_ACCOUNTS, other_rights, rights_beside
from scclint.cluster import Cluster
from scclint.errors import UsageError
from scclint.finding import Path
from scclint.objects.types import Workload
from scclint.objects.unknown import stands_for_a_name
from scclint.outcome.chain import Outcome
from scclint.outcome.world import CLUSTER_ADMIN, PROJECT_USER, World
from scclint.platform.terms import REQUIRED_SCC, RESTRICTED, SCC_ROLE_PREFIX, UNSPECIFIED_NAMESPACE
from scclint.record import EMPTY, record, replace
from scclint.remedy.demand import DEFAULT_PROFILE, AskingPod, Demand, Object
from scclint.text import listed

_SHIPPED = ("nonroot-v2", "hostnetwork-v2")
"""SCCs of the release that apply a profile and open no more than what they are named after."""

_PLACEHOLDER = "NAMESPACE"
"""In place of a namespace that nobody named."""


@record
class Suggestion:
    """`kind` says which sort of SCC `scc` is. `objects` are to be applied; none for an SCC that is usable already.

    `pods` are the workloads, each with the SCCs that admit its pods before and after, empty if none does. `reasons` name the workload
    and field that demands a field of the custom SCC, by the path of that field. `pin`: only the annotation `openshift.io/required-scc`
    makes sure that no other SCC admits the pods. `notes` are what you have to do or to check.
    """

    namespace: str
    account: str
    kind: Literal["usable", "shipped", "custom"]
    scc: str
    objects: tuple[Mapping[str, Any], ...] = ()
    reasons: Mapping[Path, str] = EMPTY
    pods: tuple[tuple[str, str, str], ...] = ()
    pin: bool = False
    notes: tuple[str, ...] = ()

    @property
    def allowed(self) -> object:
        """What the SCC allows: the fields of a custom one, or else its name."""
        custom = [{**obj, "metadata": None} for obj in self.objects if obj["kind"] == "SecurityContextConstraints"]
        return custom or self.scc


def suggest(world: World, workloads: Sequence[Workload], namespace: str, account: str) -> Suggestion:
    """The smallest right for the pods of `workloads`, which all run as one account. Raises UsageError where there is none.

    If no namespace is known, the objects have NAMESPACE in its place, which the API server rejects until somebody replaces it.
    """
    suggestion = _suggested(world, workloads, namespace, account)
    return suggestion if namespace != UNSPECIFIED_NAMESPACE else _with_placeholder(suggestion)


def _with_placeholder(suggestion: Suggestion) -> Suggestion:
    name = _custom_name(UNSPECIFIED_NAMESPACE, suggestion.account)

    def shown(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: shown(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [shown(item) for item in value]
        if not isinstance(value, str):
            return value
        return _PLACEHOLDER if value == UNSPECIFIED_NAMESPACE else value.replace(name, _custom_name(_PLACEHOLDER, account))

    account = suggestion.account
    grants = [f"replace {_PLACEHOLDER} with the namespace of the pods, or name it with -n"] if suggestion.objects else []
    return replace(
        suggestion,
        namespace=_PLACEHOLDER,
        scc=shown(suggestion.scc),
        objects=tuple(map(shown, suggestion.objects)),
        pods=tuple((pod, shown(before), shown(after)) for pod, before, after in suggestion.pods),
        notes=(*grants, *map(shown, suggestion.notes)),
    )


def _custom_name(namespace: str, account: str) -> str:
    return f"scc-{namespace}-{account}"


class _Asked(NamedTuple):
    """What is known of the pods before a suggestion: `required` are the SCCs that they ask for by name, empty where they ask for none."""

    outcomes: Sequence[Outcome]
    verdicts: Sequence[Verdict]
    required: Sequence[str]
    notes: Sequence[str]

    def pods(self, account: str) -> list[AskingPod]:
        """The pods as they would be created with a service account, without the SCC that they ask for."""
        return [AskingPod(outcome.workload, _plain(outcome, account)) for outcome in self.outcomes]


def _asked(world: World, workloads: Sequence[Workload], namespace: str) -> _Asked:
    """Raises UsageError for pods of which nothing can be said."""
    if stands_for_a_name(namespace):
        raise UsageError(f"{workloads[0].named}: its namespace is {namespace}, which is not filled in")
    judged = [world.outcome(workload) for workload in workloads]
    unknown = [
        f"{one.workload.named}: its outcome is not known, because {one.unknown}" for one in judged if one.verdict is None
    ]
    known = [(outcome, outcome.verdict) for outcome in judged if outcome.verdict is not None]
    if not known:
        raise UsageError(unknown[0])
    if skipped := next((outcome for outcome, verdict in known if verdict.skipped), None):
        raise UsageError(f"{skipped.workload.named}: {skipped.skipped}")
    notes = [f"check the rest by hand, because of {text}" for text in unknown]
    notes += [
        f"check the pods of {one.workload.named} in a cluster, because {clause}"
        for one in judged
        for clause in of_injection(world, one.workload)
    ]
    reads = world.cluster.admission.reads_required_scc
    required = [verdict.required_scc or "" if reads else "" for _, verdict in known]
    return _Asked([outcome for outcome, _ in known], [verdict for _, verdict in known], required, notes)


def _suggested(world: World, workloads: Sequence[Workload], namespace: str, account: str) -> Suggestion:
    cluster = world.cluster
    asked = _asked(world, workloads, namespace)
    notes, pods = [*asked.notes], asked.pods(account)
    asked_sccs = {*asked.required} if len({*asked.required}) == 1 else ()
    suggestion = _of_release(cluster, asked_sccs, pods, namespace, account, ())
    if suggestion is None and not any(asked.required):
        suggestion = _usable(cluster, pods, namespace, account)
    if suggestion is None or suggestion.kind != "usable":
        asked_account = account
        if account in SHARED_ACCOUNTS:
            rights = rights_beside(world, namespace, account)
            account = workloads[0].name
            notes.append(f"set serviceAccountName: {account} in the pods, which run as the account {asked_account} now{rights}")
            pods = asked.pods(account)
        written = world.find(ObjectRef("ServiceAccount", namespace, account))
        metadata = {"name": account, "namespace": namespace}
        extra: list[Object] = [] if written else [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}]
        suggestion = (
            _of_release(cluster, asked_sccs, pods, namespace, account, extra)
            or _usable(cluster, pods, namespace, account)
            or _of_release(cluster, _SHIPPED, pods, namespace, account, extra)
            or _custom(world, pods, namespace, account, extra)
        )
        if not suggestion.objects and account != asked_account:
            suggestion = replace(suggestion, objects=tuple(extra))
    changed, of_pods = _with_changes(cluster, suggestion, asked, pods)
    notes += of_pods
    # Other pods may need what the pods of the input do not.
    if rights := listed(other_rights(world, namespace, account, suggestion.scc)):
        notes.append(f"remove {rights} from the account, unless pods that are not in the input need it")
    return replace(changed, notes=(*notes, *suggestion.notes))


def _with_changes(
    cluster: Cluster, suggestion: Suggestion, asked: _Asked, pods: Sequence[AskingPod]
) -> tuple[Suggestion, list[str]]:
    """Return the suggestion with what it changes for the pods, and whether they must name the SCC, and notes on each pod."""
    with_grants = cluster.with_objects(suggestion.objects)
    unpinned = [_admit(with_grants, pod, suggestion.namespace) for pod in pods]
    needs_pin = cluster.admission.reads_required_scc and any(
        required_scc != suggestion.scc and verdict.scc not in (suggestion.scc, RESTRICTED)
        for required_scc, verdict in zip(asked.required, unpinned, strict=True)
    )
    changes, notes = [], []
    own = "; if one does not, write runAsUser: {type: RunAsAny} in the SCC" if suggestion.kind == "custom" else ""
    for pod, was, required_scc, verdict in zip(pods, asked.verdicts, asked.required, unpinned, strict=True):
        is_pinned = needs_pin or required_scc
        after = _admit(with_grants, pod, suggestion.namespace, suggestion.scc) if is_pinned else verdict
        name = pod.workload.named
        changes.append((name, was.scc or "", after.scc or ""))
        if required_scc not in ("", suggestion.scc):
            notes.append(f"write {REQUIRED_SCC}: {suggestion.scc} instead of {required_scc} in the pods of {name}")
        if user := user_change(cluster.admission, was, after):
            notes.append(f"check the images of {name}, because {user}{own}")
    return replace(suggestion, pods=tuple(changes), pin=needs_pin), notes


def _plain(outcome: Outcome, account: str) -> Object:
    pod: Object = deepcopy(outcome.judged.submitted)
    ((pod.get("metadata") or {}).get("annotations") or {}).pop(REQUIRED_SCC, None)
    pod["spec"]["serviceAccountName"] = account
    return pod


def _admit(cluster: Cluster, pod: AskingPod, namespace: str, pin: str = "") -> Verdict:
    """The verdict by the rights of the service account alone, with an SCC required if `pin` names one and the release knows that."""
    data = pod.data
    if pin and cluster.admission.reads_required_scc:
        metadata = data.get("metadata") or {}
        data = {**data, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), REQUIRED_SCC: pin}}}
    return cluster.admit(data, namespace=namespace, user=PROJECT_USER)


def _usable(cluster: Cluster, pods: Sequence[AskingPod], namespace: str, account: str) -> Suggestion | None:
    """An SCC that everyone may use, or that the account may use and that opens nothing of the node."""
    verdicts = [_admit(cluster, pod, namespace) for pod in pods]
    sccs = {verdict.scc for verdict in verdicts}
    constraints = cluster.sccs[scc] if len(sccs) == 1 and (scc := sccs.pop()) else None
    if constraints is not None and constraints.seccomp_profiles[:1] == (DEFAULT_PROFILE,) and not opened_by(constraints):
        return Suggestion(namespace, account, "usable", constraints.name)
    if RESTRICTED in cluster.sccs and all(_fits(cluster, RESTRICTED, pod, namespace) for pod in pods):
        return Suggestion(namespace, account, "usable", RESTRICTED)
    return None


def _fits(cluster: Cluster, scc: str, pod: AskingPod, namespace: str) -> bool:
    return cluster.admission.errors_under(scc, pod.data, namespace=namespace) == ()


def _of_release(
    cluster: Cluster,
    sccs: Iterable[str],
    pods: Sequence[AskingPod],
    namespace: str,
    account: str,
    extra: Sequence[Object],
) -> Suggestion | None:
    """The first of `sccs` that opens of the node only what the pods use. An SCC of a component of the release is not granted."""
    used = {access.words for pod in pods for access in used_by(pod.data, cluster.kubernetes_minor)}
    general = (cluster.own_sccs - cluster.component_sccs).union(_SHIPPED)
    for scc in sccs:
        if scc not in cluster.sccs or not {access.words for access in opened_by(cluster.sccs[scc])} <= used:
            continue
        if cluster.admission.reads_required_scc and all(_admit(cluster, pod, namespace, scc).scc == scc for pod in pods):
            return Suggestion(namespace, account, "usable", scc)
        if scc in general and (granted := _granted(cluster, scc, pods, namespace, account, extra)):
            return granted
    return None


def _granted(
    cluster: Cluster, scc: str, pods: Sequence[AskingPod], namespace: str, account: str, extra: Sequence[Object]
) -> Suggestion | None:
    """An SCC of the release with its grant; None if it does not admit the pods."""
    role = f"{SCC_ROLE_PREFIX}{scc}"
    objects = (*extra, binding_object(f"{account}-{scc}", role, [_subject(account, namespace)], namespace))
    granted = cluster.with_objects(objects)
    if not all(_fits(cluster, scc, pod, namespace) and _admit(granted, pod, namespace).allowed for pod in pods):
        return None
    return Suggestion(namespace, account, "shipped", scc, objects)


def _custom(world: World, pods: Sequence[AskingPod], namespace: str, account: str, extra: Sequence[Object]) -> Suggestion:
    cluster = world.cluster
    name = _custom_name(namespace, account)
    if name in cluster.sccs:
        raise UsageError(f"SCC {name} is in the input already: change it there")
    demand = Demand(cluster, pods)
    scc = tightened(cluster, demand.scc(name), pods, namespace)
    role_name = f"use-{name}"
    binding = binding_object(role_name, role_name, [_subject(account, namespace)], namespace, "Role")
    objects = (*extra, scc, role_object(role_name, [use_rule(name)], namespace), binding)
    granted = cluster.with_objects(objects)
    for pod in pods:
        verdict = _admit(granted, pod, namespace, name)
        if not verdict.allowed:
            raise UsageError(f"{pod.workload.named}: no SCC can admit its pods: {verdict.message or ''}")
    captured = [*_captured(world, granted, pods, namespace, account)]
    for who, instead_of in captured:
        if not instead_of:
            raise UsageError(f"every SCC that admits these pods would also take {who}")
        demand.notes.append(f"expect {name} to admit {who} too, instead of {instead_of}, if {world.creator.name} creates them")
    # What is no longer in the SCC after it was tightened needs no reason.
    left = (path for path in demand.reasons if scc.get(str(path[0])) and (len(path) == 1 or path[1] in scc[str(path[0])]))
    reasons = {path: demand.reasons[path] for path in left}
    return Suggestion(namespace, account, "custom", name, objects, reasons, notes=tuple(demand.notes))


def _captured(
    world: World, granted: Cluster, pods: Sequence[AskingPod], namespace: str, account: str
) -> Iterator[tuple[str, str]]:
    """The pods that another SCC would admit once the objects are there, those of other workloads and plain ones.

    Each with the SCC that admits a bare Pod of the input by the rights of its creator now, else with nothing.
    """
    ours = {id(pod.workload) for pod in pods}
    for workload in world.of(Workload):
        verdict = world.outcome(workload).verdict
        if id(workload) in ours or verdict is None or verdict.skipped:
            continue
        for user in (PROJECT_USER,) if workload.controlled else (PROJECT_USER, world.creator):
            before, after = (
                c.admit(verdict.submitted, namespace=verdict.namespace, user=user) for c in (world.cluster, granted)
            )
            if (before.allowed, before.scc) != (after.allowed, after.scc):
                yield f"the pods of {workload.named}", (before.scc or "") * (user is world.creator)
    creators = (("other pods of the account", PROJECT_USER), ("pods of administrators", CLUSTER_ADMIN))
    profiles: tuple[Object, ...] = ({}, {"seccompProfile": {"type": "RuntimeDefault"}})
    for (who, user), home, profile in product(creators, (namespace, "another-namespace"), profiles):
        spec = {"serviceAccountName": account, "securityContext": profile, "containers": [{"name": "a", "image": "a"}]}
        plain = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
        before, after = (c.admit(plain, namespace=home, user=user) for c in (world.cluster, granted))
        if before.scc != after.scc:
            yield who, ""


def tightened(cluster: Cluster, scc: Object, pods: Sequence[AskingPod], namespace: str) -> Object:
    """The SCC after every step that changes nothing for the pods."""
    while closer := next((form for form in tighter(scc) if unchanged(cluster, scc, form, pods, namespace)), None):
        scc = closer
    return scc


def unchanged(cluster: Cluster, scc: Object, closer: Object, pods: Sequence[AskingPod], namespace: str) -> bool:
    """Whether a tighter SCC admits all pods and leaves them as the SCC does."""
    name = str(scc["metadata"]["name"])
    loose, close = (cluster.with_objects([{**form, "groups": ["system:authenticated"]}]) for form in (scc, closer))
    for pod in pods:
        if not _fits(close, name, pod, namespace):
            return False
        before, after = _admit(loose, pod, namespace, name), _admit(close, pod, namespace, name)
        if not after.allowed or (before.scc == after.scc and before.pod != after.pod):
            return False
    return True


def tighter(scc: Object) -> Iterator[Object]:
    """The SCC with one step less. The volumes of restricted-v2 and NET_BIND_SERVICE stay, because the order of SCCs depends on them."""
    for field in (
        *("allowPrivilegedContainer", "allowPrivilegeEscalation", "allowHostDirVolumePlugin", "allowHostNetwork"),
        *("allowHostPorts", "allowHostPID", "allowHostIPC"),
    ):
        if scc.get(field):
            yield {**scc, field: False}
    if not scc["readOnlyRootFilesystem"]:
        yield {**scc, "readOnlyRootFilesystem": True}
    for field in ("allowedCapabilities", "seccompProfiles", "allowedUnsafeSysctls", "allowedFlexVolumes"):
        fixed_items = ("NET_BIND_SERVICE", DEFAULT_PROFILE)
        for item in scc.get(field) or ():
            if item not in fixed_items:
                yield {**scc, field: [other for other in scc[field] if other != item]}
    if scc["seLinuxContext"] == {"type": "RunAsAny"}:
        yield {**scc, "seLinuxContext": {"type": "MustRunAs"}}
    if scc["runAsUser"]["type"] != "MustRunAsRange":
        yield {**scc, "runAsUser": {"type": "MustRunAsRange"}}


def _subject(account: str, namespace: str) -> Object:
    return {"kind": "ServiceAccount", "name": account, "namespace": namespace}
