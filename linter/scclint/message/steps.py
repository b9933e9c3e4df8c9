"""What to do about a denial: what to remove, what to grant, and what to change in an SCC."""

from collections.abc import Iterator, Mapping, Sequence

from scclint.advice import advise
from scclint.advice.grants import admits
from scclint.advice.sccs import wider_than_restricted
from scclint.message.denial import Denial, Reason, Rejection
from scclint.message.incidents import Incident
from scclint.message.pod import as_in_message
from scclint.message.sccs import changed_sccs, foreign_sccs, strategies
from scclint.message.words import fields_of, in_manifest_of, is_debug
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.platform.terms import RESTRICTED
from scclint.record import record
from scclint.text import and_more, capitalized, listed

_NODE_FIELDS = frozenset(("privileged", "hostNetwork", "hostPID", "hostIPC"))
_ALLOWING: Mapping[str, str] = {
    "privileged": "allowPrivilegedContainer: true",
    "allowPrivilegeEscalation": "allowPrivilegeEscalation: true",
    "hostNetwork": "allowHostNetwork: true",
    "hostPID": "allowHostPID: true",
    "hostIPC": "allowHostIPC: true",
    "hostPort": "allowHostPorts: true",
    "readOnlyRootFilesystem": "readOnlyRootFilesystem: false",
    "fsGroup": "fsGroup: {type: RunAsAny}",
    "supplementalGroups": "supplementalGroups: {type: RunAsAny}",
    "runAsUser": "runAsUser: {type: MustRunAsNonRoot}",
    "runAsNonRoot": "runAsUser: {type: RunAsAny}",
    "hostUsers": "userNamespaceLevel: AllowHostLevel",
}
"""What an SCC needs so that it no longer rejects a field, by the field."""
_DEFAULTS = frozenset(("restricted", "restricted-v2", "restricted-v3"))
"""The SCCs that every pod may use."""
_OF_OPERATORS = frozenset(("pipelines-scc", "container-build"))
"""SCCs that operators of Red Hat write again, and that pods of every namespace use."""
_PROXIES = (
    (
        "1337",
        "Istio",
        "Install Istio for OpenShift, with its CNI plugin (`istioctl install --set profile=openshift`, or OpenShift Service Mesh), "
        'or leave the pod out with the label `sidecar.istio.io/inject: "false"`',
    ),
    (
        "2102",
        "Linkerd",
        "Install Linkerd with its CNI plugin (`linkerd install --linkerd-cni-enabled`) and give the account of the pod an SCC with "
        "this user, or leave the pod out with the annotation `linkerd.io/inject: disabled`",
    ),
)
"""The user IDs of the proxies of service meshes, the mesh, and what to do."""


@record
class Step:
    """Something to do: an instruction with the exact text or command, and what it changes, as a clause; empty if nothing is to say."""

    text: str
    effect: str = ""


def steps_without_reasons(incident: Incident) -> Iterator[Step]:
    """Yield what to do about an account that may use no SCC, or of which the message does not say more."""
    account, namespace = incident.account or "SERVICE_ACCOUNT", incident.namespace or "NAMESPACE"
    yield Step(
        "Let the account use the SCC that its pods need. If the product brings one, apply its SCC, role and binding again with this "
        "account and namespace: bindings that an older version left behind may name another account, or a role that is not there "
        "(delete them, and let the chart or operator write them). For another SCC: "
        f"`oc adm policy add-scc-to-user SCC -z {account} -n {namespace}`",
        "if this SCC does not admit the pod, the message then has its reasons",
    )
    yield Step(
        "If no pod is created that asks for nothing, let every account use the default SCC again: "
        "`oc adm policy add-scc-to-group restricted-v2 system:authenticated` (`restricted` before OpenShift 4.11)",
        "a pod that asks for nothing is then admitted",
    )


def steps_of(incident: Incident, denial: Denial, world: World, outcome: Outcome) -> Iterator[Step]:
    """Yield what to do about a denial, the best first: what is wrong with SCCs of the cluster, and what the pod needs."""
    yield from _of_changed(changed_sccs(denial, world, outcome), world)
    yield from _of_foreign(foreign_sccs(denial, world, outcome))
    yield from _of_proxy(denial)
    yield from _of_pod(incident, denial, world, outcome)


