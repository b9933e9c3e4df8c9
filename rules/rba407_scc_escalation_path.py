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
| update or patch `subscriptions` in every namespace | another source, environment and volumes for the operators that OLM installed |

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
one that may already create pods with such an SCC. Each way of a subject is a line, at the first binding that gives it. If a marker
`+kubebuilder:rbac` in Go code gives the right, the finding names the line of the marker: `make` overwrites the role.

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

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scclint.api import (
    AccessWord,
    Located,
    Location,
    ObjectRef,
    Place,
    Problem,
    Role,
    RoleBinding,
    User,
    View,
    World,
    as_list,
    rule,
)
from scclint.platform.releases import KUBELET_PODS
from scclint.text import listed

from ._accounts import IN_EVERY_NAMESPACE
from ._grants import (
    INSTALLER,
    OF_DEFAULT,
    Subject,
    created_by_code,
    default_of,
    installed,
    marked_for_deletion,
    reference,
    role_of,
    subjects_of,
)
from ._markers import MARKER, written_by

_CREATES_PODS = (
    "If the program creates the pods of service account {account}, it needs the right to create pods: record it with `scclint accept`. "
    "Otherwise, remove {single:this right|these rights} from {roles}, or "
)
HELPS = {
    "installer": INSTALLER,
    "wrong-namespace": "Move {object} to the namespace in which the program works[, or remove these rights from {role}]: namespace {namespace} "
    "{accounts:has OpenShift's own accounts|runs no SCC admission}.",
    "unknown-role": "Remove the subject from {object}. If a program needs some rights of the role, bind a role with these.",
    "unknown-role-in-namespaces": "Bind {role} with RoleBindings, in the namespaces in which the subject works.",
    "account": _CREATES_PODS + "move service account {account} to a namespace of its own.",
    "account-of-openshift": _CREATES_PODS + "grant {scc} to a service account in a namespace of its own instead of {account}.",
    "every-account": _CREATES_PODS + "bind {granting} to no service account of a namespace in which others create pods.",
    "acts-as": "Remove {name} from the resourceNames in {roles}, unless the program has to act as this {kind}.",
    "binds-one-role": "Remove {role} from the resourceNames of bind in {roles}, unless the program binds this role.",
    "code-all-verbs": "Replace * (all verbs, {verbs} included) in {roles} with the verbs that the program uses. If it {uses:or}, ship the "
    "{created} with its manifests, or keep {verbs}.",
    "code-escalates": "If the program {uses:or}, ship the {created} with its manifests, or record the right with "
    "`scclint accept`. Remove {verbs} from {roles} "
    "unless the program then needs {verbs:it|them}.",
    "code-binds": "If the program {uses:or}, limit bind to these roles with resourceNames, or ship the {created} with its manifests and "
    "remove bind from {roles}. Otherwise, remove bind.",
    "kubelets": "Replace nodes/proxy in {roles} with {narrower:or} if the program asks the kubelets themselves for no more than that. A "
    "program that asks through the API server needs nodes/proxy: record it with `scclint accept`. Otherwise, remove it.",
    "rights": "Remove the rights from {roles:2} if the program does not use them. Otherwise, limit them with resourceNames "
    "(not possible for create, list and watch){movable:, or bind them in single namespaces|}.",
}
SENTENCES = {
    "lets": "{object}: lets {subject} {way}",
    # A ClusterServiceVersion implies the binding of one service account, which is its name.
    "implied": "{object}: let it {way}",
    "limited": "enough for this: {requests}",
    "each": "each of these is enough for this: {requests}",
    "enough": "{request} is enough, too",
    "marker": MARKER,
    **{code: f"{text}{OF_DEFAULT}" for code, text in HELPS.items()},
}

Help = tuple[str, Mapping[str, Any]]
"""The code of a sentence of the help, with its facts."""

Escalation = Any
"""A value of `World.escalations`."""

Enough = Any
"""A value of `Escalation.enough`."""

_KINDS: dict[str, Any] = {"service account": "ServiceAccount", "group": "Group", "user": "User"}


