"""
A Localhost profile without a usable path, or a path beside another type.

The API server refuses `type: Localhost` without `localhostProfile`, an absolute path, a path with `..`, and
`localhostProfile` beside another type. An empty path gets through, and then the container never starts
(`CreateContainerConfigError`); kubelets before the fix of CVE-2023-2431 ran it unconfined instead.

## How to fix it

Give the path relative to the kubelet's seccomp folder (`/var/lib/kubelet/seccomp`), or ask for `RuntimeDefault`.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext:
    seccompProfile:
      type: Localhost
      localhostProfile: /var/lib/kubelet/seccomp/profiles/web.json
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
    seccompProfile:
      type: Localhost
      localhostProfile: profiles/web.json
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Container, Pod, Problem, Severity, Workload, World, rule


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
    if kind.value == "Localhost":
        if text is None:
            wrong, at = "has no localhostProfile; the API server requires it", kind
        elif not isinstance(text, str):
            return
        elif text == "":
            wrong, at = 'has localhostProfile: ""; the API server accepts that, and the container then never starts', path
        elif text.startswith("/"):
            wrong, at = f"has localhostProfile: {text}; the API server refuses an absolute path", path
        elif ".." in text.split("/"):
            wrong, at = f"has localhostProfile: {text}; the API server refuses '..' in it", path
        else:
            return
        settle = "Give a path relative to /var/lib/kubelet/seccomp on the node, like profiles/web.json."
    elif text is not None and kind.value is not None:
        wrong, at = f"has localhostProfile: {text} beside type: {kind.value}; the API server refuses it", path
        settle = "Write type: Localhost, or leave localhostProfile out."
    else:
        return
    yield Problem(
        f"{workload.named}: the seccomp profile of {whose} {wrong}",
        at=at,
        settle=settle,
        container=part.name if isinstance(part, Container) else "",
    )
