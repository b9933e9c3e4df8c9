"""
A role lets its subjects use an SCC that neither the release nor the input has, so that it grants nothing. The same
holds for a binding to a role of the release's own whose SCC does not exist, such as `system:openshift:scc:hostmount`.

Nothing complains: RBAC takes any name under `resourceNames`, and the pods are admitted by another SCC or refused.
`host`, for which there is `hostaccess`, is a classic, as is `"*"`: `resourceNames` knows no wildcard.

## How to fix it

Write the name of an SCC that exists. For a custom SCC, make it part of the input (`--cluster-state`). A role that may also
create SCCs is taken to bring its own, and not reported.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: agent, namespace: monitoring}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [host]
    verbs: [use]
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: agent, namespace: monitoring}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [hostaccess]
    verbs: [use]
```
"""

import re
from collections.abc import Iterator
from itertools import islice

from scclint.api import ApiObject, Problem, Role, RoleBinding, Severity, View, World, rule

from ._grants import reach, role_of, role_place
from ._words import listed

OWN_ROLE = "system:openshift:scc:"
NAME = r"\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
"""What an SCC can be called, and `*`. Anything else is a placeholder still to be filled in."""


@rule(
    "RBA404",
    "grant-of-missing-scc",
    "A grant names an SCC that does not exist",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    tags=("rbac", "scc"),
    references=("https://kubernetes.io/docs/reference/access-authn-authz/rbac/",),
)
def check(subject: ApiObject, world: World) -> Iterator[Problem]:
    if world.cluster.platform != "openshift":
        return
    if isinstance(subject, Role):
        yield from _in_role(subject, world)
    elif isinstance(subject, RoleBinding):
        yield from _in_binding(subject, world)


def _in_role(role: Role, world: World) -> Iterator[Problem]:
    if any(_sccs(item, "create") for item in role.rules):
        return
    for item in role.rules:
        names = item.data.get("resourceNames")
        if not isinstance(names, list) or not _sccs(item, "use"):
            continue
        for index, name in enumerate(names):
            if not isinstance(name, str) or name in world.cluster.sccs or not re.fullmatch(NAME, name):
                continue
            fact = (
                'resourceNames has "*", which is no wildcard there but the name of an SCC that does not exist'
                if name == "*"
                else f"resourceNames has {name}, and neither the release nor the input has an SCC of that name"
            )
            yield Problem(f"{role.named}: {fact}", at=item.field("resourceNames", index), settle=_settle(name, world))


def _in_binding(binding: RoleBinding, world: World) -> Iterator[Problem]:
    role = role_of(binding, world)
    scc = role.name.removeprefix(OWN_ROLE)
    if role.kind != "ClusterRole" or scc == role.name or scc in world.cluster.sccs or not re.fullmatch(NAME, scc):
        return
    if world.find(role) is None and reach(binding, world) is None:
        yield Problem(
            f"{binding.named}: binds {role.name}, and neither the release nor the input has an SCC {scc}",
            at=role_place(binding, world, scc),
            settle=_settle(scc, world),
        )


def _sccs(item: View, verb: str) -> bool:
    """Whether a rule allows the verb on SCCs. `create` by name is never allowed, as the name is not known beforehand."""
    if verb == "create" and item.data.get("resourceNames"):
        return False
    wanted = (("apiGroups", "security.openshift.io"), ("resources", "securitycontextconstraints"), ("verbs", verb))
    return all(isinstance(item.data.get(key), list) and {"*", word} & _texts(item.data[key]) for key, word in wanted)


_MOST_HINTS = 50


def _near(name: str, world: World) -> list[str]:
    from difflib import get_close_matches

    sccs = [scc for scc in islice(world.cluster.sccs, 200) if len(scc) < 64]
    return [scc for scc in sorted(sccs) if scc.startswith(name)] or get_close_matches(name[:64], sccs, 2)


def _texts(values: list[object]) -> set[object]:
    return {value for value in values if isinstance(value, str)}


def _settle(name: str, world: World) -> str:
    if name == "*":
        return "Name the SCC that is needed."
    hints: dict[str, list[str]] = world.memo(_near, dict)
    if name not in hints:
        # Names are compared letter by letter, which is more than it is worth for the hundredth.
        hints[name] = _near(name, world) if len(hints) < _MOST_HINTS else []
    near = hints[name]
    meant = f"Write {listed(near, 'or')} if that is meant" if near else "Correct the name"
    return f"{meant}, or make the SCC part of the input (--cluster-state)."
