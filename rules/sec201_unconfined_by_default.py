"""
Nobody asked for it, yet the container will run unconfined: without any seccomp filter (`Seccomp: 0` in
`/proc/1/status`, null in `crictl inspect`).

On OpenShift the SCC that admits the pod decides. `restricted-v2` and its siblings list `runtime/default` and fill the
profile in; `anyuid`, `nonroot`, `hostnetwork`, `hostaccess`, `hostmount-anyuid` and other SCCs without
`seccompProfiles`, and `privileged`, whose only entry is `*`, fill in nothing. In `default`, `kube-*` and `openshift`
namespaces and those of run level 0 and 1 no SCC runs at all. The kubelet's `seccompDefault`, off on OpenShift unless
a KubeletConfig sets it, is the last that could supply a profile.

## How to settle it

Have the pod admitted by an SCC that defaults the profile: take away the grant or the field that moves it elsewhere.
Where it must run under this SCC and the SCC allows it (`privileged`, custom ones with `*`), write `seccompProfile:
{type: RuntimeDefault}` on the pod. Under `anyuid` and the other SCCs without `seccompProfiles` that would make the
pod be refused: use a custom SCC that lists `runtime/default`.

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
from ._words import creator


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
    why, settle = _why(outcome, world)
    grant = outcome.chosen.grant if outcome.chosen else None
    steps = world.grant_steps(grant, outcome.verdict.scc or "")
    for container in outcome.seccomp:
        view = workload.pod.container(container.name)
        if view is None or container.type != "Unconfined" or container.source not in ("kubelet default", "SCC default"):
            continue
        yield Problem(
            f"{workload.named}: container {container.name} will run unconfined{creator(outcome)}: {why}",
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
    profiles = world.cluster.sccs[verdict.scc].seccomp_profiles
    if "*" in profiles:
        return (
            f"SCC {verdict.scc} admits it, and that allows every profile but fills none in",
            "Set seccompProfile: {type: RuntimeDefault} on the pod; this SCC allows it.",
        )
    return (
        f"SCC {verdict.scc} admits it, and that has no seccompProfiles, so it fills none in",
        f"Let restricted-v2 admit the pod (drop what calls for {verdict.scc}), or grant a custom SCC that lists runtime/default; "
        f"a profile written on the pod would make {verdict.scc} refuse it.",
    )
