"""
Nobody asked for it, yet the container will run unconfined: without any seccomp filter (`Seccomp: 0` in
`/proc/1/status`, null in `crictl inspect`).

On OpenShift the SCC that admits the pod decides. `restricted-v2` and its siblings list `runtime/default` and fill the
profile in; `anyuid`, `nonroot`, `hostnetwork`, `hostaccess`, `hostmount-anyuid` and other SCCs without
`seccompProfiles`, and `privileged`, whose only entry is `*`, fill in nothing. In the few namespaces that SCC109
lists and those of run level 0 and 1 no SCC runs at all. The kubelet's `seccompDefault`, off on OpenShift unless
a KubeletConfig sets it, is the last that could supply a profile.

## How to settle it

If a confining SCC would take the pod as well, write `seccompProfile: {type: RuntimeDefault}` on it: `anyuid` and the other SCCs without
`seccompProfiles` refuse a pod that names a profile, and it is passed on to `restricted-v2`. Or pin that SCC with the annotation
`openshift.io/required-scc`, or take the grant away that moves the pod elsewhere.

If the pod needs the SCC that it lands on: under `privileged`, and custom SCCs with `*`, the same field is honoured; instead of `nonroot`
and `hostnetwork` grant `nonroot-v2` and `hostnetwork-v2`; instead of `anyuid` a custom copy of it that lists `runtime/default`.

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

from collections.abc import Iterator

from scclint.api import Outcome, Problem, Severity, Workload, World, rule

from ._seccomp import RUNTIME_DEFAULT, default_profile, newer_sibling
from ._words import creator, listed

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
            related=steps,
            flow=steps,
            settle=settle,
            container=container.name,
        )


def _why(outcome: Outcome, world: World) -> tuple[str, str]:
    verdict = outcome.verdict
    assert verdict is not None
    if verdict.scc is None:
        if world.cluster.platform == "kubernetes":
            return (
                "it names no profile and the kubelet's seccompDefault is off",
                "Set seccompProfile: {type: RuntimeDefault} on the pod.",
            )
        return (
            f"it names no profile and no SCC fills one in, since {outcome.skipped}",
            "Set seccompProfile: {type: RuntimeDefault} on the pod, or move it to a namespace where SCC admission runs.",
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
            "Set seccompProfile: {type: RuntimeDefault} on the pod; this SCC allows it.",
        )
    return (
        f"SCC {verdict.scc} admits it, and that has no seccompProfiles, so it fills none in",
        _better(outcome, world),
    )


def _better(outcome: Outcome, world: World) -> str:
    """What would have the pod confined: an SCC that already may and would admit it, the SCC's newer sibling, or a custom one."""
    verdict, workload = outcome.verdict, outcome.workload
    assert verdict is not None and verdict.scc is not None
    admitting = (c.scc for c in world.explain(workload) if c.outcome == "chosen")
    confining = next((scc for scc in admitting if default_profile(scc, world) in RUNTIME_DEFAULT), None)
    if confining is not None:
        who = " Or say who creates the pod: --as USER." if outcome.creator is not None and not world.creator_given else ""
        return (
            f"Write seccompProfile: {{type: RuntimeDefault}} on the pod: {verdict.scc} then passes it on to {confining}, "
            f"which would admit it. Or pin {confining} with the annotation openshift.io/required-scc.{who}"
        )
    sibling = newer_sibling(verdict.scc, world)
    if sibling:
        return f"Grant {sibling} instead of {verdict.scc}: it gives RuntimeDefault, while {verdict.scc} refuses to have it asked for."
    return (
        f"Drop what calls for {verdict.scc}, or grant a custom copy of it with seccompProfiles: [runtime/default]; "
        f"{verdict.scc} itself refuses a pod that asks for a profile."
    )
