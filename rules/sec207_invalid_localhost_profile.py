"""
A Localhost profile has no usable path, or a profile of another type has a path.

The API server rejects `type: Localhost` without `localhostProfile`, an absolute path, a path with `..`, and
`localhostProfile` with another type. It accepts an empty path, but the container then never starts
(`CreateContainerConfigError`). Kubelets without the fix for CVE-2023-2431 ran such a container unconfined.

## How to fix it

Set a path relative to the kubelet's seccomp directory (`/var/lib/kubelet/seccomp`), or use `RuntimeDefault`. On OpenShift,
the SCC must allow the profile: `localhost/` and the same path in `seccompProfiles`.

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
          localhostProfile: /var/lib/kubelet/seccomp/operator/web.json
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
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
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
"""

from collections.abc import Iterator

from scclint.api import Container, Operation, Pod, Problem, Set, Severity, Workload, World, rule

_ROOT = "/var/lib/kubelet/seccomp/"
"""The folder of the node that `localhostProfile` is relative to."""


@rule(
    "SEC207",
    "invalid-localhost-profile",
    "A Localhost profile has no usable path",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    yield from _check(workload, workload.pod, "the pod")
    for container in workload.pod.containers:
        yield from _check(workload, container, f"container {container.name}")


def _check(workload: Workload, part: Pod | Container, whose: str) -> Iterator[Problem]:
    kind, path = part.seccomp_type, part.localhost_profile
    text = path.value
    edits: tuple[Operation, ...] = ()
    if kind.value == "Localhost":
        if text is None:
            wrong, at = "has type: Localhost but no localhostProfile, which the API server requires", kind
        elif not isinstance(text, str):
            return
        elif text == "":
            wrong, at = 'has localhostProfile: "", which the API server accepts, but the container then never starts', path
        elif text.startswith("/"):
            wrong, at = f"has localhostProfile: {text}, but the API server rejects an absolute path", path
        elif ".." in text.split("/"):
            wrong, at = f"has localhostProfile: {text}, but the API server rejects '..' in a path", path
        else:
            return
        fix = "Set a path relative to /var/lib/kubelet/seccomp on the node, such as profiles/web.json."
        below = text.removeprefix(_ROOT) if text else ""
        if below and below != text and ".." not in below.split("/"):
            fix, edits = f"Write localhostProfile: {below}.", (Set(path.path, below),)
    elif text is not None and kind.value is not None:
        wrong, at = f"has both type: {kind.value} and localhostProfile: {text}, which the API server rejects", path
        fix = "Write type: Localhost, or remove localhostProfile."
    else:
        return
    yield Problem(
        f"{workload.named}: the seccomp profile of {whose} {wrong}",
        at=at,
        help=fix,
        edits=edits,
        container=part.name if isinstance(part, Container) else "",
    )
