"""
Nobody asked for it, yet the container will run unconfined: without any seccomp filter (`Seccomp: 0` in
`/proc/1/status`, null in `crictl inspect`).

On OpenShift the SCC that admits the pod decides. `restricted-v2` and its siblings list `runtime/default` and fill the
profile in; `anyuid`, `nonroot`, `hostnetwork`, `hostaccess`, `hostmount-anyuid` and other SCCs without
`seccompProfiles`, and `privileged`, whose only entry is `*`, fill in nothing. In the few namespaces that SCC109
lists and those of run level 0 and 1 no SCC runs at all. The kubelet's `seccompDefault`, off on OpenShift unless
a KubeletConfig sets it, is the last that could supply a profile.

## How to fix it

If a confining SCC would take the pod as well, write `seccompProfile: {type: RuntimeDefault}` on it: `anyuid` and the other SCCs without
`seccompProfiles` refuse a pod that names a profile, and it is passed on to `restricted-v2`. Or pin that SCC with the annotation
`openshift.io/required-scc`, or take the grant away that moves the pod elsewhere. Where a few fields keep the confining SCC from taking
the pod, the finding names them. Not all kinds have the pod's `securityContext`: a Tekton Task has `stepTemplate.securityContext`, its
runs have a `podTemplate`, and Knative takes profiles on containers only.

If the pod needs the SCC that it lands on: under `privileged`, and custom SCCs with `*`, the same field is honoured; to an SCC of your own
add `runtime/default`; instead of `nonroot` and `hostnetwork` grant `nonroot-v2` and `hostnetwork-v2`; instead of `anyuid` a custom copy
of it that lists `runtime/default`.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  securityContext:
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator, Sequence
from typing import Any

from scclint.api import Candidate, Field, Outcome, Problem, Related, Severity, Verdict, Workload, World, rule

from ._places import annotation_place, profile_place
from ._quote import quoted
from ._scc import some
from ._seccomp import RUNTIME_DEFAULT, default_profile, newer_sibling
from ._what_if import admitted_by, dropped
from ._words import creator, in_fields, listed

DEFAULTS = ("kubelet default", "SCC default")


@rule(
    "SEC201",
    "unconfined-by-default",
    "A container that names no seccomp profile will run unconfined",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=8.0,
    cwe=(693, 250),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or not outcome.verdict.allowed:
        return
    unasked = [c for c in outcome.seccomp if c.source in DEFAULTS and (c.type == "Unconfined" or c.unconfined_on)]
    if not unasked:
        return
    why, settle = _why(outcome, world)
    obstacles: tuple[Related, ...] = ()
    if not settle:
        settle, obstacles = _better(outcome, world)
    grant = outcome.chosen.grant if outcome.chosen else None
    steps = world.grant_steps(grant, outcome.verdict.scc or "", workload)
    for container in unasked:
        view = workload.pod.container(container.name)
        if view is None:
            continue
        where = f" on node pool{'s' if len(container.unconfined_on) > 1 else ''} {listed(container.unconfined_on)}"
        yield Problem(
            f"{workload.named}: container {container.name} will run unconfined"
            f"{where if container.unconfined_on else ''}{creator(outcome)}: {why}",
            at=view.field("securityContext", "seccompProfile"),
            related=obstacles + steps,
            flow=steps,
            settle=settle,
            container=container.name,
        )


def _why(outcome: Outcome, world: World) -> tuple[str, str]:
    """Why nothing confines the container, and what settles it; the latter empty where the SCC refuses every profile."""
    verdict = outcome.verdict
    assert verdict is not None
    if verdict.scc is None:
        if world.cluster.platform == "kubernetes":
            return (
                "it names no profile and the kubelet's seccompDefault is off",
                f"Set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}.",
            )
        return (
            f"it names no profile and no SCC fills one in, since {outcome.skipped}",
            f"Set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}, or move it to a namespace where SCC admission "
            "runs.",
        )
    default = default_profile(verdict.scc, world)
    if default:
        return (
            f"SCC {verdict.scc} admits it, and that fills {default} in",
            f"List runtime/default first in the seccompProfiles of {verdict.scc}.",
        )
    if world.cluster.sccs[verdict.scc].seccomp_profiles:
        return (
            f"SCC {verdict.scc} admits it, and that allows every profile but fills none in",
            f"Set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}; this SCC allows it.",
        )
    return f"SCC {verdict.scc} admits it, and that has no seccompProfiles, so it fills none in", ""


def _better(outcome: Outcome, world: World) -> tuple[str, tuple[Related, ...]]:
    """What would have the pod confined, and which fields are in the way of it.

    That is an SCC which already may and would admit it, a profile in the author's own SCC, the SCC's newer sibling, an SCC which
    would admit it but for a few fields, or a custom one.
    """
    verdict, workload = outcome.verdict, outcome.workload
    assert verdict is not None and verdict.scc is not None
    confining = world.explain(workload, among=lambda scc: default_profile(scc, world) in RUNTIME_DEFAULT)
    admitting = next((c.scc for c in confining if c.outcome == "chosen"), None)
    if admitting is not None:
        who = "" if workload.controlled or world.creator_given else " Or say who creates the pod: --as USER."
        return (
            f"Write seccompProfile: {{type: RuntimeDefault}} {profile_place(workload)}: {verdict.scc} then passes it on to {admitting}, "
            f"which would admit it. Or pin {admitting} with the annotation openshift.io/required-scc{annotation_place(workload)}.{who}"
        ), ()
    if world.scc(verdict.scc) is not None and verdict.scc not in world.cluster.own_sccs:
        return f"Add seccompProfiles: [runtime/default] to SCC {verdict.scc}.", ()
    sibling = newer_sibling(verdict.scc, world)
    if sibling:
        return (
            f"Grant {sibling} instead of {verdict.scc}: it gives RuntimeDefault, while {verdict.scc} refuses to have it asked for."
        ), ()
    custom = (
        f"grant a custom copy of {verdict.scc} with seccompProfiles: [runtime/default]; {verdict.scc} itself refuses a pod that "
        "asks for a profile."
    )
    scc, fields = _nearest(workload, world, verdict, confining)
    if not fields:
        return f"Drop what calls for {verdict.scc}, or {custom}", ()
    names = list(dict.fromkeys(quoted(field) for field in fields))
    return (
        f"Leave out {some(names)}, and write seccompProfile: {{type: RuntimeDefault}} {profile_place(workload)}: {scc} then admits it. "
        f"Or {custom}",
        tuple(Related(f"{scc} refuses {quoted(field)}", field.span) for field in fields[:8]),
    )


_MOST_TRIED = 20
"""SCCs that are tried without what they refuse."""


def _nearest(workload: Workload, world: World, verdict: Verdict, sccs: Sequence[Candidate]) -> tuple[str, list[Field[Any]]]:
    """The SCC that would admit the pod without the fewest fields, and those fields; none where leaving out does not help."""
    refusing = [(c.scc, in_fields(c.reasons)) for c in sccs if c.outcome == "too restrictive"]
    for scc, errors in sorted(refusing, key=lambda pair: len(pair[1]))[:_MOST_TRIED]:
        fields = [workload.pod.field(*error.path) for error in errors]
        left_out = {dropped(error.path) for error in errors}
        if all(field.present for field in fields) and admitted_by(world, verdict, scc, left_out):
            return scc, fields
    return "", []
