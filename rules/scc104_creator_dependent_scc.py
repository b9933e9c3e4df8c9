"""
SCC admission judges a bare Pod by the rights of its creator as well as those of its service account. If an
administrator, who may use every SCC, creates the Pod, another SCC can admit it than if a pipeline or a colleague does.

Example: an administrator creates a Pod without a seccomp profile. `anyuid` (priority 10) admits it, and it runs
unconfined, possibly as root. If a Deployment or an ordinary user creates the same pod, `restricted-v2` admits it, and
it runs with RuntimeDefault.

## How to fix it

Pin the SCC that the finding names with the annotation `openshift.io/required-scc` (OpenShift 4.14 and newer), or use a
Deployment or a Job. If no SCC admits the pod of another creator, grant the service account one. If you know who creates
the pod, pass `--as USER --as-group GROUP`.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: tool}
spec:
  containers:
    - name: tool
      image: registry.example/tool:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: tool
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: tool
      image: registry.example/tool:1
```
"""

from collections.abc import Iterator

from scclint.api import PROJECT_USER, Outcome, Problem, Severity, Workload, World, advise, least_grant, listed, profile, rule


@rule(
    "SCC104",
    "creator-dependent-scc",
    "The SCC of a bare Pod depends on who creates it",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
    security_severity=5.5,
    cwe=(266,),
    study=(3, 3),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if workload.controlled or world.creator_given:
        return
    admin = world.outcome(workload)
    other = world.outcome(workload, PROJECT_USER)
    if admin.verdict is None or other.verdict is None or _result(admin) == _result(other):
        return
    yield Problem(
        f"{workload.named}: the verdict depends on who creates the pod",
        notes=(f"for an administrator, {_result_text(admin)}", f"for a user without SCC grants, {_result_text(other)}"),
        at=workload.place,
        remedies=(
            *advise("independent of its creator", workload, world)[:2],
            *(() if other.verdict.scc else (least_grant(other, world),)),
        ),
        help=f"{'Or use a Deployment or Job. ' if other.verdict.scc else ''}"
        "If you know who creates the pod, pass --as USER --as-group GROUP.",
    )


def _result(outcome: Outcome) -> tuple[str, tuple[str, ...]]:
    return outcome.scc, tuple(profile(c) for c in outcome.seccomp)


def _result_text(outcome: Outcome) -> str:
    if not outcome.admitted:
        return "no SCC admits it"
    profiles = sorted({profile(c) for c in outcome.seccomp})
    runs = "runs unconfined" if profiles == ["unconfined"] else f"runs with {listed(profiles)}"
    return f"SCC {outcome.scc} admits it and it {runs}"