def _of_pod(incident: Incident, denial: Denial, world: World, outcome: Outcome) -> Iterator[Step]:
    """Yield what to change in the pod, or to grant to its account, the best first.

    A product whose own SCC rejects its pods needs a field of this SCC. A pod that asks for the node needs it more often than not.
    """
    reasons = [reason for each in denial.rejections for reason in each.reasons]
    needs_node = any(reason.field in _NODE_FIELDS or reason.value == "hostPath" for reason in reasons)
    removals = [*_removals(incident, denial, world, outcome)]
    if not removals and needs_node:
        removals = [*_without_node(incident, denial)]
    own, grants = [*_own_sccs(denial, world)], [*_grants(incident, world, outcome)]
    if needs_node:
        yield from (*own, *grants, *_of_product(incident, denial), *removals)
    else:
        # An SCC that opens the node is no price for a user ID.
        grants = [step for step in grants if not removals or "hostPath volumes" not in step.effect]
        yield from (*own, *removals, *grants)
    only_profile = any(all("seccomp" in reason.text for reason in each.reasons) for each in denial.rejections)
    if only_profile and not removals:
        yield Step(
            f"Remove the seccomp profile, which is `seccompProfile` or an annotation ({in_manifest_of(incident)})",
            "the SCC that rejects it may then admit the pod, and applies none: the containers run unconfined, except under "
            "restricted-v2 of OpenShift 4.11 and newer, which applies RuntimeDefault",
        )
        account, namespace = incident.account or "SERVICE_ACCOUNT", incident.namespace or "NAMESPACE"
        yield Step(
            "If the pod must keep the profile, grant its account an SCC that allows it: from OpenShift 4.11 `restricted-v2` and "
            "`nonroot-v2` allow RuntimeDefault, before it only a custom SCC with `seccompProfiles: [runtime/default]` does: "
            f"`oc adm policy add-scc-to-user NAME -z {account} -n {namespace}`",
            "this SCC then admits the pod with its profile",
        )
    if all(reason.field == "hostUsers" for reason in reasons):
        yield Step(
            "Remove the annotation `openshift.io/required-scc: restricted-v3` from the pod, or set it to restricted-v2, "
            "or write `hostUsers: false`",
            "restricted-v2 shares the users of the node, and restricted-v3 demands a user namespace of the pod's own",
        )


def _removals(incident: Incident, denial: Denial, world: World, outcome: Outcome) -> Iterator[Step]:
    """Yield which fields to remove so that the pod is admitted, and what that changes."""
    for remedy in advise("admitted", outcome.workload, world):
        if remedy.operations and "hostUsers" not in remedy.words:
            words = capitalized(as_in_message(remedy.words))
            yield Step(f"{words} ({in_manifest_of(incident)})", as_in_message("; ".join(remedy.effects)))
            return
    if outcome.admitted:
        yield from _of_fields(incident, denial)


def _without_node(incident: Incident, denial: Denial) -> Iterator[Step]:
    """Yield what to remove from a pod that asks for the node, if no proved change is known."""
    assert denial.closest is not None
    has_folder = any(reason.value == "hostPath" for each in denial.rejections for reason in each.reasons)
    instead = "; in place of a hostPath volume, use a PersistentVolumeClaim or `emptyDir`" if has_folder else ""
    yield Step(
        f"If the program can do without, remove {fields_of(denial.closest.reasons)} ({in_manifest_of(incident)}){instead}",
        "every pod may use the SCC that then admits it",
    )


def _grants(incident: Incident, world: World, outcome: Outcome) -> Iterator[Step]:
    """Yield the grant of the least standard SCC that admits the pod, which SCCs of components are not."""
    general = world.cluster.own_sccs - world.cluster.component_sccs
    names = (scc for scc in world.cluster.scc_order.by_restrictiveness if scc in general)
    scc = next((name for name in names if admits(world, name, outcome)), "")
    rejecting = {each.scc for each in incident.denial.rejections} if incident.denial else set()
    if not scc or scc in (*rejecting, RESTRICTED):
        return
    namespace = incident.namespace or "NAMESPACE"
    opened = and_more(wider_than_restricted(scc, world), 4)
    older = f" ({scc.removesuffix('-v2')} before OpenShift 4.11)" if scc.endswith("-v2") and "-v2" not in incident.text else ""
    command = f"oc adm policy add-scc-to-user {scc} -z {incident.account or 'SERVICE_ACCOUNT'} -n {namespace}"
    effect = f"every pod of this account may then use {opened}" if opened else ""
    if is_debug(incident):
        yield Step(
            f"Grant SCC {scc} to the account that runs `oc debug`: `{command}` if a Job or pipeline runs it, "
            f"`oc adm policy add-scc-to-user {scc} USER` if a person does",
            effect,
        )
        return
    yield Step(
        f"If the program needs these values, grant its service account SCC {scc}{older}, the least of the standard ones that admits the "
        f"pod: `{command}`",
        effect,
    )


def _of_fields(incident: Incident, denial: Denial) -> Iterator[Step]:
    """Yield what to do about fields whose values the message does not have, because it is cut."""
    reasons = [reason for each in denial.rejections for reason in each.reasons]
    fields = dict.fromkeys(reason.field for reason in reasons if reason.field in ("fsGroup", "supplementalGroups", "runAsUser"))
    needs_root = any("root UID" in reason.text for reason in reasons)
    if fields:
        scc, allowed = ("anyuid", "any user ID including root") if needs_root else ("nonroot-v2", "any user ID except root")
        yield Step(
            f"Remove {listed([f'`{field}`' for field in fields])} ({in_manifest_of(incident)})", "the SCC then sets them"
        )
        yield Step(
            f"If the program needs them, grant its service account SCC {scc}: "
            f"`oc adm policy add-scc-to-user {scc} -z {incident.account or 'SERVICE_ACCOUNT'} -n {incident.namespace or 'NAMESPACE'}`",
            f"every pod of this account may then use {allowed} and any fsGroup",
        )


