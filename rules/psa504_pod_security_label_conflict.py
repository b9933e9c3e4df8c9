"""
A label of a Namespace keeps the label syncer from setting the Pod Security level that the service accounts of the namespace need.
Pods that their SCCs admit are then rejected.

From OpenShift 4.23 and 5.0, the label syncer sets `pod-security.kubernetes.io/enforce` to the least strict level that an SCC of
a service account needs: `baseline` for `anyuid`, `privileged` for `hostnetwork-v2` or `privileged`. It does not change a label
that a manifest sets, and it does nothing in a namespace with `security.openshift.io/scc.podSecurityLabelSync: "false"`. Then the
level is the one of the manifest, or `restricted`, the default of the release.

The namespace of an operator is judged with the service accounts and grants that OLM creates. The rule takes these from the
ClusterServiceVersion, if the input has it or its bundle, and a Subscription or OperatorGroup in the namespace. OLM lets the label syncer
into a namespace `openshift-*` with an operator, unless the label `podSecurityLabelSync` is set.

The rule is silent if the pods of the service account are in the input and none of them is rejected. It does not count a right that
every service account of the cluster has, or the right to use every SCC.

Up to 4.22 the label syncer does not set `enforce`, and the rule reports nothing.

## How to fix it

Remove the label, so that the label syncer sets the level. Or set `pod-security.kubernetes.io/enforce` to the level that the
message names. If no pod needs the SCC, remove the grant instead.

## Before

```yaml
# Run with --openshift 5.0
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {security.openshift.io/scc.podSecurityLabelSync: "false"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
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
# Run with --openshift 5.0
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
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
"""

from collections.abc import Iterator

from scclint.api import Namespace, Problem, Remove, User, World, rule
from scclint.cluster.namespace_policy import NamespacePolicy
from scclint.podsecurity.levels import level_label, stricter
from scclint.podsecurity.syncer import SYNC_LABEL

SENTENCES = {
    "enforce": "{object}: a label keeps the label syncer from setting level {level}; the label is {label}, and service account {account} "
    "needs the level because it may use SCC {scc}",
    "sync": "{object}: a label keeps the label syncer from setting level {level}; the label is {label}, and service account {account} needs "
    "the level because it may use SCC {scc}; the default level {enforced} holds",
    "remove": "Remove the label, or set the label {needed}.",
}

_ENFORCE = level_label("enforce")


@rule(
    "PSA504",
    "pod-security-label-conflict",
    "A label keeps the label syncer from setting the level that service accounts need",
    kind="advice",
    on=Namespace,
    since="0.1",
    sentences=SENTENCES,
    tags=("pod-security", "scc"),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    if namespace.kind != "Namespace" or world.cluster.pod_security_defaults.enforce.level == "privileged":
        return
    policy, _ = world.outcomes.namespace_policies(namespace.name)
    enforced = policy.policy.enforce.level
    if policy.unknown or policy.needed is None or not stricter(enforced, policy.needed):
        return
    # None if every service account of the cluster has it.
    grant = world.cluster.grants.may_use(_user(namespace, policy), policy.scc, namespace.name)
    if grant is None or not _is_needed(namespace, policy, world):
        return
    written = namespace.field("metadata", "labels", _ENFORCE)
    related = world.steps.of_grant(grant, policy.scc, namespace)
    facts = {
        "level": policy.needed,
        "account": policy.account,
        "scc": policy.scc,
        "enforced": enforced,
        "needed": f"{_ENFORCE}: {policy.needed}",
    }
    if written.present and policy.unsynced not in ("system-namespace", "openshift-prefix"):
        yield Problem(
            "enforce",
            at=written,
            facts={**facts, "label": f"{_ENFORCE}: {written.value}"},
            related=related,
            help="remove",
            edits=(Remove(written.path),),
        )
    elif (
        (policy.unsynced == "opted-out" or (policy.unsynced and world.cluster.installs_operator(namespace.name)))
        and policy.origin("enforce") == "default"
        and (switch := namespace.field("metadata", "labels", SYNC_LABEL)).present
    ):
        yield Problem(
            "sync",
            at=switch,
            facts={**facts, "label": f'{SYNC_LABEL}: "false"'},
            related=related,
            help="remove",
            edits=(Remove(switch.path),),
        )


def _is_needed(namespace: Namespace, policy: NamespacePolicy, world: World) -> bool:
    """Whether pods of the service account are rejected, or none are in the input and it was granted particular SCCs."""
    outcomes = [
        world.outcome(workload)
        for workload in world.workloads_in(namespace.name)
        if workload.pod.service_account == policy.account
    ]
    if outcomes:
        return any(outcome.rejected_by == "pod-security" for outcome in outcomes)
    user, cluster = _user(namespace, policy), world.cluster
    return any(cluster.grants.may_use(user, scc, namespace.name) is None for scc in cluster.sccs)


def _user(namespace: Namespace, policy: NamespacePolicy) -> User:
    return User(f"system:serviceaccount:{namespace.name}:{policy.account}", (f"system:serviceaccounts:{namespace.name}",))
