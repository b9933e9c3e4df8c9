"""
A dump of the cluster (`--cluster-state`) has pods of this workload, and another SCC admitted them than the one that admits the
manifest. The dump shows what the cluster did. So the manifest, the grants or the SCCs changed since the pods were created, or the
input lacks some of them.

The rule compares the annotation `openshift.io/scc` of the pods, and from OpenShift 4.20 also
`security.openshift.io/validated-scc-subject-type`. If the dump lacks the roles and role bindings that decide who may use
which SCC, the finding is a gap: it only says whether the SCC of the pods could have admitted the manifest. A dump of
another release than the one that is judged is not compared.

## How to fix it

Find out what changed since the pods were created. If the manifest is newer, deploy it. If the cluster has a grant that the
manifests lack, add the grant to the manifests, or remove it from the cluster. A change of grants affects only new pods, so
create the pods again with `oc rollout restart`, and collect a new dump. In the example, the grant of `anyuid` was removed.

`scclint fix` leaves this to you: the pods in the cluster have to be compared first.

## Before

```yaml title="cluster.yaml"
apiVersion: v1
kind: Pod
metadata:
  name: web-7c9f6d4b8d-x2x7p
  namespace: shop
  annotations:
    openshift.io/scc: anyuid
```

```yaml
# Run with --cluster-state cluster.yaml
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
```

## After

```yaml title="cluster.yaml"
apiVersion: v1
kind: Pod
metadata:
  name: web-7c9f6d4b8d-x2x7p
  namespace: shop
  annotations:
    openshift.io/scc: restricted-v2
```

```yaml
# Run with --cluster-state cluster.yaml
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
```
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.api import Location, Outcome, Place, Problem, Severity, Span, Workload, World, rule

_DIFFERS = (
    "{object}: {running:pod|pods} {running:2} {running:runs|run} under SCC {scc} in the cluster dump, but {rejected:no SCC admits its pods|}"
    "[SCC {predicted} admits {pods}][{skipped}]"
)
SENTENCES = {
    "differs": _DIFFERS,
    "other-manifest": _DIFFERS + "; {scc} rejects {pods} as the manifest describes them: {error}",
    "unknown-grants": _DIFFERS + "; {scc} could have admitted them",
    "other-subject": "{object}: {running:pod|pods} {running:2} {running:runs|run} under SCC {scc} in the cluster dump because "
    "{running:its|their} {subject} may use it; in the input, {running:its|their} {other} may",
    "dump": "the dump has pod {pod} here",
    "add-scc": "Add SCC {scc} to the input: it is neither in the dump nor in the manifests.",
    "compare-manifest": "Compare the manifest with the running pods: they were created from another version of it.",
    "compare-grants": "Compare the grants of SCC {scc} in the cluster with those in the input: one of them changed.",
    "find-user": "Find out who may use SCC {scc}, or could when the pods were created, and add that grant or remove it.",
    "collect": "Collect the RBAC that the dump lacks with the commands in the notice, and pass it with --cluster-state.",
}


@rule(
    "SCC114",
    "observed-scc-differs",
    "Pods in a dump of the cluster run under another SCC than the verdict",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    observed: dict[tuple[str, str], dict[str, Span]] = {}
    for pod in world.observed_pods(workload):
        if pod.scc:
            observed.setdefault((pod.scc, pod.subject_type), {})[pod.name] = pod.place
    outcome = world.outcome(workload) if observed else None
    if outcome is None or outcome.verdict is None:
        return
    if workload.part:
        # The names of pods do not show the part: a pod of another part has that one's SCC.
        others = (
            w for w in world.of(Workload) if (w.kind, w.namespace, w.name) == (workload.kind, workload.namespace, workload.name)
        )
        verdicts = (world.outcome(other).verdict for other in others)
        admitting = {verdict.scc for verdict in verdicts if verdict is not None}
        observed = {who: running for who, running in observed.items() if who[0] not in admitting}
    complete = world.knows_grants_in(outcome.namespace)
    for (scc, subject), running in observed.items():
        facts: dict[str, Any] = {"running": running, "scc": scc}
        if scc != outcome.verdict.scc:
            code, help, more = _differs(outcome, scc, world, complete=complete)
            facts |= more
        elif complete and _other_subject(outcome, subject, world):
            code, help = "other-subject", "compare-grants"
            facts |= {"subject": _SUBJECTS[subject], "other": _SUBJECTS[outcome.verdict.subject]}
        else:
            continue
        yield Problem(
            code,
            at=workload.place,
            facts=facts,
            related=(_first(running),),
            help=help,
            turns_on="" if complete else "the input does not have all grants",
        )


_SUBJECTS = {"serviceaccount": "service account", "user": "creator", None: ""}


def _differs(outcome: Outcome, scc: str, world: World, *, complete: bool) -> tuple[str, str, dict[str, Any]]:
    """Return how the verdict differs from the SCC of the pods, what to do, and the facts of both."""
    verdict = outcome.judged
    facts = {
        "predicted": "" if verdict.skipped else verdict.scc,
        "skipped": outcome.skipped if verdict.skipped else "",
        "rejected": not (verdict.scc or verdict.skipped),
    }
    errors = world.cluster.admission.errors_under(scc, verdict.submitted, namespace=outcome.namespace)
    if errors is None:
        return "differs", "add-scc", facts
    if errors:
        return "other-manifest", "compare-manifest", {**facts, "error": errors[0].text}
    return ("differs", "find-user", facts) if complete else ("unknown-grants", "collect", facts)


def _other_subject(outcome: Outcome, subject: str, world: World) -> bool:
    """Return whether the pods were admitted for another subject. That is unknown for a bare Pod whose creator is assumed."""
    predicted = outcome.verdict.subject if outcome.verdict else None
    assumed = not outcome.workload.controlled and not world.creator_given
    return subject in ("user", "serviceaccount") and predicted is not None and subject != predicted and not assumed


def _first(running: Mapping[str, Span]) -> Location:
    name, place = next(iter(running.items()))
    return Location("dump", Place(place), {"pod": name})
