"""
A Localhost profile extends `RuntimeDefault`, and it allows syscalls that the capabilities of its containers do not explain.

`RuntimeDefault` allows some syscalls only to containers with a capability: `bpf` with `BPF`, for example. A profile that
adds them for all containers opens the kernel more than its name suggests, and stays in use after the program has changed.

The rule takes a profile as an extension of `RuntimeDefault` if its name says so (`runtime-default-plus`), or if it has
nearly all syscalls of `RuntimeDefault`. The rule compares it with `RuntimeDefault` of the release you check against, for
the capabilities of the containers that use the profile. [SEC211](weak-localhost-profile.md) reports other profiles.

## How to fix it

Remove the syscalls that the program does not need. Record what it needs with the Security Profiles Operator.
`scclint seccomp diff 4.20 profile.json` shows the whole difference. If nothing is left, use `RuntimeDefault`.

`scclint fix` leaves this to you: only tests of the program show which syscalls it needs.

## Before

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: runtime-default-plus}
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]
  baseProfileName: oci://registry.example/profiles/runtime-default:1
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [sched_setattr, io_uring_setup, io_uring_enter, bpf]
```

## After

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: runtime-default-plus}
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]
  baseProfileName: oci://registry.example/profiles/runtime-default:1
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [sched_setattr]
```
"""

from collections.abc import Iterator

from scclint.api import Problem, ProfileSource, Severity, World, rule

from ._profiles import problems


@rule(
    "SEC217",
    "seccomp-profile-wider-than-base",
    "A profile extends RuntimeDefault by syscalls that no capability explains",
    severity=Severity.WARNING,
    on=ProfileSource,
    since="0.2",
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(693,),
    study=(1, 1),
)
def check(source: ProfileSource, world: World) -> Iterator[Problem]:
    yield from problems(source, world, "SEC217", users=True)
