"""
The day until which a suppression holds has passed, so that what it covered is live again.

The day given with `until` is the last one on which the suppression has an effect. It was set so that somebody would
look again: this is the time.

## How to fix it

Settle what was suppressed and remove the suppression. If the exception is still needed, set a later day and say why.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: node-exporter, namespace: monitoring}
spec:
  containers:
    - name: exporter  # scclint: ignore[SEC203] until release 2.0 runs unprivileged until=2020-06-30
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
    - name: exporter
      image: registry.example/exporter:2
```
"""

from collections.abc import Iterator

from scclint.api import Ignore, Problem, Severity, World, rule


@rule(
    "SUP903",
    "expired-suppression",
    "A suppression has expired",
    severity=Severity.ERROR,
    on=Ignore,
    since="0.1",
    tags=("suppression",),
)
def check(ignore: Ignore, world: World) -> Iterator[Problem]:
    # An entry of the configuration is about files that this run may not have read: it is told where it matters.
    matters = ignore.uses > 0 or ignore.unused or ignore.by != "config"
    if not ignore.expired or ignore.mistake or not matters:
        return
    effect = {0: "", 1: ", so the finding it covered is live again"}.get(
        ignore.uses, f", so the {ignore.uses} findings it covered are live again"
    )
    yield Problem(
        f"the suppression of {', '.join(ignore.rules)} expired: until={ignore.until}{effect}",
        at=ignore,
        settle="Settle the finding and remove the suppression, or set a later day.",
    )
