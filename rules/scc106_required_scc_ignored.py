"""
The annotation `openshift.io/required-scc` pins the SCC of a pod, but the target release is older than 4.14 and does not
know it.

There every SCC that may be used is tried in order, as without the annotation, and nothing says that the pin was
ignored. The pod can then land on another SCC than its author relied on.

## How to fix it

On releases before 4.14 give the service account just the SCC it needs, and take away grants that would let another
one come first; or raise the target release (`--openshift`) if the workload never runs on an older one.

## Before

```yaml
# args: --openshift 4.12
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
# args: --openshift 4.14
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Outcome, Problem, Severity, Workload, World, rule

from ._releases import REQUIRED_SCC, required_scc_counts
from ._words import creator


@rule(
    "SCC106",
    "required-scc-ignored",
    "The target release ignores openshift.io/required-scc",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.skipped or not verdict.required_scc or required_scc_counts(world):
        return
    yield Problem(
        f"{workload.named}: {world.cluster.platform_name} ignores {REQUIRED_SCC}: {verdict.required_scc}; {_fate(outcome)}",
        at=workload.pod.annotation(REQUIRED_SCC),
        settle="The annotation counts from OpenShift 4.14 on; before, only which SCCs the service account may use decides.",
    )


def _fate(outcome: Outcome) -> str:
    verdict = outcome.verdict
    assert verdict is not None
    if not verdict.allowed:
        return f"no SCC admits its pods{creator(outcome)}"
    if verdict.scc == verdict.required_scc:
        return f"its pods land on {verdict.scc}{creator(outcome)} all the same, but only by the order of SCCs"
    return f"its pods land on {verdict.scc} instead{creator(outcome)}"
