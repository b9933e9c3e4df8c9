"""
A profile names a syscall that does not exist, usually because of a typing error.

The runtime ignores unknown names without an error. In an allow-list, the intended syscall stays denied. In a
deny-list, it stays allowed, which is a security hole.

The rule knows the syscalls of every architecture that libseccomp supports.

## How to fix it

Correct the name, or remove it.

`scclint fix` leaves this to you: only tests of the program show which syscalls it needs.

## Before

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [acept4]
```

## After

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [accept4]
```
"""

from collections.abc import Iterator

from scclint.api import Problem, ProfileSource, Severity, World, rule

from ._profiles import problems


@rule(
    "SEC213",
    "unknown-syscall",
    "A seccomp profile names a syscall that no architecture has",
    severity=Severity.WARNING,
    on=ProfileSource,
    since="0.1",
    tags=("seccomp",),
)
def check(source: ProfileSource, world: World) -> Iterator[Problem]:
    yield from problems(source, world, "SEC213")
