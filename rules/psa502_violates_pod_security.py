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

from scclint.advice.words import label_place, why_level
from scclint.api import Located, Outcome, Problem, Workload, World, advise, creator, rule
from scclint.podsecurity.levels import Mode, Standard

SENTENCES = {
    "warned": "{object}: the API server warns about {pods}[ when {creator} creates it]",
    "audited": "{object}: the API server audits {pods}[ when {creator} creates it]",
    "level": "{why}",
    "violations": "{violations}",
    "template-warned": "{object}: the API server warns about the pod template as written, but its pods meet {level} [as SCC {scc} changes them]"
    "{unchanged:when they are created|}",
    "template-audited": "{object}: the API server audits the pod template as written, but its pods meet {level} [as SCC {scc} changes them]"
    "{unchanged:when they are created|}",
    "ignore": "Or ignore the warning.",
}


@rule(
    "PSA502",
    "violates-pod-security",
    "The pod or its template violates the level that the namespace warns about or audits",
    kind="advice",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
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
    code, of_template = ("warned", "template-warned") if mode == "warn" else ("audited", "template-audited")
    if text := pod.warning or pod.audit:
        yield Problem(
            code,
            at=workload.pod.field(*security.violations(standard)[0].paths[0]),
            facts={"creator": creator(outcome), "why": why_level(outcome, mode, world), "violations": text},
            notes=("level", "violations"),
            related=label_place(outcome, mode, world),
            remedies=advise("warned level", workload, world),
        )
    elif text := template.warning or template.audit:
        scc = outcome.verdict.scc if outcome.verdict else None
        yield Problem(
            of_template,
            at=_place(outcome, standard, world),
            facts={"level": standard.level, "scc": scc, "unchanged": not scc, "violations": text},
            notes=("violations",),
            related=label_place(outcome, mode, world),
            remedies=advise("warned level", workload, world),
            help="ignore",
        )


def _place(outcome: Outcome, standard: Standard, world: World) -> Located:
    """Return the first field of the template that violates the standard as written."""
    workload, verdict = outcome.workload, outcome.verdict
    # The pod before admission has values for the parameters of a Template.
    violations = world.cluster.pod_security(verdict.submitted, standard.level, standard.version).violations if verdict else ()
    return workload.pod.field(*violations[0].paths[0]) if violations else workload.place
