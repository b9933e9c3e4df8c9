"""
A ClusterRole lets its subjects create, update or patch SCCs. They can widen an SCC that they may use, or add themselves to its
`users`, so they can use any SCC that they write.

A rule with `resourceNames` allows changes of these SCCs only. RBAC never allows `create` by name. A `*` as verb, resource or
API group includes SCCs. The rule is silent for a role that the input binds in single namespaces only, because SCCs belong to
no namespace, and for a rule with `*` that also allows the use of every SCC, which RBA401 reports.

## How to fix it

Replace a `*` with what the subjects need. Then find out whether the code of the application writes SCCs: an operator that creates its
SCC stops without the right. If it does not, remove these verbs. If it does, limit `update` and `patch` to its SCCs with
`resourceNames`. To do without `create` as well, let an administrator apply the SCC before the application starts, and grant the
service account the use of this SCC only.

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

from scclint.api import Problem, Related, Role, RoleBinding, Severity, World, and_more, listed, rule, scc_grant

from ._grants import marked_for_deletion, reference, role_of, subjects_of

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
    written = [(item, matched) for item in role.rules if (matched := _writes(item.data))]
    # Few roles write SCCs, and a cluster has hundreds of bindings.
    if role.kind != "ClusterRole" or marked_for_deletion(role) or not written:
        return
    bindings = [binding for binding in world.of(RoleBinding) if role_of(binding, world) == reference(role, world)]
    cluster_wide = [binding for binding in bindings if binding.kind == "ClusterRoleBinding"]
    if bindings and not cluster_wide:
        return
    holders = [str(holder) for binding in cluster_wide for holder in subjects_of(binding, world)]
    for item, matched in written:
        verbs = list(matched)
        wildcards = list(dict.fromkeys(field for values in matched.values() for field, value in values.items() if value == "*"))
        names = item.data.get("resourceNames")
        named = isinstance(names, list) and names
        sccs = f"SCC{'s' if len(names) > 1 else ''} {and_more(map(str, names), 3)}" if named else "SCCs"
        yield Problem(
            f"{role.named}: lets {and_more(holders, 2) if holders and not role.implied else 'its subjects'} {listed(verbs)} {sccs}",
            notes=(
                "they can use whatever they write into an SCC",
                *([f"the rule has {', '.join(f'{field}: *' for field in wildcards)}"] if wildcards else ()),
            ),
            at=item.field("verbs"),
            opens=tuple(f"{verb} {name}" for verb in verbs for name in (names if named else "*")),
            related=tuple(
                Related(f"{binding.named} binds {role.kind} {role.name}", binding.place.span)
                for binding in cluster_wide[:8]
                if not binding.implied
            ),
            help=_fix(verbs, wildcards, named=bool(named)),
        )


def _fix(verbs: list[str], wildcards: list[str], *, named: bool) -> str:
    """Return what to do about the verbs. An operator whose own code writes SCCs stops without them."""
    if wildcards:
        return f"Replace * in {listed(wildcards)} with what the subjects need. Leave out SCCs unless their code writes them."
    if named:
        return f"Remove {listed(verbs)} from verbs if the operator's code does not write these SCCs."
    changes = [verb for verb in verbs if verb != "create"]
    ways = [f"limit {listed(changes)} to its SCCs with resourceNames"] if changes else []
    if "create" in verbs:
        ways.append("let an administrator apply its SCCs before it starts, and remove create")
    return f"If the operator's code writes SCCs, {listed(ways)}. Otherwise, remove {listed(verbs)} from verbs."


def _writes(item: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the values by which a rule lets its subjects write SCCs, by verb, without a `*` that RBA401 reports."""
    reported = scc_grant(item, "use") and not item.get("resourceNames")
    matched = ((verb, scc_grant(item, verb)) for verb in _WRITES)
    return {verb: values for verb, values in matched if values and not (reported and "*" in values.values())}
