"""
An entry of an SCC's `users` or `groups` matches nobody. Admission compares the entries with the names of users and groups
letter by letter. It knows no wildcards. The subject that the author meant does not get the SCC.

A service account is the user `system:serviceaccount:NAMESPACE:NAME`. All service accounts of a namespace are the group
`system:serviceaccounts:NAMESPACE`.

## How to fix it

Write the full name of the user or group, in the list for its kind. Better, leave both lists empty, and grant the SCC with a
RoleBinding to a Role that allows `use` of it.

`scclint fix` leaves this to you: a corrected entry grants the SCC to a subject.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
users: ["system:serviceaccount:shop:*"]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [runtime/default]
users: ["system:serviceaccount:shop:agent"]
```
"""

from collections.abc import Iterator

from scclint.api import (
    SERVICE_ACCOUNT_PREFIX,
    SERVICE_ACCOUNTS_OF,
    Problem,
    SecurityContextConstraints,
    Severity,
    World,
    in_plain_words,
    is_open,
    rule,
)


@rule(
    "SCC314",
    "scc-subject-never-matches",
    "An entry of an SCC's users or groups matches nobody",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.2",
    tags=("scc",),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    for name in ("users", "groups"):
        values = scc.field(name).value
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if not isinstance(value, str) or is_open(value) or in_plain_words(value):
                continue
            reason, fix = _never_matches(name, value)
            if reason:
                yield Problem(
                    f"SCC {scc.name}: {name} lists {value}, which matches nobody, because {reason}",
                    at=scc.field(name, index),
                    help=fix,
                    subjects=(value,),
                )


def _never_matches(name: str, value: str) -> tuple[str, str]:
    """Return why an entry matches nobody, as a clause, and the fix; both empty if it may match a user."""
    if "*" in value:
        return "SCCs know no wildcards", f"List each {name.removesuffix('s')} by its full name."
    if name == "groups" and value.startswith(SERVICE_ACCOUNT_PREFIX):
        return "it is the name of a user", f"Move {value} to users."
    if name == "users" and value.startswith(SERVICE_ACCOUNTS_OF):
        return "it is the name of a group", f"Move {value} to groups."
    full = f"{SERVICE_ACCOUNT_PREFIX}NAMESPACE:NAME"
    if value.startswith(SERVICE_ACCOUNT_PREFIX) and not all([*value.split(":")[2:], value.count(":") == 3]):
        return f"a service account is {full}", f"Write {full}."
    return "", ""
