"""
A user id, group id or SELinux level written out in the manifest is what keeps the SCCs that take them from the
namespace's own range, `restricted-v2` first of all, from admitting the pod.

OpenShift gives every project its own block of ids, from 1000000000 on, and an SELinux level of its own. An id that
some image or chart was built with lies outside of every block, so the pod needs a grant of `nonroot-v2`, `anyuid` or
a custom SCC to run at all, and shares its id with whatever else was given the same number.

## How to fix it

Leave the id out: the SCC then fills it in from the namespace's range. The image has to cope with any user id, which
means that what it writes to belongs to group 0 and is group-writable. Where the number is really needed, grant
`nonroot-v2` (or a custom SCC) to this service account alone.

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
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 1001
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-nonroot, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:nonroot-v2"}
subjects: [{kind: ServiceAccount, name: web}]
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
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsNonRoot: true
```
"""

from collections.abc import Iterator
from typing import Any

from scclint.api import Field, FieldError, Outcome, Problem, Related, Severity, Verdict, Workload, World, rule

from ._quote import quoted
from ._ranges import may_be_own
from ._words import creator, in_fields, listed, usable


@rule(
    "SCC107",
    "fixed-id",
    "A fixed user, group or SELinux level keeps the namespace's own ranges from being used",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("admission",),
    references=("https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/images/creating-images",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None:
        return
    for scc, reasons in usable(verdict):
        errors = in_fields(reasons)
        if not errors or not all(_from_namespace(world, scc, error) for error in errors):
            continue
        fields = [workload.pod.field(*error.path) for error in errors]
        ids = list(dict.fromkeys(quoted(field) for field in fields))
        are, them = ("is", "it") if len(ids) == 1 else ("are", "them")
        yield Problem(
            f"{workload.named}: {listed(ids)} {are} fixed, so SCC {scc}, which takes {them} from the namespace's own range, "
            f"refuses its pods{creator(outcome)}{_unless(verdict, fields)}; {_fate(outcome)}",
            at=fields[0],
            related=tuple(Related(f"also fixed: {quoted(field)}", field.span) for field in fields[1:8]),
            settle=_settle(fields, scc, them),
        )
        return


def _from_namespace(world: World, scc: str, error: FieldError) -> bool:
    """Whether the SCC refuses a value that is written, because its own comes from the namespace's range."""
    if error.value is None:
        return False
    strategies = world.cluster.sccs[scc]
    match [step for step in error.path if isinstance(step, str)][-1]:
        case "runAsUser":
            return strategies.run_as_user == "MustRunAsRange" and strategies.uid_range_min is None
        case "fsGroup":
            return not strategies.fs_group_ranges
        case "supplementalGroups":
            return not strategies.supplemental_groups_ranges
        case "level":
            return not (strategies.se_linux_options or {}).get("level")
        case _:
            return False


def _unless(verdict: Verdict, fields: list[Field[Any]]) -> str:
    """The input rarely says which ids a namespace has; a number of that sort might be read off the very namespace."""
    if not verdict.namespace_assumed:
        return ""
    own = [field for field in fields if may_be_own(field.value)]
    ids = listed(dict.fromkeys(quoted(field) for field in own)) if len(own) < len(fields) else "that"
    return f" (unless {ids} happens to be what namespace {verdict.namespace} was given)" if own else ""


def _fate(outcome: Outcome) -> str:
    verdict = outcome.verdict
    assert verdict is not None
    if verdict.scc is not None:
        return f"they land on {verdict.scc}"
    if verdict.required_scc and len(verdict.candidates) == 1:
        return "no other SCC is tried, since openshift.io/required-scc names this one"
    return "no other SCC that may be used admits them"


def _settle(fields: list[Field[Any]], scc: str, them: str) -> str:
    if any(field.path[-1] == "runAsUser" and field.value == 0 for field in fields):
        return (
            "Let the image run as any user id, with what it writes to owned by group 0 and group-writable, and leave the id "
            f"out; {scc} then fills it in."
        )
    keys = dict.fromkeys(
        "seLinuxOptions" if "seLinuxOptions" in field.path else quoted(field).partition(":")[0] for field in fields
    )
    return f"Leave {listed(keys)} out, and {scc} fills {them} in."
