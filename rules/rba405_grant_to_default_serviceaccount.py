"""
A grant covers the service account `default`. Every pod of the namespace that sets no `serviceAccountName` runs as `default`.

Anything deployed to the namespace later, such as a debugging pod or another team's chart, may use the SCC too. A binding to
the group `system:serviceaccounts:NAMESPACE` covers `default` and all other service accounts of the namespace. The rule does not
report an SCC that allows no more than `restricted-v2`, because everyone may use that SCC.

## How to fix it

Create a service account for the workload that needs the SCC, set it as `serviceAccountName` in the pod, and grant the SCC to it.

`scclint fix` leaves this to you: the pods need a service account of their own.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: default}
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: anyuid, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:anyuid
subjects:
  - {kind: ServiceAccount, name: web}
```
"""

from collections.abc import Iterator

from scclint.advice.effects import effects_of, subjects_removed
from scclint.advice.sccs import texts_of
from scclint.api import (
    AccessWord,
    ApiObject,
    Problem,
    Remedy,
    RoleBinding,
    SecurityContextConstraints,
    World,
    node_access,
    rule,
    wider_than_restricted,
)

from ._grants import Subject, holder_of, home_of, marked_for_deletion, reach, subjects_of

SENTENCES = {
    "account": "{object}: lets {holder} (every pod of the namespace without a serviceAccountName) use {every:every SCC|}[SCC {scc}]",
    "accounts-of-namespace": "{object}: lets {holder} use {every:every SCC|}[SCC {scc}]",
    "everyone": "{object}: lets group {group} (every pod of {home}) use {every:every SCC|}[SCC {scc}]",
    "allows": "SCC {widest} allows {allowed:3}",
    "lists-account": "SCC {scc}: {field} lists {holder} (every pod of the namespace without a serviceAccountName)",
    "lists-accounts-of-namespace": "SCC {scc}: {field} lists {shown}",
    "scc-allows": "the SCC allows {allowed:3}",
}
_FIX = "grant the SCC to a service account that only the workload that needs it uses, and name it in its pod"


@rule(
    "RBA405",
    "grant-to-default-serviceaccount",
    "A grant covers the default service account of a namespace",
    kind="access",
    reach="pod",
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    security_severity=5.5,
    cwe=(269, 272),
    references=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/authentication_and_authorization/managing-pod-security-policies",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
    ),
    study=(8, 8),
)
def check(subject: ApiObject, world: World) -> Iterator[Problem]:
    if marked_for_deletion(subject):
        return
    if isinstance(subject, RoleBinding):
        yield from _by_binding(subject, world)
    elif isinstance(subject, SecurityContextConstraints) and (allowed := wider_than_restricted(subject.name, world)):
        yield from _by_scc(subject, allowed, world)


def _by_binding(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    if reached is None:
        return
    wide = {scc: words for scc in reached.sccs if (words := wider_than_restricted(scc, world))}
    if reached.every and wide:
        widest = "privileged" if "privileged" in wide else next(iter(wide))
        wide = {widest: wide[widest]}
    # scc-open-to-everyone reports a ClusterRoleBinding and an SCC that lists a group of everyone.
    is_in_namespace = binding.kind == "RoleBinding"
    remedies = (Remedy(_FIX, effects_of(binding, world, *subjects_removed(binding))),) if wide else ()
    for holder in subjects_of(binding, world):
        code = "everyone" if is_in_namespace and holder.is_everyone else _covered(holder)
        for scc, allowed in wide.items() if code else ():
            yield Problem(
                code,
                at=holder.at,
                facts={
                    "holder": holder,
                    "group": holder.name,
                    "home": home_of(binding, world),
                    "every": reached.every,
                    "scc": "" if reached.every else scc,
                    "widest": scc,
                    "allowed": allowed,
                    "subjects": [holder],
                },
                notes=("allows",),
                related=reached.steps(world, scc, binding),
                remedies=remedies,
                word=AccessWord(
                    "SCC *" if reached.every else f"SCC {scc}",
                    who=holder.who,
                    reach="node" if node_access(scc, world) else "pod",
                    through=reached.through(scc),
                ),
            )


def _covered(holder: Subject) -> str:
    """Return which `default` service accounts a subject covers: that of one namespace, or all accounts of one; empty if it covers none."""
    if not holder.covers_default:
        return ""
    return "account" if holder.kind == "service account" else "accounts-of-namespace"


def _by_scc(scc: SecurityContextConstraints, allowed: list[str], world: World) -> Iterator[Problem]:
    for kind in ("user", "group"):
        for index, value in texts_of(scc, f"{kind}s"):
            holder = holder_of(kind, value, scc.field(f"{kind}s", index))
            if code := _covered(holder):
                yield Problem(
                    "lists-account" if code == "account" else "lists-accounts-of-namespace",
                    at=holder.at,
                    facts={
                        "scc": scc.name,
                        "field": f"{kind}s",
                        "holder": holder,
                        "shown": holder.shown,
                        "allowed": allowed,
                        "subjects": [value],
                    },
                    notes=("scc-allows",),
                    remedies=(Remedy(_FIX),),
                    word=AccessWord(f"SCC {scc.name}", who=holder.who, reach="node" if node_access(scc.name, world) else "pod"),
                )
