"""
SCC admission judges a bare Pod by the rights of its creator as well as those of its service account. If an
administrator, who may use every SCC, creates the Pod, another SCC can admit it than if a pipeline or a colleague does.

Example: an administrator creates a Pod without a seccomp profile. `anyuid` (priority 10) admits it, and it runs
unconfined, possibly as root. If a Deployment or an ordinary user creates the same pod, `restricted-v2` admits it, and
it runs with RuntimeDefault.

## How to fix it

Pin the SCC that the finding names with the annotation `openshift.io/required-scc` (OpenShift 4.14 and newer), or use a
Deployment or a Job. If no SCC admits the pod of another creator, grant the service account one. If you know who creates
the pod, pass `--as USER --as-group GROUP`.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: tool}
spec:
  containers:
    - name: tool
      image: registry.example/tool:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: tool
  annotations:
    openshift.io/required-scc: restricted-v2
spec:
  containers:
    - name: tool
      image: registry.example/tool:1
```
"""

from collections.abc import Iterator

from scclint.api import Outcome, Problem, Workload, World, advise, least_grant, profile, rule
from scclint.outcome.world import PROJECT_USER

SENTENCES = {
    "depends": "{object}: the verdict depends on who creates the pod",
    "administrator-rejected": "for an administrator, no SCC admits it",
    "administrator": "for an administrator, SCC {scc} admits it and it {unconfined:runs unconfined|}[runs with {profiles}]",
    "user-rejected": "for a user without SCC grants, no SCC admits it",
    "user": "for a user without SCC grants, SCC {user_scc} admits it and it {user_unconfined:runs unconfined|}[runs with {user_profiles}]",
    "creator": "{admitted:Or use a Deployment or Job. |}If you know who creates the pod, pass --as USER --as-group GROUP.",
}


@rule(
    "SCC104",
    "creator-dependent-scc",
    "The SCC of a bare Pod depends on who creates it",
    kind="advice",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    security_severity=5.5,
    cwe=(266,),
    study=(3, 3),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    if workload.controlled or world.creator_given:
        return
    admin = world.outcome(workload)
    other = world.outcome(workload, PROJECT_USER)
    if admin.verdict is None or other.verdict is None or _result(admin) == _result(other):
        return
    (profiles, unconfined), (user_profiles, user_unconfined) = _profiles(admin), _profiles(other)
    yield Problem(
        "depends",
        at=workload.place,
        facts={
            "scc": admin.scc,
            "profiles": profiles,
            "unconfined": unconfined,
            "user_scc": other.scc,
            "user_profiles": user_profiles,
            "user_unconfined": user_unconfined,
            "admitted": bool(other.verdict.scc),
        },
        notes=("administrator" if admin.admitted else "administrator-rejected", "user" if other.admitted else "user-rejected"),
        remedies=(
            *advise("independent of its creator", workload, world)[:2],
            *(() if other.verdict.scc else (least_grant(other, world),)),
        ),
        help="creator",
    )


def _result(outcome: Outcome) -> tuple[str, tuple[str, ...]]:
    return outcome.scc, tuple(profile(c) for c in outcome.seccomp)


def _profiles(outcome: Outcome) -> tuple[list[str], bool]:
    """Return the profiles of the containers, and whether all run unconfined; no profiles then."""
    profiles = sorted({profile(c) for c in outcome.seccomp})
    return ([], True) if profiles == ["unconfined"] else (profiles, False)
