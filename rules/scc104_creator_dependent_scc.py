"""
A bare Pod is judged by the rights of whoever creates it, besides those of its service account. Created by an
administrator, who may use every SCC, it can land on another SCC than when a pipeline or a colleague creates it.

The usual case: a Pod without a seccomp profile, created by an administrator, is taken by `anyuid` (priority 10) and
runs unconfined, possibly as root; the same pod in a Deployment, or created by an ordinary user, lands on
`restricted-v2` and gets RuntimeDefault.

## How to fix it

Pin the SCC with the annotation `openshift.io/required-scc` (4.14 and newer), use a Deployment or Job, or say who
creates it: `--as USER --as-group GROUP`.

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

from scclint.api import PROJECT_USER, Outcome, Problem, Severity, Workload, World, rule

from ._words import profile


@rule(
    "SCC104",
    "creator-dependent-scc",
    "What becomes of a bare Pod depends on who creates it",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
    security_severity=5.5,
    cwe=(266,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if workload.controlled or world.creator_given:
        return
    admin = world.outcome(workload)
    other = world.outcome(workload, PROJECT_USER)
    if admin.verdict is None or other.verdict is None or _result(admin) == _result(other):
        return
    yield Problem(
        f"{workload.named}: created by an administrator its pod {_fate(admin)}, created by a user without grants of their own it "
        f"{_fate(other)}",
        at=workload.place,
        settle="Pin the SCC with the annotation openshift.io/required-scc, use a Deployment or Job instead, or say who creates the pod "
        "with --as USER --as-group GROUP.",
    )


def _result(outcome: Outcome) -> tuple[str | None, tuple[str, ...]]:
    assert outcome.verdict is not None
    return outcome.verdict.scc, tuple(profile(c) for c in outcome.seccomp)


def _fate(outcome: Outcome) -> str:
    assert outcome.verdict is not None
    if not outcome.verdict.allowed:
        return "is refused"
    profiles = sorted({profile(c) for c in outcome.seccomp})
    runs = "runs unconfined" if profiles == ["unconfined"] else f"runs with {' and '.join(profiles)}"
    return f"lands on {outcome.verdict.scc} and {runs}"
