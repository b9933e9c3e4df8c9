"""
The pod would be admitted by a more restrictive SCC, which may be used for it, if it left out one field.

SCCs are tried from the most restrictive to the widest (within one priority), so a single field can move a pod from
`restricted-v2` to an SCC with host access, any user id, or no seccomp profile. Each candidate that comes first is tried
anew here without the field it objects to; the finding names the field for which the most restrictive of them would then
take the pod. Whether the workload can do without it is for its author to say, so this is information, not a reproach.

## How to fix it

Leave the field out if the workload works without it, and with it the grant of the wider SCC. Storage that a volume names
itself (`nfs`, `iscsi`, `azureDisk`, ...) can come from a persistentVolumeClaim, which the more restrictive SCC allows. Where
the field is needed, say so by pinning the SCC with the annotation `openshift.io/required-scc` (OpenShift 4.14 and newer).

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
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:hostnetwork-v2"}
subjects: [{kind: ServiceAccount, name: web}]
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
from typing import Any

from scclint.api import Candidate, Field, Problem, Related, Severity, Verdict, Workload, World, rule

from ._allowances import gains, more_restrictive
from ._quote import Path, quoted
from ._releases import required_scc_counts
from ._scc import some
from ._what_if import admitted_by, dropped
from ._words import creator, in_fields

_STORAGE = frozenset((
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "gcePersistentDisk", "glusterfs",
    "iscsi", "nfs", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
))  # fmt: skip
"""The volume sources that a PersistentVolume may have as well. It may be a hostPath, too, but that is hardly storage."""


@rule(
    "SCC103",
    "wider-scc-than-needed",
    "Without one field a more restrictive SCC would admit the pod",
    severity=Severity.INFO,
    on=Workload,
    since="0.1",
    tags=("admission",),
    security_severity=3.0,
    cwe=(250,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.scc is None or (verdict.required_scc and required_scc_counts(world)):
        return
    for candidate in verdict.candidates:
        if candidate.outcome != "too restrictive" or not more_restrictive(world, candidate.scc, verdict.scc):
            continue
        fields = _one_field(workload, world, verdict, candidate)
        if not fields:
            continue
        first = fields[0]
        yield Problem(
            f"{workload.named}: without {quoted(first)} SCC {candidate.scc} would admit its pods{creator(outcome)}; "
            f"with it they land on {verdict.scc}, which also allows {some(gains(world, verdict.scc, candidate.scc))}",
            at=first,
            related=tuple(Related(f"likewise {quoted(field)}", field.span) for field in fields[1:8])
            + world.grant_steps(outcome.chosen.grant if outcome.chosen else None, verdict.scc, workload),
            settle=_settle(first, candidate.scc, world),
        )
        return


def _settle(field: Field[Any], scc: str, world: World) -> str:
    if field.path[-1] in _STORAGE and "persistentVolumeClaim" in world.cluster.sccs[scc].volumes:
        instead = f"Mount that storage by a persistentVolumeClaim, which {scc} allows"
    else:
        instead = "Leave it out if the workload works without it"
    return f"{instead}, else pin the SCC by annotation openshift.io/required-scc."


_MOST_NAMED = 10
"""Fields of different names, each tried. Where an SCC objects to more, it is not for one of them."""


def _one_field(workload: Workload, world: World, verdict: Verdict, candidate: Candidate) -> list[Field[Any]]:
    """Where the field stands, in one place or in several containers, without which the SCC would admit the pod; empty if none.

    The SCC may object to others as well that follow from it, as the ports of a pod on the host's network do.
    """
    named: dict[str, list[Path]] = {}
    for error in in_fields(candidate.reasons):
        named.setdefault(_name(error.path), []).append(error.path)
    if len(named) > _MOST_NAMED:
        return []
    for paths in named.values():
        fields = [workload.pod.field(*path) for path in paths]
        left_out = {dropped(path) for path in paths}
        if all(field.present for field in fields) and admitted_by(world, verdict, candidate.scc, left_out):
            return fields
    return []


def _name(path: Path) -> str:
    """The field's name, wherever it stands: hostPath for `volumes[2].hostPath`. SELinux options count as one."""
    return "seLinuxOptions" if "seLinuxOptions" in path else next(step for step in reversed(path) if isinstance(step, str))
