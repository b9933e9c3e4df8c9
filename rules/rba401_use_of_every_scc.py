"""
A role allows the verb `use` on SCCs without naming any, which means on all of them, `privileged` included.

Whoever holds the role may create pods that own the node; a service account that holds it has its pods tried against
every SCC, `anyuid` with its priority first, so that they run unconfined unless they name a profile.
The same is granted by `*` as verb, resource or API group, and by the permissions of a ClusterServiceVersion.

## How to fix it

Name the one SCC the workload needs under `resourceNames`, or bind `system:openshift:scc:<name>`. Where the rule is for all
resources, `resourceNames` would narrow it for each of them: list the resources it is for instead of `*`.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    verbs: [use]
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [nonroot-v2]
    verbs: [use]
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import Problem, Role, Severity, View, World, rule


@rule(
    "RBA401",
    "use-of-every-scc",
    "A role may use every SCC",
    severity=Severity.ERROR,
    on=Role,
    since="0.1",
    tags=("rbac",),
    security_severity=8.0,
    cwe=(250, 269),
)
def check(role: Role, world: World) -> Iterator[Problem]:
    for item in role.rules:
        matched = _matched(item)
        if not matched or item.data.get("resourceNames"):
            continue
        yield Problem(
            f"{role.named}: may use every SCC, privileged included ({', '.join(f'{key}: {value}' for key, value in matched.items())}, "
            "no resourceNames)",
            at=item.field("verbs"),
            settle=_settle(item),
        )


def _settle(item: View) -> str:
    if "*" in item.data["resources"]:
        return (
            "List the resources it is for instead of *; for an SCC that it needs, bind ClusterRole system:openshift:scc:<name>."
        )
    return "Name the SCC it needs under resourceNames, or bind ClusterRole system:openshift:scc:<name> instead."


def _matched(item: View) -> dict[str, Any]:
    """What of the rule reaches SCCs, as written; empty where it does not."""
    found = {}
    for key, wanted in (("apiGroups", "security.openshift.io"), ("resources", "securitycontextconstraints"), ("verbs", "use")):
        values = item.data.get(key)
        match = next((v for v in values if v in ("*", wanted)), None) if isinstance(values, list) else None
        if match is None:
            return {}
        found[key] = match
    return found
