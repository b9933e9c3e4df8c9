"""The answer to an incident: its cause, the reasons in the server's words, and what to do. A denial is judged as a pod of its own."""

import json
import re
from collections.abc import Iterable, Iterator

from scclint.config.model import Config
from scclint.config.records import Creator
from scclint.files import SourceFile
from scclint.files.sources import find_sources
from scclint.message.denial import Denial
from scclint.message.incidents import Incident, filled, owner_of, release_of, without_links
from scclint.message.manifests import Match
from scclint.message.pod import manifests
from scclint.message.sccs import changed_sccs, foreign_sccs
from scclint.message.steps import Step, has_defaults_alone, steps_of, steps_without_reasons
from scclint.message.system_calls import ends_program, filter_of, is_recorded, system_calls_of
from scclint.message.violations import fixes, label_level, violations
from scclint.message.words import fields_of, in_manifest_of, is_debug, label_of, pods_of, rejects
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
_PLACEHOLDER = re.compile(r"(?<= )(?:SERVICE_ACCOUNT|NAMESPACE|POD)(?=[ `.])")
_OTHER_SCC = (
    "On OpenShift, Pod Security sees the pod as its SCC changed it, and `restricted-v2` sets all of these fields: another SCC such as "
    "`anyuid` or `privileged` takes the pod, because its account or the user who creates it may use that (a cluster administrator may use "
    "every SCC). The annotation `openshift.io/required-scc: restricted-v2` of the pod chooses `restricted-v2` (from OpenShift 4.14)."
)
_WHICH_PROFILE = "`oc get pod POD -o jsonpath='{..seccompProfile}'` prints the profile that is in force."


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
    return f"{capitalized(pods_of(incident))}{container}: " if name else ""


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
    who = pods_of(incident)
    if closest is None:
        return Explanation(
            incident,
            f"No SCC admits {who}{_without_reasons(denial)}",
            steps=tuple(steps_without_reasons(incident)),
            facts=tuple(_facts(incident)),
            asks=tuple(_asks(incident)),
        )
    # The world asks its run, which must live as long.
    run, world, outcome = _judged(incident, config)
    foreign, changed = foreign_sccs(denial, world, outcome), changed_sccs(denial, world, outcome)
    steps = [*steps_of(incident, denial, world, outcome)] or [*_of_kind(incident).steps]
    del run
    cause = f"No SCC admits {who}: {rejects(closest)}."
    if changed:
        scc, fields = next((each.scc, fields_of(each.reasons)) for each in changed)
        cause = f"No SCC admits {who}: SCC {scc} of this cluster rejects {fields}, which SCC {scc} of OpenShift allows."
    elif foreign:
        other = "" if closest is foreign[0] else f", and {rejects(closest)}"
        cause = (
            f"No SCC admits {who}: an SCC that the message does not name, and that is none of OpenShift's, rejects "
            f"{fields_of(foreign[0].reasons)}{other}."
        )
    if is_debug(incident):
        cause += " The pod is one of `oc debug`, which creates it with the rights of whoever runs the command."
    reasons = tuple((label_of(each), tuple(reason.text for reason in each.reasons)) for each in denial.rejections)
    return Explanation(incident, cause, reasons, tuple(steps), tuple(_facts(incident)), tuple(_asks(incident)))


def _without_reasons(denial: Denial) -> str:
    """Return what a denial without reasons says, as the end of a sentence."""
    if denial.cut:
        return ". The message ends before the reasons of the SCCs that the pod may use."
    if denial.denied:
        return ": the account of the pod may use none of the SCCs in the message."
    return ": the list of reasons is empty, so the account of the pod may use no SCC at all, not even one for every account."


def _judged(incident: Incident, config: Config) -> tuple[Run, World, Outcome]:
    """Return the outcome of the pod that the message is about, and its world, which needs its run."""
    creator = Creator(PROJECT_USER.name, PROJECT_USER.groups)
    config = replace(
        config,
        openshift=config.openshift or (release_of(incident),),
        creator=config.creator or creator,
        ignores=(),
    )
    text = "\n---\n".join(map(json.dumps, manifests(incident)))
    sources = find_sources([], Config())._replace(targets=(SourceFile(_FILE, _FILE),))
    run = prepare(sources, config, rules_of(config), RunOptions(overlay={_FILE: text}))
    opened = next(judge.open_units(run))
    return run, opened.world, opened.world.outcome(opened.workloads[0])


def _of_policy(incident: Incident) -> Explanation:
    """Return the answer to a violation of Pod Security: the fields of each container, or the label of the namespace."""
    level = incident.policy.partition(":")[0]
    found = violations(incident.violations)
    who = pods_of(incident)
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
    write = Step(f"{capitalized(', and '.join(changes))} ({in_manifest_of(incident)})", f"the pod then meets level {level}")
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
    if denial is not None and denial.closest is not None and has_defaults_alone(incident, denial):
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
