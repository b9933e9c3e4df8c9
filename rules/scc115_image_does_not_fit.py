"""
The image needs a user or a capability that its container does not have, so its program probably fails.

The rule reads what is known of the image: its entry below `images` in the configuration, or the Containerfile that the repository
builds it from. It is silent about an image of which nothing is known. It reports two things:

- The program works only as the image's own user, and the container runs as another one. The SCC sets it, or the manifest does. This
  is so if `own-user` is true in the configuration, or if a `RUN` of the Containerfile gives files to their owner alone with
  `chmod 700` and no `RUN` gives them to a group.
- The image exposes a port below 1024, and nothing lets the program listen on it: the container lacks the capability
  `NET_BIND_SERVICE`, and the pod does not set the sysctl `net.ipv4.ip_unprivileged_port_start`. CRI-O does not set it either. The
  runtimes of other clusters do, so the rule is silent on plain Kubernetes. It is also silent if the manifest lists other ports.

## How to fix it

OpenShift runs containers with a user ID of the namespace's range and with group 0. Give this group the access that the user has,
with `chgrp -R 0 DIR && chmod -R g=u DIR` in the Containerfile. Let the program listen on a port from 1024. If it cannot, set
the sysctl `net.ipv4.ip_unprivileged_port_start` to `0` in the `securityContext` of the pod, which `restricted-v2` allows.

`scclint fix` leaves this to you: only you can change the image.

## Before

```yaml title="images.yaml"
images:
  registry.example/web: {user: 0, ports: [80]}
```

```yaml
# Run with --config images.yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations: {openshift.io/required-scc: restricted-v2}
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml title="images.yaml"
images:
  registry.example/web: {user: 0, ports: [80]}
```

```yaml
# Run with --config images.yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations: {openshift.io/required-scc: restricted-v2}
spec:
  securityContext:
    sysctls:
      - {name: net.ipv4.ip_unprivileged_port_start, value: "0"}
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import (
    UNPRIVILEGED_PORT_START,
    ContainerSeccomp,
    Outcome,
    Problem,
    Severity,
    Workload,
    World,
    bounding_set_of,
    first_open_port,
    rule,
)


@rule(
    "SCC115",
    "image-does-not-fit",
    "The image needs a user or a capability that its container does not have",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission", "scc"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or outcome.rejected_by:
        return
    for container in outcome.seccomp:
        image = outcome.image(container) if container.source != "windows" else None
        if image is None:
            continue
        at = workload.pod.field(*container.path, "image")
        user = outcome.other_users.get(container.name)
        if user is not None:
            own = f"its own user{'' if image.user is None else f', {image.user or 0}'}"
            yield Problem(
                f"{workload.named}: the image of container {container.name} works only as {own}, and the container runs as user {user}",
                notes=(f"{image.source} describes the image",),
                at=at,
                help="Give group 0 the access to the files of the image that its user has: chgrp -R 0 DIR && chmod -R g=u DIR.",
            )
        port = next((port for port in image.ports if _is_closed(port, outcome, container)), None)
        if port is not None and world.cluster.platform != "kubernetes":
            yield Problem(
                f"{workload.named}: container {container.name} cannot listen on port {port}, because it lacks NET_BIND_SERVICE",
                notes=(f"{image.source} describes the image, which exposes the port",),
                at=at,
                help=f'Let the program listen on a port from 1024, or set the sysctl {UNPRIVILEGED_PORT_START} to "0" in the pod.',
            )


def _is_closed(port: int, outcome: Outcome, container: ContainerSeccomp) -> bool:
    """Whether a program in the container cannot listen on a port that its image exposes, unless the manifest lists other ports."""
    spec: dict[str, Any] = outcome.judged.pod["spec"]
    values = outcome.container(container)
    listed = {listed.get("containerPort") for listed in values.get("ports") or ()}
    return (
        port < first_open_port(spec)
        and (not listed or port in listed)
        and not spec.get("hostNetwork")
        and "CAP_NET_BIND_SERVICE" not in bounding_set_of(values)
    )