def _of_product(incident: Incident, denial: Denial) -> Iterator[Step]:
    """Yield what to do if the product has an SCC of its own that the account may not use."""
    if has_defaults_alone(incident, denial):
        yield Step(
            "If the product brings an SCC of its own (`oc get scc`, or a value of the chart such as `scc.create`), install it, and let "
            f"this account use it: `oc adm policy add-scc-to-user NAME -z {incident.account or 'SERVICE_ACCOUNT'} "
            f"-n {incident.namespace or 'NAMESPACE'}`",
            "its SCC allows what its pods need, and no more",
        )


def has_defaults_alone(incident: Incident, denial: Denial) -> bool:
    """Return whether only SCCs for every account rejected the pod."""
    return not is_debug(incident) and all(not each.named or each.scc in _DEFAULTS for each in denial.rejections)


def _of_foreign(foreign: Sequence[Rejection]) -> Iterator[Step]:
    """Yield what to do about an SCC without a name in the message that is none of OpenShift's: of this product, or of another one."""
    for each in foreign[:1]:
        fields = listed([f"`{field}`" for field in dict.fromkeys(filter(None, map(_allowing, each.reasons)))])
        own = f"If it is of this product, write {fields} in it" if fields else ""
        other = (
            "If it is of another product, take its priority away and `system:authenticated` out of its groups, so that only the "
            "product's own account may use it"
        )
        # An SCC that demands one user, or has no emptyDir, is made for one program.
        of_another = any("must be: " in reason.text or reason.value == "emptyDir" for reason in each.reasons)
        yield Step(
            "Find the SCC that is none of OpenShift's and that this pod may use: `oc get scc "
            "-o custom-columns=NAME:.metadata.name,PRIORITY:.priority,USER:.runAsUser.uid,GROUPS:.groups,USERS:.users`. "
            + ". ".join(filter(None, (other, own) if of_another else (own, other))),
            "this SCC then admits the pod, or no longer takes it",
        )


def _of_proxy(denial: Denial) -> Iterator[Step]:
    """Yield what to do about containers that a service mesh adds: their user IDs are those of its proxy."""
    users = {reason.value for each in denial.rejections for reason in each.reasons if reason.field == "runAsUser"}
    for user, mesh, installed in _PROXIES:
        if user in users:
            yield Step(
                f"The user ID {user} is that of the proxy of {mesh}, whose webhook adds the container to the pod: the manifest does not "
                f"have it. {installed}",
                "the containers that the mesh adds then fit restricted-v2",
            )


def _of_changed(changed: Sequence[Rejection], world: World) -> Iterator[Step]:
    """Yield what to do about SCCs of OpenShift that reject what they allow as OpenShift installs them."""
    for each in changed:
        fields = listed([f"`{written}`" for written in strategies(world.cluster.sccs[each.scc], each.reasons)])
        yield Step(
            f"Compare SCC {each.scc} with the one of OpenShift, which has {fields}: `oc get scc {each.scc} -o yaml`. Somebody changed it, "
            f"or this release writes it wrongly: write these fields again, or update the cluster",
            f"SCC {each.scc} then admits the pod",
        )


def _own_sccs(denial: Denial, world: World) -> Iterator[Step]:
    """Yield for each rejecting SCC that is not of the platform what it must allow."""
    for each in denial.rejections:
        if not each.scc or not each.named or each.scc in world.cluster.own_sccs or each.scc in _OF_OPERATORS:
            continue
        fields = list(dict.fromkeys(filter(None, map(_allowing, each.reasons))))
        if fields:
            yield Step(
                f"In SCC {each.scc}, which the pod may use, add {listed([f'`{field}`' for field in fields])}: "
                f"`oc edit scc {each.scc}`, or change the manifest or the operator that writes it",
                f"SCC {each.scc} then admits the pod",
            )


def _allowing(reason: Reason) -> str:
    """Return what an SCC must have so that it allows what the reason is about; empty if that does not show."""
    if reason.field == "volumes":
        kind = reason.value or "the type"
        return f"volumes: [..., {kind}]" + (" and allowHostDirVolumePlugin: true" if kind == "hostPath" else "")
    if reason.field == "capabilities.add":
        return f"allowedCapabilities: [{reason.value}]"
    if reason.field == "runAsUser" and reason.value == "0":
        return "runAsUser: {type: RunAsAny}"
    if reason.field.startswith("seLinuxOptions"):
        return "seLinuxContext: {type: RunAsAny}" if reason.value else ""
    if "seccomp" in reason.text:
        return "seccompProfiles: [runtime/default]"
    return _ALLOWING.get(reason.field, "")
