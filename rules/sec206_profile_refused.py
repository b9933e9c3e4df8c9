"""
An SCC rejects the pod only because the pod sets a seccomp profile. Without the profile, this SCC would admit it.

The older SCCs (`anyuid`, `nonroot`, `restricted`, `hostnetwork`, `hostaccess`, `hostmount-anyuid`) have no
`seccompProfiles` and reject every profile, including `RuntimeDefault`, with `seccomp may not be set`. The pod is then
rejected, or `privileged` admits it. The API server's message names an annotation even if the pod uses the field.

## How to fix it

Grant an SCC that lists the profile: `nonroot-v2` instead of `nonroot`, `hostnetwork-v2` instead of `hostnetwork`, or
a custom copy of `anyuid` with `seccompProfiles: [runtime/default]`. Do not remove the profile instead: under the older
SCC, the container then runs unconfined.

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
      securityContext:
        seccompProfile: {type: RuntimeDefault}
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
  name: system:openshift:scc:hostnetwork
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
      hostNetwork: true
      securityContext:
        seccompProfile: {type: RuntimeDefault}
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
"""

from collections.abc import Iterator

from scclint.advice.words import first_per_field, is_seccomp, refused_fields
from scclint.api import Problem, Severity, Workload, World, advise, creator, rule

SENTENCES = {
    "other-scc": "{object}: SCC {scc} rejects the pod only because of its seccomp profile[ ({profile})], so {admitting} admits it instead"
    "[ when {creator} creates it]",
    "no-scc": "{object}: SCC {scc} rejects the pod only because of its seccomp profile[ ({profile})], and no other SCC admits it"
    "[ when {creator} creates it]",
    "unconfined": "without a profile, the container would run unconfined",
}


@rule(
    "SEC206",
    "profile-refused",
    "An SCC rejects the pod only because of its seccomp profile",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("seccomp", "admission"),
    study=(9, 9),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None:
        return
    for scc, reasons in world.outcomes.rejections(verdict):
        if not reasons or not all(is_seccomp(e) for e in reasons):
            continue
        # The pod loses nothing if the SCC that admits it instead has a default profile.
        if verdict.scc is not None and "*" not in world.cluster.sccs[verdict.scc].seccomp_profiles:
            return
        errors = first_per_field(reasons)
        grant = next((c.grant for c in verdict.candidates if c.scc == scc), None)
        field = workload.pod.field(*errors[0].path)
        default = world.cluster.sccs[scc].default_seccomp_profile
        yield Problem(
            "other-scc" if verdict.scc else "no-scc",
            at=field,
            facts={
                "scc": scc,
                "profile": field.value if isinstance(field.value, str) else "",
                "admitting": verdict.scc,
                "creator": creator(outcome),
            },
            notes=() if default else ("unconfined",),
            related=refused_fields("", errors[1:], workload) + world.steps.of_grant(grant, scc, workload),
            remedies=advise("profile allowed", workload, world),
        )
        return
