"""
A profile that the runtime cannot read, or with which a container cannot start or will misbehave.

Profiles are taken from SeccompProfile objects, from files that a MachineConfig writes below
`/var/lib/kubelet/seccomp`, and from profile files in the input; both forms are known, that of the OCI runtime
specification and that of containers/common. The API server checks none of these files: a mistake shows as
`CreateContainerError` on the node.

Errors are what keeps containers from starting: text that is no JSON, a missing `defaultAction` or `action`, an action,
operator, architecture or flag that does not exist, keys that exclude each other, no `execve`. Warnings are what makes
programs fail in odd ways: syscalls that nearly every program or the runtime itself needs, `clone3` answered with EPERM (glibc
then does not fall back to `clone`), an architecture that is not covered, keys that nobody reads.

## How to fix it

Mend what the message names. `scclint seccomp show` prints a profile that works, to start from.

## Before

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_DENY
  baseProfileName: oci://registry.example/profiles/runc:1
```

## After

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]
  baseProfileName: oci://registry.example/profiles/runc:1
```
"""

from collections.abc import Iterator

from scclint.api import Problem, ProfileSource, Severity, World, rule

from ._profiles import problems


@rule(
    "SEC212",
    "broken-localhost-profile",
    "A seccomp profile is not valid, or no container can start with it",
    severity=Severity.ERROR,
    on=ProfileSource,
    since="0.1",
    tags=("seccomp",),
)
def check(source: ProfileSource, world: World) -> Iterator[Problem]:
    yield from problems(source, world, "SEC212")
