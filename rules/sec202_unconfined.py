"""
The container sets `Unconfined` and will run without a seccomp filter, so it can make every system call of the kernel.

`Unconfined` is admitted in three cases: the SCC lists `*` or `unconfined` (of OpenShift's own SCCs, `privileged` and
`nested-container` do), SCC admission does not run in the namespace, or the cluster is plain Kubernetes.

If the container overrides a profile of its pod, the finding points to both.

## How to fix it

Set `RuntimeDefault` instead. If that profile breaks the workload, use a Localhost profile that also allows the system
calls the workload needs. If no pod needs the SCC that allowed `Unconfined` any more, remove its grant, too.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: builder, namespace: shop}
spec:
  selector: {matchLabels: {app: builder}}
  template:
    metadata: {labels: {app: builder}}
    spec:
      serviceAccountName: builder
      hostUsers: false
      containers:
        - name: builder
          image: registry.example/builder:1
          securityContext:
            seccompProfile: {type: Unconfined}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: builder-nested-container, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:nested-container
subjects:
  - {kind: ServiceAccount, name: builder}
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: builder, namespace: shop}
spec:
  selector: {matchLabels: {app: builder}}
  template:
    metadata: {labels: {app: builder}}
    spec:
      serviceAccountName: builder
      hostUsers: false
      containers:
        - name: builder
          image: registry.example/builder:1
          securityContext:
            seccompProfile: {type: RuntimeDefault}
```
"""

from collections.abc import Iterator

from scclint.api import AccessWord, Location, Problem, Workload, World, advise, creator, rule

from ._seccomp import asked_at, pod_profile_at

SENTENCES = {
    "unconfined": "{object}: container {container} will run unconfined[ when {creator} creates it][ under SCC {scc}], because {setting} is "
    "Unconfined",
    "overridden": "it overrides the pod's profile {profile}",
    "localhost": "If the container needs more system calls, set a Localhost profile that allows them.",
}

SETTINGS = {
    "container field": "its seccompProfile",
    "pod field": "the pod's seccompProfile",
    "container annotation": "its seccomp annotation",
    "pod annotation": "the pod's seccomp annotation",
}
"""The source of a profile that the manifest sets, as the message names it."""


@rule(
    "SEC202",
    "unconfined",
    "A container sets Unconfined and will run without a seccomp filter",
    kind="access",
    reach="pod",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("seccomp",),
    security_severity=8.0,
    cwe=(693, 250),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.admitted:
        return
    unconfined = [c for c in outcome.seccomp if c.type == "Unconfined" and c.source in SETTINGS]
    if not unconfined:
        return
    remedies = advise("profile instead of Unconfined", workload, world)
    pod_profile = pod_profile_at(workload)
    overridden = Location("overridden", pod_profile, {"profile": pod_profile.value})
    for container in unconfined:
        setting = asked_at(workload, container)
        yield Problem(
            "unconfined",
            at=setting,
            facts={
                "container": container.name,
                "creator": creator(outcome),
                "scc": outcome.scc,
                "setting": SETTINGS[container.source],
            },
            related=(overridden,) if pod_profile.present and pod_profile.path != setting.path else (),
            remedies=remedies,
            help="localhost",
            word=AccessWord("unconfined", container.name, through=f"SCC {outcome.scc}" if outcome.scc else ""),
        )
