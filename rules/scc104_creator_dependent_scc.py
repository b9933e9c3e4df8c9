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

from scclint.api import PROJECT_USER, REQUIRED_SCC, Outcome, Problem, Severity, Workload, World, capitalized, listed, rule

from ._advice import grant, pin_too, scc_to_grant
from ._what_if import user_note
from ._words import profile


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
        f"{workload.named}: the verdict depends on who creates the pod: for an administrator, {_result_text(admin)}; for a user "
        f"without SCC grants, {_result_text(other)}",
        at=workload.place,
        help=f"{_fix(other, world)}{user_note(world, admin, other.verdict)} "
        "If you know who creates the pod, pass --as USER --as-group GROUP.",
    )


def _fix(other: Outcome, world: World) -> str:
    """Return how every creator gets the same SCC: the one that the service account brings, or else a grant for the account."""
    assert other.verdict is not None
    if other.verdict.scc is None:
        return f"{capitalized(grant(other.workload, scc_to_grant(other, world)))}{pin_too(other, world)}."
    if not world.cluster.admission.reads_required_scc:
        return "Use a Deployment or Job instead."
    return f"Write {REQUIRED_SCC}: {other.verdict.scc} in the pod's annotations, or use a Deployment or Job instead."


def _result(outcome: Outcome) -> tuple[str | None, tuple[str, ...]]:
    assert outcome.verdict is not None
    return outcome.verdict.scc, tuple(profile(c) for c in outcome.seccomp)


def _result_text(outcome: Outcome) -> str:
    assert outcome.verdict is not None
    if not outcome.verdict.allowed:
        return "no SCC admits it"
    profiles = sorted({profile(c) for c in outcome.seccomp})
    runs = "runs unconfined" if profiles == ["unconfined"] else f"runs with {listed(profiles)}"
    return f"SCC {outcome.verdict.scc} admits it and it {runs}"
