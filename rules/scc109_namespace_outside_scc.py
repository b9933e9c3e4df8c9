"""
The workload goes to a namespace in which SCC admission does not run, so nothing confines its pods but what they say
themselves.

OpenShift's API server leaves out `default`, `kube-system`, `kube-public`, `openshift`, `openshift-infra`,
`openshift-node` and every namespace labelled `openshift.io/run-level: "0"` or `"1"`, or
`security.openshift.io/disable-securitycontextconstraints: "true"`. There no user id, SELinux level or seccomp profile
is filled in, no capability is dropped, and no field is refused: a pod runs as the user its image names, root included,
and even a privileged one is let in.

## How to fix it

Move the workload to a project of its own. Where it has to stay, write out what an SCC would have given it:
`runAsNonRoot: true`, `allowPrivilegeEscalation: false`, `capabilities: {drop: [ALL]}` and `seccompProfile: {type:
RuntimeDefault}`. Do not label a namespace with a run level: that is for the control plane.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
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
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import ObjectRef, Problem, Related, Severity, Workload, World, rule

LABELS = {"run-level": "openshift.io/run-level", "disabled": "security.openshift.io/disable-securitycontextconstraints"}
"""The label that switches SCC admission off, by the reason of the verdict."""


@rule(
    "SCC109",
    "namespace-outside-scc",
    "SCC admission does not run in the workload's namespace",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
    security_severity=5.5,
    cwe=(1188,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or outcome.verdict.skipped not in ("namespace", *LABELS):
        return
    namespace = outcome.namespace
    written = workload.field("metadata", "namespace")
    labelled: tuple[Related, ...] = ()
    found = world.find(ObjectRef("Namespace", "", namespace))
    if (key := LABELS.get(outcome.verdict.skipped)) is not None and found is not None:
        label = found.field("metadata", "labels", key)
        labelled = (Related(f"namespace {namespace} is labelled {key}: {label.value}", label.span),)
    yield Problem(
        f"{workload.named}: {outcome.skipped}, so its pods get no user id, SELinux level or seccomp profile but what they name "
        "themselves, and nothing they ask for is refused",
        at=written if written else workload.place,
        related=labelled,
        settle="Move it to a project of its own, or write out what an SCC would have filled in.",
    )
