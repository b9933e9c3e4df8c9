"""
A role grants the use of an SCC that neither the release nor the input has, so it grants nothing. The same is true for a
binding to a role of the release whose SCC does not exist, such as `system:openshift:scc:hostmount`.

Nothing reports the mistake: RBAC accepts any name under `resourceNames`, and another SCC admits the pods or they are
rejected. A common mistake is `host`, because several SCCs have names that begin with it. Another is `"*"`, because
`resourceNames` has no wildcard.

## How to fix it

Write the name of an SCC that exists. The finding suggests none that opens the node. If you mean a custom SCC, add it to
the input (`--cluster-state`). The rule does not report a role that may also create SCCs, because such a role may create the
SCC that it names. It also does not report an SCC that another unit of the run defines.

`scclint fix` leaves this to you: the name that was meant may grant more than it seems to.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: shop}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [nonroot-v3]
    verbs: [use]
```

## After

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: shop}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [nonroot-v2]
    verbs: [use]
```
"""

import re
from collections.abc import Iterator
from itertools import islice

from scclint.admission.rbac import scc_grant
from scclint.advice.sccs import opened
from scclint.api import ApiObject, Problem, Role, RoleBinding, Severity, World, rule
from scclint.cluster.addons import brings
from scclint.limits import MAX_SCC_SUGGESTIONS
from scclint.platform.terms import SCC_ROLE_PREFIX
from scclint.text import closest_match

from ._grants import reach, role_of, role_place

SENTENCES = {
    "wildcard": '{object}: resourceNames lists "*", which is not a wildcard there, and no SCC has this name',
    "lists": "{object}: resourceNames lists SCC {scc}, but neither the release nor the input has it",
    "binds": "{object}: binds {role}, but neither the release nor the input has SCC {scc}",
    "list": "List the SCC that the subjects need.",
    "similar": "If you mean {similar:or}, write that name. If SCC {scc} exists in the cluster, add it to the input (--cluster-state).",
    "correct": "Correct the name. If SCC {scc} exists in the cluster, add it to the input (--cluster-state).",
}

NAME = r"\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
"""A valid name of an SCC, or `*`. Any other text is a placeholder."""


@rule(
    "RBA404",
    "grant-of-missing-scc",
    "A grant names an SCC that does not exist",
    severity=Severity.WARNING,
    on=ApiObject,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac", "scc"),
    references=("https://kubernetes.io/docs/reference/access-authn-authz/rbac/",),
    study=(3, 3),
)
def check(subject: ApiObject, world: World) -> Iterator[Problem]:
    if world.cluster.platform == "kubernetes":
        return
    if isinstance(subject, Role):
        yield from _in_role(subject, world)
    elif isinstance(subject, RoleBinding):
        yield from _in_binding(subject, world)


def _in_role(role: Role, world: World) -> Iterator[Problem]:
    if any(scc_grant(item.data, "create") for item in role.rules):
        return
    for item in role.rules:
        names = item.data.get("resourceNames")
        if not isinstance(names, list) or not scc_grant(item.data, "use"):
            continue
        for index, name in enumerate(names):
            if not isinstance(name, str) or not re.fullmatch(NAME, name) or not _is_missing(name, world):
                continue
            similar = _similar(name, world)
            yield Problem(
                "wildcard" if name == "*" else "lists",
                at=item.field("resourceNames", index),
                facts={"scc": name, "similar": similar},
                help="list" if name == "*" else _help(similar),
                cause="missing SCC",
            )


def _in_binding(binding: RoleBinding, world: World) -> Iterator[Problem]:
    role = role_of(binding, world)
    scc = role.name.removeprefix(SCC_ROLE_PREFIX)
    if role.kind != "ClusterRole" or scc == role.name or not re.fullmatch(NAME, scc) or not _is_missing(scc, world):
        return
    if world.find(role) is None and reach(binding, world) is None:
        similar = _similar(scc, world)
        yield Problem(
            "binds",
            at=role_place(binding, world, scc),
            facts={"role": role.name, "scc": scc, "similar": similar},
            help=_help(similar),
        )


def _is_missing(scc: str, world: World) -> bool:
    """Whether neither the cluster nor another unit of the run has the SCC, and no add-on that scclint knows brings it."""
    return scc not in world.cluster.sccs and not world.other_units.defines_scc(scc) and not brings(scc)


def _suggestions(name: str, world: World) -> list[str]:
    """Return the SCCs whose names begin with `name`, else the one with the closest name, if any. A guess must not open the node."""
    sccs = [scc for scc in islice(world.cluster.sccs, 200) if len(scc) < 64 and not opened(scc, world)]
    longer = [scc for scc in sorted(sccs) if scc.startswith(name)]
    return longer or list(filter(None, [closest_match(name[:64], sccs, cutoff=0.6)]))


def _similar(name: str, world: World) -> list[str]:
    """Return the SCCs that the name of a missing one may mean."""
    hints: dict[str, list[str]] = world.memo(_similar, dict)
    if name not in hints:
        # A comparison with every SCC is slow, so an input with very many missing names gets no more suggestions.
        hints[name] = _suggestions(name, world) if len(hints) < MAX_SCC_SUGGESTIONS else []
    return hints[name]


def _help(similar: list[str]) -> str:
    return "similar" if similar else "correct"
