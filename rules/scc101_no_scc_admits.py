"""
No SecurityContextConstraints (SCC) that the pod's service account or its creator may use admits the pod.

OpenShift accepts the workload all the same: `oc apply` succeeds, and then the controller cannot create pods and reports
`unable to validate against any security context constraint`. Admission tries every SCC in order of priority, then of
restrictiveness. The finding names the SCC that comes closest to admitting the pod, the fields that it rejects, and the
values that it accepts.

If the verdict depends on the ID range or SELinux level of the namespace, and the input does not give them, scclint assumes
`1000000000/10000` and `s0:c1,c0`. The message then says so, and the severity is warning: IDs from 1000000000 to 1999999999 may be in the
range that the cluster gave to the namespace. The severity is also warning if the input binds the service account to a role that it
does not have, because the role may allow the use of an SCC. The message then names the role.

## How to fix it

Remove the field, so that the SCC sets it: user IDs, SELinux levels and groups come from the namespace's own range. If
the pod needs the value, grant its service account an SCC that allows it, with a RoleBinding to
`system:openshift:scc:NAME` in the same namespace. If the cluster has the grant but the linted files do not, add it to
the input or pass `--cluster-state`.

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
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1001
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
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.advice.grants import admits, grant, pinned, without_privileged
from scclint.advice.words import first_per_field, refused_fields
from scclint.api import Location, Outcome, Problem, Severity, Workload, World, advise, creator, rule
from scclint.finding import Refusal

from ._misplaced_grants import ELSEWHERE, MISSED, granted_elsewhere, missed_grant

SENTENCES = {
    **ELSEWHERE,
    **MISSED,
    "rejected": "{object}: no SCC admits {pods}[ when {creator} creates it]; the closest match, {scc}, rejects {field}"
    "[ and {more:,} {more:more field|more fields}]",
    "nothing-tried": "{object}: no SCC admits {pods}[ when {creator} creates it]",
    "error": "{error}",
    "add-grant": "[{capabilities} ]If the cluster already grants an SCC that admits the pods, pass that grant with "
    "--cluster-state.",
    "correct": "Correct the SCC or the annotation of the namespace that the error names, so that admission can try the SCCs.",
}


@rule(
    "SCC101",
    "no-scc-admits",
    "No SCC that the pod may use admits it",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    study=(48, 48),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.allowed or pinned(outcome, world):
        return
    rejecting = world.outcomes.rejections(verdict)
    elsewhere = granted_elsewhere(outcome, world, lambda scc: admits(world, scc, outcome)) if verdict.candidates else ()
    if not rejecting:
        yield _nothing_tried(outcome, elsewhere, world)
        return
    # The SCC that is closest rejects the fewest fields, where a user namespace counts as eleven.
    closest, reasons = min(
        rejecting, key=lambda each: len(first_per_field(each[1])) + 10 * any(e.path[-1:] == ("hostUsers",) for e in each[1])
    )
    # What opens most of the node comes first.
    errors = sorted(first_per_field(reasons), key=lambda error: error.path[-1:] != ("privileged",))
    field = workload.pod.field(*errors[0].path)
    missed = missed_grant(outcome, world)
    advised = advise("admitted", workload, world)
    yield Problem(
        "rejected",
        at=field,
        facts={
            "creator": creator(outcome),
            "scc": closest,
            "field": field,
            "more": len(errors) - 1,
            "capabilities": without_privileged(outcome),
            **(missed.facts if missed else {}),
        },
        refusal=Refusal(f"{closest}: {errors[0].text}", f"{closest}: {errors[0].reason}"),
        notes=(missed.code,) if missed else (),
        related=(*refused_fields(closest, errors[1:], workload), *elsewhere),
        # Such a grant is meant for the pod as it is.
        remedies=(missed.remedy, *(remedy for remedy in advised if not remedy.operations)) if missed else advised,
        help="add-grant",
    )


def _nothing_tried(outcome: Outcome, elsewhere: tuple[Location, ...], world: World) -> Problem:
    """The problem of a pod whose subjects may use no SCC, or for which admission fails before it tries any."""
    verdict = outcome.judged
    return Problem(
        "nothing-tried",
        at=outcome.workload.place,
        facts={"creator": creator(outcome), "error": (verdict.message or "").partition(" is forbidden: ")[2]},
        notes=("error",),
        related=elsewhere,
        remedies=(grant(outcome, world, "", phrase="an SCC that admits the pods"),) if verdict.candidates else (),
        help="" if verdict.candidates else "correct",
    )