@rule(
    "RBA407",
    "scc-escalation-path",
    "A subject can get past the SCCs that it may use",
    kind="access",
    reach="cluster",
    on=RoleBinding,
    since="0.1",
    sentences=SENTENCES,
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
    for subject in subjects_of(binding, world):
        for way in world.escalations(_KINDS[subject.kind], subject.namespace, subject.name):
            if _first_binding(way, subject, world) == ref and (way.of_release or not of_release_only):
                yield _problem(way, subject, binding, world)


def _problem(way: Escalation, subject: Subject, binding: RoleBinding, world: World) -> Problem:
    """Return the problem of one way of a subject."""
    written, place = _rule(binding, way, world), _place(binding, way, world)
    enough = _enough([way], binding, world)
    is_single = [len(some) for _, some in enough] == [1]
    also_enough = _places(enough[0][1], place, binding, world) if len(enough) == 1 else ()
    extension = installed(world.find(way.rules[0].role, binding), world)
    help, of_help = ("installer", {"extension": extension}) if extension else _help(way, binding, world)
    role = " ".join(binding.role)
    return Problem(
        "implied" if binding.implied else "lets",
        at=place,
        facts={
            "subject": subject,
            "subjects": [subject],
            "way": way.phrase,
            "requests": _in_words(enough),
            "single": is_single,
            "default_of": default_of([subject]),
            "markers": written_by(written, world) if written is not None else (),
            **of_help,
        },
        notes=("limited" if is_single or len(enough) > 1 else "each", "marker"),
        related=(*also_enough, *dict.fromkeys(world.steps.of_escalation(way, binding))),
        help=help,
        word=AccessWord(_opens(way), who=subject.who, reach="cluster" if way.gives_all else "node", through=role),
    )


def _enough(ways: Sequence[Escalation], binding: RoleBinding, world: World) -> list[tuple[str, list[Enough]]]:
    """Return the rights that the first ways of subjects take, each with all that gives it."""
    by_right: dict[str, dict[tuple[Any, ...], Enough]] = {}
    for way in ways:
        for right, enough in zip(way.route.rights, way.enough(world.cluster.kubernetes_minor), strict=True):
            found = by_right.setdefault(right, {})
            for one in enough:
                found.setdefault(_source(one, binding, world), one)
    return [(right, [*found.values()]) for right, found in by_right.items()]


def _source(one: Enough, binding: RoleBinding, world: World) -> tuple[Any, ...]:
    """Return what tells one reason for a right from others: the rule, or the binding for the rules of a role that the input does not have."""
    held = one.held
    return (held.role, held.index, one.verbs, one.resources) if world.find(held.role, binding) else (held.binding,)


def _in_words(enough: Sequence[tuple[str, Sequence[Enough]]]) -> str:
    """Return all requests that are enough for each right."""
    requests = [_requests(*of_right) for of_right in enough]
    return "; ".join(requests[0]) if len(requests) == 1 else "; and ".join(listed(texts, "or") for texts in requests)


def _requests(right: str, enough: Sequence[Enough]) -> list[str]:
    """Return the requests that are enough for a right in words."""
    texts = list(dict.fromkeys(map(str, enough)))
    if right == "create pods" and not any("pods" in one.resources for one in enough):
        texts[-1] += ", whose controllers create pods"
    return texts


def _places(enough: Sequence[Enough], place: Located, binding: RoleBinding, world: World) -> Iterator[Location]:
    """Yield where roles have what is enough for a right, besides `place`."""
    for one in enough:
        role = world.find(one.held.role, binding)
        rule = role.rule(one.held.index) if isinstance(role, Role) else None
        fields = [rule.field(one.field, entry) for entry in one.entries] if rule is not None else []
        others = (field for field in fields if field.span != place.span)
        yield from (Location("enough", Place(field.span), {"request": str(one)}, label="enough as well") for field in others)


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
    """Return the resource or verb in the rule of the role that gives the right; without that, the roleRef.name of the binding."""
    name, written = binding.field("roleRef", "name"), _rule(binding, way, world)
    if written is None:
        return name if name.present else binding.place
    field, names = way.decisive
    index = next((index for index, name in enumerate(as_list(written.data.get(field))) if name in names), None)
    right = written.field("verbs") if index is None else written.field(field, index)
    return right if written.root is binding.root else Place(right.span)


_KUBELETS = "reach kubelets"
"""The right to nodes/proxy."""

_OF_CODE = {
    "bind": ("binds roles", ("ClusterRoleBinding", "RoleBinding"), "bindings"),
    "escalate": ("creates roles", ("ClusterRole", "Role"), "roles"),
}
"""For a route, what a program does that needs it, and the kinds and the name of the objects that it then creates."""


def _help(way: Escalation, binding: RoleBinding, world: World) -> Help:
    """Return what to do about a way."""
    of_code = not way.role and way.route.name in _OF_CODE
    role = world.find(role_of(binding, world))
    if way.of_release and way.namespace:
        return "wrong-namespace", {"role": role, "namespace": way.namespace, "accounts": way.account is not None}
    if role is None:
        code = "unknown-role-in-namespaces" if way.route.in_namespaces else "unknown-role"
        return code, {"role": " ".join(binding.role)}
    # OLM chooses the name of a role that a ClusterServiceVersion implies.
    refs = ((held.role, world.find(held.role, binding)) for some in way.giving for held in some)
    roles = [role.named if role and role.implied else f"{ref.kind} {ref.name}" for ref, role in refs]
    if way.account is not None and way.route.target == "account":
        return _help_for_account(way, roles)
    if way.acting_as and way.rules[0].rule.get("resourceNames"):
        kind, name = way.acting_as.split(" ")
        return "acts-as", {"name": name, "kind": kind, "roles": roles}
    if way.role:
        return "binds-one-role", {"role": way.role, "roles": roles}
    if of_code:
        return _help_for_code(way, roles, binding, world)
    if _KUBELETS in way.route.rights:
        narrower = ["nodes/metrics", "nodes/stats", *["nodes/pods"] * KUBELET_PODS.holds(world.cluster.kubernetes_minor)]
        return "kubelets", {"roles": roles, "narrower": narrower}
    # The rest of the role may be about objects without a namespace.
    return "rights", {"roles": roles, "movable": way.route.in_namespaces and not way.namespace}


def _help_for_account(way: Escalation, roles: Sequence[str]) -> Help:
    """Return what to do about a right to create pods as a service account that may use an SCC."""
    facts = {"account": way.account[1], "roles": roles, "scc": way.scc}
    if way.everything and way.grant is not None and way.grant.role is not None:
        return "every-account", {**facts, "granting": f"{way.grant.role.kind} {way.grant.role.name}"}
    return "account-of-openshift" if way.account[1] in IN_EVERY_NAMESPACE else "account", facts


def _help_for_code(way: Escalation, roles: Sequence[str], binding: RoleBinding, world: World) -> Help:
    """Return what to do about a right that a program needs which creates or binds roles."""
    does, kinds, created = _OF_CODE[way.route.name]
    places = created_by_code(world, *kinds)
    facts = {
        "verbs": [way.route.name],
        "roles": roles,
        "uses": [f"{does} (as {places[0]} does)" if places else does],
        "created": [created],
    }
    written = _rule(binding, way, world)
    if written is not None and "*" in as_list(written.data.get("verbs")):
        return "code-all-verbs", facts
    return "code-escalates" if way.route.name == "escalate" else "code-binds", facts
