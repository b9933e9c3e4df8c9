"""
A container uses a profile file that nothing in the input provides on its nodes.

The kubelet looks for `localhostProfile` in `/var/lib/kubelet/seccomp` on the node. If a node does not have the file,
the kubelet does not create the container there (`CreateContainerError: cannot load seccomp profile`). The same pod
may run on another node.

The following provide the file:

- a SeccompProfile of the Security Profiles Operator, as `operator/NAME.json`, or up to 0.8, where SeccompProfiles
  are namespaced, as `operator/NAMESPACE/NAME.json`. If a manifest mixes the two forms, it names a file that the
  operator never writes, and the finding gives the right path.
- a MachineConfig for each pool where the pod can run
- a file in the `--profile-dir` directory
- a profile file in the input whose path ends in this path
- an init container of the pod, or a DaemonSet of the input, that mounts `/var/lib/kubelet/seccomp` and may write to it

The rule checks only pods that are admitted. The API server accepts an empty path, but the container then never starts
(`CreateContainerConfigError`). The rule is silent if another unit of the run provides the file.

## How to fix it

Write the path that the finding gives, if it gives one. Else provide the file in one of these ways, or show scclint where it
is with `--profile-dir` or `--context`. If you provision the nodes by other means, ignore the finding.

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
      securityContext:
        seccompProfile:
          type: Localhost
          localhostProfile: operator/web.json
      containers:
        - name: web
          image: registry.example/web:1
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
requiredDropCapabilities: [ALL]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [localhost/operator/web.json]
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
      securityContext:
        seccompProfile:
          type: Localhost
          localhostProfile: operator/web.json
      containers:
        - name: web
          image: registry.example/web:1
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
requiredDropCapabilities: [ALL]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [localhost/operator/web.json]
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
from typing import Any

from scclint.api import Container, ContainerSeccomp, Location, Outcome, Problem, Set, Severity, Workload, World, rule

from ._seccomp import by_place, localhost_users

_RUNS = "{object}: {names:container|containers} {names} {names:runs|run} with localhostProfile: {path}, "
SENTENCES = {
    "other-path": "{object}: the operator does not write the file of localhostProfile: {path}; {mismatch} {expected}",
    "defined": "{profile} is defined here",
    "write-path": "Write localhostProfile: {expected}, or change the SeccompProfile to the API version and scope of your operator.",
    "empty": '{object}: {names:container|containers} {names} {names:runs|run} with localhostProfile: "", with which a container never starts',
    "relative": "Write a path relative to /var/lib/kubelet/seccomp on the node, such as profiles/web.json.",
    "not-provided": _RUNS + "which nothing in the input provides",
    "unusable": _RUNS + "which {provider} does not provide: {problem}",
    "other-nodes": _RUNS
    + "which {providers} {providers:provides|provide} on {roles} nodes, but the pod can also run on {missing} nodes",
    "provide": "Provide /var/lib/kubelet/seccomp/{path} with a SeccompProfile or a MachineConfig, or pass the directory that has it with "
    "--profile-dir.",
}

_PROFILES = "/var/lib/kubelet/seccomp/"


@rule(
    "SEC208",
    "unresolved-localhost-profile",
    "Nothing in the input provides the file of a Localhost profile",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    severities={"empty": Severity.ERROR},
    tags=("seccomp",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    for path, containers in localhost_users(outcome).items():
        if path and world.other_units.provides_profile(path):
            continue
        resolution = world.profiles.resolve(path)
        if resolution.mismatch and not any(provider.delivered for provider in resolution.providers):
            yield from _other_path(workload, world, path, containers)
        elif outcome.admitted and not (path and _installed(workload, world)):
            yield from _missing(outcome, world, path, containers)


def _other_path(workload: Workload, world: World, path: str, containers: list[ContainerSeccomp]) -> Iterator[Problem]:
    """Yield the places that name a file which the Security Profiles Operator writes under another path."""
    resolution = world.profiles.resolve(path)
    profile = world.profiles.written(resolution.meant)
    related = (Location("defined", profile.place, {"profile": profile}),) if profile else ()
    for at, names in by_place(workload, containers):
        yield Problem(
            "other-path",
            at=at,
            facts={
                "path": path,
                "mismatch": resolution.mismatch,
                "expected": resolution.expected,
                "container": names[0] if len(names) == 1 else "",
            },
            related=related,
            help="write-path",
            cause=f"other path than {path}",
            edits=(Set(at.path, resolution.expected),) if at.path[-1:] == ("localhostProfile",) else (),
        )


def _missing(outcome: Outcome, world: World, path: str, containers: list[ContainerSeccomp]) -> Iterator[Problem]:
    code, facts = _missing_because(path, outcome, world)
    for at, names in by_place(outcome.workload, containers) if code else ():
        yield Problem(
            code,
            at=at,
            facts={"names": names, "path": path, "container": names[0] if len(names) == 1 else "", **facts},
            help="provide" if path else "relative",
            cause=f"missing {path}",
        )


def _installed(workload: Workload, world: World) -> bool:
    """Whether an init container of the workload or a DaemonSet may write the file to the node that the pod runs on."""
    if any(c.path[-2:-1] == ("initContainers",) and _writes_profiles(workload, c) for c in workload.pod.containers):
        return True
    return world.memo(
        _installed,
        lambda: any(
            _writes_profiles(other, container)
            for other in world.of(Workload)
            if other.kind == "DaemonSet"
            for container in other.pod.containers
        ),
    )


def _writes_profiles(workload: Workload, container: Container) -> bool:
    """Whether a container mounts the kubelet's directory of profiles, or one that has it, and may write to it."""
    volumes = workload.pod.field("spec", "volumes").value
    paths = {
        volume.get("name"): volume["hostPath"].get("path")
        for volume in (volumes if isinstance(volumes, list) else ())
        if isinstance(volume, dict) and isinstance(volume.get("hostPath"), dict)
    }
    mounts = container.field("volumeMounts").value
    return any(
        isinstance(mount, dict) and not mount.get("readOnly") and _holds_profiles(paths.get(mount.get("name")))
        for mount in (mounts if isinstance(mounts, list) else ())
    )


def _holds_profiles(path: object) -> bool:
    path = f"{path.rstrip('/')}/" if isinstance(path, str) else ""
    return path.startswith(_PROFILES) or path == "/var/lib/kubelet/"


def _missing_because(path: str, outcome: Outcome, world: World) -> tuple[str, dict[str, Any]]:
    """Return why the file may be missing, with the facts; empty if it is provided."""
    if not path:
        return "empty", {}
    resolution = world.profiles.resolve(path)
    delivered = [p for p in resolution.providers if p.delivered]
    if not resolution.providers:
        return "" if resolution.mismatch else "not-provided", {}
    if not delivered:
        first = resolution.providers[0]
        return "unusable", {"provider": f"{first.kind} {first.name}", "problem": first.problem}
    pools = world.cluster.pools_of(outcome.judged.submitted)
    missing = [pool.name for pool in pools if not any(pool.takes(p.role) for p in delivered)]
    facts = {
        "providers": [f"{p.kind} {p.name}" for p in delivered],
        "roles": [p.role for p in delivered],
        "missing": missing,
    }
    return "other-nodes" if missing else "", facts
