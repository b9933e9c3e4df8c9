"""
A Namespace has a label for the storage policy of its pods with a value that has no effect.

The labels `storage.openshift.io/selinux-change-policy` (`MountOption` or `Recursive`) and
`storage.openshift.io/fsgroup-change-policy` (`OnRootMismatch` or `Always`) fill in `seLinuxChangePolicy` and
`fsGroupChangePolicy` of pods that set neither. Since OpenShift 4.20, the API server does so on creation. It ignores any other value: the
client sees a warning, `found LABEL label with invalid selinuxPolicy`, and the pods are created without the policy.

## How to fix it

Write one of the values exactly: they are case-sensitive.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    storage.openshift.io/selinux-change-policy: recursive
```

## After

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    storage.openshift.io/selinux-change-policy: Recursive
```
"""

from collections.abc import Iterator

from scclint.api import STORAGE_POLICIES, Namespace, Problem, Set, Severity, World, is_open, listed, rule


@rule(
    "SEC219",
    "storage-policy-label-ignored",
    "A label for the storage policy of pods has a value without effect",
    severity=Severity.WARNING,
    on=Namespace,
    since="0.1",
    tags=("selinux", "storage"),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    if "StoragePerformantSecurityPolicy" in world.cluster.disabled_gates:
        return
    for label, (field, values) in STORAGE_POLICIES.items():
        at = namespace.field("metadata", "labels", label)
        if not isinstance(at.value, str) or at.value in values or is_open(at.value):
            continue
        meant = next((value for value in values if value.lower() == at.value.lower()), "")
        yield Problem(
            f"{namespace.named}: the label {label}: {at.value} has no effect, and the pods get no {field} by it",
            at=at,
            help=f"Set the label to {meant or listed(values, 'or')}.",
            edits=(Set(at.path, meant),) if meant else (),
        )
