"""
The pod is admitted and never runs: the API server's validation rejects a value that the SCC sets, or the kubelet does not start a
container or does not mount a volume.

The kubelet does not start a container whose user ID is 0 and whose `runAsNonRoot` is true: `container's runAsUser breaks non-root
policy`. The API server accepts the two together. Either of them may be written in the manifest, or an SCC sets the user ID. A value
of the container overrides that of the pod. If no user ID is set, the image decides: the kubelet refuses an image that runs as root or
that names its user (`container has runAsNonRoot and image has non-numeric user`). The rule reports that if the configuration
describes the image below `images`, the repository builds it from a Containerfile, or the [catalogue](../images.md) has it. It is a gap
if the catalogue has the image and the reference names no version.

The kubelet mounts no `gitRepo` volume from OpenShift 4.20 on, because its driver is off: the pod waits for the volume forever. With
Kubernetes 1.36, the driver cannot be switched on.

SCC admission runs before validation. These SCCs set values that are invalid, although the manifest is valid as written:

- `allowPrivilegedContainer: true` with `allowPrivilegeEscalation: false`. The SCC sets `allowPrivilegeEscalation: false` on a
  privileged container, and validation rejects the two together. The same holds for `CAP_SYS_ADMIN` in
  `defaultAddCapabilities`.
- A user or group ID below 0 or above 2147483647, in the SCC or in the annotations of the namespace.
- An entry of `seccompProfiles` that is no valid profile, such as `RuntimeDefault` instead of `runtime/default`.

## How to fix it

Correct the field of the SCC that the message names. The cluster admits the same pods, and creates them. If the kubelet does not
start a container, remove `runAsUser: 0`, or remove `runAsNonRoot: true` if the program must run as root. For an image, write the ID of
another user than root in `USER`, or let `restricted-v2` admit the pod, which sets a user ID. In place of a `gitRepo` volume, let an init
container clone the repository into an `emptyDir` volume.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
priority: 20
allowPrivilegedContainer: true
allowPrivilegeEscalation: false
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
seccompProfiles: ["*"]
volumes: ["*"]
users: ["system:serviceaccount:shop:agent"]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: registry.example/agent:1
          securityContext: {privileged: true}
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
priority: 20
allowPrivilegedContainer: true
allowPrivilegeEscalation: true
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
fsGroup: {type: RunAsAny}
supplementalGroups: {type: RunAsAny}
seccompProfiles: ["*"]
volumes: ["*"]
users: ["system:serviceaccount:shop:agent"]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: registry.example/agent:1
          securityContext: {privileged: true}
```
"""

from collections.abc import Iterator

from scclint.api import Container, Field, Outcome, Problem, Remedy, Severity, Workload, World, advise, creator, filled, rule
from scclint.platform.releases import GIT_REPO_GATE
from scclint.validation.problem import FieldProblem

_NOT_STARTED = (
    "{object}: the kubelet does not start {names:container|containers} {names:2}, because runAsNonRoot is true"
    "[, as SCC {demanding} demands] and "
)
SENTENCES = {
    "user-id-0": _NOT_STARTED + "the user ID is 0[, which SCC {setting} sets]",
    "root-image": _NOT_STARTED + "the image runs as root",
    "named-user": _NOT_STARTED + "the image names its user: {user}",
    "reported": "the kubelet reports: {error}",
    "image": "{image} sets the user of the image",
    "remove-user": "remove runAsUser: 0",
    "other-scc": "use an SCC that sets another user ID, because SCC {scc} sets 0",
    "image-user": "write the ID of a user other than root in USER of the image",
    "allow-root": "remove runAsNonRoot: true if the program must run as root",
    "not-mounted": "{object}: the kubelet does not mount volume {volume}, so no container starts: the driver of gitRepo volumes is off",
    "driver": "{platform} has the driver off{switchable:|, and it cannot be switched on}",
    "clone": "Let an init container clone the repository into an emptyDir volume.",
    "invalid": "{object}: SCC {scc} admits {pods}[ when {creator} creates it], and the API server then rejects {alone:it|them} as invalid",
    "errors": "{error}[, and {more:,} {more:more error|more errors}]",
    "allowPrivilegeEscalation": "Set allowPrivilegeEscalation: true in SCC {scc}, because it allows what needs privilege escalation.",
    "runAsUser": "Set runAsUser in SCC {scc}, or the user ID range of the namespace, to IDs from 0 to 2147483647.",
    "fsGroup": "Set fsGroup in SCC {scc}, or the group ranges of the namespace, to IDs from 0 to 2147483647.",
    "supplementalGroups": "Set supplementalGroups in SCC {scc}, or the group ranges of the namespace, to IDs from 0 to 2147483647.",
    "seccompProfiles": "Correct seccompProfiles in SCC {scc}, for example to runtime/default.",
}
_FIELDS_OF_SCC = ("allowPrivilegeEscalation", "runAsUser", "fsGroup", "supplementalGroups")
"""Fields of a pod that are invalid because of the field of the SCC with the same name."""


