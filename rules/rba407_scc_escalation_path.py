"""
A binding gives a subject rights with which it can get around the limits of its SCCs and take over a node.

Admission uses the SCC of the pod's service account. A subject that may create pods in a namespace can therefore run them as
each service account of the namespace, with its SCC. Other rights have the same effect:

| Right | Effect |
|---|---|
| create pods or workloads | pods as a service account of the namespace |
| create `serviceaccounts/token`, create and read secrets, or impersonate service accounts | the rights of a service account |
| get, list or watch secrets in every namespace | the keys of the platform, among them a certificate of group `system:masters` |
| create `pods/exec` or `pods/attach`, or patch `pods/ephemeralcontainers` | commands in a pod that already can take over its node |
| `bind` ClusterRoles and write bindings, or `escalate` and write roles | every right |
| `impersonate` users, a user with many rights such as `system:admin`, or group `system:masters` | every right |
| `impersonate:MODE`, and `impersonate-on:MODE:VERB` of a right in this table, from OpenShift 5.0 | this right as another subject has it |
| update or patch namespaces | a label that switches off SCC admission, where it runs |
| create namespaces and pods | a new namespace with this label |
| write `mutatingwebhookconfigurations`, or `mutatingadmissionpolicies` and their bindings | changes to the pods of others |
| create and approve certificate requests for the signer `kubernetes.io/kube-apiserver-client` | a certificate of every user |
| get or create `nodes/proxy` | commands in every pod of the node |
| create `persistentvolumes`, claims and pods | every path of the node as a volume |
| write `machineconfigs` | files and systemd units on the nodes |
| create builds and `builds/custom` | an image of your choice in a privileged pod |
| create `subscriptions` and `operatorgroups`, or write `clusterextensions` | an operator with every right |

The rights to create pods, to act as a service account and to run commands always count if they hold in every namespace: the
namespaces of OpenShift's own components have service accounts and pods that can take over their nodes. In a single namespace, they
count if the input has such a service account or pod there, or if the namespace is one of OpenShift's:

- In `default`, `kube-system`, `kube-public`, `openshift`, `openshift-infra`, `openshift-node` and namespaces with a label that switches SCC
  admission off, who may create pods may create privileged ones.
- `kube-system` and `openshift-infra` have the service accounts of controllers, which may create pods everywhere or write every role.
- In a namespace such as `openshift-monitoring`, a component may use an SCC such as `privileged`. The rule is silent for service accounts
  of this namespace.

The modes of `impersonate:MODE` are `serviceaccount`, `user-info`, `arbitrary-node` and `associated-node`. Of OpenShift's own roles,
`sudoer`, `system:kube-controller-manager`, `system:node` and many `system:controller:*` have these rights.

The rule is silent for a subject that may do everything, and for
one that may already create pods with such an SCC. A subject gets one finding with all its ways, at the first binding that gives one.
If a marker `+kubebuilder:rbac` in Go code gives the right, the finding names the line of the marker: `make` overwrites the role.

## How to fix it

Find out first what the code of the subject uses: an operator that creates roles or bindings stops without the right. If it creates
roles, ship these roles in its bundle and remove `escalate`. If it binds roles, list them in the `resourceNames` of `bind`. Remove
other rights that it does not use, or limit them: list `resourceNames`, which limit every verb but `create`, `list` and `watch`, or
move these rights to a Role, and bind that in the namespaces in which the program uses them. Put a service account with a wide SCC into a
namespace in which nobody else may create pods.

`scclint fix` leaves this to you: scclint never takes a right away that may be needed.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tenant-operator}
rules:
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [clusterroles]
    verbs: [bind]
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [rolebindings]
    verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: tenant-operator}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: tenant-operator
subjects:
  - {kind: ServiceAccount, name: tenant-operator, namespace: tenants}
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tenant-operator}
rules:
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [clusterroles]
    resourceNames: [view, edit]
    verbs: [bind]
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [rolebindings]
    verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: tenant-operator}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: tenant-operator
subjects:
  - {kind: ServiceAccount, name: tenant-operator, namespace: tenants}
```
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scclint.api import (
    Located,
    ObjectRef,
    Place,
    Problem,
    Role,
    RoleBinding,
    Severity,
    User,
    View,
    World,
    and_more,
    as_list,
    listed,
    rule,
)

from ._accounts import IN_EVERY_NAMESPACE
from ._grants import Subject, created_by_code, installer_help, marked_for_deletion, reference, role_of, subjects_of
from ._markers import written_by

Escalation = Any
"""A value of `World.escalations`."""

_OF_TESTS = frozenset(("acceptance", "e2e", "example", "examples", "samples", "test", "testdata", "tests"))
"""Folders of programs that are more often installed by a test than written in the repository. The severity does not depend on them."""

_KINDS: dict[str, Any] = {"service account": "ServiceAccount", "group": "Group", "user": "User"}


@rule(
    "RBA407",
    "scc-escalation-path",
    "A subject can get past the SCCs that it may use",
    severity=Severity.WARNING,
    on=RoleBinding,
    since="0.1",
    tags=("rbac", "scc"),
    security_severity=7.0,
    cwe=(269,),
    references=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    study=(35, 35),
)
def check(binding: RoleBinding, world: World) -> Iterator[Problem]:
    ref = reference(binding, world)
    if marked_for_deletion(binding) or world.find(ref) is not binding:
        return
    # In a single namespace, the release's own roles are meant for those who may use its service accounts: see RBA409.
    of_release_only = bool(ref.namespace) and world.find(role_of(binding, world)) is None
    chains: dict[tuple[str, ...], tuple[tuple[Escalation, ...], list[Subject]]] = {}
    for subject in subjects_of(binding, world):
        ways = world.escalations(_KINDS[subject.kind], subject.namespace, subject.name)
        ways = tuple(w for w in ways if _first_binding(w, subject, world) is not None and (w.of_release or not of_release_only))
        if ways and _first_binding(ways[0], subject, world) == ref:
            chains.setdefault(tuple(way.phrase for way in ways), (ways, []))[1].append(subject)
    for ways, subjects in chains.values():
        first, *others = ways
        more = listed(dict.fromkeys(way.phrase for way in others if way.route.name != first.route.name))
        steps = tuple(step for way in ways for step in world.steps.of_escalation(way, binding))
        # A ClusterServiceVersion implies the binding of one service account, which is its name.
        named = "" if binding.implied else and_more(map(str, subjects), 2)
        yield Problem(
            f"{binding.named}: lets {named or 'it'} {first.phrase}",
            notes=(
                f"this takes no more than {'; and '.join(first.requests)}"
                if first.requests
                else "this gets past the SCCs that it may use",
                *(written_by(written, world) if (written := _rule(binding, first, world)) is not None else ()),
                *([f"it may also {more}"] if more else ()),
            ),
            at=_place(binding, first, world),
            related=tuple(dict.fromkeys(steps)),
            subjects=tuple(map(str, subjects)),
            subjects_in_message=named,
            opens=tuple(map(_opens, ways)),
            cause=first.phrase,
            help=installer_help(world.find(first.rules[0].role, binding), world) or _fix(ways, binding, world),
        )


def _opens(way: Escalation) -> str:
    """Name a way by its route, its namespace and what it leads to there, with `*` for all."""
    target = way.role or way.acting_as or (way.account or way.pod or ("*",))[-1]
    opened = f"{way.route.name} {way.namespace} {target}" if way.namespace else f"{way.route.name} {way.acting_as or '*'}"
    return " ".join((opened, *way.acts))


def _first_binding(way: Escalation, subject: Subject, world: World) -> ObjectRef | None:
    """Return the first binding of a way that the input has and that names the subject, not only a group of it."""
    user = User("", (subject.name,)) if subject.kind == "group" else User(subject.name)
    if subject.kind == "service account":
        user = User(f"system:serviceaccount:{subject.namespace}:{subject.name}")
    bindings = world.cluster.grants.rights.bindings_of(user)
    return next(
        (bound_rule.binding for bound_rule in way.rules if bound_rule.binding in bindings and world.find(bound_rule.binding)),
        None,
    )


def _rule(binding: RoleBinding, way: Escalation, world: World) -> View | None:
    """Return the first rule of a way as it is written; None if the input does not have it."""
    role = world.find(way.rules[0].role, binding)
    return role.rule(way.rules[0].index) if isinstance(role, Role) else None


def _place(binding: RoleBinding, way: Escalation, world: World) -> Located:
    """Return the rule of the role that has the right, where people remove it; without that, the roleRef.name of the binding."""
    name, written = binding.field("roleRef", "name"), _rule(binding, way, world)
    if written is None:
        return name if name.present else binding.place
    verbs = written.field("verbs")
    return verbs if written.root is binding.root else Place(verbs.span)


_OF_CODE = {
    "bind": ("binds roles", ("ClusterRoleBinding", "RoleBinding"), "bindings"),
    "escalate": ("creates roles", ("ClusterRole", "Role"), "roles"),
}
"""For a route, what a program does that needs it, and the kinds and the name of the objects that it then creates."""


def _fix(ways: Sequence[Escalation], binding: RoleBinding, world: World) -> str:
    """Return what to do about the first way, and with it about the other one that a program needs which creates and binds roles."""
    way, *others = ways
    of_code = not way.role and way.route.name in _OF_CODE
    ways = [way, *(other for other in others if of_code and not other.role and other.route.name in _OF_CODE)]
    if way.of_release and way.namespace:
        return _fix_of_place(way, binding, world)
    if world.find(role_of(binding, world)) is None:
        return _fix_of_binding(way, binding)
    # OLM chooses the name of a role that a ClusterServiceVersion implies.
    refs = ((held.role, world.find(held.role, binding)) for way in ways for held in way.rules)
    roles = listed(dict.fromkeys(role.named if role and role.implied else f"{ref.kind} {ref.name}" for ref, role in refs))
    if way.account is not None and way.route.target == "account":
        return _fix_of_account(way, roles)
    if way.acting_as and way.rules[0].rule.get("resourceNames"):
        kind, name = way.acting_as.split(" ")
        return f"Remove {name} from the resourceNames in {roles}, unless the program has to act as this {kind}."
    if way.role:
        return f"Remove {way.role} from the resourceNames of bind in {roles}, unless the program binds this role."
    if of_code:
        return _fix_of_code(ways, roles, binding, world)
    # The rest of the role may be about objects without a namespace.
    single = ", or move them to Roles of single namespaces" if way.route.in_namespaces and not way.namespace else ""
    return (
        f"Remove these rights from {roles} if the program does not use them. Otherwise, limit them with resourceNames "
        f"(impossible for create, list and watch){single}, or suppress the finding with your reason."
    )


def _fix_of_binding(way: Escalation, binding: RoleBinding) -> str:
    """Return what to do about a role that the input does not have."""
    if not way.route.in_namespaces:
        return f"Remove the subject from {binding.named}. If a program needs some rights of the role, bind a role with these."
    return f"Bind {' '.join(binding.role)} with RoleBindings, in the namespaces in which the subject works."


def _fix_of_account(way: Escalation, roles: str) -> str:
    """Return what to do about a right to create pods as a service account that may use an SCC."""
    account = way.account[1]
    other = f"move service account {account} to a namespace of its own"
    if account in IN_EVERY_NAMESPACE:
        other = f"grant {way.scc} to a service account in a namespace of its own instead of {account}"
    if way.everything and way.grant is not None and way.grant.role is not None:
        other = (
            f"bind {way.grant.role.kind} {way.grant.role.name} to no service account of a namespace in which others create pods"
        )
    return (
        f"If the program creates the pods of service account {account}, it needs the right to create pods: suppress the finding with "
        f"your reason. Otherwise, remove this right from {roles}, or {other}."
    )


def _fix_of_code(ways: Sequence[Escalation], roles: str, binding: RoleBinding, world: World) -> str:
    """Return what to do about rights that a program needs which creates or binds roles."""
    verbs = listed(way.route.name for way in ways)
    # The code of the repository says nothing about a program that a test or an example installs.
    apart = not _OF_TESTS.isdisjoint(Path(binding.file).parts)
    created = [
        (does, () if apart else created_by_code(world, *kinds), name)
        for does, kinds, name in (_OF_CODE[way.route.name] for way in ways)
    ]
    uses = " or ".join(f"{does} (as {places[0]} does)" if places else does for does, places, _ in created)
    ship = f"ship the {listed(name for *_, name in created)} with its manifests"
    rules = (_rule(binding, way, world) for way in ways)
    if any(rule is not None and "*" in as_list(rule.data.get("verbs")) for rule in rules):
        return (
            f"Replace * (all verbs, {verbs} included) in {roles} with the verbs that the program uses. If it {uses}, {ship}, or "
            f"keep {verbs}."
        )
    if "escalate" in verbs:
        return (
            f"If the program {uses}, {ship}, or suppress this finding. Remove {verbs} from {roles} unless the program then needs "
            f"{'them' if ' and ' in verbs else 'it'}."
        )
    return (
        f"If the program {uses}, limit bind to these roles with resourceNames, or {ship} and remove bind from {roles}. "
        "Otherwise, remove bind."
    )


def _fix_of_place(way: Escalation, binding: RoleBinding, world: World) -> str:
    """Return what to do about rights in a namespace with accounts of OpenShift, or without SCC admission."""
    where = "has OpenShift's own accounts" if way.account is not None else "runs no SCC admission"
    role = world.find(role_of(binding, world))
    remove = "" if role is None else f", or remove these rights from {role.named}"
    return f"Move {binding.named} to the namespace in which the program works{remove}: namespace {way.namespace} {where}."
