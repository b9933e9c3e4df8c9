"""
The SCC that admits the pod, or the seccomp profile that a container ends with, is not the same on all the releases
asked for.

SCCs come and change with releases: `restricted-v3` and `nested-container` are new in 4.20,
`openshift.io/required-scc` counts from 4.14 on, seccomp annotations are treated differently from 4.13 on, 4.11 lets
every profile pass where an SCC lists `runtime/default`, and each release has its own list of safe sysctls. An upgrade
can then change what a workload runs with, or keep its pods from being created, although nobody touched the manifest.

The rule needs several releases in one run: `--openshift 4.12,4.20`.

## How to fix it

Say what the workload needs instead of relying on a default: a profile in the `seccompProfile` field rather than an
annotation, `openshift.io/required-scc` where a particular SCC is meant, or a custom SCC of one's own. Or stop
supporting one of the releases.

## Before

```yaml
# args: --openshift 4.12,4.20
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
# args: --openshift 4.14,4.20
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

from scclint.api import Located, Outcome, Problem, Severity, Workload, World, rule

from ._words import creator, in_fields, listed, profile, usable


@rule(
    "SCC108",
    "release-dependent-verdict",
    "The verdict differs between the releases asked for",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission", "seccomp"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    # Every release says the same, so that it becomes one finding which holds for all of them.
    outcomes = {release: other.outcome(workload) for release, other in world.others.items()}
    fates: dict[str, list[str]] = {}
    for release, outcome in outcomes.items():
        if outcome.verdict is not None:
            fates.setdefault(_fate(outcome), []).append(release)
    if len(fates) < 2:
        return
    yield Problem(
        f"{workload.named}: what becomes of its pods{creator(world.outcome(workload))} depends on the release: "
        + "; ".join(f"on {listed(releases)} they {fate}" for fate, releases in fates.items()),
        at=_decisive(workload, list(outcomes.values())),
        settle="Write out what the workload needs, its seccompProfile or the SCC it requires, where releases differ.",
    )


def _fate(outcome: Outcome) -> str:
    verdict = outcome.verdict
    assert verdict is not None
    if not verdict.allowed:
        return "are refused"
    under = f"land on {verdict.scc}" if verdict.scc else "are admitted without an SCC"
    return f"{under} and run {_profiles(outcome)}" if outcome.seccomp else under


def _profiles(outcome: Outcome) -> str:
    """`with RuntimeDefault`; container by container where they differ."""
    by_profile: dict[str, list[str]] = {}
    for container in outcome.seccomp:
        text = profile(container)
        by_profile.setdefault(text if text == "unconfined" else f"with {text}", []).append(container.name)
    if len(by_profile) == 1:
        return next(iter(by_profile))
    return listed(f"{text} ({', '.join(names)})" for text, names in by_profile.items())


def _decisive(workload: Workload, outcomes: list[Outcome]) -> Located:
    """The field for which a release refuses the pod, else the workload as a whole."""
    for outcome in outcomes:
        if outcome.verdict is not None and not outcome.verdict.allowed:
            refused = [in_fields(reasons) for _, reasons in usable(outcome.verdict)]
            if refused:
                return workload.pod.field(*min(refused, key=len)[0].path)
    return workload.place