@rule(
    "SCC111",
    "pod-invalid-after-admission",
    "The API server or the kubelet rejects the pod after SCC admission",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    stopped = outcome.never_started
    for error in dict.fromkeys(stopped.values()):
        yield _never_started(outcome, error, [name for name, reported in stopped.items() if reported == error], world)
    for path in outcome.never_mounted:
        volume = workload.pod.field(*path, "name").value
        yield Problem(
            "not-mounted",
            at=workload.pod.field(*path, "gitRepo"),
            facts={
                "volume": volume,
                "platform": world.cluster.platform_name,
                "switchable": GIT_REPO_GATE.holds(world.cluster.kubernetes_minor),
            },
            notes=("driver",),
            help="clone",
        )
    if outcome.verdict is None or outcome.verdict.scc is None or not outcome.invalid_by_scc:
        return
    scc = outcome.verdict.scc
    first, *others = outcome.invalid_by_scc
    yield Problem(
        "invalid",
        at=_place(workload, first),
        facts={"scc": scc, "creator": creator(outcome), "error": first.message, "more": len(others)},
        notes=("errors",),
        related=world.steps.of_grant(None, scc, workload),
        help=next((str(step) for step in reversed(first.path) if step in _FIELDS_OF_SCC), "seccompProfiles"),
    )


def _never_started(outcome: Outcome, error: str, names: list[str], world: World) -> Problem:
    """Return the problem of containers with runAsNonRoot: true for which the kubelet reports the same error."""
    workload, verdict = outcome.workload, outcome.judged
    containers = [container for container in workload.pod.containers if container.name in names]
    users, limits = (
        [field for field in _effective(workload, containers, key) if field.present] for key in ("runAsUser", "runAsNonRoot")
    )
    image = next((outcome.image(container) for container in outcome.seccomp if container.name == names[0]), None)
    if "runAsUser" in error:
        paths = [field.path[len(workload.pod.path) :] for field in users]
        code = "user-id-0"
        changes = advise("without fields", workload, world, paths) or (
            Remedy(filled(SENTENCES["remove-user" if users else "other-scc"], {"scc": verdict.scc})),
        )
    else:
        code = "root-image" if image is None or image.uid == 0 else "named-user"
        changes = (
            *advise("restricted", workload, world)[:1],
            Remedy(SENTENCES["image-user"]),
        )
    return Problem(
        code,
        at=next(iter((*users, *limits)), workload.place),
        facts={
            "names": names,
            "demanding": "" if limits else verdict.scc,
            "setting": "" if users else verdict.scc,
            "user": image.user if image else "",
            "error": error,
            "image": image.source if image and not users else "",
        },
        notes=("reported", "image"),
        turns_on="" if users or image is None or image.exact else "the reference names no version of the image",
        remedies=(*changes, *([Remedy(SENTENCES["allow-root"])] if limits else [])),
    )


def _effective(workload: Workload, containers: list[Container], key: str) -> Iterator[Field[object]]:
    """Yield the field that counts for each container: its own, or else that of the pod."""
    for container in containers:
        field = container.field("securityContext", key)
        yield field if field.value is not None else workload.pod.field("spec", "securityContext", key)


def _place(workload: Workload, problem: FieldProblem) -> Field[object]:
    """Return the field of the manifest that is invalid together with what the SCC sets, or else where the SCC sets a field."""
    if problem.path[-1:] == ("allowPrivilegeEscalation",):
        privileged = workload.pod.field(*problem.path[:-1], "privileged")
        if privileged.present:
            return privileged
    return workload.pod.field(*problem.path)
