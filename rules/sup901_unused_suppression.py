"""
A suppression has no effect: nothing that it covers has the finding it names, or it cannot be understood.

A suppression that outlives its finding hides the next one that appears in its place, and tells readers of a risk that
is no longer taken. One that is misspelt gives a false sense of having been heard.

Only rules that ran are counted: a suppression of an info rule is not called unused when info rules were not asked
for, nor is an entry of the configuration when only some of the files below it were linted.

## How to fix it

Remove the suppression, or take the rule that is no longer needed out of its list. Where the message says that it
cannot be understood, write it as one of

- `# scclint: ignore[SEC201] reason` on the line of the finding or the line above,
- `# scclint: ignore-file[SEC201] reason` anywhere in the file,
- the annotation `scclint.dev/ignore: "SEC201: reason"` on the object or its pod template; `container/NAME: SEC201: reason`
  narrows it to a container,
- an entry of `ignores` in the configuration.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  containers:
    # scclint: ignore[SEC2O1] the vendor's image needs it
    - name: web
      image: registry.example/web:1
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-public}
spec:
  containers:
    # scclint: ignore[SEC201] the vendor's image needs it
    - name: web
      image: registry.example/web:1
```
"""

from collections.abc import Iterator

from scclint.api import Ignore, Problem, Severity, World, rule

WRITTEN = {"comment": "comment", "annotation": "annotation", "config": "entry of the configuration"}


@rule(
    "SUP901",
    "unused-suppression",
    "A suppression covers no finding",
    severity=Severity.WARNING,
    on=Ignore,
    since="0.1",
    tags=("suppression",),
)
def check(ignore: Ignore, world: World) -> Iterator[Problem]:
    if ignore.mistake:
        effect = "suppresses less than it says" if ignore.uses else "suppresses nothing"
        yield Problem(f"this {WRITTEN[ignore.by]} {effect}: {ignore.mistake}", at=ignore, settle="Correct it, or remove it.")
    elif ignore.unused and not ignore.expired:
        unused = ", ".join(ignore.unused)
        yield Problem(
            f"the suppression of {unused} covers no finding",
            at=ignore,
            settle="Remove it." if ignore.unused == ignore.rules else f"Take {unused} out of its list.",
        )
