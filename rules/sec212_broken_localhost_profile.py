"""
The runtime cannot read a seccomp profile, or containers that use it cannot start or will misbehave.

The rule checks SeccompProfile objects, files that a MachineConfig writes to `/var/lib/kubelet/seccomp`, and profile
files in the input. It knows both formats: that of the OCI runtime specification and that of containers/common. The
API server checks none of these files: a mistake appears as `CreateContainerError` on the node.

Errors are mistakes that prevent containers from starting: text that is not JSON, a missing `defaultAction` or
`action`, an unknown action, operator, architecture or flag, keys that exclude each other, and a denied `execve`.

Warnings are mistakes that make programs fail in unexpected ways: denied syscalls that nearly every program or the
runtime itself needs, `clone3` answered with EPERM (glibc then does not fall back to `clone`), a missing architecture,
keys that the runtime ignores, and the name of a syscall that no architecture of libseccomp has, usually a typing error. The
runtime ignores such a name without an error: in an allow-list, the intended syscall stays denied; in a deny-list, it stays
allowed, which is a security hole.

## How to fix it

Fix what the message names. `scclint seccomp show` prints a working profile that you can start from.

`scclint fix` leaves this to you: only tests of the program show which syscalls it needs.

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

from ._seccomp import SENTENCES, SEVERITIES, problems


@rule(
    "SEC212",
    "broken-localhost-profile",
    "A seccomp profile is invalid, or containers cannot run with it",
    severity=Severity.ERROR,
    on=ProfileSource,
    since="0.1",
    sentences=SENTENCES,
    severities=SEVERITIES,
    tags=("seccomp",),
    study=(8, 8),
)
def check(source: ProfileSource, world: World) -> Iterator[Problem]:
    yield from problems(source, world, "SEC212")
