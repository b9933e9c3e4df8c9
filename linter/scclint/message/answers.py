"""The answer to an incident: its cause, the reasons in the server's words, and what to do. A denial is judged as a pod of its own."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scclint.advice import advise
from scclint.advice.grants import admits
from scclint.advice.sccs import wider_than_restricted
from scclint.config.model import Config
from scclint.config.records import Creator
from scclint.files import SourceFile
from scclint.files.sources import find_sources
from scclint.message.denial import Denial, Reason, Rejection
from scclint.message.incidents import Incident, filled, owner_of, release_of, without_links
from scclint.message.manifests import Match
from scclint.message.pod import IN_POD, as_in_message, manifests
from scclint.message.sccs import changed_sccs, foreign_sccs, strategies
from scclint.message.system_calls import ends_program, filter_of, is_recorded, system_calls_of
from scclint.message.violations import fixes, label_level, violations
from scclint.model.terms import RESTRICTED
from scclint.outcome.chain import Outcome
from scclint.outcome.world import PROJECT_USER, World
from scclint.record import record, replace
from scclint.run import judge
from scclint.run.options import RunOptions
from scclint.run.rule_set import rules_of
from scclint.run.run import prepare
from scclint.run.shared import Run
from scclint.text import and_more, capitalized, listed

_FILE = "<message>"
_AUDITED = "audit-violations"
"""The annotation of an audit record with what the mode `audit` of Pod Security finds."""
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
_PLACEHOLDER = re.compile(r"(?<= )(?:SERVICE_ACCOUNT|NAMESPACE|POD)(?=[ `.])")
_OTHER_SCC = (
    "On OpenShift, Pod Security sees the pod as its SCC changed it, and `restricted-v2` sets all of these fields: another SCC such as "
    "`anyuid` or `privileged` takes the pod, because its account or the user who creates it may use that (a cluster administrator may use "
    "every SCC). The annotation `openshift.io/required-scc: restricted-v2` of the pod chooses `restricted-v2` (from OpenShift 4.14)."
)
_WHICH_PROFILE = "`oc get pod POD -o jsonpath='{..seccompProfile}'` prints the profile that is in force."
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


@record
class Explanation:
    """What is wrong, and what to do. `cause` is a sentence, `reasons` are those of each SCC or container in the words of the cluster.

    `steps` are alternatives, the best first. `facts` are what the message reveals beside the cause, and `asks` what would decide
    what the message leaves open, each as a sentence. `match` is the workload in the manifests; None if none were given.
    """

    incident: Incident
    cause: str
    reasons: tuple[tuple[str, tuple[str, ...]], ...] = ()
    steps: tuple[Step, ...] = ()
    facts: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    match: Match | None = None


def answer(incident: Incident, config: Config, match: Match | None = None) -> Explanation:
    """Return the answer to an incident, judged for the release of the settings, or else for one with the wording of the message."""
    if incident.denial is not None:
        return replace(_of_denial(incident, incident.denial, config), match=match)
    if incident.policy:
        return replace(_of_policy(incident), match=match)
    if "syscall" in incident.facts:
        release = config.openshift[0] if config.openshift else release_of(incident)
        return replace(_of_system_call(incident, release), match=match)
    return replace(_of_kind(incident), match=match)


def _of_kind(incident: Incident) -> Explanation:
    kind = incident.kinds[0]

    def texts(written: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            filter(None, (_of_subject(incident, without_links(filled(kind, text, incident.facts))) for text in written))
        )

    steps = tuple(map(Step, texts(kind.fix)))
    return Explanation(
        incident,
        _about(incident) + " ".join(texts(kind.meaning)),
        steps=steps,
        facts=tuple(_facts(incident)),
        asks=texts(filter(None, (kind.ask,))),
    )


def _about(incident: Incident) -> str:
    """Return the beginning of the cause of an error that does not name its pods itself, if the text does."""
    _, name = owner_of(incident)
    container = f", container {incident.container}" if incident.container else ""
    return f"{capitalized(_whose(incident))}{container}: " if name else ""


def _of_subject(incident: Incident, text: str) -> str:
    """Return a text of the table with the names of the pod, its account and its namespace, as far as they are known."""
    names = {"SERVICE_ACCOUNT": incident.account, "NAMESPACE": incident.namespace, "POD": incident.pod}

    def named(found: re.Match[str]) -> str:
        value = names[found[0]]
        return found[0] if not value or value.endswith("-") else value

    return _PLACEHOLDER.sub(named, text)


def _of_system_call(incident: Incident, release: str) -> Explanation:
    """Return the answer to a call that a seccomp profile refuses, with its name and what RuntimeDefault of the release does with it."""
    calls = system_calls_of(incident.facts)
    answered = _of_kind(incident)
    if len(calls) != 1:
        known = f" It is {listed([str(call) for call in calls])}." if calls else ""
        return replace(answered, cause=answered.cause + known)
    (call,) = calls
    program = incident.facts.get("program", "")
    who = f"The program {program}" if program else "The program"
    said, instruction = call.under_runtime_default(release)
    sentences = [f"{who} makes the system call {call}.", *filter_of(incident.facts), said]
    if is_recorded(incident.facts):
        instruction = f"leave it as it is, or {call.allowed_in('the profile that is written for this program')}"
    elif ends_program(incident.facts):
        instruction = f"{call.allowed_in('the Localhost profile that is in force')}; under RuntimeDefault, {instruction}"
    texts = (call.with_older_call() if not is_recorded(incident.facts) else "", capitalized(instruction))
    steps = tuple(map(Step, filter(None, texts)))
    return replace(answered, cause=_about(incident) + " ".join(sentences), steps=steps, asks=(_WHICH_PROFILE,))


def _of_denial(incident: Incident, denial: Denial, config: Config) -> Explanation:
    closest = denial.closest
    who = _whose(incident)
    if closest is None:
        return Explanation(
            incident,
            f"No SCC admits {who}{_without_reasons(denial)}",
            steps=tuple(_of_grants(incident)),
            facts=tuple(_facts(incident)),
            asks=tuple(_asks(incident)),
        )
    # The world asks its run, which must live as long.
    run, world, outcome = _judged(incident, config)
    foreign, changed = foreign_sccs(denial, world, outcome), changed_sccs(denial, world, outcome)
    steps = [*_of_changed(changed, world), *_of_foreign(foreign), *_of_proxy(denial), *_steps(incident, denial, world, outcome)]
    steps = steps or [*_of_kind(incident).steps]
    del run
    cause = f"No SCC admits {who}: {_rejects(closest)}."
    if changed:
        scc, fields = next((each.scc, _fields(each.reasons)) for each in changed)
        cause = f"No SCC admits {who}: SCC {scc} of this cluster rejects {fields}, which SCC {scc} of OpenShift allows."
    elif foreign:
        other = "" if closest is foreign[0] else f", and {_rejects(closest)}"
        cause = (
            f"No SCC admits {who}: an SCC that the message does not name, and that is none of OpenShift's, rejects "
            f"{_fields(foreign[0].reasons)}{other}."
        )
    if _is_debug(incident):
        cause += " The pod is one of `oc debug`, which creates it with the rights of whoever runs the command."
    reasons = tuple((_label(each), tuple(reason.text for reason in each.reasons)) for each in denial.rejections)
    return Explanation(incident, cause, reasons, tuple(steps), tuple(_facts(incident)), tuple(_asks(incident)))


def _without_reasons(denial: Denial) -> str:
    """Return what a denial without reasons says, as the end of a sentence."""
    if denial.cut:
        return ". The message ends before the reasons of the SCCs that the pod may use."
    if denial.denied:
        return ": the account of the pod may use none of the SCCs in the message."
    return ": the list of reasons is empty, so the account of the pod may use no SCC at all, not even one for every account."


def _of_grants(incident: Incident) -> Iterator[Step]:
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


def _rejects(rejection: Rejection) -> str:
    """Return as a clause which fields an SCC rejects."""
    name = f"SCC {rejection.scc}" if rejection.scc else "an SCC that the message does not name"
    return f"{name} rejects {_fields(rejection.reasons)}"


def _fields(reasons: Iterable[Reason]) -> str:
    return and_more(dict.fromkeys(_words(reason) for reason in reasons), 3)


def _is_debug(incident: Incident) -> bool:
    """Return whether the pod is one of `oc debug`, which has no controller."""
    return incident.owner == ("", "") and incident.pod.endswith("-debug")


def _judged(incident: Incident, config: Config) -> tuple[Run, World, Outcome]:
    """Return the outcome of the pod that the message is about, and its world, which needs its run."""
    creator = Creator(PROJECT_USER.name, PROJECT_USER.groups)
    config = replace(
        config,
        openshift=config.openshift or (release_of(incident),),
        creator=config.creator or creator,
        ignores=(),
        baseline="",
    )
    text = "\n---\n".join(map(json.dumps, manifests(incident)))
    sources = find_sources([], Config())._replace(targets=(SourceFile(_FILE, _FILE),))
    run = prepare(sources, config, rules_of(config), RunOptions(overlay={_FILE: text}))
    opened = next(judge.open_units(run))
    return run, opened.world, opened.world.outcome(opened.workloads[0])


def _steps(incident: Incident, denial: Denial, world: World, outcome: Outcome) -> Iterator[Step]:
    """Yield what to do about a denial, the best first.

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
            f"Remove the seccomp profile, which is `seccompProfile` or an annotation ({_of_owner(incident)})",
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
            yield Step(f"{words} ({_of_owner(incident)})", as_in_message("; ".join(remedy.effects)))
            return
    if outcome.admitted:
        yield from _of_fields(incident, denial)


