"""
The image needs a user, a directory, a port or a capability that its container does not have, so its program probably fails.

The rule reads what is known of the image: its entry below `images` in the configuration, the Containerfile that the repository
builds it from, or the [catalogue](../images.md) of images that many manifests use. It is silent about an image of which nothing is known.
It reports these things:

- **User.** The program works only as the image's own user, and the container runs as another one. The SCC sets it, or the manifest does.
  This is so if `own-user` is true in the configuration. It is also so if a `RUN` of the Containerfile gives files to their owner
  alone with `chmod 700` and no `RUN` gives them to a group, or if the program is in a home directory that `useradd` made for
  its user alone.
- **Directory.** The program writes to a directory that only root or the image's own user may write to, the container runs as another
  user, and no volume is mounted there. The directories are `writes` in the configuration, or those that the
  Containerfile declares as `VOLUME` and gives to a user with `chown`. `~` is the home directory, which a user of the namespace's range does
  not have.
- **Port.** The image exposes a port below 1024, and nothing lets the program listen on it: it has no capability
  `NET_BIND_SERVICE`, and the pod does not set the sysctl `net.ipv4.ip_unprivileged_port_start`. A user other than root does not get a
  capability from `capabilities.add`, because CRI-O sets no ambient capabilities. CRI-O does not set the sysctl either. The
  runtimes of other clusters do, so the rule is silent on plain Kubernetes. It is also silent if the manifest lists other ports.
- **Capability.** The file of the program has a capability that the container drops. The kernel then refuses to start it, with
  `operation not permitted`.

The finding is a gap if the catalogue describes the image and the reference names no version: no tag, or `latest`.

## How to fix it

OpenShift runs containers with a user ID of the namespace's range and with group 0. Give this group the access that the user has,
with `chgrp -R 0 DIR && chmod -R g=u DIR` in the Containerfile. If the image is not yours, use the one that its vendor makes for any
user, or mount an `emptyDir` volume over the directory. Let the program listen on a port from 1024. If it cannot, set
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

from scclint.advice import what_fits
from scclint.api import Field, Problem, Severity, Workload, World, rule
from scclint.outcome.chain import Misfit

SENTENCES = {
    "user": "{object}: the image of container {name} works only as its own user[, {own}], and the container runs as user {user}",
    "capability": "{object}: the kernel does not start the program of container {name}: its file has {values}, which the container drops",
    "port": "{object}: container {name} cannot listen on port {values}, because it does not get NET_BIND_SERVICE",
    "directory": "{object}: container {name} writes to {values}, where user {user} may not write",
    "home": "{object}: container {name} writes to its home directory, and user {user} has none",
    "image": "{image} describes the image",
    "image-of-port": "{image} describes the image, which exposes the port",
    "other-port": "This is not needed if the program listens on a port from 1024.",
}


@rule(
    "SCC115",
    "image-does-not-fit",
    "The image needs a user, directory, port or capability that its container does not have",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    for misfit in world.misfits(workload):
        is_port = misfit.need == "port"
        yield Problem(
            misfit.need,
            at=_place(workload, misfit),
            facts={
                "name": misfit.container.name,
                "own": None if misfit.image.user is None else str(misfit.image.user or 0),
                "user": str(misfit.user),
                "values": _values(misfit),
                "image": misfit.image.source,
            },
            notes=("image-of-port" if is_port else "image",),
            help="other-port" if is_port else "",
            remedies=what_fits(misfit, workload, world),
            turns_on="" if misfit.image.exact else "the reference names no version of the image",
        )


def _values(misfit: Misfit) -> list[str]:
    """Return the directories, the port, or the capabilities as pods write them."""
    values = map(str, misfit.values)
    return [value.removeprefix("CAP_") for value in values] if misfit.need == "capability" else list(values)


def _place(workload: Workload, misfit: Misfit) -> Field[object]:
    """Return the port in the manifest, or else the image."""
    path = misfit.container.path
    ports = workload.pod.field(*path, "ports").value if misfit.need == "port" else ()
    for index, port in enumerate(ports if isinstance(ports, list) else ()):
        if isinstance(port, dict) and port.get("containerPort") == misfit.values[0]:
            return workload.pod.field(*path, "ports", index, "containerPort")
    return workload.pod.field(*path, "image")
