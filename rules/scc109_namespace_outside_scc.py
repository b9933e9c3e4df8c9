"""
SCC admission does not run in the workload's namespace, so its pods get only the restrictions they set explicitly.

OpenShift's API server skips `default`, `kube-system`, `kube-public`, `openshift`, `openshift-infra`, `openshift-node` and
every namespace with the label `openshift.io/run-level: "0"` or `"1"`, or
`security.openshift.io/disable-securitycontextconstraints: "true"`. In these namespaces, SCC admission sets no user ID,
SELinux level or seccomp profile, drops no capability and rejects no field. A pod runs as the user of its image, which can
be root, and even a privileged pod is admitted.

`helm template` without `--namespace` writes `default` for the namespace of the release, although almost no release goes there. Text
with Helm's `# Source:` lines and the namespace `default` therefore counts as naming no namespace, and the rule says so once per
file. The same holds for a chart whose values name the namespace `default`, in place of which operators and users of
the chart give another one. With `-n default`, `default` counts as written.

A static pod, which a MachineConfig writes to `/etc/kubernetes/manifests` of the nodes, is not admitted at all: the kubelet runs it. The
rule reports one that uses the node, such as a privileged one.

## How to fix it

Move the workload to its own project, with all that it needs there: its bindings, Secrets, ConfigMaps and Services. An SCC then sets
the user ID from the namespace's range, which the image must allow, or rejects the pod: the finding names the fields and the grant
that the pod needs. If it has to stay, set explicitly what an SCC would set: `runAsNonRoot: true`, `allowPrivilegeEscalation: false`,
`capabilities: {drop: [ALL]}` and `seccompProfile: {type: RuntimeDefault}`. With `runAsNonRoot: true`, remove `runAsUser: 0`, because
the kubelet does not start a container that has both. Then suppress the finding: it is about the namespace, so that no field of the pod
removes it. If your manifests put the label on the namespace, remove it there. Run levels are for pods of the control plane that start
before the API server.

`scclint fix` leaves this to you: the namespace is your decision.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
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

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.admission.access import used_by
from scclint.advice.effects import user_change
from scclint.advice.words import first_per_field
from scclint.api import AccessWord, Location, Outcome, Problem, Remedy, User, Workload, World, advise, filled, least_grant, rule
from scclint.text import listed

_MOVE = "move the workload to its own project[, together with {moved:4}{acts:, if the program does the same there|}]"
_REMOVE = "[unless {early} start before the API server, ]remove {label} from namespace {namespace}"
SENTENCES = {
    "unplaced": "{object}: nobody gave a namespace, so that Helm or the chart's values say default, where SCC admission does not run",
    "ordinary": "the verdicts are for an ordinary namespace",
    "give-namespace": "Give the namespace: to helm template or in the values, or pass scclint -n NAME. If it is default, pass -n default.",
    "skipped": "{object}: {why}, so no SCC restricts {pods}",
    "placed": "the pods are in namespace {namespace} because {placed}",
    "manifest": "only the user ID, SELinux level and seccomp profile in the manifest apply",
    "label": "namespace {namespace} has the label {label}",
    "same-namespace": "{workload} is in the same namespace",
    "static": "{object}: the kubelet of each node of the pool runs this static pod, which no SCC restricts, with {used:4}",
    "move": _MOVE,
    "move-and-grant": _MOVE + "[, where {closest} rejects {fields:4}], and {grant}",
    "remove": _REMOVE,
    "remove-and-grant": _REMOVE + "[, after which {closest} rejects {fields:4}], and {grant}"
    "{others: (its other workloads may need a grant, too)|}",
    "depends": "which SCC admits the pod then depends on who creates it",
    "stays": "{remedy} if it has to stay, and record it with `scclint accept`",
    "stays-in-place": "{remedy}, and record it with `scclint accept`",
    "daemonset": "Deploy it as a DaemonSet, so that an SCC decides what it may do, or remove what it does not need.",
}

LABELS = {"run-level": "openshift.io/run-level", "disabled": "security.openshift.io/disable-securitycontextconstraints"}
"""The label that switches SCC admission off, by the reason of the verdict."""

_MENTIONS = {"Secrets": "'secret", "ConfigMaps": "'configMap", "claims": "'persistentVolumeClaim"}
"""What goes with a pod, by the beginning of the fields that name one, after a quote."""

_OWN_PROJECT = "another-namespace"
"""The name of an ordinary namespace, to judge a moved pod in."""


@rule(
    "SCC109",
    "namespace-outside-scc",
    "SCC admission does not run in the workload's namespace",
    kind="access",
    reach="pod",
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission",),
    security_severity=5.5,
    cwe=(1188,),
    study=(35, 35),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    asked = world.namespace_asked or world.cluster.platform != "openshift"
    # The first workload of the file has the finding.
    first = world.memo(check, lambda: {w.file: w for w in reversed([*world.of(Workload)]) if w.provenance.unplaced})
    if not asked and first.get(workload.file) is workload:
        yield Problem(
            "unplaced",
            at=workload.place,
            notes=("ordinary",),
            help="give-namespace",
            word=AccessWord("no SCC admission, if the namespace is default"),
        )
    outcome = world.outcome(workload)
    if outcome.verdict is not None and outcome.verdict.skipped == "static":
        yield from _static(workload, outcome.verdict.pod, world)
    if outcome.verdict is None or outcome.verdict.skipped not in ("namespace", *LABELS):
        return
    namespace = outcome.namespace
    written = workload.field("metadata", "namespace")
    key = LABELS.get(outcome.verdict.skipped)
    label = world.namespace_label(namespace, key) if key else None
    labels: tuple[Location, ...] = ()
    if label is not None:
        labels = (Location("label", label, {"namespace": namespace, "label": f"{key}: {label.value}"}),)
    moved, many = _moved_with(outcome, world)
    # The finding is about the other workloads of the namespace, too.
    others = [other for other in world.workloads_in(namespace) if other is not workload]
    move = _move(outcome, world, moved, key if labels else None, alone=not others)
    in_place = many and not labels
    # No field removes the finding, which is about the namespace, so that what to write if the workload stays is no fix.
    stay = SENTENCES["stays-in-place" if in_place else "stays"]
    stays = [Remedy(filled(stay, {"remedy": r.words}), r.effects) for r in advise("restricted by itself", workload, world)]
    yield Problem(
        "skipped",
        at=written if written else workload.place,
        facts={"why": outcome.skipped, "namespace": namespace, "placed": "" if written else world.why_there},
        notes=("placed", "manifest"),
        related=labels + tuple(Location("same-namespace", other.place, {"workload": other}) for other in others[:8]),
        word=AccessWord("no SCC admission", through=f"namespace {namespace}"),
        remedies=(*stays, move) if in_place else (move, *stays),
    )


def _static(workload: Workload, pod: Mapping[str, Any], world: World) -> Iterator[Problem]:
    """Yield a problem for a static pod that uses the node. The kubelet runs it without the API server."""
    if used := [access.words for access in used_by(pod, world.cluster.kubernetes_minor)]:
        word = AccessWord("no SCC admission", reach="node", through="a static pod")
        yield Problem("static", at=workload.place, facts={"used": used}, help="daemonset", word=word)


def _move(outcome: Outcome, world: World, moved: Mapping[str, Any], label: str | None, *, alone: bool) -> Remedy:
    """Return the advice to move the workload and what is `moved` with it, with what SCC admission does to its pods in an ordinary namespace.

    Who writes the namespace with its label need not move the workload. Pods that start before SCC admission runs need the label.
    `alone` says that the namespace has no other workloads.
    """
    workload, verdict = outcome.workload, outcome.judged
    code, and_grant = ("remove", "remove-and-grant") if label else ("move", "move-and-grant")
    early = ""
    if verdict.skipped == "run-level":
        early = "its pods" if alone else "pods of the namespace"
    facts = {
        **moved,
        "early": early,
        "label": label,
        "namespace": outcome.namespace,
        "others": not alone,
    }
    after = world.cluster.admit(verdict.submitted, namespace=_OWN_PROJECT, user=outcome.creator)
    if after.allowed:
        depends = "" if workload.controlled or world.creator_given else SENTENCES["depends"]
        effects = filter(None, (user_change(world.cluster.admission, verdict, after), depends))
        return Remedy(filled(SENTENCES[code], facts), tuple(effects))
    closest = next((c for c in after.candidates if c.outcome == "too restrictive"), None)
    errors = first_per_field(closest.reasons) if closest else []
    grant = least_grant(outcome, world)
    facts |= {
        "closest": closest.scc if closest else "",
        "fields": [workload.pod.field(*error.path) for error in errors],
        "grant": grant.words,
    }
    return Remedy(filled(SENTENCES[and_grant], facts), grant.effects)


def _moved_with(outcome: Outcome, world: World) -> tuple[dict[str, Any], bool]:
    """Return the facts of what else moves or changes with the workload, and whether objects move besides its account."""
    pod = outcome.workload.pod
    account = User(f"system:serviceaccount:{outcome.namespace}:{pod.service_account}")
    # A binding of another namespace stays, as one of the cluster does.
    here = {
        ref: ref.namespace == outcome.namespace for ref in world.cluster.grants.rights.bindings_of(account) if world.find(ref)
    }
    named = [
        f"{ref.kind} {ref.name} with its role" if own else f"its account in {ref.kind} {ref.name}" for ref, own in here.items()
    ]
    text = str(pod.manifest)
    objects = [name for name, field in _MENTIONS.items() if field in text]
    if any(container.field("ports").present for container in pod.containers):
        calls = " (change the webhook configurations that call these)" if "webhook" in text else ""
        objects.append(f"Services{calls}")
    moved = [*([f"its {listed(objects)}"] if objects else []), *named]
    # A program that uses the API may look at another namespace then.
    return {"moved": moved, "acts": bool(named)}, bool(objects) or any(here.values())
