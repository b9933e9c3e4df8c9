"""
A ClusterRole that grants an SCC wider than `restricted-v2` adds its rules to one of the release's own roles.

If a ClusterRole has a label such as `rbac.authorization.k8s.io/aggregate-to-view: "true"`, Kubernetes adds its rules to the
ClusterRole that selects this label, here `view`. `edit` contains the rules of `view`, and `admin` those of `edit`. Everyone who is
bound to such a role in a namespace, often a whole team, may then use the SCC there. `cluster-reader` and `storage-admin` are
bound for the whole cluster.

Each SCC is a line for each role that receives the rules. [RBA401](use-of-every-scc.md) reports a rule without `resourceNames`.

## How to fix it

Remove the label, and bind the ClusterRole to the service account that needs the SCC. If the label is for other rules of the
ClusterRole, move the rule that grants the SCC to a ClusterRole of its own.

`scclint fix` leaves this to you: scclint never takes a right away that may be needed.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: agent
  labels: {rbac.authorization.k8s.io/aggregate-to-edit: "true"}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [anyuid]
    verbs: [use]
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [anyuid]
    verbs: [use]
```
"""

from collections.abc import Iterator

from scclint.admission.rbac import scc_grant
from scclint.api import AccessWord, Location, Problem, Role, World, node_access, rule, wider_than_restricted

from ._grants import marked_for_deletion

SENTENCES = {
    "aggregated": "{object}: its labels add the use of SCC {scc} to ClusterRole {taker}",
    "everyone": "everyone with this role may use it",
    "allows": "SCC {scc} allows {allowed:3}",
    "labels": "these labels select the roles",
    "remove": "Remove the label that aggregates the role, and bind the role to the service account that needs the SCC.",
}


@rule(
    "RBA408",
    "aggregated-scc-grant",
    "A ClusterRole adds the use of an SCC to a role of the release",
    kind="access",
    reach="pod",
    on=Role,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    security_severity=8.0,
    cwe=(250, 269),
    references=("https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",),
)
def check(role: Role, world: World) -> Iterator[Problem]:
    takers = world.cluster.grants.aggregated_into(role.manifest) if role.kind == "ClusterRole" else ()
    if not takers or marked_for_deletion(role):
        return
    for item in role.rules:
        names = item.data.get("resourceNames")
        if not scc_grant(item.data, "use") or not isinstance(names, list):
            continue
        wide = {name: words for name in names if isinstance(name, str) and (words := wider_than_restricted(name, world))}
        if not wide:
            continue
        for name, allowed in wide.items():
            for taker in takers:
                yield Problem(
                    "aggregated",
                    at=item.field("resourceNames", names.index(name)),
                    facts={"scc": name, "taker": taker, "allowed": allowed},
                    notes=("everyone", "allows"),
                    related=(Location("labels", role.field("metadata", "labels")),),
                    help="remove",
                    word=AccessWord(
                        f"SCC {name}",
                        who=f"everyone with ClusterRole {taker}",
                        reach="node" if node_access(name, world) else "pod",
                    ),
                )
