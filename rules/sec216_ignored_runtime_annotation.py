"""
A seccomp annotation for CRI-O has no effect, because a stock OpenShift node removes it before CRI-O uses it.

CRI-O can load a profile from an OCI artifact (`seccomp-profile.kubernetes.cri-o.io/<container>`) and can report the
system calls that a profile denies (`io.kubernetes.cri-o.seccompNotifierAction`). The newer names are
`seccomp-profile.crio.io` and `seccomp-notifier-action.crio.io`. CRI-O uses these annotations only if
`allowed_annotations` of the runtime handler lists them, and no OpenShift handler lists them. The container runs as if
the annotation were absent.

## How to fix it

Set the `seccompProfile` field to a Localhost profile, and let the Security Profiles Operator or a MachineConfig put the
file on the node. The SCC must allow the profile: `localhost/` and the same path in `seccompProfiles`. If one of your own
runtime handlers allows the annotation, name its RuntimeClass in the pod (`runtimeClassName`).

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations:
        seccomp-profile.kubernetes.cri-o.io/web: registry.example/profiles/web:1
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
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

from scclint.api import ContainerSeccomp, Outcome, Problem, Remove, Severity, Workload, World, listed, rule

from ._words import profile

PROFILE = ("seccomp-profile.kubernetes.cri-o.io", "seccomp-profile.crio.io")
NOTIFIER = ("io.kubernetes.cri-o.seccompNotifierAction", "seccomp-notifier-action.crio.io")
WHOLE_POD = "POD"

USE_LOCALHOST = (
    "Set the seccompProfile field. The Security Profiles Operator or a MachineConfig can put a Localhost profile on the nodes."
)
USE_LOG = (
    "Delete the annotation. A Localhost profile with the action SCMP_ACT_LOG reports the system calls in the node's audit log."
)


@rule(
    "SEC216",
    "ignored-runtime-annotation",
    "A stock OpenShift node removes this seccomp annotation for CRI-O",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(693,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    # A RuntimeClass selects a custom handler, which may allow the annotation.
    if world.cluster.platform == "kubernetes" or outcome.verdict is None or workload.pod.field("spec", "runtimeClassName"):
        return
    for key, value in workload.pod.annotations.items():
        base, _, target = key.partition("/")
        if base in PROFILE:
            effect, fix = f"CRI-O does not load {value}{_instead(outcome, target)}", USE_LOCALHOST
        elif base in NOTIFIER:
            effect, fix = "no system calls are reported", USE_LOG
        else:
            continue
        yield Problem(
            f"{workload.named}: a stock OpenShift node removes the annotation {key}, so {effect}",
            at=workload.pod.annotation(key),
            help=fix,
            container=target if workload.pod.container(target) else "",
            edits=(Remove(workload.pod.annotation(key).path),) if fix is USE_LOG else (),
        )


def _instead(outcome: Outcome, target: str) -> str:
    """Return the profiles that the annotated containers get instead, as a clause; empty if the pod is not admitted."""
    if not outcome.admitted:
        return ""
    affected = [c for c in outcome.seccomp if target in ("", WHOLE_POD, c.name)]
    profiles = dict.fromkeys(_with_profile(c) for c in affected if c.type is not None)
    names = listed(c.name for c in affected)
    return f"; {names} run{'s' if len(affected) == 1 else ''} {listed(profiles)}" if profiles else ""


def _with_profile(container: ContainerSeccomp) -> str:
    text = profile(container)
    return text if text == "unconfined" else f"with {text}"
