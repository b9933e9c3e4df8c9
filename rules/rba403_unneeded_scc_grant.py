"""
A service account is granted an SCC that none of its workloads needs: each of them is admitted without the grant.

Two kinds of grant are unneeded. Under one, the pods are admitted by an SCC that comes earlier, mostly `restricted-v2`, and
the granted one is never reached. Under the other, the granted SCC takes them by its priority alone, as `anyuid` does,
although a more restrictive one would admit them; they then run with the user id of their image, and without a seccomp
profile if the SCC sets none. A grant of several SCCs is also looked at by itself: one that opens the node is not needed
where the others admit the pods. Either way the grant serves whoever may create pods in the namespace, and nobody else.

Judged on all workloads of the service account in the input. Nothing is said where what becomes of one is not known, nor
where the service account may itself create workloads or pass rights on, as operators do: the grant may be for what they
create.

## How to fix it

Remove the service account from the binding, or the binding where nobody else is in it; where the role is for other things as
well, take the rule out of it. If the image does need its own user id under `anyuid`, say so in the pod: `runAsUser: 0`, or the
id it needs, makes the need visible, and the finding goes away.

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

from collections.abc import Iterator, Sequence
from functools import cached_property

from scclint.api import Candidate, ObjectRef, Outcome, Problem, Related, Role, RoleBinding, Severity, World, rule

from ._accounts import acts_for_others, workloads_of
from ._grants import Holder, Reach, holders, reach, reference
from ._outcomes import by_rights
from ._scc import EVERYONE, node_access, some
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
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
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
    fates = _fates(world, holder.namespace, holder.name)
    if not fates or acts_for_others(world, holder.namespace, holder.name):
        return
    without = [fate.without(ref) for fate in fates]
    if None not in without:
        yield _none_needed(binding, reached, holder, fates, [str(scc) for scc in without], world)
    elif spare := _spare(reached, fates, world):
        used = sorted({fate.scc for fate in fates if fate.scc})
        yield Problem(
            f"{binding.named}: grants {holder} {_sccs(spare)} as well, which {_workloads(fates)} not need: "
            f"{listed(used)} admit{'s' if len(used) == 1 else ''} the pods",
            at=holder.at,
            related=reached.steps(world, spare[0], binding),
            settle=f"Take {listed(spare)} out of the role.",
        )


class _Fate:
    """What becomes of a workload by its service account's rights alone, in short: many bindings ask for that of many workloads."""

    def __init__(self, outcome: Outcome, world: World) -> None:
        verdict, chosen = outcome.verdict, outcome.chosen
        self._world = world
        self.workload = outcome.workload
        self.admitted = outcome.admitted
        self.scc = verdict.scc if verdict is not None else None
        self.grant = chosen.grant.binding if chosen is not None and chosen.grant is not None else None
        self._judged = verdict is not None and chosen is not None and not verdict.required_scc

    def without(self, binding: ObjectRef) -> str | None:
        """The SCC that admits the pods where `binding` does not count; None where none does, or that is not known."""
        if not self._judged:
            return None
        return self.scc if self.grant != binding else self._instead

    @cached_property
    def _instead(self) -> str | None:
        """The SCC that admits the pods where the grant that counts now does not."""
        if not self.workload.controlled or self.scc is None:
            return None
        world = self._world
        # Of bindings that grant the same SCC the first is the one that counts, and the others alone are unneeded. What another
        # SCC would do counts only where everyone may use it, so that all grants found unneeded can go at once, and where the
        # one granted does not come first for being more restrictive.
        priority = world.cluster.sccs[self.scc].priority
        candidates = (c for c in world.explain(self.workload) if c.outcome == "chosen" and _everyones(c))
        return next((c.scc for c in candidates if world.cluster.sccs[c.scc].priority < priority), None)


def _fates(world: World, namespace: str, account: str) -> list[_Fate]:
    def fates() -> list[_Fate]:
        return [_Fate(by_rights(workload, world), world) for workload in workloads_of(world, namespace, account)]

    return world.memo((_fates, namespace, account), fates)


def _none_needed(
    binding: RoleBinding, reached: Reach, holder: Holder, found: list[_Fate], without: list[str], world: World
) -> Problem:
    by = sorted(set(without))
    fates = list(zip(found, without, strict=True))
    captured = sorted({str(fate.scc) for fate, scc in fates if fate.scc != scc})
    why = (
        f"another grant gives the use of {listed(by)}"
        if set(by) <= set(reached.sccs)
        else f"without it {listed(by, 'or')} admits the pods"
    )
    return Problem(
        f"{binding.named}: grants {holder} {'every SCC' if reached.every else _sccs(reached.sccs)}, "
        f"which {_workloads(found)} not need: {why}"
        + (f", and {listed(captured)} comes before by its priority alone" if captured else ""),
        at=holder.at,
        related=tuple(Related(f"admitted by {scc} without it", fate.workload.place.span) for fate, scc in fates[:4])
        + reached.steps(world, reached.sccs[0], binding),
        settle=_take_back(binding, reached, holder, world)
        + ("; if the image needs the user id it names, write that id as runAsUser in the pod." if captured else "."),
    )


def _take_back(binding: RoleBinding, reached: Reach, holder: Holder, world: World) -> str:
    if not binding.field("roleRef").present:
        # A ClusterServiceVersion implies role and binding, for this service account alone.
        return "Take the rule out of its permissions"
    role = world.find(reached.origin)
    if isinstance(role, Role) and len(role.rules) > 1:
        return f"Take the rule out of {role.named}, or bind {holder.name} to a role without it"
    subjects, users, groups = (len(binding.manifest.get(key) or ()) for key in ("subjects", "userNames", "groupNames"))
    return f"Take {holder.name} out of the binding" if max(subjects, users + groups) > 1 else "Remove the binding"


def _sccs(names: Sequence[str]) -> str:
    return f"SCC{'s' if len(names) > 1 else ''} {listed(names)}"


def _workloads(fates: list[_Fate]) -> str:
    names = list(dict.fromkeys(fate.workload.named for fate in fates))
    return f"{some(names, 3)} do{'es' if len(names) == 1 else ''}"


def _spare(reached: Reach, fates: list[_Fate], world: World) -> list[str]:
    """Of the SCCs granted those that open the node, where all pods are admitted by others that do not."""
    if reached.every or not all(fate.admitted for fate in fates):
        return []
    used = {fate.scc for fate in fates}
    if any(scc is None or node_access(scc, world) for scc in used):
        return []
    return [scc for scc in reached.sccs if node_access(scc, world)]


def _everyones(candidate: Candidate) -> bool:
    return candidate.grant is not None and candidate.grant.group in EVERYONE
