"""
The pod is admitted by an SCC that allows privileged containers or the node's own namespaces.

Such an SCC applies no seccomp profile of its own, does not confine user ids and lets a compromise of the container
reach the node. A privileged container always runs without seccomp, whatever profile it names: CRI-O skips the filter
for it. The finding names the fields for which every more restrictive SCC that may be used refuses the pod, and the
annotation `openshift.io/required-scc` where that asks for the SCC.

## How to fix it

Drop the fields named, or write a custom SCC that allows just those, lists `runtime/default` under `seccompProfiles`,
and grant it to this workload's own service account only.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec:
  containers:
    - name: shell
      image: registry.example/shell:1
      securityContext:
        privileged: true
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec:
  containers:
    - name: shell
      image: registry.example/shell:1
      securityContext:
        allowPrivilegeEscalation: false
        seccompProfile: {type: RuntimeDefault}
```
"""

from collections.abc import Iterator
from itertools import takewhile

from scclint.api import FieldError, Located, Problem, Related, Severity, Workload, World, rule

from ._allowances import more_restrictive
from ._releases import REQUIRED_SCC, required_scc_counts
from ._words import creator, in_fields, listed


@rule(
    "SCC102",
    "privileged-scc",
    "The pod lands on an SCC that allows privileged containers or host namespaces",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
    security_severity=8.0,
    cwe=(250,),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.scc is None:
        return
    allows = _allows(verdict.scc, world)
    if not allows:
        return
    required = workload.pod.annotation(REQUIRED_SCC) if verdict.required_scc and required_scc_counts(world) else None
    # With the annotation no other SCC is tried, so those that come earlier have to be asked.
    tried = world.explain(workload) if required else verdict.candidates
    earlier = list(takewhile(lambda candidate: candidate.scc != verdict.scc, tried))
    admitting = next((c.scc for c in earlier if c.outcome == "chosen" and more_restrictive(world, c.scc, verdict.scc)), "")
    refused = [candidate for candidate in earlier if candidate.outcome == "too restrictive"]
    nearest = min(refused, key=lambda candidate: len(in_fields(candidate.reasons)), default=None)
    forcing = in_fields(nearest.reasons) if nearest is not None and not admitting else []
    why = []
    if required:
        why.append(
            f"annotation {REQUIRED_SCC} asks for it" + (f", without which {admitting} would take them" if admitting else "")
        )
    if nearest is not None and forcing:
        why.append(f"{nearest.scc} would take them but for {listed(_names(forcing))}")
    privileged = [c.name for c in outcome.seccomp if c.source == "privileged"]
    if privileged:
        why.append(f"{listed(privileged)}, being privileged, run{'s' if len(privileged) == 1 else ''} without seccomp")
    places = [workload.pod.field(*error.path) for error in forcing]
    at: list[Located] = [*([required] if required else []), *places, workload.place]
    grant = outcome.chosen.grant if outcome.chosen else None
    yield Problem(
        f"{workload.named}: "
        + "; ".join([f"its pods land on SCC {verdict.scc}{creator(outcome)}, which allows {listed(allows)}", *why]),
        at=at[0],
        related=tuple(
            Related(f"also forces it: {e.text}", f.span) for e, f in zip(forcing, places, strict=True) if f is not at[0]
        )[:7]
        + world.grant_steps(grant, verdict.scc, workload),
        settle=_settle(admitting, bool(privileged)),
    )


def _settle(admitting: str, privileged: bool) -> str:
    if admitting:
        return f"Ask for {admitting}, or leave the annotation out."
    if privileged:
        return "Give it the capabilities it needs instead of privileged: true; no profile confines a privileged container."
    return "Drop what forces it, or grant a custom SCC that allows only that and lists runtime/default in seccompProfiles."


def _allows(name: str, world: World) -> list[str]:
    """What the SCC lets a pod have of the node, in words; empty where that is nothing."""
    scc = world.cluster.sccs[name]
    host = [
        words
        for allowed, words in (
            (scc.allow_host_network, "network"),
            (scc.allow_host_pid, "process ids"),
            (scc.allow_host_ipc, "IPC"),
        )
        if allowed
    ]
    return [
        *(["privileged containers"] if scc.allow_privileged_container else []),
        *([f"the host's {listed(host)}"] if host else []),
    ]


def _names(errors: list[FieldError]) -> list[str]:
    names = [".".join(str(step) for step in e.path if not isinstance(step, int)).removeprefix("spec.") for e in errors]
    unique = list(dict.fromkeys(names))
    return unique[:4] + ([f"{len(unique) - 4} more"] if len(unique) > 4 else [])
