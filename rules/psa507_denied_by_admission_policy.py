"""
A ValidatingAdmissionPolicy of the input denies a workload or its pod. The API server evaluates the policies that have a binding after all
other steps of admission: on the workload when it is applied, and on the pod as SCC admission leaves it.

scclint evaluates the CEL expressions of `matchConditions`, `variables`, `validations` and `messageExpression` as the API server does,
with `params` from the files of the unit. This needs the extra `cel`. OpenShift serves these policies from 4.17 on.

The severity is warning if the binding only warns. It is a gap if scclint cannot evaluate the policy, for example because its parameters
are not in the input, or because an expression uses `authorizer` or optional values (`?.`).

## How to fix it

Change the workload so that it meets the policy, whose message says what it asks for. If the policy is wrong, or is not meant for this
namespace, change its expression, or the `matchResources` of its binding.

`scclint fix` leaves this to you: only the policy says what it asks for.

## Before

```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few-replicas}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: [apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [deployments]
  validations:
    - expression: "!has(object.spec.replicas) || object.spec.replicas <= 5"
      message: at most 5 replicas
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: few-replicas}
spec: {policyName: few-replicas, validationActions: [Deny]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 9
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
```

## After

```yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few-replicas}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: [apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [deployments]
  validations:
    - expression: "!has(object.spec.replicas) || object.spec.replicas <= 5"
      message: at most 5 replicas
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: few-replicas}
spec: {policyName: few-replicas, validationActions: [Deny]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 5
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

from scclint.advice.words import pods
from scclint.api import Location, ObjectRef, Problem, Severity, Workload, World, rule

SENTENCES = {
    "unknown": "{object}: ValidatingAdmissionPolicy {name} may refuse it",
    "denied": "{object}: the API server rejects {judged:it|}[{rejected}]: {text}",
    "warned": "{object}: the API server warns about {judged:it|}[{rejected}]: {text}",
    "defined": "{policy} is defined here",
    "ask": "Ask a cluster that has the policy: `oc apply --dry-run=server`.",
    "change": "Change the workload so that it meets the policy, or change what the policy or its binding is about.",
}


@rule(
    "PSA507",
    "denied-by-admission-policy",
    "A ValidatingAdmissionPolicy denies the workload or its pod",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    severities={"warned": Severity.WARNING},
    tags=("admission",),
    study=(0, 0),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    for answer in world.outcome(workload).policies:
        policy = world.find(ObjectRef("ValidatingAdmissionPolicy", "", answer.policy))
        is_judged, code = answer.of_template or workload.kind == "Pod", "denied" if answer.denies else "warned"
        yield Problem(
            "unknown" if answer.unknown else code,
            at=workload.place,
            facts={
                "name": answer.policy,
                "judged": is_judged,
                "rejected": "" if is_judged else pods(workload),
                "text": answer.text,
            },
            related=() if policy is None else (Location("defined", policy.place, {"policy": policy}),),
            help="ask" if answer.unknown else "change",
            turns_on=answer.unknown,
        )
