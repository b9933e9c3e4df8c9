"""
A ClusterRole lets its subjects create, update or patch SCCs. They can widen an SCC that they may use, or add themselves to its
`users`, so they can use any SCC that they write.

A rule with `resourceNames` allows changes of these SCCs only. RBAC never allows `create` by name. A `*` as verb, resource or
API group includes SCCs. The rule is silent for a role that the input binds in single namespaces only, because SCCs belong to
no namespace, and for a rule with `*` that also allows the use of every SCC, which RBA401 reports. Each verb is a
line for each SCC and each service account, user or group, at the first of its roles. A note says so if nothing in the input binds the role.

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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from scclint.admission.rbac import scc_grant
from scclint.api import (
    AccessWord,
    Located,
    Location,
    ObjectRef,
    Problem,
    Role,
    RoleBinding,
    View,
    World,
    as_list,
    grouped,
    rule,
)
from scclint.text import and_more

from ._grants import (
    ATTEMPTS,
    INSTALLER,
    OF_DEFAULT,
    attempts,
    bound_elsewhere,
    created_by_code,
    default_of,
    installed,
    marked_for_deletion,
    reference,
    role_of,
    subjects_of,
)
from ._markers import MARKER, written_by

HELPS = {
    "installer": INSTALLER,
    "replace-wildcards": "Replace * in {wildcards} with what the subjects need. Leave out SCCs unless the program writes them"
    "[ (as {place} does)].",
    "named-sccs": "Remove {verbs} from verbs, unless the program writes these SCCs[ (as {place} does)].",
    "limit": "If the program writes SCCs[ (as {place} does)], limit {changes} to these SCCs with resourceNames in a rule of their own. "
    "Otherwise, remove {verbs} from verbs.",
    "apply": "If the program writes SCCs[ (as {place} does)], let an administrator apply them if you want to remove create. Otherwise, remove "
    "{verbs} from verbs.",
    "limit-and-apply": "If the program writes SCCs[ (as {place} does)], limit {changes} to these SCCs with resourceNames in a rule of their "
    "own and let an administrator apply them if you want to remove create. Otherwise, remove {verbs} from verbs.",
}
SENTENCES = {
    "writes": "{object}: lets {unnamed:its subjects|}[{holder}] {verb} {what}",
    "marker": MARKER,
    "use": "they can use whatever they write into an SCC",
    "unbound": "nothing in the input binds the role",
    "wildcards": "the rule has {matched}",
    **ATTEMPTS,
    "other-rule": "this rule does so, too",
    "binding": "{binding} binds {role}",
    **{code: f"{text}{OF_DEFAULT}" for code, text in HELPS.items()},
}

_WRITES = ("create", "update", "patch")


@rule(
    "RBA406",
    "scc-writable",
    "A role lets its subjects create or change SCCs",
    kind="access",
    reach="cluster",
    on=Role,
    since="0.1",
    sentences=SENTENCES,
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
    writers: _Writers = world.memo(_writers, lambda: _writers(world))
    bindings, holders = writers.bindings.get(own, []), writers.holders.get(own, [])
    tried = () if holders else attempts(role, world, "ClusterRoleBinding")
    # SCCs have no namespace, so that a RoleBinding gives nothing here.
    if bindings and not holders and not tried:
        return
    is_used = bool(holders or tried) or bound_elsewhere(role, world)
    roles = {ref: held for holder in holders for ref, held in writers.roles[holder].items()} | {own: role}
    written = [*chain.from_iterable(map(_written, roles.values()))]
    first, shown, extension = written[0].rule, () if role.implied else holders, installed(role, world)
    places = created_by_code(world, "SecurityContextConstraints")
    given = _given(written)
    help = "installer" if extension else _help(given["all"], given["wildcards"])
    for holder in shown or ("",):
        for verb, name, at in _words(written):
            yield Problem(
                "writes",
                at=at,
                facts={
                    "holder": holder,
                    "holders": shown,
                    "unnamed": not holder,
                    "verb": verb,
                    "what": "SCCs" if name == "*" else f"SCC {name}",
                    "subjects": [holder] if holder else [],
                    "markers": written_by(first, world),
                    "extension": extension,
                    "default_of": default_of(shown),
                    "place": next(iter(places), ""),
                    **given,
                },
                notes=("marker", "use", *(() if is_used else ("unbound",)), "wildcards"),
                related=(*tried[:8], *_other_rules(first, roles), *_bindings(role, bindings)),
                help=help,
                word=AccessWord(f"{verb} SCC {name}", who=holder, reach="cluster"),
            )


def _words(written: Sequence["_Writing"]) -> Iterator[tuple[str, str, Located]]:
    """Yield each verb on each SCC (`*` for all) that rules give, once, and where the verb is written."""
    seen: set[tuple[str, str]] = set()
    for writing in written:
        verbs = as_list(writing.rule.data.get("verbs"))
        for verb in writing.values:
            index = next(index for index, entry in enumerate(verbs) if entry in (verb, "*"))
            for name in writing.names or ("*",):
                if (verb, name) not in seen:
                    seen.add((verb, name))
                    yield verb, name, writing.rule.field("verbs", index)


def _given(written: Sequence["_Writing"]) -> dict[str, Any]:
    """Return the facts of the rights that rules give. The verbs for `all` SCCs are those of rules without names of SCCs."""
    rights = _rights(written)
    wildcards = [*dict.fromkeys(chain.from_iterable(writing.wildcards for writing in written))]
    return {
        "matched": ", ".join(f"{field}: *" for field in wildcards),
        "wildcards": wildcards,
        "verbs": [verb for verb in _WRITES if any(verb in of for of in rights.values())],
        "all": rights["SCCs"],
        "changes": [verb for verb in _WRITES if verb != "create" and verb in rights["SCCs"]],
    }


def _other_rules(first: View, roles: Mapping[ObjectRef, Role]) -> Iterator[Location]:
    """Yield the rules besides the first that let the subjects of the roles write SCCs."""
    giving = (item for held in roles.values() for item in held.rules if _values(item.data))
    also = (item for item in giving if (item.root, item.path) != (first.root, first.path))
    return (Location("other-rule", item.field("verbs")) for item in islice(also, 7))


def _bindings(role: Role, bindings: Sequence[RoleBinding]) -> Iterator[Location]:
    """Yield what binds the role in the whole cluster."""
    wide = islice((binding for binding in bindings if binding.kind == "ClusterRoleBinding"), 8)
    facts = {"role": f"{role.kind} {role.name}"}
    return (Location("binding", binding.place, {**facts, "binding": binding}) for binding in wide if not binding.implied)


class _Writing(NamedTuple):
    """A rule that lets its subjects write SCCs: those of some names, or all if it has none. `values` are what it matches by, for each verb."""

    rule: View
    names: list[str]
    values: Mapping[str, Mapping[str, str]]

    @property
    def wildcards(self) -> Iterator[str]:
        return (field for matched in self.values.values() for field, value in matched.items() if value == "*")


class _Writers(NamedTuple):
    """Who may write SCCs everywhere: the bindings of each ClusterRole, the ClusterRoles of each subject, and the subjects of each first one."""

    bindings: Mapping[ObjectRef, list[RoleBinding]]
    roles: Mapping[str, Mapping[ObjectRef, Role]]
    holders: Mapping[ObjectRef, list[str]]


def _writers(world: World) -> _Writers:
    writing = {reference(role, world): role for role in world.of(Role) if any(_written(role))}
    bound = ((role_of(binding, world), binding) for binding in world.of(RoleBinding))
    bindings = grouped((ref, binding) for ref, binding in bound if ref in writing)
    roles: dict[str, dict[ObjectRef, Role]] = {}
    for binding in (binding for binding in world.of(RoleBinding) if binding.kind == "ClusterRoleBinding"):
        if (ref := role_of(binding, world)) in writing:
            for holder in subjects_of(binding, world):
                roles.setdefault(str(holder), {})[ref] = writing[ref]
    return _Writers(bindings, roles, grouped((next(iter(held)), holder) for holder, held in roles.items()))


def _written(role: Role) -> Iterator[_Writing]:
    """Yield the rules of a role that let its subjects write SCCs."""
    for item in role.rules:
        if values := _writes(item.data):
            yield _Writing(item, list(map(str, as_list(item.data.get("resourceNames")))), values)


def _rights(written: Iterable[_Writing]) -> dict[str, list[str]]:
    """Return the verbs that rules give, by the SCCs that they concern. Those for some by name may add nothing to those for all."""
    rights: dict[str, list[str]] = {"SCCs": []}
    for writing in sorted(written, key=lambda writing: bool(writing.names)):
        known = rights.setdefault(_sccs(writing.names), [])
        known += (verb for verb in writing.values if verb not in (*known, *rights["SCCs"]))
    return rights


def _sccs(names: list[str]) -> str:
    kind = "SCC" if len(names) == 1 else "SCCs"
    return f"{kind} {and_more(names, 3)}" if names else kind


def _help(verbs: Sequence[str], wildcards: Sequence[str]) -> str:
    """Return what to do about the verbs that concern all SCCs. A program that writes SCCs stops without them."""
    if wildcards:
        return "replace-wildcards"
    if not verbs:
        return "named-sccs"
    if "create" not in verbs:
        return "limit"
    return "apply" if set(verbs) == {"create"} else "limit-and-apply"


def _writes(item: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the values by which a rule lets its subjects write SCCs, by verb, without a `*` that RBA401 reports."""
    reported = scc_grant(item, "use") and not item.get("resourceNames")
    return {verb: values for verb, values in _values(item).items() if not (reported and "*" in values.values())}


def _values(item: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the values by which a rule lets its subjects write SCCs, by verb."""
    matched = ((verb, scc_grant(item, verb)) for verb in _WRITES)
    return {verb: values for verb, values in matched if values}
