"""
A service account is granted an SCC that none of its workloads needs: every one of them is admitted without the grant.

There are three cases. In the first, an SCC that comes earlier, mostly `restricted-v2`, admits the pods, and admission never
reaches the granted SCC. In the second, the granted SCC admits the pods only because of its priority, as `anyuid` does,
although a more restrictive SCC would admit them. The pods then run with the user ID of their image, and without a seccomp
profile if the SCC applies none. An image that must run as its own user may need the grant, and the manifest does not show that. In
the third, a binding grants several SCCs, and the pods do not need the ones that
[open the node](wide-scc.md). In each case the grant is only a risk: everyone who may create pods in the
namespace can use it.

The rule looks at all workloads of the service account in the input. It is silent if the verdict for one of them is unknown. It
is also silent if the service account may create workloads or pass on rights, as operators do, because the grant may be for the
workloads they create. It is silent as well if pods of another unit of the run use the service account.

## How to fix it

Remove the service account from the binding, or remove the binding if it has no other subject. If the role also grants other
things, remove the rule from the role. If the image needs its own user ID under `anyuid`, set that ID as `runAsUser`
in the pod. The rule then no longer reports the grant.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-privileged, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:privileged
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

from scclint.advice.effects import effects_of, subjects_removed
from scclint.advice.grants import workloads_of
from scclint.advice.sccs import by_rights
from scclint.api import (
    Location,
    ObjectRef,
    Operation,
    Outcome,
    Problem,
    Remedy,
    Remove,
    Role,
    RoleBinding,
    World,
    filled,
    node_access,
    rule,
)
from scclint.platform.terms import EVERYONE

from ._accounts import may_create_workloads
from ._grants import Reach, Subject, reach, reference, subjects_of

_UNLESS = "[, unless the program that fills in the placeholder adds to the pods what SCC {placeholder:or} rejects]"
SENTENCES = {
    "not-needed": "{object}: grants [{holder} ]{every:every SCC|}[SCC {one}][SCCs {sccs:3}], which {workloads:2} {workloads:does|do} not need"
    "{unless:, unless an image must run as its own user|}",
    "not-needed-too": "{object}: grants [{holder} ]{sccs:SCC|SCCs} {sccs:3} too, which {workloads:2} {workloads:does|do} not need",
    "admit": "{used} {used:admits|admit} the pods",
    "other-grant": "another grant already allows {by}",
    "without": "without the grant, {by:or} admits the pods",
    "assumed": "{assumed}",
    "captured": "{captured} admits them now only because of its priority",
    "workload": "without the grant, {scc} admits it",
    "remove-permission": "remove the rule from the permissions of the service account" + _UNLESS,
    "remove-rule": "remove the rule from {role}, or bind {account} to a role without the rule" + _UNLESS,
    "remove-subject": "remove {account} from the binding" + _UNLESS,
    "remove-binding": "remove the binding" + _UNLESS,
    "remove-sccs": "remove {unneeded} from the role",
    "own-id": "If the image needs its own user ID, write that ID as runAsUser in the pod.",
}


@rule(
    "RBA403",
    "unneeded-scc-grant",
    "A service account is granted an SCC that none of its workloads needs",
    kind="advice",
    on=RoleBinding,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    security_severity=5.5,
    cwe=(272,),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
    study=(1, 1),
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    if reached is None or reached.anything:
        return
    ref = reference(binding, world)
    if world.find(ref) is not binding:
        return
    for holder in subjects_of(binding, world):
        # A RoleBinding applies to pods of its own namespace, and a service account of another namespace has no pods there.
        if holder.kind == "service account" and ref.namespace in ("", holder.namespace):
            yield from _unneeded(binding, ref, reached, holder, world)


def _unneeded(binding: RoleBinding, ref: ObjectRef, reached: Reach, holder: Subject, world: World) -> Iterator[Problem]:
    results = [by_rights(workload, world) for workload in workloads_of(world, holder.namespace, holder.name)]
    if not results or may_create_workloads(world, holder.namespace, holder.name):
        return
    if world.other_units.uses_account(holder.namespace, holder.name):
        return
    without = [_without(result, ref, world) for result in results]
    if None not in without:
        yield _none_needed(binding, reached, holder, results, [str(scc) for scc in without], world)
    elif unneeded := _unneeded_node_access(reached, results, world):
        used = sorted({result.scc for result in results if result.scc})
        yield Problem(
            "not-needed-too",
            at=holder.at,
            facts={
                "holder": "" if binding.implied else holder,
                "sccs": unneeded,
                "workloads": [result.workload for result in results],
                "used": used,
                "subjects": [holder],
            },
            notes=("admit",),
            related=reached.steps(world, unneeded[0], binding),
            remedies=(Remedy(filled(SENTENCES["remove-sccs"], {"unneeded": unneeded})),),
        )


def _without(outcome: Outcome, binding: ObjectRef, world: World) -> str | None:
    """Return the SCC that admits the pods without `binding`; None if none does, or if that is unknown.

    What the containers need that a webhook adds is not known.
    """
    verdict, workload = outcome.verdict, outcome.workload
    if verdict is None or outcome.chosen is None or verdict.required_scc or world.outcomes.injection(workload):
        return None
    if outcome.grant is None or outcome.grant.binding != binding:
        return outcome.scc
    return world.memo((_without, id(workload)), lambda: _without_grant(outcome, world))


def _without_grant(outcome: Outcome, world: World) -> str | None:
    """Return the SCC that admits the pods without the grant that applies now."""
    if not outcome.workload.controlled:
        return None
    # Only an SCC that everyone may use counts, so that all reported grants can be removed together. It must have a lower
    # priority: an SCC that comes first because it is more restrictive is needed.
    priority = world.cluster.sccs[outcome.scc].priority
    chosen = (c for c in world.outcomes.explain(outcome.workload) if c.outcome == "chosen")
    candidates = (c.scc for c in chosen if c.grant is not None and c.grant.group in EVERYONE)
    return next((scc for scc in candidates if world.cluster.sccs[scc].priority < priority), None)


def _none_needed(
    binding: RoleBinding, reached: Reach, holder: Subject, verdicts: list[Outcome], without: list[str], world: World
) -> Problem:
    by = sorted(set(without))
    results = list(zip(verdicts, without, strict=True))
    captured = sorted({result.scc for result, scc in results if result.scc != scc})
    assumed = [written.provenance.assumed for scc in by if (written := world.scc(scc)) and written.provenance.assumed]
    remedy = _remedy(binding, reached, holder, by if assumed else [], world)
    return Problem(
        "not-needed/assumed" if assumed and by != [holder.name] else "not-needed",
        at=holder.at,
        facts={
            "holder": "" if binding.implied else holder,
            "every": reached.every,
            "one": reached.sccs[0] if len(reached.sccs) == 1 and not reached.every else "",
            "sccs": reached.sccs if len(reached.sccs) > 1 and not reached.every else (),
            "workloads": [verdict.workload for verdict in verdicts],
            "unless": bool(remedy.effects),
            "by": by,
            "assumed": assumed,
            "captured": captured,
            "subjects": [holder],
        },
        notes=("other-grant" if set(by) <= set(reached.sccs) else "without", "assumed", "captured"),
        related=tuple(Location("workload", result.workload.place, {"scc": scc}) for result, scc in results[:4])
        + reached.steps(world, reached.sccs[0], binding),
        remedies=(remedy,),
        help="own-id" if remedy.effects else "",
    )


def _remedy(binding: RoleBinding, reached: Reach, holder: Subject, placeholder: list[str], world: World) -> Remedy:
    """Return what removes the grant. To remove a rule of a role or a binding is for their author.

    `placeholder` are the SCCs that admit the pods as they are, if a program that fills in a placeholder may change these.
    """
    role = _larger_role(reached, world)
    removable = _is_bound(binding) and not role and holder.at.path[-3:-2] == ("subjects",)
    operations: tuple[Operation, ...] = (Remove(holder.at.path[:-1]),) if removable and _has_others(binding) else ()
    effects = effects_of(binding, world, *(operations or subjects_removed(binding)))
    code = "remove-subject" if _has_others(binding) else "remove-binding"
    if role:
        code = "remove-rule"
    if not _is_bound(binding):
        code = "remove-permission"
    words = filled(SENTENCES[code], {"role": role, "account": holder.name, "placeholder": placeholder})
    return Remedy(words, effects, () if placeholder else operations)


def _is_bound(binding: RoleBinding) -> bool:
    """Return whether the binding is written. A ClusterServiceVersion implies it, and its role, for one service account."""
    return binding.field("roleRef").present


def _larger_role(reached: Reach, world: World) -> Role | None:
    """Return the role of the grant if it has other rules as well."""
    role = world.find(reached.origin)
    return role if isinstance(role, Role) and len(role.rules) > 1 else None


def _has_others(binding: RoleBinding) -> bool:
    """Return whether the binding has more than one subject."""
    subjects, users, groups = (len(binding.manifest.get(key) or ()) for key in ("subjects", "userNames", "groupNames"))
    return max(subjects, users + groups) > 1


def _unneeded_node_access(reached: Reach, results: list[Outcome], world: World) -> list[str]:
    """Return the granted SCCs that open the node, if SCCs that do not open it admit all pods; else nothing."""
    if reached.every or not all(result.admitted for result in results):
        return []
    used = {result.scc for result in results}
    if any(not scc or node_access(scc, world) for scc in used):
        return []
    return [scc for scc in reached.sccs if node_access(scc, world)]
