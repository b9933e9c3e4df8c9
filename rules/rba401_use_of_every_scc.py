"""
A role allows the verb `use` on SCCs without `resourceNames`, so it grants every SCC, including `privileged`.

Every user with the role may create pods that control the node. For a service account with the role, admission tries its
pods against every SCC, `anyuid` first because of its priority, so they run unconfined unless they set a profile. A `*` as
verb, resource or API group grants the same, and so do the permissions of a ClusterServiceVersion. If a label of the
ClusterRole adds its rules to one of the release's own roles, such as `view` or `cluster-reader`, the finding names that role:
everyone who is bound to it has the grant. A note says so if nothing in the input binds the role.

## How to fix it

List the SCC that the workload needs under `resourceNames`, or bind `system:openshift:scc:NAME`. If the rule has `*` as
resource, `resourceNames` would restrict all of its resources: list the resources that the workload needs instead of `*`.

`scclint fix` leaves this to you: only you know which SCCs the subjects need.

## Before

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
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
    resourceNames: [nonroot-v2]
    verbs: [use]
```
"""

from collections.abc import Iterator

from scclint.admission.rbac import scc_grant
from scclint.api import AccessWord, Problem, Role, View, World, as_list, rule

from ._grants import ATTEMPTS, INSTALLER, aggregated, attempts, bound_elsewhere, bound_to, installed, verb_of_use
from ._markers import MARKER, written_by

SENTENCES = {
    "every-scc": "{object}: grants {everything:every right, with the use of every SCC|the use of every SCC, including privileged}",
    "marker": MARKER,
    "rule": "the rule has {matched}, and no resourceNames[, also to everyone bound to ClusterRole {takers:or}, by its labels]",
    "unbound": "nothing in the input binds the role",
    **ATTEMPTS,
    "installer": INSTALLER,
    "labels": "Move the rule to a ClusterRole without these labels, list the SCC that the subjects need in resourceNames, and bind it "
    "to these subjects only.",
    "all-resources": "Replace * in resources with the resources that the subjects need. If they need an SCC, bind ClusterRole "
    "system:openshift:scc:NAME.",
    # With resourceNames, no object can be created or listed.
    "other-verbs": "Allow use in a rule of its own, with the SCC that the subjects need in resourceNames, and keep in this rule only the "
    "other verbs that they need.",
    "names": "List the SCC that the subjects need in resourceNames, or bind ClusterRole system:openshift:scc:NAME instead.",
}


@rule(
    "RBA401",
    "use-of-every-scc",
    "A role grants the use of every SCC",
    kind="access",
    reach="node",
    on=Role,
    since="0.1",
    sentences=SENTENCES,
    tags=("rbac",),
    security_severity=8.0,
    cwe=(250, 269),
    study=(34, 34),
)
def check(role: Role, world: World) -> Iterator[Problem]:
    using = [
        (item, matched)
        for item in role.rules
        if (matched := scc_grant(item.data, "use")) and not item.data.get("resourceNames")
    ]
    if not using:
        return
    bound, takers, extension = bound_to(role, world), aggregated(role, world), installed(role, world)
    tried = () if bound else attempts(role, world)
    is_used = bool(bound or tried or takers) or bound_elsewhere(role, world)
    for item, matched in using:
        yield Problem(
            "every-scc",
            at=verb_of_use(item),
            facts={
                "everything": {*matched.values()} == {"*"},
                "markers": written_by(item, world),
                "matched": ", ".join(f"{key}: {value}" for key, value in matched.items()),
                "takers": takers,
                "extension": extension,
            },
            notes=("marker", "rule") if is_used else ("marker", "rule", "unbound"),
            help="installer" if extension else _help(item, takers),
            related=tried[:8],
            word=AccessWord("SCC *"),
        )


def _help(item: View, takers: tuple[str, ...]) -> str:
    if takers:
        return "labels"
    if "*" in item.data["resources"]:
        return "all-resources"
    return "names" if set(as_list(item.data.get("verbs"))) == {"use"} else "other-verbs"
