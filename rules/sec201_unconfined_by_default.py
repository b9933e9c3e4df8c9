"""
The container sets no seccomp profile and will run unconfined: without a seccomp filter (`Seccomp: 0` in
`/proc/1/status`, null in `crictl inspect`).

On OpenShift the profile depends on the SCC that admits the pod:

- `restricted-v2` and the other SCCs that list `runtime/default` apply this profile.
- `anyuid`, `nonroot`, `hostnetwork`, `hostaccess`, `hostmount-anyuid` and every other SCC without `seccompProfiles`
  apply no profile.
- `privileged` lists only `*`, which allows every profile and applies none.
- In the namespaces that SCC109 lists, and in namespaces of run level 0 and 1, SCC admission does not run.

If no SCC applies a profile, the kubelet's `seccompDefault` decides. OpenShift leaves it off unless a KubeletConfig
turns it on.

## How to fix it

If a grant to the pod's service account lets it run as the user of its image, keep that user: grant a copy of the SCC that lists
`seccompProfiles: [runtime/default]` instead. scclint names this first unless its catalogue of images shows that any user ID works.

Otherwise set `seccompProfile: {type: RuntimeDefault}` on the pod if an SCC that applies a profile would also admit it. `anyuid`
and the other SCCs without `seccompProfiles` reject a pod that sets a profile, so `restricted-v2` then admits it.
Alternatively, require that SCC with the annotation `openshift.io/required-scc`, or remove the grant of the other SCC. If
a few fields make the better SCC reject the pod, the finding names them. If the annotation requires an SCC without
`seccompProfiles`, a profile alone makes that SCC reject the pod: change the annotation, too. Remove a grant that no pod
needs any more.

Some kinds do not have the pod's `securityContext`. Use `stepTemplate.securityContext` in a Tekton Task, `podTemplate`
in a Tekton run, and the field of each container in Knative.

If the pod needs the SCC that admits it now, choose one of these:

- `privileged` and custom SCCs with `*`: set the same field, which these SCCs allow.
- An SCC of your own: add `runtime/default` to its `seccompProfiles`.
- `nonroot` or `hostnetwork`: grant `nonroot-v2` or `hostnetwork-v2` instead.
- `anyuid`: grant a custom copy of `anyuid` that lists `runtime/default` instead.

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
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: web}
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
      securityContext:
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Decision, Outcome, Problem, Related, Severity, Workload, World, advise, creator, rule

from ._grants import binding_of

SENTENCES = {
    "by-default": "{object}: container {container} will run unconfined[ on node {pools:pool|pools} {pools}][ when {creator} creates it]",
    "kubelet": "it sets no seccomp profile, and the kubelet's seccompDefault is off",
    "no-scc": "it sets no seccomp profile, and no SCC applies one, because {skipped}",
    "default": "SCC {scc} admits it and applies its default profile, {default}",
    "any-profile": 'SCC {scc} admits it and applies no profile, because its seccompProfiles lists only "*"',
    "no-profiles": "SCC {scc} admits it and applies no profile, because it has no seccompProfiles",
    "creator": "If you know who creates the pod, pass --as USER.",
}

DEFAULTS = ("kubelet default", "SCC default")


@rule(
    "SEC201",
    "unconfined-by-default",
    "A container without a seccomp profile will run unconfined",
    severity=Severity.ERROR,
    on=Workload,
    since="0.1",
    sentences=SENTENCES,
    tags=("seccomp",),
    security_severity=8.0,
    cwe=(693, 250),
    study=(53, 53),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    outcome = world.outcome(workload)
    if outcome.verdict is None or not outcome.verdict.allowed:
        return
    unconfined = [c for c in outcome.seccomp if c.source in DEFAULTS and c.is_unconfined]
    if not unconfined:
        return
    reason, remedies = _reason(outcome, world), advise("confined", workload, world)
    steps = world.steps.of_grant(outcome.grant, outcome.scc, workload)
    for container in unconfined:
        view = workload.pod.container(container.name)
        if view is None:
            continue
        yield Problem(
            "by-default",
            at=view.field("securityContext", "seccompProfile"),
            facts={
                "container": container.name,
                "pools": container.unconfined_on,
                "creator": creator(outcome),
                "scc": outcome.scc,
                "skipped": outcome.skipped,
                "default": world.cluster.sccs[outcome.scc].default_seccomp_profile if outcome.scc else "",
            },
            notes=(reason,),
            related=steps,
            flow=steps,
            remedies=remedies,
            help="creator" if creator(outcome) and not world.creator_given else "",
            cause=" ".join((reason, *container.unconfined_on)),
            decision=_decision(outcome, steps, world),
        )


def _decision(outcome: Outcome, steps: tuple[Related, ...], world: World) -> Decision | None:
    """Return what decides it for other pods as well: an SCC that applies no profile, or the grant of one. A creator decides for one pod."""
    scc = outcome.judged.scc
    if scc is None or world.cluster.sccs[scc].seccomp_profiles or creator(outcome):
        return None
    name, step = binding_of(outcome), 0
    if world.scc(scc) is not None:
        # The steps lead from the binding to the SCC.
        name, step = f"SCC {scc}", -1
    at = steps[step] if steps else None
    return Decision(name, at, f"run unconfined under SCC {scc}") if name else None


def _reason(outcome: Outcome, world: World) -> str:
    """Return why the container has no profile."""
    verdict = outcome.judged
    if verdict.scc is None:
        return "kubelet" if world.cluster.platform == "kubernetes" else "no-scc"
    scc = world.cluster.sccs[verdict.scc]
    if scc.default_seccomp_profile:
        return "default"
    return "any-profile" if scc.seccomp_profiles else "no-profiles"
