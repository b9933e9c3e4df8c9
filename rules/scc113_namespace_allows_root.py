"""
The annotation `openshift.io/sa.scc.uid-range` of a Namespace begins with user ID 0, so that `restricted-v2` runs every
container that sets no user as root, and also admits `runAsUser: 0`.

SCCs with the strategy MustRunAsRange take the range from this annotation. They use its first ID for a container that sets
none. A user who may edit the Namespace can therefore get root for its pods without any grant of an SCC.

## How to fix it

Remove the annotation, so that OpenShift gives the namespace a range of its own. If a pod needs user ID 0, grant its service
account a custom SCC.

## Before

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations: {openshift.io/sa.scc.uid-range: 0/10000}
```

## After

```yaml
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations: {openshift.io/sa.scc.uid-range: 1000650000/10000}
```
"""

import re
from collections.abc import Iterator

from scclint.advice.effects import effects_of
from scclint.api import AccessWord, Namespace, Problem, Remedy, Remove, World, rule

SENTENCES = {
    "root": "{object}: openshift.io/sa.scc.uid-range: {range} begins with user ID 0, so restricted-v2 runs containers that set no user as root"
}

_FROM_ZERO = r"0+[/-][0-9]+"
"""A range of IDs that begins with 0: `0/10000` has its size, `0-9999` its last ID."""


@rule(
    "SCC113",
    "namespace-allows-root",
    "A namespace's range of user IDs begins with 0",
    kind="access",
    reach="pod",
    on=Namespace,
    since="0.1",
    sentences=SENTENCES,
    tags=("admission", "scc"),
    security_severity=7.0,
    cwe=(250,),
)
def check(namespace: Namespace, world: World) -> Iterator[Problem]:
    field = namespace.field("metadata", "annotations", "openshift.io/sa.scc.uid-range")
    if isinstance(field.value, str) and re.fullmatch(_FROM_ZERO, field.value):
        removal = Remove(field.path)
        yield Problem(
            "root",
            at=field,
            facts={"range": field.value},
            word=AccessWord("user ID 0"),
            remedies=(
                Remedy(
                    "remove the annotation, so that OpenShift gives the namespace a range of its own",
                    effects_of(namespace, world, removal),
                    (removal,),
                ),
            ),
        )
