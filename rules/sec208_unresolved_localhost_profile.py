"""
A container is to run with a profile file that nothing in the input brings to its nodes.

The kubelet looks for `localhostProfile` below `/var/lib/kubelet/seccomp` on the node. Where it is missing, the container is
not created (`CreateContainerError: cannot load seccomp profile`), on that node only: the same pod may run elsewhere.

What provides the file: a SeccompProfile of the Security Profiles Operator (as `operator/NAME.json`, up to 0.8 as
`operator/NAMESPACE/NAME.json`), a MachineConfig for the pools on which the pod can land, a file below `--profile-dir`, or a
profile file of the input whose path ends in this one. Only pods that are admitted are looked at.

## How to fix it

Bring the file to the nodes by one of these, or tell scclint where it is with `--profile-dir` or `--context`. Where nodes
are provisioned by other means, ignore the finding.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext:
    seccompProfile: {type: Localhost, localhostProfile: operator/web.json}
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext:
    seccompProfile: {type: Localhost, localhostProfile: operator/web.json}
  containers:
    - name: web
      image: registry.example/web:1
---
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
```
"""

from collections.abc import Iterator

from scclint.api import Outcome, Problem, Severity, Workload, World, rule

from ._seccomp import by_place, localhost_users
from ._words import listed


@rule(
    "SEC208",
    "unresolved-localhost-profile",
    "Nothing in the input provides the named profile file",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if not outcome.admitted:
        return
    for path, containers in localhost_users(outcome).items():
        reason = _why(path, outcome, world)
        for at, names in by_place(workload, containers) if reason else ():
            who = f"container {names[0]} runs" if len(names) == 1 else f"containers {listed(names)} run"
            yield Problem(
                f"{workload.named}: {who} with localhostProfile: {path}, {reason}",
                at=at,
                settle=f"Provide /var/lib/kubelet/seccomp/{path} by a SeccompProfile or MachineConfig, or name the folder that "
                "has it with --profile-dir.",
                container=names[0] if len(names) == 1 else "",
            )


def _why(path: str, outcome: Outcome, world: World) -> str:
    """Why the file may be missing, as a clause; empty where it is provided, or SEC215 says where it is."""
    resolution = world.profiles.resolve(path)
    delivered = [p for p in resolution.providers if p.delivered]
    if not resolution.providers:
        return "" if resolution.mismatch else "which nothing in the input provides"
    if not delivered:
        first = resolution.providers[0]
        return f"which {first.kind} {first.name} does not provide: {first.problem}"
    assert outcome.verdict is not None
    pools = world.cluster.pools_of(outcome.verdict.submitted)
    missing = [pool.name for pool in pools if not any(pool.takes(p.role) for p in delivered)]
    if not missing:
        return ""
    names = listed(f"{p.kind} {p.name}" for p in delivered)
    return f"which {names} provides for {listed(p.role for p in delivered)} nodes, while the pod can also land on {listed(missing)}"
