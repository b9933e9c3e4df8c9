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

from scclint.api import (
    EVERYONE,
    SERVICE_ACCOUNTS_OF,
    ApiObject,
    Decision,
    Located,
    Problem,
    Related,
    Remedy,
    RoleBinding,
    SecurityContextConstraints,
    Severity,
    World,
    and_more,
    effects_of,
    rule,
    subjects_removed,
    texts_of,
    wider_than_restricted,
)

from ._grants import Subject, grant_decision, holder_of, home_of, marked_for_deletion, reach, subjects_of


@rule(
    "RBA405",
    "grant-to-default-serviceaccount",
    "A grant covers the default service account of a namespace",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
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
        yield from _by_scc(subject, and_more(allowed, 3))


_ITS_PODS = "every pod of the namespace without a serviceAccountName"


def _by_binding(binding: RoleBinding, world: World) -> Iterator[Problem]:
    reached = reach(binding, world)
    wide = {scc: words for scc in (reached.sccs if reached else ()) if (words := wider_than_restricted(scc, world))}
    if reached is None or not wide:
        return
    scc = "privileged" if reached.every and "privileged" in wide else next(iter(wide))
    what = "every SCC" if reached.every else f"SCC {scc}"
    everyone = f"every pod of {home_of(binding, world)}" if binding.kind == "RoleBinding" else ""
    for holder in subjects_of(binding, world):
        if covered := _covered(holder, everyone):
            effects = effects_of(binding, world, *subjects_removed(binding))
            message = f"{binding.named}: lets {covered} use {what}"
            note = f"SCC {scc} allows {and_more(wide[scc], 3)}"
            steps = reached.steps(world, scc, binding)
            yield _problem(message, note, holder.at, str(holder), steps, effects, grant_decision(binding, world))


def _covered(holder: Subject, everyone: str = "") -> str:
    """Return the `default` service accounts that a subject covers, as a phrase; empty if it covers none.

    `everyone` names the pods that a group of everyone covers.
    """
    if holder.kind == "service account" and holder.name == "default":
        return f"{holder} ({_ITS_PODS})"
    if holder.kind != "group":
        return ""
    if holder.name.startswith(SERVICE_ACCOUNTS_OF):
        return f"{holder}"
    # scc-open-to-everyone reports a ClusterRoleBinding and an SCC that lists such a group.
    return f"group {holder.name} ({everyone})" if holder.name in EVERYONE and everyone else ""


def _by_scc(scc: SecurityContextConstraints, allowed: str) -> Iterator[Problem]:
    for kind in ("user", "group"):
        for index, value in texts_of(scc, f"{kind}s"):
            holder = holder_of(kind, value, scc.field(f"{kind}s", index))
            if covered := _covered(holder):
                yield _problem(
                    f"SCC {scc.name}: {kind}s lists {covered.removeprefix('group ')}",
                    f"the SCC allows {allowed}",
                    holder.at,
                    value,
                )


def _problem(
    message: str,
    note: str,
    at: Located,
    subject: str,
    related: tuple[Related, ...] = (),
    effects: tuple[str, ...] = (),
    decision: Decision | None = None,
) -> Problem:
    remedy = Remedy(
        "grant the SCC to a service account that only the workload that needs it uses, and name it in its pod", effects
    )
    return Problem(message, at, related=related, notes=(note,), remedies=(remedy,), subjects=(subject,), decision=decision)
