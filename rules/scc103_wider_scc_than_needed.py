"""
A more restrictive SCC that the pod may use would admit the pod without one of its fields.

Admission tries SCCs from the most to the least restrictive within one priority. A single field can therefore move a pod
from `restricted-v2` to an SCC with host access, any user ID, or no seccomp profile. scclint removes the field that an
earlier SCC rejects, and tries this SCC again. It reports the field with the most restrictive SCC that then admits the pod.
An SCC under which a container would lose its seccomp profile does not count. Only you know whether the workload needs the
field, so the finding is advice.

## How to fix it

Remove the field if the workload runs without it, a volume with its mounts, and remove the grant of the wider SCC too. Inline storage (`nfs`,
`iscsi`, `azureDisk`, ...) can come from a persistentVolumeClaim, which the more restrictive SCC allows. If the workload
needs the field, pin the SCC with the annotation `openshift.io/required-scc` (OpenShift 4.14 and newer): it shows that the
SCC is meant, and the pod keeps the wider SCC. Do not depend on an SCC that opens the node: grant a custom SCC instead.

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
      hostNetwork: true
      containers:
        - name: web
          image: registry.example/web:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-hostnetwork, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:hostnetwork-v2
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

from scclint.admission.access import why_privileged
from scclint.advice.effects import user_change, verdict_without
from scclint.advice.grants import pinned
from scclint.advice.sccs import extra_permissions, more_restrictive
from scclint.advice.words import first_per_field
from scclint.api import (
    Candidate,
    Location,
    Outcome,
    Path,
    Problem,
    Remedy,
    Workload,
    World,
    advise,
    creator,
    filled,
    grouped,
    least_grant,
    node_access,
    rule,
)

SENTENCES = {
    "wider": "{object}: because of {field}, SCC {scc} admits {pods}[ when {creator} creates it] instead of {narrower}",
    "allows": "SCC {scc} also allows {extra:3}",
    "here": "also here: {field}",
    "claim": "mount this storage through a persistentVolumeClaim, which {narrower} allows",
    "annotate": "write openshift.io/required-scc: {scc} in the pod's annotations, which shows that the SCC is meant",
}

_STORAGE = frozenset((
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "gcePersistentDisk", "glusterfs",
    "iscsi", "nfs", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
))  # fmt: skip
"""The volume sources that a PersistentVolume can have too, other than hostPath."""


@rule(
    "SCC103",
    "wider-scc-than-needed",
    "Without one field, a more restrictive SCC would admit the pod",
    kind="advice",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    security_severity=3.0,
    cwe=(250,),
    study=(21, 21),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.scc is None or pinned(outcome, world):
        return
    for candidate in verdict.candidates:
        if candidate.outcome != "too restrictive" or not more_restrictive(world, candidate.scc, verdict.scc):
            continue
        paths = _one_field(outcome, world, candidate)
        if not paths:
            continue
        fields = [workload.pod.field(*path) for path in paths]
        first = fields[0]
        yield Problem(
            "wider",
            at=first,
            facts={
                "field": first,
                "scc": verdict.scc,
                "creator": creator(outcome),
                "narrower": candidate.scc,
                "extra": extra_permissions(world, verdict.scc, candidate.scc),
            },
            notes=("allows",),
            related=tuple(Location("here", field, {"field": field}, "this field too") for field in fields[1:8])
            + world.steps.of_grant(outcome.grant, verdict.scc, workload),
            remedies=tuple(_remedies(paths, candidate.scc, outcome, world)),
        )
        return


def _remedies(paths: list[Path], restrictive: str, outcome: Outcome, world: World) -> Iterator[Remedy]:
    workload, chosen = outcome.workload, outcome.scc
    needs = why_privileged(outcome.verdict.pod) if outcome.verdict and paths[0][-1] == "privileged" else ""
    if paths[0][-1] in _STORAGE and "persistentVolumeClaim" in world.cluster.sccs[restrictive].volumes:
        after = verdict_without(outcome, world, paths, restrictive)
        user = user_change(world.cluster.admission, outcome.verdict, after) if outcome.verdict else ""
        yield Remedy(filled(SENTENCES["claim"], {"narrower": restrictive}), (user,) if user else ())
    elif not needs:
        yield from advise("without fields", workload, world, paths)
    # An SCC that opens the node, or that belongs to a component of the release, is no SCC to depend on.
    if needs or node_access(chosen, world) or chosen in world.cluster.component_sccs:
        yield least_grant(outcome, world)
    else:
        yield Remedy(filled(SENTENCES["annotate"], {"scc": chosen}))


_MOST_FIELDS = 10
"""An SCC that rejects more different fields than these is too far from admitting the pod without one of them."""


def _one_field(outcome: Outcome, world: World, candidate: Candidate) -> list[Path]:
    """Return the path of the field without which the SCC admits the pod, in each container that has it; empty if none.

    The SCC may also reject fields that follow from it, as the host ports of a pod with `hostNetwork` do.
    """
    named = grouped((_name(error.path), error.path) for error in first_per_field(candidate.reasons))
    if len(named) > _MOST_FIELDS:
        return []
    for paths in named.values():
        fields = [outcome.workload.pod.field(*path) for path in paths]
        if all(field.present for field in fields) and _is_better(outcome, world, candidate.scc, paths):
            return paths
    return []


def _is_better(outcome: Outcome, world: World, scc: str, paths: list[Path]) -> bool:
    """Whether the SCC admits the pod without some fields, and the containers that had a seccomp profile still have one."""
    after_scc = verdict_without(outcome, world, paths, scc)
    if after_scc is None or not after_scc.allowed:
        return False
    after = world.outcomes.with_pod(outcome, after_scc.submitted)
    return after.verdict is not None and after.verdict.scc == scc and _unconfined(after) <= _unconfined(outcome)


def _unconfined(outcome: Outcome) -> set[str]:
    return {container.name for container in outcome.seccomp if container.type == "Unconfined"}


def _name(path: Path) -> str:
    """Return the name of the field: hostPath for `volumes[2].hostPath`, seLinuxOptions for each field below it."""
    return "seLinuxOptions" if "seLinuxOptions" in path else next(step for step in reversed(path) if isinstance(step, str))
