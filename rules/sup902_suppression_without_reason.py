"""
A suppression does not give a reason.

The next reader of the manifest cannot tell an accepted risk from a forgotten one, and nobody dares to remove the suppression.

## How to fix it

Add the reason in a few words: what needs the exception, or who accepted the risk. Add an expiry date, such as
`until=2027-01-31`, so that you review the exception again.

`scclint fix` leaves this to you: only you know the reason.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: node-exporter, namespace: monitoring}
spec:
  containers:
    - name: exporter  # scclint: ignore[SEC203]
      image: registry.example/exporter:1
      securityContext: {privileged: true}
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: node-exporter, namespace: monitoring}
spec:
  containers:
    - name: exporter  # scclint: ignore[SEC203] reads the devices of the host, accepted by the platform team
      image: registry.example/exporter:1
      securityContext: {privileged: true}
```
"""

from collections.abc import Iterator

from scclint.api import Ignore, Problem, Severity, World, rule


@rule(
    "SUP902",
    "suppression-without-reason",
    "A suppression has no reason",
    severity=Severity.INFO,
    on=Ignore,
    since="0.1",
    tags=("suppression",),
)
def check(ignore: Ignore, world: World) -> Iterator[Problem]:
    if not ignore.reason and not ignore.mistake:
        rules = ", ".join(ignore.rules)
        yield Problem(
            f"the suppression of {rules} has no reason",
            at=ignore,
            settle="Add the reason: what needs the exception, or who accepted the risk.",
        )
