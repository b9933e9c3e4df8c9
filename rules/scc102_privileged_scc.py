"""
The pod is admitted by an SCC that allows privileged containers or the node's own namespaces.

Such an SCC applies no seccomp profile of its own, does not confine user ids and lets a compromise of the container
reach the node. A privileged container always runs without seccomp, whatever profile it names: CRI-O skips the filter
for it. The finding names the fields for which every more restrictive SCC that may be used refuses the pod.

## How to settle it

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

from scclint.api import FieldError, Problem, Related, Severity, Workload, World, rule

from ._words import creator, in_fields, listed, usable


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
    scc = world.cluster.sccs[verdict.scc]
    allows = [
        words
        for allowed, words in (
            (scc.allow_privileged_container, "privileged containers"),
            (scc.allow_host_network, "the host's network"),
            (scc.allow_host_pid, "its process ids"),
            (scc.allow_host_ipc, "its IPC"),
        )
        if allowed
    ]
    if not allows:
        return
    refused = usable(verdict)
    nearest, reasons = min(refused, key=lambda candidate: len(in_fields(candidate[1]))) if refused else ("", ())
    forcing = in_fields(reasons)
    privileged = [c.name for c in outcome.seccomp if c.source == "privileged"]
    grant = outcome.chosen.grant if outcome.chosen else None
    yield Problem(
        f"{workload.named}: its pods land on SCC {verdict.scc}{creator(outcome)}, which allows {listed(allows)}"
        + (f"; {nearest} would take them but for {listed(_names(forcing))}" if forcing else "")
        + (
            f"; {listed(privileged)}, being privileged, run{'s' if len(privileged) == 1 else ''} without seccomp"
            if privileged
            else ""
        ),
        at=workload.pod.field(*forcing[0].path) if forcing else workload.place,
        related=tuple(Related(f"also forces it: {e.text}", workload.pod.field(*e.path).span) for e in forcing[1:8])
        + world.grant_steps(grant, verdict.scc),
        settle="Give it the capabilities it needs instead of privileged: true; no profile confines a privileged container."
        if privileged
        else "Drop what forces it, or grant a custom SCC that allows only that and lists runtime/default in seccompProfiles.",
    )


def _names(errors: list[FieldError]) -> list[str]:
    names = [".".join(str(step) for step in e.path if not isinstance(step, int)).removeprefix("spec.") for e in errors]
    unique = list(dict.fromkeys(names))
    return unique[:4] + ([f"{len(unique) - 4} more"] if len(unique) > 4 else [])
