"""
No SecurityContextConstraints (SCC) that the pod's service account or its creator may use admits the pod.

OpenShift accepts the workload all the same: `oc apply` succeeds, and then the controller cannot create pods and reports
`unable to validate against any security context constraint`. Admission tries every SCC in order of priority, then of
restrictiveness. The finding names the SCC that comes closest to admitting the pod, the fields that it rejects, and the
values that it accepts.

## How to fix it

Remove the field, so that the SCC sets it: user IDs, SELinux levels and groups come from the namespace's own range. If
the pod needs the value, grant its service account an SCC that allows it, with a RoleBinding to
`system:openshift:scc:NAME` in the same namespace. If the cluster has the grant but the linted files do not, add it to
the input or pass `--cluster-state`.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
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
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import (
    FieldError,
    Outcome,
    Problem,
    Related,
    Severity,
    Workload,
    World,
    capitalized,
    counted,
    rule,
    why_privileged,
)

from ._advice import grant, pinned, scc_to_grant
from ._elsewhere import granted_elsewhere
from ._places import profile_place
from ._ranges import RANGED, may_be_own
from ._seccomp import RUNTIME_DEFAULT, default_profile
from ._what_if import admitted, mounts_too, path_to_remove, user_remark, with_profile, without, would_admit
from ._words import first_per_field, pods, when_created


@rule(
    "SCC101",
    "no-scc-admits",
    "No SCC that the pod may use admits it",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("admission",),
    study=(48, 48),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None or verdict.allowed or pinned(outcome, world):
        return
    rejecting = world.outcomes.rejections(verdict)
    elsewhere: tuple[Related, ...] = ()
    if verdict.candidates:
        elsewhere = granted_elsewhere(outcome, world, lambda scc: would_admit(scc, outcome, world))
    if not rejecting:
        yield _nothing_to_try(outcome, elsewhere)
        return
    closest, reasons = min(rejecting, key=lambda candidate: _distance(candidate[1]))
    errors = first_per_field(reasons)
    yield Problem(
        f"{workload.named}: no SCC admits {pods(workload)}{when_created(outcome)}; the closest match, {closest}, reports: {errors[0].text}"
        + (f", and {counted(len(errors) - 1, 'more error')}" if len(errors) > 1 else "")
        + _assumed_range(outcome, errors),
        at=workload.pod.field(*errors[0].path),
        related=(*(Related(f"{closest}: {e.text}", workload.pod.field(*e.path).span) for e in errors[1:8]), *elsewhere),
        help=_fix(outcome, errors, _with_user_namespace(rejecting), world),
    )


def _nothing_to_try(outcome: Outcome, elsewhere: tuple[Related, ...]) -> Problem:
    """The problem of a pod whose subjects may use no SCC, or for which admission fails before it tries any."""
    workload, verdict = outcome.workload, outcome.verdict
    assert verdict is not None
    return Problem(
        f"{workload.named}: no SCC admits {pods(workload)}{when_created(outcome)}: {(verdict.message or '').partition(' is forbidden: ')[2]}",
        at=workload.place,
        related=elsewhere,
        help=(
            f"{capitalized(grant(workload, 'an SCC that admits the pods'))}."
            if verdict.candidates
            else "Correct the SCC or the annotation of the namespace that the error names, so that admission can try the SCCs."
        ),
    )


def _distance(reasons: tuple[FieldError, ...]) -> int:
    """How far the SCC is from admitting the pod: the number of rejected fields, where a user namespace counts as eleven."""
    fields = first_per_field(reasons)
    return len(fields) + (10 if any(e.path[-1:] == ("hostUsers",) for e in fields) else 0)


def _with_user_namespace(rejecting: list[tuple[str, tuple[FieldError, ...]]]) -> str:
    """Return the first SCC that rejects nothing but the missing user namespace; empty if none."""
    return next((scc for scc, reasons in rejecting if [e.path[-1] for e in first_per_field(reasons)] == ["hostUsers"]), "")


def _assumed_range(outcome: Outcome, errors: list[FieldError]) -> str:
    """Return a remark on the quoted range if the input does not give the namespace's own."""
    ranged = [
        e for e in errors if any(str(s) in RANGED for s in e.path) and (e.path[-1] == "level" or "seLinuxOptions" not in e.path)
    ]
    if outcome.verdict is None or not outcome.verdict.namespace_assumed or not ranged:
        return ""
    unless = next((f"; the result differs if they include {error.value}" for error in ranged if may_be_own(error.value)), "")
    return f" (the namespace's ranges are assumed, because the input does not give them{unless})"


def _fix(outcome: Outcome, errors: list[FieldError], with_user_namespace: str, world: World) -> str:
    assert outcome.verdict is not None
    # What a privileged container does to its node needs privileged: true.
    fixed = any(error.path[-1] == "privileged" for error in errors) and why_privileged(outcome.verdict.submitted)
    ways = [] if fixed else [_change(outcome, errors, world)]
    if with_user_namespace:
        submitted = outcome.verdict.submitted
        pod = {**submitted, "spec": {**submitted["spec"], "hostUsers": False}}
        remark = user_remark(world, outcome, admitted(world, outcome, pod))
        ways.append(f"set hostUsers: false ({with_user_namespace} then admits the pod){remark}")
    ways.append(grant(outcome.workload, scc_to_grant(outcome, world)))
    change = ", or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))
    return f"{capitalized(change)}. If the cluster already has this grant, add it to the input (--cluster-state)."


def _change(outcome: Outcome, errors: list[FieldError], world: World) -> str:
    """Return what to do about the fields. To remove them is a fix only if an SCC with a profile then admits the pod."""
    fields = "this field" if len(errors) == 1 else "these fields"
    assert outcome.verdict is not None
    paths = [error.path for error in errors]
    pod = without(outcome.verdict.submitted, map(path_to_remove, paths))
    profile = f", and set seccompProfile: {{type: RuntimeDefault}} {profile_place(outcome.workload)}"
    for then, changed in (("", pod), (profile, with_profile(pod))):
        after = admitted(world, outcome, changed)
        if after.scc and (then or default_profile(after.scc, world) in RUNTIME_DEFAULT):
            return f"Change or remove {fields}{mounts_too(paths, user_remark(world, outcome, after))}{then}"
    return f"Change {fields}"
