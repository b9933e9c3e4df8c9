"""
A ClusterRole gives an SCC wider than `restricted-v2`, or a right that leads to one, to everyone with one of the release's own roles.

If a ClusterRole has a label such as `rbac.authorization.k8s.io/aggregate-to-view: "true"`, Kubernetes adds its rules to the
ClusterRole that selects this label, here `view`. `edit` contains the rules of `view`, and `admin` those of `edit`. Everyone who is
bound to such a role in a namespace, often a whole team, may then use the SCC there. `cluster-reader` and `storage-admin` are
bound for the whole cluster.

A ClusterRole with the name of one that the release binds to everybody, such as `basic-user`, `system:webhook` or `cluster-status`, replaces
it: its rules then hold for every user, or even for requests without a user.

Each SCC and each right is a line for each role that receives it, without what the role has anyway.
[RBA407](scc-escalation-path.md) explains the rights, and [RBA401](use-of-every-scc.md) reports a rule for every SCC.

## How to fix it

Remove the label, and bind the ClusterRole to the service account that needs the SCC. If the label is for other rules of the
ClusterRole, move the rule that grants the SCC or the right to a ClusterRole of its own. Give a ClusterRole that replaces one of the
release another name.

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
from typing import NamedTuple

from scclint.admission.rbac import scc_grant
from scclint.api import AccessWord, Location, ObjectRef, Problem, Role, View, World, node_access, rule, wider_than_restricted

from ._grants import marked_for_deletion

SENTENCES = {
    "aggregated": "{object}: its labels add the use of SCC {scc} to ClusterRole {holder}",
    "replaced": "{object}: lets everyone with this role use SCC {scc}",
    "aggregated-right": "{object}: its labels let everyone with ClusterRole {holder} {right}",
    "replaced-right": "{object}: lets everyone with this role {right}",
    "everyone": "everyone with this role may use it",
    "bound": "the release binds ClusterRole {holder} to {groups:group|groups} {groups}",
    "allows": "SCC {scc} allows {allowed:3}",
    "labels": "these labels select the roles",
    "remove": "Remove the label that aggregates the role, and bind the role to the service account that needs the SCC.",
    "remove-right": "Remove the label that aggregates the role, and bind the role to the service account that needs the right.",
    "rename": "Give the role another name, and bind it to the service account that needs it.",
}


class _Holder(NamedTuple):
    """A role of the release that gets the rules: by labels, or because the ClusterRole has its name. `groups` have it in the whole cluster."""

    name: str
    by_label: bool
    groups: tuple[str, ...]

    @property
    def who(self) -> str:
        return f"everyone with ClusterRole {self.name}"


@rule(
    "RBA408",
    "release-role-widened",
    "A ClusterRole gives access to everyone with a role of the release",
    kind="access",
    reach="cluster",
    on=Role,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    security_severity=8.0,
    cwe=(250, 269),
    references=("https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",),
)
def check(role: Role, world: World) -> Iterator[Problem]:
    if role.kind != "ClusterRole" or marked_for_deletion(role):
        return
    for holder in _holders(role, world):
        for item in role.rules:
            yield from _sccs(role, item, holder, world)
        yield from _rights(role, holder, world)


def _holders(role: Role, world: World) -> Iterator[_Holder]:
    grants = world.cluster.grants
    takers = grants.aggregated_into(role.manifest)
    yield from (_Holder(taker, True, grants.groups_with(taker)) for taker in takers)
    if role.name not in takers and (groups := grants.groups_with(role.name)):
        yield _Holder(role.name, False, groups)


def _sccs(role: Role, item: View, holder: _Holder, world: World) -> Iterator[Problem]:
    """Yield the SCCs that a rule names and that are wider than restricted-v2."""
    names = item.data.get("resourceNames")
    if not scc_grant(item.data, "use") or not isinstance(names, list):
        return
    for index, name in enumerate(names):
        allowed = wider_than_restricted(name, world) if isinstance(name, str) else ()
        if allowed:
            yield Problem(
                "aggregated" if holder.by_label else "replaced",
                at=item.field("resourceNames", index),
                facts={"scc": name, "allowed": allowed, **_facts(holder)},
                notes=("everyone", *_bound(holder), "allows"),
                related=_labels(role, holder),
                help="remove" if holder.by_label else "rename",
                word=AccessWord(f"SCC {name}", who=holder.who, reach="node" if node_access(name, world) else "pod"),
            )


def _rights(role: Role, holder: _Holder, world: World) -> Iterator[Problem]:
    """Yield the rights that lead to an SCC and that the role of the release does not have by itself."""
    from scclint.cluster.escalation import given_by
    from scclint.cluster.escalation_routes import ALONE

    minor, rights = world.cluster.kubernetes_minor, world.cluster.grants.installed.rights
    known = {
        right for _, _, own in rights.rules_of(ObjectRef("ClusterRole", "", holder.name)) for right, _ in given_by(own, minor)
    }
    for item in role.rules:
        # A rule for objects of some names gives nothing of the kind.
        given = () if item.data.get("resourceNames") else given_by(item.data, minor)
        for right, whole in given:
            counts = bool(holder.groups) or not (whole or ALONE.get(right, True))
            if right not in ALONE or right in known or not counts:
                continue
            known.add(right)
            yield Problem(
                "aggregated-right" if holder.by_label else "replaced-right",
                at=item.field("resources"),
                facts={"right": right, **_facts(holder)},
                notes=_bound(holder),
                related=_labels(role, holder),
                help="remove-right" if holder.by_label else "rename",
                word=AccessWord(right, who=holder.who, reach="cluster" if holder.groups else "node"),
            )


def _facts(holder: _Holder) -> dict[str, object]:
    return {"holder": holder.name, "groups": list(holder.groups)}


def _bound(holder: _Holder) -> tuple[str, ...]:
    return ("bound",) if holder.groups else ()


def _labels(role: Role, holder: _Holder) -> tuple[Location, ...]:
    return (Location("labels", role.field("metadata", "labels")),) if holder.by_label else ()
