"""
A pod asks for more than `restricted-v2` gives. Each thing that it asks for is a line of its own, whatever becomes of the pod: the host's
namespaces and ports, privileged containers, `hostPath` volumes with their paths, capabilities, SELinux types, sysctls, user ID 0, and
`Unconfined`. If an SCC that is wider than `restricted-v2` admits the pod, this SCC is a line, too. Its message says what the SCC allows
and what the pod uses of it. A bare pod that asks for nothing and gets such an SCC from the rights of the user who creates it has no such line:
[SCC104](creator-dependent-scc.md) reports it. The reach is *node* where a container can take over the node, and else *pod*:
[SCC312](wide-scc.md) lists what counts.

With such an SCC, an attacker who takes over the container can reach the node. Most such SCCs also apply no seccomp profile
and do not restrict user IDs. A privileged container always runs without seccomp, because CRI-O ignores its profile. The
finding names the fields because of which the closest earlier SCC rejects the pod. If the annotation
`openshift.io/required-scc` selects the SCC, the finding names the annotation too.

A PersistentVolume with `hostPath` or `local` gives a pod a path of the node under any SCC, because SCCs look at the volumes of a pod and
not behind its claims. The rule reports such a volume if its path has programs, settings, secrets or pods of the node, such as `/`,
`/etc`, `/run` or `/var/lib/kubelet`, and if a pod mounts a claim that gets it. Folders for data, such as `/mnt/data`, are not reported.

## How to fix it

Remove the fields that the finding names, a volume with its mounts, and the grant of the SCC. If a privileged container needs
no more than some capabilities, write them instead of `privileged: true`. No capability is enough for a container that mounts a
host path or with `mountPropagation: Bidirectional`, runs `nsenter`, or uses the host's process IDs. If the workload needs the
fields, write a custom SCC that allows only those fields and lists `runtime/default` under `seccompProfiles`, and grant
it to this workload's own service account only.

A pod that can take over its node has these lines under every SCC, on purpose: someone has to decide whether the program may do
so. If it needs the access, record it with [`scclint accept`](../acceptances.md). If the pod later asks for more, that is a new line.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec:
  containers:
    - name: shell
      image: registry.example/shell:1
      securityContext:
        privileged: true
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec:
  containers:
    - name: shell
      image: registry.example/shell:1
      securityContext:
        allowPrivilegeEscalation: false
        seccompProfile: {type: RuntimeDefault}
```
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from scclint.admission.access import UNCONFINED, Access, asked_for, used_by, why_privileged
from scclint.advice.grants import pinned, without_privileged
from scclint.advice.sccs import is_least, more_restrictive, opened
from scclint.advice.words import first_per_field, refused_fields
from scclint.api import (
    AccessWord,
    Candidate,
    Field,
    FieldError,
    Located,
    Location,
    ObjectRef,
    Outcome,
    Place,
    Problem,
    Related,
    Remedy,
    Workload,
    World,
    advise,
    creator,
    grouped,
    least_grant,
    rule,
    wider_than_restricted,
)
from scclint.outcome.selinux import mounts as claim_mounts
from scclint.platform.terms import REQUIRED_SCC

_ADMITTED = "{object}: SCC {scc} admits {pods}[ when {creator} creates it]"
SENTENCES = {
    "admitted": _ADMITTED + "[; {pods} {alone:uses|use} {used:2}]",
    "adds-capability": _ADMITTED + "; {pods} {alone:uses|use} only capability {added}[, as {as_written} written]",
    "uses-nothing": _ADMITTED + "; {pods} {alone:uses|use} none of it[, as {as_written} written]",
    "opens": "SCC {scc} allows {opened:3}{least:, no more than its pods use|}",
    "required": "annotation openshift.io/required-scc requires it[, and {without_it} would admit {pods} without the annotation]",
    "rejected": "{closest} rejects {pods} because of {rejected:4}",
    "platform-grant": "{binding} of the platform grants it to service account {account}",
    "assumed": "{assumed}",
    "asks": "{object}: [container {container} ]asks for {what}[ ({state})]",
    "instead": "{instead}",
    "must-allow": "The SCC must allow privileged containers, because {why}.",
    "injected": "Check what the containers need that a webhook adds because of {injection}, and grant no more than that.",
    "volume": "{object}: {bound:mounts|can mount} {path} of the node through PersistentVolume {volume} and claim {claim}",
    "unchecked": "no SCC checks the path of a PersistentVolume, so only SELinux and the user ID limit the container there",
    "here": "PersistentVolume {volume}",
    "mounts": "{workload} mounts it",
    "storage": "Use a volume of a StorageClass, or a folder for this data alone, such as /var/mnt/data.",
}


@rule(
    "SCC102",
    "pod-access",
    "A pod asks for more than restricted-v2 gives",
    kind="access",
    reach="pod",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    security_severity=8.0,
    cwe=(250,),
    study=(36, 36),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    yield from _through_volumes(workload, world)
    yield from _asked(workload, world)
    outcome = world.outcome(workload)
    if outcome.admitted and outcome.scc and wider_than_restricted(outcome.scc, world):
        cause = _cause(outcome, outcome.scc, world)
        is_granted = outcome.grant is not None and outcome.grant.subject == "serviceaccount"
        # A pod that asks for nothing, and whose creator may use a wider SCC anyway, is that of SCC104.
        if is_granted or cause.rejected or cause.annotation is not None:
            yield _admitted(outcome, cause, world)


def _asked(workload: Workload, world: World) -> Iterator[Problem]:
    """Yield what the manifest asks for, whatever becomes of its pods: the cluster may give it later."""
    outcome = world.outcome(workload)
    state = _state(outcome)
    demands = grouped(
        ((demand.part, demand.words), demand)
        for demand in asked_for(world.outcomes.as_decoded(workload), world.cluster.kubernetes_minor)
    )
    # Two volumes with one path, or two mounts of it, give a part no more than one.
    for demand, *_ in demands.values():
        if demand.words == UNCONFINED and outcome.admitted:
            continue  # SEC202 reports a container that runs so.
        field = workload.pod.field(*demand.at)
        yield Problem(
            "asks",
            at=field if field.present else workload.place,
            facts={"container": demand.part, "what": demand.words, "state": state},
            word=AccessWord(demand.words, demand.part, reach="node" if demand.takes else "pod", through=state),
        )


def _state(outcome: Outcome) -> str:
    """Return what gives a pod what it asks for, in a few words; empty if that is not known."""
    if outcome.scc:
        by = _granted_by(outcome)
        return f"SCC {outcome.scc} by {by}" if by else f"SCC {outcome.scc}"
    if outcome.skipped:
        return "SCC admission does not run"
    return "the cluster rejects it" if outcome.rejected_by else ""


def _admitted(outcome: Outcome, cause: "_Cause", world: World) -> Problem:
    """Return the problem of pods under an SCC that allows more than restricted-v2."""
    workload, scc, node = outcome.workload, outcome.scc, opened(outcome.scc, world)
    used = used_by(outcome.judged.pod, world.cluster.kubernetes_minor)
    privileged = [container.name for container in outcome.seccomp if container.is_unconfined_as_privileged]
    # An SCC that opens no more than the pods of the account use has no more restrictive one.
    least = is_least(scc, world, outcome.namespace, workload.pod.service_account)
    # Of pods that a webhook changes, the input has only a part.
    injection = "" if used else world.outcomes.injection(workload)
    # SCCs reject capabilities that open no node, too.
    added = list(dict.fromkeys(str(error.value) for error in cause.rejected if "add" in error.path))
    remedies: tuple[Remedy, ...] = ()
    if node and not injection:
        needed = bool(used or added)
        remedies = _remedies(outcome, bool(privileged), world, is_least=least, used=used, needed=needed)
    instead = without_privileged(outcome) if privileged else ""
    return Problem(
        _code(used, added),
        at=_place(workload, cause),
        facts={
            "scc": scc,
            "creator": creator(outcome),
            "used": [access.words for access in used],
            "added": added,
            "as_written": injection and ("it is" if workload.kind == "Pod" else "they are"),
            "opened": wider_than_restricted(scc, world),
            "least": bool(node) and least,
            "rejected": [workload.pod.field(*error.path) for error in cause.rejected],
            **_origin(outcome, cause, world),
            "instead": instead,
            "why": why_privileged(outcome.judged.pod) if privileged and not instead else "",
            "injection": injection,
        },
        notes=("opens", *(("required",) if cause.annotation is not None else ()), "rejected", "platform-grant", "assumed"),
        related=_other_places(workload, cause) + world.steps.of_grant(outcome.grant, scc, workload),
        remedies=remedies,
        help=_help(is_privileged=bool(privileged), instead=instead, injection=injection),
        word=AccessWord(f"SCC {scc}", reach="node" if any(access.takes for access in node) else "pod", through=_state(outcome)),
    )


def _granted_by(outcome: Outcome) -> str:
    """Return the binding by which pods may use the SCC that admits them; empty if that is not known."""
    binding = outcome.grant.binding if outcome.grant else None
    return f"{binding.kind} {binding.name}" if binding is not None else ""


def _code(used: Sequence[Access], added: Sequence[str]) -> str:
    """Return the code of the sentence about what the pods use."""
    if used:
        return "admitted"
    return "adds-capability" if added else "uses-nothing"


def _origin(outcome: Outcome, cause: "_Cause", world: World) -> dict[str, Any]:
    """Return the facts of why the SCC admits the pod, and where it and its grant come from if the input does not say that."""
    written = world.scc(outcome.scc)
    by = outcome.grant.binding if outcome.grant and outcome.grant.subject == "serviceaccount" else None
    return {
        "without_it": cause.without_it,
        "closest": cause.closest,
        "binding": f"{by.kind} {by.name}" if by is not None and world.find(by) is None else "",
        "account": outcome.workload.pod.service_account,
        "assumed": written.provenance.assumed if written is not None else "",
    }


def _help(*, is_privileged: bool, instead: str, injection: str) -> str:
    """Return what to consider beside the remedies."""
    if is_privileged:
        return "instead" if instead else "must-allow"
    return "injected" if injection else ""


def _mounting(world: World) -> Mapping[str, Sequence[tuple[Workload, Any]]]:
    """The workloads that mount each PersistentVolume with a path of the node, by its name, and where they do."""
    return grouped(
        (name, (workload, mount.span))
        for workload in world.of(Workload)
        for mount in claim_mounts(world).of_workload.get(id(workload), ())
        for name in dict.fromkeys(volume.name for volume in mount.claim.volume.on_node)
    )


def _through_volumes(workload: Workload, world: World) -> Iterator[Problem]:
    """Yield a problem for each PersistentVolume that gives pods a path of the node. The first workload that mounts it has the problem."""
    for mount in claim_mounts(world).of_workload.get(id(workload), ()):
        for volume in mount.claim.volume.on_node:
            mounting = world.memo((_mounting,), lambda: _mounting(world))[volume.name]
            if mounting[0] != (workload, mount.span):
                continue
            written = world.find(ObjectRef("PersistentVolume", "", volume.name))
            borrowed = any(taken.obj is written for taken in world.other_units.borrowed)
            path = written and written.field("spec", volume.source, "path")
            here = path if path is not None and not borrowed else workload.pod.field(*mount.claim.path)
            of_volume = () if path is None or here is path else (Location("here", path),)
            mounts = ((other, span) for other, span in mounting[:8] if span != here.span)
            yield Problem(
                "volume",
                at=here,
                facts={"bound": volume.bound, "path": volume.path, "volume": volume.name, "claim": mount.claim.claim},
                notes=("unchecked",),
                related=(*of_volume, *(Location("mounts", Place(span), {"workload": other}) for other, span in mounts)),
                word=AccessWord(volume.words, reach="node"),
                help="storage",
            )


class _Cause(NamedTuple):
    """Why no SCC that is tried earlier admits the pod.

    `annotation` is the openshift.io/required-scc that selects the SCC, `without_it` the more restrictive SCC that would
    admit the pod without the annotation. `closest` is the SCC that comes closest to admitting it, `rejected` what it rejects.
    """

    annotation: Field[str] | None
    without_it: str
    closest: str
    rejected: list[FieldError]


def _cause(outcome: Outcome, scc: str, world: World) -> _Cause:
    workload, verdict = outcome.workload, outcome.judged
    annotation = workload.pod.annotation(REQUIRED_SCC) if pinned(outcome, world) else None
    # With the annotation, admission tries no other SCC, so the verdict does not say what the earlier ones would do.
    tried = world.outcomes.explain(workload) if annotation is not None else verdict.candidates
    earlier = list(takewhile(lambda candidate: candidate.scc != scc, tried))
    without_it = next((c.scc for c in earlier if c.outcome == "chosen" and more_restrictive(world, c.scc, scc)), "")
    closest = _closest(earlier)
    rejected = first_per_field(closest.reasons) if closest is not None and not without_it else []
    return _Cause(annotation, without_it, closest.scc if closest is not None else "", rejected)


def _closest(candidates: list[Candidate]) -> Candidate | None:
    """Return the SCC that rejects the fewest fields of the pod; None if none rejects it."""
    rejecting = [candidate for candidate in candidates if candidate.outcome == "too restrictive"]
    return min(rejecting, key=lambda candidate: len(first_per_field(candidate.reasons)), default=None)


def _place(workload: Workload, cause: _Cause) -> Located:
    if cause.annotation is not None:
        return cause.annotation
    return workload.pod.field(*cause.rejected[0].path) if cause.rejected else workload.place


def _other_places(workload: Workload, cause: _Cause) -> tuple[Related, ...]:
    """Return the first rejected fields besides the reported place."""
    others = cause.rejected if cause.annotation is not None else cause.rejected[1:]
    return refused_fields(cause.closest, others, workload)


def _remedies(
    outcome: Outcome, privileged: bool, world: World, *, is_least: bool, used: tuple[Access, ...], needed: bool
) -> tuple[Remedy, ...]:
    if privileged and without_privileged(outcome) and not is_least:
        return ()
    changes = () if privileged else advise("restricted", outcome.workload, world)[:2]
    # An SCC may be the least for the account, and not for each of its pods.
    stays = () if is_least and used else (least_grant(outcome, world),)
    # An author whose pod uses the node, or who adds capabilities, needs that more often than not.
    return (*stays, *changes) if needed else (*changes, *stays)
