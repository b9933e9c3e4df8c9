"""
The pod asks for a seccomp profile, and that is what makes the SCC refuse it that would otherwise admit it.

The older SCCs (`anyuid`, `nonroot`, `restricted`, `hostnetwork`, `hostaccess`, `hostmount-anyuid`) have no
`seccompProfiles` and forbid any profile, `RuntimeDefault` included, with `seccomp may not be set`. The pod is then
rejected, or falls through to `privileged`. The message of the API server blames an annotation even where the field
was used.

## How to fix it

If the pod must run under that SCC, either leave the profile out (the container then runs unconfined) or, better, use
an SCC that lists the profile: `nonroot-v2` or `hostnetwork-v2` instead of `nonroot` or `hostnetwork`; instead of
`anyuid` a custom copy of it with `seccompProfiles: [runtime/default]`.

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
      securityContext:
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsUser: 0
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-anyuid, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
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
      securityContext:
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            runAsNonRoot: true
```
"""

from collections.abc import Iterator

from scclint.api import Outcome, Problem, Related, Severity, Workload, World, rule

from ._seccomp import default_profile, newer_sibling
from ._words import creator, in_fields, is_seccomp, usable


@rule(
    "SEC206",
    "profile-refused",
    "The seccomp profile asked for is what makes the SCC refuse the pod",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    tags=("seccomp", "admission"),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    verdict = outcome.verdict
    if verdict is None:
        return
    for scc, reasons in usable(verdict):
        if not reasons or not all(is_seccomp(e) for e in reasons):
            continue
        # Falling through to an SCC that applies profiles as well costs the pod nothing.
        if verdict.scc is not None and "*" not in world.cluster.sccs[verdict.scc].seccomp_profiles:
            return
        errors = in_fields(reasons)
        fate = f"falls through to {verdict.scc}" if verdict.scc else "is refused"
        grant = next((c.grant for c in verdict.candidates if c.scc == scc), None)
        field = workload.pod.field(*errors[0].path)
        yield Problem(
            f"{workload.named}: SCC {scc} would admit its pods{creator(outcome)} but for the seccomp profile asked for "
            f"({_asked(field.value, errors[0].text)}), so the pod {fate}",
            at=field,
            related=tuple(Related(e.text, workload.pod.field(*e.path).span) for e in errors[1:6])
            + world.grant_steps(grant, scc, workload),
            settle=_settle(scc, outcome, world),
        )
        return


def _asked(value: object, text: str) -> str:
    return str(value) if isinstance(value, str) else text


def _settle(scc: str, outcome: Outcome, world: World) -> str:
    """By what is asked for: an SCC can list the runtime's profile or a file, and nobody should list `unconfined`."""
    default = default_profile(scc, world)
    without = f"{scc} then gives {default}" if default else "the container then runs unconfined"
    asked = {(c.requested.type, c.requested.localhost_profile) for c in outcome.seccomp if c.requested is not None}
    if ("Unconfined", None) in asked:
        return f"Leave the profile out: {without}."
    files = sorted({path for kind, path in asked if kind == "Localhost" and path})
    if files:
        listed_files = ", ".join(f"localhost/{path}" for path in files)
        return f"Grant a custom copy of {scc} with {listed_files} in seccompProfiles, or leave the profile out: {without}."
    sibling = newer_sibling(scc, world)
    if sibling:
        return f"Grant {sibling} instead of {scc}: it lists runtime/default. Do not just leave the profile out: {without}."
    return (
        f"Grant a custom copy of {scc} with seccompProfiles: [runtime/default]. Do not just leave the profile out: {without}."
    )
