"""
A profile of one's own is weaker than `RuntimeDefault`: it allows by default, it lets through syscalls that
`RuntimeDefault` stops, or a rule lets through more than it looks.

Profiles are taken from SeccompProfile objects, from files that a MachineConfig writes below
`/var/lib/kubelet/seccomp`, and from profile files in the input. `RuntimeDefault` is that of the release judged for, with
the capabilities that the containers using the profile have. Pod Security admission does not look into the file: a
profile that allows everything passes the `restricted` level.

Found are: `defaultAction` that allows or only logs; allowing rules for syscalls that `RuntimeDefault` denies; deny-lists
that forget another entrance to what they stop (`openat2` for `openat`); two conditions on one argument, which hold as
alternatives; `includes.minKernel`, at which CRI-O does not look; capabilities in `includes` and `excludes` that equal no
capability because they lack `CAP_`.

## How to fix it

Start from `scclint seccomp show` and take out what the program does not need, or add the few syscalls it does need. Record
what it needs with the Security Profiles Operator rather than guess. `scclint seccomp diff 4.20 profile.json` shows the whole
difference.

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

from scclint.api import Problem, ProfileSource, Severity, World, rule

from ._profiles import problems


@rule(
    "SEC211",
    "weak-localhost-profile",
    "A seccomp profile lets through what RuntimeDefault stops",
    severity=Severity.WARNING,
    on=ProfileSource,
    since="0.1",
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(693,),
)
def check(source: ProfileSource, world: World) -> Iterator[Problem]:
    yield from problems(source, world, "SEC211", users=True)