def _without_node(incident: Incident, denial: Denial) -> Iterator[Step]:
    """Yield what to remove from a pod that asks for the node, if no proved change is known."""
    assert denial.closest is not None
    has_folder = any(reason.value == "hostPath" for each in denial.rejections for reason in each.reasons)
    instead = "; in place of a hostPath volume, use a PersistentVolumeClaim or `emptyDir`" if has_folder else ""
    yield Step(
        f"If the program can do without, remove {_fields(denial.closest.reasons)} ({_of_owner(incident)}){instead}",
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
    if _is_debug(incident):
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
        yield Step(f"Remove {listed([f'`{field}`' for field in fields])} ({_of_owner(incident)})", "the SCC then sets them")
        yield Step(
            f"If the program needs them, grant its service account SCC {scc}: "
            f"`oc adm policy add-scc-to-user {scc} -z {incident.account or 'SERVICE_ACCOUNT'} -n {incident.namespace or 'NAMESPACE'}`",
            f"every pod of this account may then use {allowed} and any fsGroup",
        )


def _of_product(incident: Incident, denial: Denial) -> Iterator[Step]:
    """Yield what to do if the product has an SCC of its own that the account may not use."""
    if _has_defaults_alone(incident, denial):
        yield Step(
            "If the product brings an SCC of its own (`oc get scc`, or a value of the chart such as `scc.create`), install it, and let "
            f"this account use it: `oc adm policy add-scc-to-user NAME -z {incident.account or 'SERVICE_ACCOUNT'} "
            f"-n {incident.namespace or 'NAMESPACE'}`",
            "its SCC allows what its pods need, and no more",
        )


def _has_defaults_alone(incident: Incident, denial: Denial) -> bool:
    """Return whether only SCCs for every account rejected the pod."""
    return not _is_debug(incident) and all(not each.named or each.scc in _DEFAULTS for each in denial.rejections)


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


def _words(reason: Reason) -> str:
    """Return the field and value of a reason, with its container."""
    where = f" of `{reason.container[0]}[{reason.container[1]}]`" if reason.container else ""
    if reason.field == "volumes":
        return f"{reason.value} volumes"
    if reason.field in IN_POD:
        # Old releases repeat these fields for each container.
        where = ""
    if reason.field == "annotations" or "seccomp" in reason.text:
        return "the seccomp profile"
    if not reason.field:
        return "the pod"
    value = re.sub(r"^\[\]\w+\{(.*)\}$", r"\1", reason.value)
    return f"`{reason.field}: {value}`{where}" if value not in ("", "null") else f"`{reason.field}`{where}"


def _label(rejection: Rejection) -> str:
    if not rejection.scc:
        return "an SCC that the message does not name"
    return f"SCC {rejection.scc}" if rejection.named else f"SCC {rejection.scc}, which the message does not name"


def _whose(incident: Incident) -> str:
    kind, name = owner_of(incident)
    if not name:
        return "the pod"
    return f"pod {name}" if kind == "Pod" else f"the pods of {kind} {name}"


def _of_owner(incident: Incident) -> str:
    """Return the manifest to change, as a phrase."""
    kind, name = owner_of(incident)
    if not name:
        return "in the manifest, the chart's values or the operator's resource that the pod is made of"
    if kind == "Pod":
        return f"in what creates pod {name}"
    return f"in {kind} {name}, or in the chart's values or the operator's resource that it is made of"


def _of_policy(incident: Incident) -> Explanation:
    """Return the answer to a violation of Pod Security: the fields of each container, or the label of the namespace."""
    level = incident.policy.partition(":")[0]
    found = violations(incident.violations)
    who = _whose(incident)
    mode = "audit" if _AUDITED in incident.text else "warn"
    if incident.enforced:
        mode = "enforce"
    rejected = {"enforce": "rejects", "audit": "would reject", "warn": "warns of"}[mode]
    recorded = (
        "This is a record of the mode `audit`, and the pod is created" if mode == "audit" else "The pod is created all the same"
    )
    also = "" if incident.enforced else f" {recorded}: only the mode `enforce` rejects it."
    if not found:
        cause = f"Pod Security level {level} of the namespace {rejected} {who}.{also} The message ends before what violates the level."
        return Explanation(
            incident,
            cause,
            steps=_of_kind(incident).steps,
            facts=tuple(_facts(incident)),
            asks=("For the violations, pass the whole message.",),
        )
    cause = (
        f"Pod Security level {level} of the namespace {rejected} {who}: {and_more([each.title for each in found], 4)}.{also}"
    )
    namespace = incident.namespace or "NAMESPACE"
    needed = label_level(found)
    label = Step(
        f"If the program needs this, give the namespace level {needed}: `oc label namespace {namespace} --overwrite "
        f"security.openshift.io/scc.podSecurityLabelSync=false pod-security.kubernetes.io/{mode}={needed}`",
        f"every pod of the namespace may then use what {needed} allows; SCC admission still judges it"
        if incident.enforced
        else f"what {needed} allows is then no longer reported; the pods stay as they are",
    )
    removed = [each.title for each in found if not each.fix]
    written = fixes(found)
    changes = [f"Remove what violates {listed(removed)}"] * bool(removed) + [f"write {'; '.join(written)}"] * bool(written)
    write = Step(f"{capitalized(', and '.join(changes))} ({_of_owner(incident)})", f"the pod then meets level {level}")
    # A pod that asks for the node needs it more often than not.
    steps = (label, write) if removed else (write, label)
    reasons = tuple((each.title, (each.text,)) for each in found)
    # The modes `warn` and `audit` also read templates of pods, which up to OpenShift 4.12 no SCC changed.
    other_scc = _OTHER_SCC if incident.enforced and all(each.fix for each in found) else ""
    return Explanation(incident, cause, reasons, steps, tuple(_facts(incident)), tuple(filter(None, (other_scc,))))


def _facts(incident: Incident) -> Iterator[str]:
    """Yield what the message reveals beside the cause, in sentences."""
    denial = incident.denial
    if incident.other_paths:
        yield f"The text also names {and_more(incident.other_paths, 4)}."
    if denial is not None:
        if denial.denied:
            yield f"Neither the service account nor the creator of the pod may use {and_more(denial.denied, 4)}."
        if denial.uid_range:
            yield f"The user IDs of the namespace are {denial.uid_range[0]} to {denial.uid_range[1]}."
        if denial.level:
            yield f"The SELinux level of the namespace is {denial.level}."
        if denial.cut:
            yield "The message is cut off: it may name more SCCs and reasons."
    if incident.since or incident.until:
        releases = " to ".join(dict.fromkeys(filter(None, (incident.since, incident.until))))
        end = (
            "" if incident.since and incident.until else " or newer" * bool(incident.since) + " or older" * bool(incident.until)
        )
        yield f"OpenShift {releases}{end} writes such a message."


def _asks(incident: Incident) -> Iterator[str]:
    """Yield what would decide what a denial leaves open, with the command."""
    kind, name = owner_of(incident)
    namespace = incident.namespace or "NAMESPACE"
    denial = incident.denial
    target = f"{kind.lower()} {name}"
    has_owner = bool(name) and kind != "Pod"
    if has_owner:
        if not incident.account:
            template = "jobTemplate.spec.template" if kind == "CronJob" else "template"
            yield (
                f"The message does not name the service account: `oc get {target} -n {namespace} "
                f"-o jsonpath='{{.spec.{template}.spec.serviceAccountName}}'` does (nothing means `default`)."
            )
        yield (
            f"For the line to change and an SCC that allows no more than needed, judge the manifest: "
            f"`oc get {target} -n {namespace} -o yaml | scclint check -`, and `scclint suggest -` prints the SCC."
        )
        yield (
            "If the manifest that you wrote does not have these values, an operator or a webhook adds them: "
            f"`oc get {target} -n {namespace} -o yaml --show-managed-fields` names who writes each field, and "
            "`oc get mutatingwebhookconfigurations` lists what may change pods."
        )
    if denial is not None and denial.closest is not None and _has_defaults_alone(incident, denial):
        yield (
            "If the product brings an SCC of its own, this account may not use it, or it is not there: `oc get scc` lists the SCCs, and "
            "`oc adm policy who-can use scc NAME` the accounts."
        )
    if denial is not None and denial.cut:
        whole = f"`oc get events -n {namespace} --field-selector reason=FailedCreate -o yaml | scclint explain --message -`"
        yield (
            f"For the whole list: {whole}."
            if has_owner or incident.pod.endswith("-")
            else "For the whole list, pass all of the message."
        )
