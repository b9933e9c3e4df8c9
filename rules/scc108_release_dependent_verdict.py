"""
The target releases admit the pod with different SCCs, run a container with different seccomp profiles, or do not all
admit the pod. A pod that an SCC admits on every release can also be rejected by Pod Security admission on some of them.

SCCs and their rules change between releases. `restricted-v3` and `nested-container` are new in 4.20.
`openshift.io/required-scc` has an effect from 4.14 on. Seccomp annotations are treated differently from 4.13 on. OpenShift
4.11 accepts every profile if an SCC lists `runtime/default`. Each release has its own list of safe sysctls. From 4.23 and 5.0,
Pod Security admission enforces `restricted` unless a label of the namespace says otherwise. An upgrade can
therefore change the SCC or profile of a workload, or stop its pods from being created, although the manifest is the same.

The rule needs several releases in one run: `--openshift 4.12,4.20`.

## How to fix it

Set what the workload needs explicitly instead of relying on a default: `seccompProfile` instead of an annotation, and
`openshift.io/required-scc` or a custom SCC if the workload needs a particular SCC. If a release rejects the pod, do what
SCC101 or SCC105 reports for it. Or stop targeting one of the releases.

`scclint fix` leaves this to you: only you know which releases matter.

## Before

```yaml
# Run with --openshift 4.12,4.20
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
# Run with --openshift 4.14,4.20
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Located, Outcome, Problem, Severity, Workload, World, listed, rule

from ._words import first_per_field, pods, profile, when_created


@rule(
    "SCC108",
    "release-dependent-verdict",
    "The verdict differs between the target releases",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission", "seccomp"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    # The text is the same on every release, so the engine merges the findings into one.
    outcomes = {release: other.outcome(workload) for release, other in world.others.items()}
    results: dict[str, list[str]] = {}
    for release, outcome in outcomes.items():
        if outcome.verdict is not None:
            results.setdefault(_result(outcome), []).append(release)
    if len(results) < 2:
        return
    yield Problem(
        f"{workload.named}: the verdict{when_created(world.outcome(workload))} depends on the release: "
        + "; ".join(f"on {listed(releases)}, {result}" for result, releases in results.items()),
        at=_decisive(workload, world, list(outcomes.values())),
        help=_fix(outcomes),
    )


_LATER_STEPS: dict[str | None, str] = {
    "validation": "validation",
    "pod-security": "Pod Security admission",
    "csi": "the admission of inline CSI volumes",
}
"""The steps after SCC admission that can reject a pod, as messages name them."""


def _result(outcome: Outcome) -> str:
    verdict = outcome.verdict
    assert verdict is not None
    if not verdict.allowed:
        return f"no SCC admits {pods(outcome.workload)}"
    if outcome.rejected_by in _LATER_STEPS:
        them = "it" if outcome.workload.kind == "Pod" else "them"
        admitted = f"SCC {verdict.scc} admits" if verdict.scc else "no SCC applies to"
        return f"{admitted} {pods(outcome.workload)}, and {_LATER_STEPS[outcome.rejected_by]} rejects {them}"
    admitted = f"SCC {verdict.scc} admits" if verdict.scc else "no SCC applies to"
    containers = f", and the containers run {_profiles(outcome)}" if outcome.seccomp else ""
    return f"{admitted} {pods(outcome.workload)}{containers}"


def _profiles(outcome: Outcome) -> str:
    """Return `with RuntimeDefault`, or the containers of each profile if they differ."""
    by_profile: dict[str, list[str]] = {}
    for container in outcome.seccomp:
        text = profile(container)
        by_profile.setdefault(text if text == "unconfined" else f"with {text}", []).append(container.name)
    if len(by_profile) == 1:
        return next(iter(by_profile))
    return listed(f"{text} ({', '.join(names)})" for text, names in by_profile.items())


def _fix(outcomes: dict[str, Outcome]) -> str:
    if rejecting := [release for release, o in outcomes.items() if o.verdict is not None and not o.verdict.allowed]:
        return f"Fix what SCC101 or SCC105 reports on {listed(rejecting)}, so that every release admits the pod."
    verdicts = {(o.verdict.scc, tuple(map(profile, o.seccomp))) for o in outcomes.values() if o.verdict is not None}
    if len(verdicts) == 1:
        return "Set the fields or the label that PSA501, SCC111 or PSA505 names, so that every release creates the pod."
    return "Set seccompProfile and, from OpenShift 4.14 on, openshift.io/required-scc explicitly, so that the releases agree."


def _decisive(workload: Workload, world: World, outcomes: list[Outcome]) -> Located:
    """Return the field for which a release rejects the pod, else the workload."""
    for outcome in outcomes:
        if outcome.verdict is not None and not outcome.verdict.allowed:
            rejected = [first_per_field(reasons) for _, reasons in world.outcomes.rejections(outcome.verdict)]
            if rejected:
                return workload.pod.field(*min(rejected, key=len)[0].path)
        found = outcome.pod_security
        if found is not None and found.answer.denial:
            return workload.pod.field(*found.violations(found.policy.policy.enforce)[0].paths[0])
    return workload.place
