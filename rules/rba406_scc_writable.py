"""
A ClusterRole lets its subjects create, update or patch SCCs. They can widen an SCC that they may use, or add themselves to its
`users`, so they can use any SCC that they write.

A rule with `resourceNames` allows changes of these SCCs only. RBAC never allows `create` by name. A `*` as verb, resource or
API group includes SCCs. The rule is silent for a role that the input binds in single namespaces only, because SCCs belong to
no namespace, and for a rule with `*` that also allows the use of every SCC, which RBA401 reports. A service account, user or group gets
one finding, at the first of its roles. The severity is warning if nothing in the input binds the role.

If a marker `+kubebuilder:rbac` in Go code gives the right, the finding names the line of the marker: `make` overwrites the role.

## How to fix it

Replace a `*` with what the subjects need. Then find out whether the code of the application writes SCCs: an operator that creates its
SCC stops without the right. If it does not, remove these verbs. If it does, limit `update` and `patch` to its SCCs with
`resourceNames`. To do without `create` as well, let an administrator apply the SCC before the application starts, and grant the
service account the use of this SCC only. An account as which OLM v1 installs a ClusterExtension needs what the roles of the bundle grant.

`scclint fix` leaves this to you: scclint never takes a right away that may be needed.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    verbs: [get, create, update]
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    verbs: [get]
```
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.api import (
    ObjectRef,
    Problem,
    Related,
    Role,
    RoleBinding,
    Severity,
    View,
    World,
    and_more,
    as_list,
    grouped,
    listed,
    rule,
    scc_grant,
)

from ._grants import (
    aggregated,
    bound_to,
    created_by_code,
    installer_help,
    marked_for_deletion,
    reference,
    role_of,
    subjects_of,
)
from ._markers import written_by

_WRITES = ("create", "update", "patch")


@rule(
    "RBA406",
    "scc-writable",
    "A role lets its subjects create or change SCCs",
    severity=Severity.ERROR,
    on=Role,
    since="0.1",
    tags=("rbac", "scc"),
    security_severity=8.0,
    cwe=(250, 269),
    study=(28, 28),
)
def check(role: Role, world: World) -> Iterator[Problem]:
    # Few roles write SCCs, and a cluster has hundreds of bindings.
    if role.kind != "ClusterRole" or marked_for_deletion(role) or not any(_written(role)):
        return
    own = reference(role, world)
    by_role = world.memo((check,), lambda: grouped((role_of(binding, world), binding) for binding in world.of(RoleBinding)))
    bindings = by_role.get(own, [])
    cluster_wide = [binding for binding in bindings if binding.kind == "ClusterRoleBinding"]
    roles_of = world.memo(_roles_of, lambda: _roles_of(world))
    everyone = (str(holder) for binding in cluster_wide for holder in subjects_of(binding, world))
    holders = [holder for holder in everyone if next(iter(roles_of[holder])) == own]
    if bindings and not holders:
        return
    roles = {ref: held for holder in holders for ref, held in roles_of[holder].items()} | {own: role}
    written = [rule for held in roles.values() for rule in _written(held)]
    rights: dict[str, list[str]] = {"SCCs": []}
    opens = []
    # The rules for all SCCs first: those for some by name may add nothing.
    for item, matched in sorted(written, key=lambda rule: bool(rule[0].data.get("resourceNames"))):
        named = list(map(str, as_list(item.data.get("resourceNames"))))
        opens += [f"{verb} {name}" for verb in matched for name in named or "*"]
        known = rights.setdefault(_sccs(named), [])
        known += (verb for verb in matched if verb not in (*known, *rights["SCCs"]))
    wildcards = list(
        dict.fromkeys(
            field for _, by_verb in written for matched in by_verb.values() for field, value in matched.items() if value == "*"
        )
    )
    giving = (item for held in roles.values() for item in held.rules if any(scc_grant(item.data, verb) for verb in _WRITES))
    also = [item for item in giving if (item.root, item.path) != (written[0][0].root, written[0][0].path)]
    lets = [f"{listed(sorted(verbs, key=_WRITES.index))} {sccs}" for sccs, verbs in rights.items() if verbs]
    shown = and_more(holders, 2) if holders and not role.implied else "its subjects"
    yield Problem(
        f"{role.named}: lets {shown} {listed(lets)}",
        notes=(
            *written_by(written[0][0], world),
            "they can use whatever they write into an SCC",
            *(["nothing in the input binds the role"] if not holders else []),
            *([f"the rule has {', '.join(f'{field}: *' for field in wildcards)}"] if wildcards else ()),
        ),
        at=written[0][0].field("verbs"),
        opens=tuple(dict.fromkeys(opens)),
        cause=bound_to(role, world),
        related=(
            *(Related("this rule does so, too", item.field("verbs").span) for item in also[:7]),
            *(
                Related(f"{binding.named} binds {role.kind} {role.name}", binding.place.span)
                for binding in cluster_wide[:8]
                if not binding.implied
            ),
        ),
        help=installer_help(role, world) or _fix(rights, wildcards, created_by_code(world, "SecurityContextConstraints")),
        severity=None if holders or aggregated(role, world) else Severity.WARNING,
    )


def _roles_of(world: World) -> dict[str, dict[ObjectRef, Role]]:
    """Return the ClusterRoles by which each subject may write SCCs everywhere."""
    writing = {reference(role, world): role for role in world.of(Role) if any(_written(role))}
    roles: dict[str, dict[ObjectRef, Role]] = {}
    for binding in (binding for binding in world.of(RoleBinding) if binding.kind == "ClusterRoleBinding"):
        if (ref := role_of(binding, world)) in writing:
            for holder in subjects_of(binding, world):
                roles.setdefault(str(holder), {})[ref] = writing[ref]
    return roles


def _written(role: Role) -> Iterator[tuple[View, dict[str, dict[str, str]]]]:
    """Yield the rules of a role that let its subjects write SCCs, with the values by which they do."""
    return ((item, matched) for item in role.rules if (matched := _writes(item.data)))


def _sccs(names: list[str]) -> str:
    kind = "SCC" if len(names) == 1 else "SCCs"
    return f"{kind} {and_more(names, 3)}" if names else kind


def _fix(rights: Mapping[str, list[str]], wildcards: list[str], places: list[str]) -> str:
    """Return what to do about the verbs, by the SCCs that they concern. A program that writes SCCs stops without them."""
    place = f" (as {places[0]} does)" if places else ""
    if wildcards:
        return f"Replace * in {listed(wildcards)} with what the subjects need. Leave out SCCs unless the program writes them{place}."
    verbs = listed(verb for verb in _WRITES if any(verb in of for of in rights.values()))
    changes = [verb for verb in _WRITES if verb != "create" and verb in rights["SCCs"]]
    ways = [f"limit {listed(changes)} to these SCCs with resourceNames in a rule of their own"] if changes else []
    if "create" in rights["SCCs"]:
        ways.append("let an administrator apply them if you want to remove create")
    if not ways:
        return f"Remove {verbs} from verbs, unless the program writes these SCCs{place}."
    return f"If the program writes SCCs{place}, {listed(ways)}. Otherwise, remove {verbs} from verbs."


def _writes(item: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the values by which a rule lets its subjects write SCCs, by verb, without a `*` that RBA401 reports."""
    reported = scc_grant(item, "use") and not item.get("resourceNames")
    matched = ((verb, scc_grant(item, verb)) for verb in _WRITES)
    return {verb: values for verb, values in matched if values and not (reported and "*" in values.values())}
