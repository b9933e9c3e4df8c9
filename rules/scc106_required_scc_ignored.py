"""
The annotation `openshift.io/required-scc` pins the SCC of a pod, but the target release is older than OpenShift 4.14 and
ignores it.

Such a release tries every SCC that the pod may use, in order, as without the annotation, and does not warn. A different
SCC can then admit the pod.

## How to fix it

On releases before 4.14, grant the service account only the SCC it needs, and remove grants of SCCs that come before it.
Do not grant an SCC that opens the node or applies no seccomp profile. If the workload never runs on such a release, raise
the target release with `--openshift`.

`scclint fix` leaves this to you: the annotation may be there for a newer release.

## Before

```yaml
# Run with --openshift 4.12
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
# Run with --openshift 4.14
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

from scclint.api import REQUIRED_SCC, Outcome, Problem, Severity, Workload, World, and_more, rule

from ._outcomes import by_rights
from ._scc import node_access
from ._seccomp import RUNTIME_DEFAULT, default_profile
from ._words import pods, when_created


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
    if verdict is None or verdict.skipped or not verdict.required_scc or world.cluster.admission.reads_required_scc:
        return
    yield Problem(
        f"{workload.named}: {world.cluster.platform_name} ignores {REQUIRED_SCC}: {verdict.required_scc}; {_result(outcome)}",
        at=workload.pod.annotation(REQUIRED_SCC),
        help=_fix(outcome, verdict.required_scc, world),
    )


def _fix(outcome: Outcome, scc: str, world: World) -> str:
    """Return the fix. A grant is one only if the SCC applies a profile and does not open the node."""
    newer = "If the workload only runs on 4.14 or newer, pass that release with --openshift."
    granted = by_rights(outcome.workload, world).verdict
    if granted is not None and granted.scc == scc and not outcome.workload.controlled:
        return f"Use a Deployment or Job instead, whose pods SCC {scc} admits. {newer}"
    if granted is not None and granted.scc == scc:
        return f"Grant the service account no SCC that is tried before {scc}. {newer}"
    if opens := node_access(scc, world):
        return f"{newer} A grant of SCC {scc} is not a fix, because it opens {and_more(opens, 2)}."
    if scc in world.cluster.sccs and default_profile(scc, world) not in RUNTIME_DEFAULT:
        return f"{newer} A grant of SCC {scc} is not a fix, because it applies no seccomp profile."
    return f"Grant the service account only SCC {scc}, because OpenShift ignores the annotation before 4.14. {newer}"


def _result(outcome: Outcome) -> str:
    verdict = outcome.verdict
    assert verdict is not None
    if not verdict.allowed:
        return f"no SCC admits {pods(outcome.workload)}{when_created(outcome)}"
    if verdict.scc == verdict.required_scc:
        return f"SCC {verdict.scc} admits {pods(outcome.workload)}{when_created(outcome)}, but only because it comes first in the order of SCCs"
    return f"SCC {verdict.scc} admits {pods(outcome.workload)} instead{when_created(outcome)}"
