"""
The container sets no seccomp profile and will run unconfined: without a seccomp filter (`Seccomp: 0` in
`/proc/1/status`, null in `crictl inspect`).

On OpenShift the profile depends on the SCC that admits the pod:

- `restricted-v2` and the other SCCs that list `runtime/default` apply this profile.
- `anyuid`, `nonroot`, `hostnetwork`, `hostaccess`, `hostmount-anyuid` and every other SCC without `seccompProfiles`
  apply no profile.
- `privileged` lists only `*`, which allows every profile and applies none.
- In the namespaces that SCC109 lists, and in namespaces of run level 0 and 1, SCC admission does not run.

If no SCC applies a profile, the kubelet's `seccompDefault` decides. OpenShift leaves it off unless a KubeletConfig
turns it on.

## How to fix it

Set `seccompProfile: {type: RuntimeDefault}` on the pod if an SCC that applies a profile would also admit it. `anyuid`
and the other SCCs without `seccompProfiles` reject a pod that sets a profile, so `restricted-v2` then admits it.
Alternatively, require that SCC with the annotation `openshift.io/required-scc`, or remove the grant of the other SCC. If
a few fields make the better SCC reject the pod, the finding names them. If the annotation requires an SCC without
`seccompProfiles`, a profile alone makes that SCC reject the pod: change the annotation, too. Remove a grant that no pod
needs any more.

Some kinds do not have the pod's `securityContext`. Use `stepTemplate.securityContext` in a Tekton Task, `podTemplate`
in a Tekton run, and the field of each container in Knative.

If the pod needs the SCC that admits it now, choose one of these:

- `privileged` and custom SCCs with `*`: set the same field, which these SCCs allow.
- An SCC of your own: add `runtime/default` to its `seccompProfiles`.
- `nonroot` or `hostnetwork`: grant `nonroot-v2` or `hostnetwork-v2` instead.
- `anyuid`: grant a custom copy of `anyuid` that lists `runtime/default` instead.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: web}
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      securityContext:
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator, Sequence
from typing import Any

from scclint.api import (
    MAX_SCCS_TRIED,
    REQUIRED_SCC,
    Candidate,
    Field,
    Outcome,
    Problem,
    Related,
    Severity,
    Workload,
    World,
    and_more,
    capitalized,
    listed,
    rule,
)

from ._advice import grant, pin_too, pinned
from ._places import annotation_place, profile_place
from ._quote import quoted
from ._scc import node_access
from ._seccomp import RUNTIME_DEFAULT, default_profile, newer_sibling
from ._what_if import (
    admitted,
    admitted_by,
    mounts_too,
    path_to_remove,
    pinned_to,
    user_note,
    user_remark,
    with_profile,
    without,
    would_admit,
)
from ._words import first_per_field, when_created

DEFAULTS = ("kubelet default", "SCC default")


@rule(
    "SEC201",
    "unconfined-by-default",
    "A container without a seccomp profile will run unconfined",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=8.0,
    cwe=(693, 250),
    study=(53, 53),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or not outcome.verdict.allowed:
        return
    unconfined = [c for c in outcome.seccomp if c.source in DEFAULTS and (c.type == "Unconfined" or c.unconfined_on)]
    if not unconfined:
        return
    reason, fix = _reason_and_fix(outcome, world)
    obstacles: tuple[Related, ...] = ()
    if not fix:
        fix, obstacles = _fix_and_obstacles(outcome, world)
    grant = outcome.chosen.grant if outcome.chosen else None
    steps = world.steps.of_grant(grant, outcome.verdict.scc or "", workload)
    for container in unconfined:
        view = workload.pod.container(container.name)
        if view is None:
            continue
        where = f" on node pool{'s' if len(container.unconfined_on) > 1 else ''} {listed(container.unconfined_on)}"
        fact = f"will run unconfined{where if container.unconfined_on else ''}{when_created(outcome)}: {reason}"
        yield Problem(
            f"{workload.named}: container {container.name} {fact}",
            at=view.field("securityContext", "seccompProfile"),
            related=obstacles + steps,
            flow=steps,
            help=fix,
            container=container.name,
            cause=fact,
        )


def _reason_and_fix(outcome: Outcome, world: World) -> tuple[str, str]:
    """Return why the container has no profile, and the fix. The fix is empty if the SCC rejects every profile."""
    verdict = outcome.verdict
    assert verdict is not None
    if verdict.scc is None:
        if world.cluster.platform == "kubernetes":
            return (
                "it sets no seccomp profile, and the kubelet's seccompDefault is off",
                f"Set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}.",
            )
        return (
            f"it sets no seccomp profile, and no SCC applies one, because {outcome.skipped}",
            f"Set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}.",
        )
    default = default_profile(verdict.scc, world)
    if default:
        return (
            f"SCC {verdict.scc} admits it and applies its default profile, {default}",
            f"List runtime/default first in seccompProfiles of SCC {verdict.scc}, which makes it the default.",
        )
    if world.cluster.sccs[verdict.scc].seccomp_profiles:
        return (
            f'SCC {verdict.scc} admits it and applies no profile, because its seccompProfiles lists only "*"',
            f"Set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}; SCC {verdict.scc} allows it."
            + user_note(world, outcome, admitted(world, outcome, with_profile(verdict.submitted))),
        )
    return f"SCC {verdict.scc} admits it and applies no profile, because it has no seccompProfiles", ""


def _fix_and_obstacles(outcome: Outcome, world: World) -> tuple[str, tuple[Related, ...]]:
    """Return the fix that gives the pod a profile, and notes on the fields that must change first.

    In order of preference: an SCC that the pod may use and that would admit it, a profile in the author's own SCC, the newer version
    of the SCC, an SCC that would admit the pod without a few fields, a custom SCC.
    """
    verdict, workload = outcome.verdict, outcome.workload
    assert verdict is not None and verdict.scc is not None
    confining = world.outcomes.explain(workload, among=lambda scc: _confines(scc, world))
    usable = next((c.scc for c in confining if c.outcome == "chosen"), "")
    if usable and (fix := _use_confining_scc(outcome, world, usable)):
        return fix, ()
    if world.scc(verdict.scc) is not None and verdict.scc not in world.cluster.own_sccs:
        return f"Add seccompProfiles: [runtime/default] to SCC {verdict.scc}, which then applies this profile by default.", ()
    sibling = newer_sibling(verdict.scc, world)
    if sibling and would_admit(sibling, outcome, world):
        fix = capitalized(grant(workload, f"SCC {sibling} instead of {verdict.scc}")) + pin_too(outcome, world)
        note = user_note(world, outcome, admitted_by(sibling, world, outcome))
        return f"{fix}: {sibling} applies RuntimeDefault, and {verdict.scc} rejects a pod that sets a profile.{note}", ()
    copy = grant(workload, f"a custom copy of {verdict.scc} with seccompProfiles: [runtime/default] instead of {verdict.scc}")
    custom = f"{copy}{pin_too(outcome, world)}, because {verdict.scc} itself rejects a pod that sets a profile."
    scc, fields, remark = _closest_scc(workload, world, outcome, confining)
    if not fields:
        return f"Remove what makes the pod need {verdict.scc}, or {custom}", ()
    names = list(dict.fromkeys(quoted(field) for field in fields))
    pin = f", write {REQUIRED_SCC}: {scc}" if pinned(outcome, world) else ""
    return (
        f"Remove {and_more(names, 3)}{mounts_too(field.path for field in fields)}{pin}, and set seccompProfile: {{type: RuntimeDefault}} "
        f"{profile_place(workload)}: {scc} then admits the pod{remark}. Alternatively, {custom}",
        tuple(Related(f"{scc} rejects {quoted(field)}", field.span) for field in fields[:8]),
    )


def _confines(scc: str, world: World) -> bool:
    """Whether an SCC may be advised: it applies RuntimeDefault, does not open the node, and belongs to no component of the release."""
    profile = default_profile(scc, world) in RUNTIME_DEFAULT
    return profile and not node_access(scc, world) and scc not in world.cluster.component_sccs


def _use_confining_scc(outcome: Outcome, world: World, usable: str) -> str:
    """Return the fix for a pod that a `usable` SCC with a profile would admit; empty if admission then rejects the pod."""
    workload, verdict = outcome.workload, outcome.verdict
    assert verdict is not None
    setting = f"et seccompProfile: {{type: RuntimeDefault}} {profile_place(workload)}"
    pod = with_profile(verdict.submitted)
    if pinned(outcome, world):
        after = admitted(world, outcome, pinned_to(pod, usable))
        if not after.allowed:
            return ""
        note = user_note(world, outcome, after)
        return (
            f"Write {REQUIRED_SCC}: {usable}{annotation_place(workload)}, and s{setting}: {usable} then admits the pod.{note}"
        )
    after = admitted(world, outcome, pod)
    if not after.scc or not _confines(after.scc, world):
        return ""
    way = f"S{setting}: {verdict.scc} then rejects the pod, and {after.scc} admits it."
    if not world.cluster.admission.reads_required_scc:
        return f"{way}{user_note(world, outcome, after)}"
    needs_creator = not workload.controlled and not world.creator_given
    creator_hint = ", or name the user who creates the pod with --as USER" if needs_creator else ""
    pin = f"Alternatively, set the annotation {REQUIRED_SCC}: {usable}{annotation_place(workload)}{creator_hint}."
    if after.scc == usable:
        return f"{way} {pin}{user_note(world, outcome, after, 'either way, ')}"
    other = user_note(world, outcome, admitted_by(usable, world, outcome))
    return f"{way}{user_note(world, outcome, after)} {pin}{other}"


def _closest_scc(
    workload: Workload, world: World, outcome: Outcome, sccs: Sequence[Candidate]
) -> tuple[str, list[Field[Any]], str]:
    """Return the SCC that needs the fewest fields removed to admit the pod, those fields, and the remark on its users; else nothing."""
    assert outcome.verdict is not None
    rejecting = [(c.scc, first_per_field(c.reasons)) for c in sccs if c.outcome == "too restrictive"]
    for scc, errors in sorted(rejecting, key=lambda pair: len(pair[1]))[:MAX_SCCS_TRIED]:
        fields = [workload.pod.field(*error.path) for error in errors]
        if not all(field.present for field in fields):
            continue
        pod = with_profile(without(outcome.verdict.submitted, {path_to_remove(error.path) for error in errors}))
        after = admitted(world, outcome, pinned_to(pod, scc) if pinned(outcome, world) else pod)
        if after.scc == scc:
            return scc, fields, user_remark(world, outcome, after)
    return "", [], ""
