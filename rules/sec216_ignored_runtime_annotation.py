"""
An annotation asks CRI-O itself for something about seccomp, and a stock OpenShift node strips it before CRI-O sees it.

CRI-O can take a profile from an OCI artifact (`seccomp-profile.kubernetes.cri-o.io/<container>`) and can report the
system calls that a profile stops (`io.kubernetes.cri-o.seccompNotifierAction`); newer names are
`seccomp-profile.crio.io` and `seccomp-notifier-action.crio.io`. It heeds them only for a runtime handler whose
`allowed_annotations` lists them, which no handler of OpenShift does. The container runs as if the annotation were not
there.

## How to fix it

Use the `seccompProfile` field: a Localhost profile that the Security Profiles Operator or a MachineConfig puts on the
node. If a handler of your own allows the annotation, name its RuntimeClass in the pod (`runtimeClassName`).

## Before

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    seccomp-profile.kubernetes.cri-o.io/web: registry.example/profiles/web:1
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
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

from scclint.api import ContainerSeccomp, Outcome, Problem, Severity, Workload, World, rule

from ._words import listed, profile

PROFILE = ("seccomp-profile.kubernetes.cri-o.io", "seccomp-profile.crio.io")
NOTIFIER = ("io.kubernetes.cri-o.seccompNotifierAction", "seccomp-notifier-action.crio.io")
WHOLE_POD = "POD"

USE_LOCALHOST = (
    "Use the seccompProfile field; the Security Profiles Operator or a MachineConfig can put a Localhost profile on the nodes."
)
USE_LOG = "Delete it; a Localhost profile with the action SCMP_ACT_LOG has the node's audit log name the system calls."


@rule(
    "SEC216",
    "ignored-runtime-annotation",
    "A stock OpenShift node strips this seccomp annotation of CRI-O",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
    security_severity=5.5,
    cwe=(693,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    # A RuntimeClass leads to a handler that somebody configured, and that may allow the annotation.
    if world.cluster.platform != "openshift" or outcome.verdict is None or workload.pod.field("spec", "runtimeClassName"):
        return
    for key, value in workload.pod.annotations.items():
        base, _, target = key.partition("/")
        if base in PROFILE:
            effect, settle = f"no profile is taken from {value}{_instead(outcome, target)}", USE_LOCALHOST
        elif base in NOTIFIER:
            effect, settle = "no system calls are reported", USE_LOG
        else:
            continue
        yield Problem(
            f"{workload.named}: a stock OpenShift node strips the annotation {key}, so {effect}",
            at=workload.pod.annotation(key),
            settle=settle,
            container=target if workload.pod.container(target) else "",
        )


def _instead(outcome: Outcome, target: str) -> str:
    """What the containers that the annotation is for run with; nothing where they do not run."""
    if not outcome.admitted:
        return ""
    affected = [c for c in outcome.seccomp if target in ("", WHOLE_POD, c.name)]
    profiles = dict.fromkeys(_words(c) for c in affected if c.type is not None)
    names = listed(c.name for c in affected)
    return f"; {names} run{'s' if len(affected) == 1 else ''} {listed(profiles)}" if profiles else ""


def _words(container: ContainerSeccomp) -> str:
    text = profile(container)
    return text if text == "unconfined" else f"with {text}"
