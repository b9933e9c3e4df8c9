"""
A suppression does not give a reason.

The next reader of the manifest cannot tell an accepted risk from a forgotten one, and nobody dares to remove the suppression.

## How to fix it

Add the reason in a few words: what needs the exception, or who accepted the risk. Add an expiry date, such as
`until=2027-01-31`, so that you review the exception again.

`scclint fix` leaves this to you: only you know the reason.

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
            # scclint: ignore[SCC107]
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
          securityContext:
            # scclint: ignore[SCC107] the files of the database belong to it
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
"""

from collections.abc import Iterator

from scclint.api import Ignore, Problem, World, rule

SENTENCES = {
    "no-reason": "the suppression of {rules} has no reason",
    "add": "Add the reason: what needs the exception, or who accepted the risk.",
}


@rule(
    "SUP902",
    "suppression-without-reason",
    "A suppression has no reason",
    kind="advice",
    on=Ignore,
    since="0.1",
    sentences=SENTENCES,
    tags=("suppression",),
)
def check(ignore: Ignore, world: World) -> Iterator[Problem]:
    if not ignore.reason and not ignore.mistake and ignore.by != "accepted":
        yield Problem("no-reason", at=ignore, facts={"rules": ", ".join(ignore.rules)}, help="add")
