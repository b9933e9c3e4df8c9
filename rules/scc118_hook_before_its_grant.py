"""
A hook of Helm uses an SCC that its service account may not use yet, because Helm creates the grant later.

Helm runs the hooks for `pre-install` before it creates the other objects of the chart, and hooks with a lower `helm.sh/hook-weight` first. A
Role, RoleBinding or SCC that is no hook does not exist at that time. The pod of the hook is then judged by the SCCs that everybody may
use: no pod is created, or it runs as another user. Argo CD runs these hooks as `PreSync`, in the same order. On an
upgrade, the grant is there, so the error shows on the first installation only.

## How to fix it

Make the objects of the grant hooks too, with the same events and a lower weight:

```yaml
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: "-10"
  helm.sh/hook-delete-policy: before-hook-creation
```

Or run the job as `post-install`. If its image runs as any user, remove what makes the grant necessary, as below.

`scclint fix` leaves this to you: Helm does not delete hooks with the release.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: migrate, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:nonroot-v2
subjects: [{kind: ServiceAccount, name: migrate, namespace: shop}]
---
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  namespace: shop
  annotations: {helm.sh/hook: pre-install}
spec:
  template:
    spec:
      serviceAccountName: migrate
      restartPolicy: Never
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: migrate
          image: registry.example/migrate:1
          securityContext: {runAsUser: 1001}
```

## After

```yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  namespace: shop
  annotations: {helm.sh/hook: pre-install}
spec:
  template:
    spec:
      serviceAccountName: migrate
      restartPolicy: Never
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: migrate
          image: registry.example/migrate:1
```
"""

from collections.abc import Iterator

from scclint.api import ApiObject, ObjectRef, Problem, Severity, Workload, World, as_mapping, rule

SENTENCES = {
    "before-grant": "{object}: Helm runs this hook before it creates {late}, so {pods} may not use SCC {scc} on the first installation",
    "weight": "the hook is for pre-install, and its weight is {weight}",
    "annotate": 'Annotate {late} with helm.sh/hook: pre-install and helm.sh/hook-weight: "{earlier}", or run the hook as post-install.',
}

_HOOK, _WEIGHT = "helm.sh/hook", "helm.sh/hook-weight"
_EVENT = "pre-install"


@rule(
    "SCC118",
    "hook-before-its-grant",
    "A hook of Helm uses an SCC before Helm creates the grant",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if _EVENT not in _events(workload):
        return
    outcome = world.outcome(workload)
    if outcome.chosen is None or outcome.grant is None or outcome.rejected_by:
        return
    scc, grant = outcome.chosen.scc, outcome.grant
    refs = (grant.binding, grant.role, ObjectRef("SecurityContextConstraints", "", scc))
    found = (world.find(ref, workload) for ref in refs if ref is not None)
    # Objects of other files may be there before the chart is installed.
    late = [obj for obj in found if obj is not None and obj.file == workload.file and _is_later(obj, workload)]
    if late:
        weight = _weight(workload)
        yield Problem(
            "before-grant",
            at=workload.field("metadata", "annotations", _HOOK),
            facts={"late": late, "scc": scc, "weight": str(weight), "earlier": str(weight - 1)},
            notes=("weight",),
            related=world.steps.of_grant(grant, scc, workload),
            help="annotate",
        )


def _is_later(obj: ApiObject, hook: ApiObject) -> bool:
    """Whether Helm creates an object after a hook for the first installation."""
    return _EVENT not in _events(obj) or _weight(obj) > _weight(hook)


def _events(obj: ApiObject) -> list[str]:
    return [event.strip() for event in str(_annotations(obj).get(_HOOK) or "").split(",")]


def _weight(obj: ApiObject) -> int:
    """Return the weight of a hook. Helm takes a text that is no number for 0."""
    try:
        return int(str(_annotations(obj).get(_WEIGHT) or 0))
    except ValueError:
        return 0


def _annotations(obj: ApiObject) -> dict[str, object]:
    return dict(as_mapping(as_mapping(obj.manifest.get("metadata")).get("annotations")))
