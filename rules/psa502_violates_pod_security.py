"""
The API server warns about the pod or its template, or writes a violation to the audit log, because it does not meet the level that
its namespace warns about or audits. Nothing is rejected.

Two objects are checked at different times:

- **The workload,** when you apply it. Pod Security admission looks at the pod template as its SCC changes it, so that most
  Deployments get no warning. It looks at the template as written only if no SCC admits the pods. Up to OpenShift 4.12 and on plain
  Kubernetes, it always looks at the template as written. If the pods themselves pass, you can ignore the warning. The message then says so.
- **The pod,** when its controller or a user creates it. If the pod still violates the level after its SCC has set fields, the API server
  rejects it as soon as the namespace enforces the level. From OpenShift 4.23 and 5.0 this is the default, and
  [PSA501](refused-by-pod-security.md) reports such pods with `--openshift 5.0`.

## How to fix it

Set the fields that the message names, or set the labels `pod-security.kubernetes.io/warn` and `pod-security.kubernetes.io/audit` of
the Namespace to a level that the pod meets.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example/web:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: ["ALL"]}
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
```
"""

from collections.abc import Iterator

from scclint.api import (
    Located,
    Mode,
    Outcome,
    Problem,
    Severity,
    Standard,
    Workload,
    World,
    advise,
    label_place,
    pods,
    rule,
    when_created,
    why_level,
)


@rule(
    "PSA502",
    "violates-pod-security",
    "The pod or its template violates the level that the namespace warns about or audits",
    severity=Severity.INFO,
    on=Workload,
    since="0.1",
    tags=("admission", "pod-security"),
    study=(13, 13),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    security = outcome.pod_security
    if security is None or security.answer.denial:
        return
    pod, template = security.answer, outcome.template
    mode: Mode = "warn" if pod.warning or (template.warning and not pod.audit) else "audit"
    standard: Standard = getattr(security.policy.policy, mode)
    does = "warns about" if mode == "warn" else "audits"
    if text := pod.warning or pod.audit:
        yield Problem(
            f"{workload.named}: the API server {does} {pods(workload)}{when_created(outcome)}",
            notes=(why_level(outcome, mode, world), text),
            at=workload.pod.field(*security.violations(standard)[0].paths[0]),
            related=label_place(outcome, mode, world),
            remedies=advise("warned level", workload, world),
        )
    elif text := template.warning or template.audit:
        setter = (
            f"as SCC {outcome.verdict.scc} changes them" if outcome.verdict and outcome.verdict.scc else "when they are created"
        )
        yield Problem(
            f"{workload.named}: the API server {does} the pod template as written, but its pods meet {standard.level} {setter}",
            notes=(text,),
            at=_place(outcome, standard, world),
            related=label_place(outcome, mode, world),
            remedies=advise("warned level", workload, world),
            help="Or ignore the warning.",
        )


def _place(outcome: Outcome, standard: Standard, world: World) -> Located:
    """Return the first field of the template that violates the standard as written."""
    workload, verdict = outcome.workload, outcome.verdict
    # The pod before admission has values for the parameters of a Template.
    violations = world.cluster.pod_security(verdict.submitted, standard.level, standard.version).violations if verdict else ()
    return workload.pod.field(*violations[0].paths[0]) if violations else workload.place
