"""
A service account is granted an SCC that none of its workloads needs: each of them is admitted without the grant.

Two kinds of grant are unneeded. Under one, the pods are admitted by an SCC that comes earlier, mostly
`restricted-v2`, and the granted one is never reached. Under the other, the granted SCC takes them by its priority
alone, as `anyuid` does, although a more restrictive one would admit them; they then run with the user id of their
image, and without a seccomp profile if the SCC sets none. Either way the grant serves whoever may create pods in the
namespace, and nobody else.

Judged on all workloads of the service account in the input. Nothing is said where what becomes of one is not known, nor
where the service account may itself create workloads or pass rights on, as operators do: the grant may be for what they
create.

## How to settle it

Remove the service account from the binding. If the image does need its own user id under `anyuid`, say so in the pod:
`runAsUser: 0`, or the id it needs, makes the need visible, and the finding goes away.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-privileged, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects:
  - {kind: ServiceAccount, name: web}
---
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
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Candidate, ObjectRef, Outcome, Problem, Related, RoleBinding, Severity, World, rule

from ._accounts import acts_for_others, workloads_of
from ._grants import Holder, Reach, holders, reach, reference
from ._outcomes import by_rights
from ._scc import some
from ._words import listed


@rule(
    "RBA403",
    "unneeded-scc-grant",
    "A service account is granted an SCC that none of its workloads needs",
    severity=Severity.WARNING,
    on=RoleBinding,
    since="0.1",
    tags=("rbac", "scc"),
    security_severity=5.5,
    cwe=(272,),
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    if reached is None or reached.anything:
        return
    ref = reference(binding, world)
    if world.find(ref) is not binding:
        return
    for holder in holders(binding, world):
        # A RoleBinding counts for pods of its own namespace, where a service account of another one has none.
        if holder.kind == "service account" and ref.namespace in ("", holder.namespace):
            yield from _unneeded(binding, ref, reached, holder, world)


def _unneeded(binding: RoleBinding, ref: ObjectRef, reached: Reach, holder: Holder, world: World) -> Iterator[Problem]:
    outcomes = [by_rights(workload, world) for workload in workloads_of(world, holder.namespace, holder.name)]
    without = [_without(outcome, ref, world) for outcome in outcomes]
    if not without or None in without or acts_for_others(world, holder.namespace, holder.name):
        return
    by = sorted({str(scc) for scc in without})
    fates = list(zip(outcomes, without, strict=True))
    captured = sorted({str(o.verdict.scc) for o, scc in fates if o.verdict is not None and o.verdict.scc != scc})
    what = "every SCC" if reached.every else f"SCC{'s' if len(reached.sccs) > 1 else ''} {listed(reached.sccs)}"
    workloads = [outcome.workload for outcome in outcomes]
    yield Problem(
        f"{binding.named}: grants {holder} {what}, which {some([w.named for w in workloads], 3)} "
        f"do{'es' if len(workloads) == 1 else ''} not need: {listed(by, 'or')} admits without it"
        + (f", and {listed(captured)} takes by its priority alone" if captured else ""),
        at=holder.at,
        related=tuple(Related(f"admitted by {scc} without it", o.workload.place.span) for o, scc in fates[:4])
        + reached.steps(world, reached.sccs[0]),
        settle=f"Take {holder.name} out of the binding"
        + ("; if the image needs the user id it names, write that id as runAsUser in the pod." if captured else "."),
    )


def _without(outcome: Outcome, binding: ObjectRef, world: World) -> str | None:
    """The SCC that admits the workload's pods where `binding` does not count; None where none does, or that is not known."""
    verdict, chosen = outcome.verdict, outcome.chosen
    if verdict is None or chosen is None or verdict.required_scc:
        return None
    if not _by(chosen, binding):
        return chosen.scc
    if not outcome.workload.controlled:
        return None
    # Of two bindings that grant the same SCC the first is the one that counts, and only the other is unneeded.
    others = (c.scc for c in world.explain(outcome.workload) if c.outcome == "chosen" and not _by(c, binding))
    return next(others, None)


def _by(candidate: Candidate, binding: ObjectRef) -> bool:
    return candidate.grant is not None and candidate.grant.binding == binding
