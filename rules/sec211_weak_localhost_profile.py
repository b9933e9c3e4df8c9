"""
A Localhost profile is weaker than `RuntimeDefault`.

The rule checks SeccompProfile objects, files that a MachineConfig writes to `/var/lib/kubelet/seccomp`, and profile
files in the input. It compares each profile with the `RuntimeDefault` of the release you check against, for the
capabilities of the containers that use the profile. Pod Security admission does not read the file: a profile that
allows everything passes the `restricted` level.

The rule reports:

- a `defaultAction` that allows or only logs
- a rule that allows syscalls which `RuntimeDefault` denies
- a deny-list that misses another syscall with the same effect (`openat2` for `openat`)
- two conditions on one argument, which the runtime combines with OR
- `includes.minKernel`, which CRI-O ignores
- a profile that extends `RuntimeDefault` by syscalls which the capabilities of its containers do not explain, such as
  `bpf` without `BPF`. The rule takes a profile as such an extension if its name says so (`runtime-default-plus`), or
  if it has nearly all syscalls of `RuntimeDefault`.
- a capability in `includes` or `excludes` that matches nothing because it lacks `CAP_`

## How to fix it

Start from the output of `scclint seccomp show` and remove what the program does not need, or add the few syscalls it
needs. Record these syscalls with the Security Profiles Operator instead of guessing. `scclint seccomp diff 4.20
profile.json` shows the whole difference.

`scclint fix` leaves this to you: only tests of the program show which syscalls it needs.

## Before

```yaml
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_LOG
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
  syscalls:
    - action: SCMP_ACT_ALLOW
      names: [accept4, bind, epoll_wait, listen, sendfile]
```
"""

from collections.abc import Iterator

from scclint.api import Problem, ProfileSource, World, rule

from ._seccomp import SENTENCES, problems


@rule(
    "SEC211",
    "weak-localhost-profile",
    "A seccomp profile is weaker than RuntimeDefault",
    kind="access",
    reach="pod",
    on=ProfileSource,
    since="0.1",
    sentences=SENTENCES,
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(693,),
    study=(1, 1),
)
def check(source: ProfileSource, world: World) -> Iterator[Problem]:
    yield from problems(source, world, "SEC211", users=True)
