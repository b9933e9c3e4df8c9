"""
The expiry date of a suppression has passed, so scclint reports the findings that it covered again.

A suppression has an effect up to and including its `until` date. Its author set the date so that the exception is reviewed.

## How to fix it

Fix the finding and remove the suppression. If you still need the exception, set a later date and give the reason.

`scclint fix` leaves this to you: whether the reason still holds is your decision.

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
            # scclint: ignore[SCC107] for release 1 until=2020-06-30
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

from scclint.api import Ignore, Problem, Severity, World, rule

SENTENCES = {
    "expired": "the suppression of {rules} expired: until={until}",
    "reported-again": "the suppression of {rules} expired: until={until}, so the finding that it covered is reported again",
    "several-reported-again": "the suppression of {rules} expired: until={until}, so the {uses} findings that it covered are reported again",
    "fix": "Fix the finding and remove the suppression, or set a later date.",
}


@rule(
    "SUP903",
    "expired-suppression",
    "A suppression has expired",
    severity=Severity.ERROR,
    on=Ignore,
    since="0.1",
    sentences=SENTENCES,
    tags=("suppression",),
)
def check(ignore: Ignore, world: World) -> Iterator[Problem]:
    # An entry of the configuration may cover files that this run did not read: report it only if it covers a finding.
    matters = ignore.uses > 0 or ignore.unused or ignore.by != "config"
    if not ignore.expired or ignore.mistake or not matters:
        return
    code = {0: "expired", 1: "reported-again"}.get(ignore.uses, "several-reported-again")
    yield Problem(
        code,
        at=ignore,
        facts={
            "rules": ", ".join(ignore.rules),
            "until": ignore.until,
            "uses": ignore.uses,
        },
        help="fix",
    )
