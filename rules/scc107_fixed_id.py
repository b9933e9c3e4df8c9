"""
A user ID, group ID or SELinux level in the manifest makes an SCC such as `restricted-v2` reject the pod, because that
SCC sets the value from the namespace's own range.

OpenShift gives every project its own range of IDs, from 1000000000 on, and its own SELinux level. An ID that was chosen
when an image or chart was built is outside every range. The pod then needs a grant of `nonroot-v2`, `anyuid` or a custom
SCC to run at all, and it shares its ID with every other workload that uses the same number.

## How to fix it

Remove the ID, so that the SCC sets it from the namespace's range. The image must then run as any user ID: the files it
writes must belong to group 0 and be group-writable. Then remove a grant that was only for the ID. If the workload needs
this exact ID, grant `nonroot-v2` (or a custom SCC) to this service account only, and suppress the finding with your reason.

From OpenShift 4.20 on, `hostUsers: false` is another way: `restricted-v3` admits any ID from 1000 to 65534 in the pod's
own user namespace. The rule is silent for such a pod.

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
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1001
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-nonroot, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:nonroot-v2
subjects:
  - {kind: ServiceAccount, name: web}
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

from scclint.advice.effects import verdict_without
from scclint.advice.grants import applies_profile, confines, ranged_by_namespace
from scclint.advice.words import first_per_field
from scclint.api import Location, Problem, Remedy, Verdict, Workload, World, advise, creator, rule

SENTENCES = {
    "fixed": "{object}: SCC {scc} rejects {pods}[ when {creator} creates it] because of {ids:2}",
    "range": "{ids:2} {ids:is|are} not in the namespace's own range",
    "instead": "SCC {admitting} admits {pods} instead",
    "required": "admission tries no other SCC, because openshift.io/required-scc names this one",
    "none": "no other SCC that may be used admits {pods}",
    "here": "also here: {field}",
}


@rule(
    "SCC107",
    "fixed-id",
    "A fixed ID or SELinux level makes the SCC reject the pod",
    kind="advice",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    references=("https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/images/creating-images",),
    study=(52, 52),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or _in_user_namespace(verdict, world):
        return
    for scc, reasons in world.outcomes.rejections(verdict):
        errors = first_per_field(reasons)
        if not errors or not all(ranged_by_namespace(world, scc, error) for error in errors):
            continue
        paths = [error.path for error in errors]
        after = verdict_without(outcome, world, paths)
        if after is None or after.scc != scc:
            continue
        fields = [workload.pod.field(*error.path) for error in errors]
        # An SCC that is no wider than the ID needs: whether the program needs the ID is for its author to decide.
        least = verdict.scc is not None and confines(world, verdict.scc)
        accepted = [Remedy("suppress this finding with your reason if the program needs this ID")] if least else []
        yield Problem(
            "fixed",
            at=fields[0],
            facts={"scc": scc, "creator": creator(outcome), "ids": fields, "admitting": verdict.scc},
            notes=("range", _result(verdict)),
            related=tuple(Location("here", field, {"field": field}, "this field too") for field in fields[1:8]),
            remedies=(*advise("IDs of the namespace", workload, world, paths)[:2], *accepted),
        )
        return


def _in_user_namespace(verdict: Verdict, world: World) -> bool:
    """Whether the pod asks for a user namespace and an SCC that requires one admits it: its IDs are then not the node's."""
    if verdict.scc is None or verdict.submitted["spec"].get("hostUsers") is not False:
        return False
    level = world.cluster.sccs[verdict.scc].user_namespace_level
    return bool(level == "RequirePodLevel") and applies_profile(world, verdict.scc)


def _result(verdict: Verdict) -> str:
    """Return the code of what becomes of the pod instead."""
    if verdict.scc is not None:
        return "instead"
    return "required" if verdict.required_scc and len(verdict.candidates) == 1 else "none"
