"""
Every pod of the namespace meets a stricter Pod Security level than the namespace enforces.

The stricter level would reject none of the pods in the input. It would reject a pod that asks for more, for example one that an
attacker or a mistake adds. The rule looks at
the pods as SCC admission leaves them. It is silent if the outcome of a pod in the namespace is not known, and if other units of the
run have pods in the namespace.

The rule also reports a Namespace without any pods in the input that enforces level `privileged` and keeps the label syncer away with
`security.openshift.io/scc.podSecurityLabelSync: "false"`: Pod Security then rejects no pod, and only SCCs limit the pods. Namespaces that
begin with `openshift-` or `kube-` are left out. With both labels, a line names the place also where findings of severity info are hidden.

## How to fix it

Set the label `pod-security.kubernetes.io/enforce` of the Namespace to the level that the message names. Pods that the input
does not have, for example those that an operator creates, may need a less strict level.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: privileged}
---
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

## After

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
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

from scclint.api import Namespace, Outcome, Problem, Set, Severities, Severity, Workload, World, grouped, rule
from scclint.podsecurity.levels import LEVELS, level_label, stricter
from scclint.podsecurity.syncer import SYNC_LABEL

SENTENCES = {
    "privileged": '{object}: enforces level privileged, and security.openshift.io/scc.podSecurityLabelSync: "false" keeps the label syncer '
    "away, so only SCCs limit its pods",
    "remove": "Remove both labels, or set pod-security.kubernetes.io/enforce to the strictest level that the pods of the namespace meet.",
    "weak": "{object}: the namespace enforces level {enforced}, and the pods of its workload meet {level}",
    "weak-for-all": "{object}: the namespace enforces level {enforced}, and the pods of all its {workloads} workloads meet {level}",
    "set": "Set the label pod-security.kubernetes.io/enforce: {level}.",
}
# A namespace without the label has the level of the cluster.
SEVERITIES: Severities = {
    **dict.fromkeys(("privileged", "weak", "weak-for-all"), (Severity.INFO, Severity.WARNING)),
    **dict.fromkeys(("weak/no-label", "weak-for-all/no-label"), Severity.INFO),
}


@rule(
    "PSA506",
    "namespace-level-too-weak",
    "All pods of a namespace meet a stricter level than it enforces",
    severity=Severity.WARNING,
    on=Namespace,
    since="0.1",
    sentences=SENTENCES,
    severities=SEVERITIES,
    tags=("pod-security",),
    cwe=(1188,),
    study=(5, 5),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    outcomes = world.memo(_by_namespace, lambda: _by_namespace(world)).get(namespace.name, [])
    if namespace.kind != "Namespace":
        return
    label = namespace.field("metadata", "labels", level_label("enforce"))
    is_open = label.value == "privileged" and namespace.field("metadata", "labels", SYNC_LABEL).value == "false"
    if not outcomes:
        if is_open and not _is_of_platform(namespace, world) and not world.other_units.has_pods(namespace.name):
            yield Problem(
                "privileged",
                at=label,
                help="remove",
                opens=("level privileged",),
                always_named=True,
            )
        return
    answers = [outcome.pod_security for outcome in outcomes]
    known_answers = [answer for answer in answers if answer is not None and not answer.unknown]
    enforced = known_answers[0].policy.policy.enforce.level if known_answers else "restricted"
    if len(known_answers) < len(answers) or enforced == "restricted":
        return
    level = min((answer.meets for answer in known_answers), key=LEVELS.index)
    if not stricter(level, enforced) or world.other_units.has_pods(namespace.name):
        return
    code = "weak" if len(known_answers) == 1 else "weak-for-all"
    yield Problem(
        code if label.present else f"{code}/no-label",
        at=label if label.present else namespace.place,
        facts={"enforced": enforced, "level": level, "workloads": len(known_answers)},
        opens=(f"level {enforced}",),
        help="set",
        edits=(Set(label.path, level),),
        always_named=is_open and not _is_of_platform(namespace, world),
    )


def _is_of_platform(namespace: Namespace, world: World) -> bool:
    return namespace.name.startswith(("openshift-", "kube-")) or world.cluster.platform == "kubernetes"


def _by_namespace(world: World) -> dict[str, list[Outcome]]:
    """Return the outcomes of the workloads of each namespace."""
    return grouped((world.namespace_of(workload), world.outcome(workload)) for workload in world.of(Workload))
