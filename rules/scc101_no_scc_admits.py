"""
No SecurityContextConstraints (SCC) that the pod's service account or its creator may use admits the pod.

On OpenShift a workload is accepted all the same: `oc apply` succeeds, and then its controller fails to create pods
with `unable to validate against any security context constraint`. Every SCC is tried in order of priority, then of
restrictiveness; the finding names those that may be used and what each of them refuses, with the values it would
accept.

## How to fix it

Leave out the field, so that the SCC fills it in (user ids, SELinux levels and groups come from the namespace's own
range), or give the service account an SCC that allows what the pod needs, with a RoleBinding to
`system:openshift:scc:<name>` in its namespace. Where the grant exists in the cluster but not in what is linted, add
it to the input or pass `--cluster-state`.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1001
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsNonRoot: true
```
"""

from collections.abc import Iterator

from scclint.api import FieldError, Outcome, Problem, Related, Severity, Workload, World, rule

from ._annotations import seccomp_keys
from ._elsewhere import granted_elsewhere
from ._ranges import RANGED, may_be_own
from ._releases import required_scc_counts
from ._scc import node_access
from ._seccomp import default_profile
from ._words import creator, in_fields, usable


@rule(
    "SCC101",
    "no-scc-admits",
    "No SCC that may be used admits the pod",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("admission",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.allowed or (verdict.required_scc and required_scc_counts(world)):
        return
    refused = usable(verdict)
    elsewhere: tuple[Related, ...] = ()
    if verdict.candidates:
        elsewhere = granted_elsewhere(outcome, world, lambda scc: _would_admit(scc, outcome, world))
    if not refused:
        settle = f"Grant service account {workload.pod.service_account} an SCC."
        if not verdict.candidates:
            settle = "Correct the SCC or the namespace's annotation named: admission fails on it before any SCC is tried."
        yield Problem(
            f"{workload.named}: no SCC admits its pods{creator(outcome)}: {(verdict.message or '').partition(' is forbidden: ')[2]}",
            at=workload.place,
            related=elsewhere,
            settle=settle,
        )
        return
    nearest, errors = min(refused, key=lambda candidate: _distance(candidate[1]))
    decisive = in_fields(errors)
    yield Problem(
        f"{workload.named}: no SCC admits its pods{creator(outcome)}; the nearest, {nearest}, says {decisive[0].text}"
        + (f", and {len(decisive) - 1} more" if len(decisive) > 1 else ""),
        at=workload.pod.field(*decisive[0].path),
        related=(*(Related(f"{nearest}: {e.text}", workload.pod.field(*e.path).span) for e in decisive[1:8]), *elsewhere),
        settle=_settle(outcome, decisive, world) + _user_namespace(refused) + _assumed(outcome, decisive),
    )


def _distance(reasons: tuple[FieldError, ...]) -> int:
    """How far the pod is from an SCC: the fewest objections, but moving to a user namespace is a larger step than a field."""
    fields = in_fields(reasons)
    return len(fields) + (10 if any(e.path[-1:] == ("hostUsers",) for e in fields) else 0)


def _user_namespace(refused: list[tuple[str, tuple[FieldError, ...]]]) -> str:
    """What a user namespace alone would settle."""
    for scc, reasons in refused:
        if [e.path[-1] for e in in_fields(reasons)] == ["hostUsers"]:
            return f" With hostUsers: false, {scc} would admit it as it is."
    return ""


def _assumed(outcome: Outcome, decisive: list[FieldError]) -> str:
    """A range is quoted as if it were known; where it is not, that has to be said."""
    ranged = [e for e in decisive if any(str(step) in RANGED for step in e.path)]
    if outcome.verdict is None or not outcome.verdict.namespace_assumed or not ranged:
        return ""
    unless = " unless it was given just this one" if any(may_be_own(e.value) for e in ranged) else ""
    return (
        " The ranges are assumed, since the input has none for this namespace; the real ones differ, and end the same way"
        f"{unless}."
    )


def _settle(outcome: Outcome, decisive: list[FieldError], world: World) -> str:
    workload = outcome.workload
    this = "this field" if len(decisive) == 1 else "these fields"
    wide_enough = _wide_enough(outcome, world)
    scc = "a custom SCC that allows that"
    if wide_enough:
        rather = ""
        if _leaves_unconfined(wide_enough, workload, world):
            rather = f", but leave it unconfined: better {scc} alone, with seccompProfiles: [runtime/default]"
        elif node_access(wide_enough, world):
            rather = f", or rather {scc} alone"
        scc = f"{wide_enough}, the most restrictive SCC that would admit it{rather}"
    return (
        f"Change or leave out {this}, or grant service account {workload.pod.service_account} {scc}. A grant that exists only in "
        "the cluster has to be part of the input (--cluster-state)."
    )


def _wide_enough(outcome: Outcome, world: World) -> str:
    """The most restrictive SCC of the cluster under which the pod as submitted would validate; empty where there is none.

    One that names its users was made for them; it is nothing to recommend to others.
    """
    return next(
        (
            name
            for name in world.cluster.by_restrictiveness()
            if (name in world.cluster.own_sccs or (scc := world.scc(name)) is None or not scc.manifest.get("users"))
            and _would_admit(name, outcome, world)
        ),
        "",
    )


def _leaves_unconfined(scc: str, workload: Workload, world: World) -> bool:
    """Whether a container that names no profile, and is not privileged, gets none from the SCC."""
    pod = workload.pod
    if default_profile(scc, world) not in ("", "unconfined") or pod.seccomp_type or any(seccomp_keys(pod.annotations)):
        return False
    return any(not c.seccomp_type and not c.privileged.value for c in pod.containers)


def _would_admit(scc: str, outcome: Outcome, world: World) -> bool:
    """Whether the pod as submitted would validate under the SCC, whoever may use it."""
    assert outcome.verdict is not None
    return world.cluster.errors_under(scc, outcome.verdict.submitted, namespace=outcome.namespace) == ()
