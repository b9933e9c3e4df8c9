"""
A suppression has no effect: no finding matches it, or scclint cannot read it.

A suppression that outlives its finding hides the next finding in the same place, and readers believe that a risk is still
accepted. A misspelled suppression hides nothing, although its author believes that it does.

scclint reports a suppression only if its rules ran. It does not report an entry of the configuration if the run covers only some of the
files of the entry, nor an entry of `.scclint-accepted.yaml` if the run does not cover the folder of the file.

## How to fix it

`scclint accept` removes acceptances without a fact. Remove another suppression, or remove the rule that it no longer needs from its list.
If scclint cannot read the suppression, write it
in one of these forms:

- `# scclint: ignore[SEC201] reason` on the line of the finding or the line above,
- `# scclint: ignore-file[SEC201] reason` anywhere in the file,
- the annotation `scclint.dev/ignore: "SEC201: reason"` on the object or its pod template; `container/NAME: SEC201: reason`
  limits it to a container,
- an entry of `ignores` in the configuration.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            # scclint: ignore[SCC1O7] the files of the database belong to it
            runAsUser: 1001
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-nonroot, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:nonroot-v2
subjects:
  - {kind: ServiceAccount, name: web}
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            # scclint: ignore[SCC107] the files of the database belong to it
            runAsUser: 1001
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-nonroot, namespace: shop}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:openshift:scc:nonroot-v2
subjects:
  - {kind: ServiceAccount, name: web}
```
"""

from collections.abc import Iterator

from scclint.api import Ignore, Problem, Severity, World, rule

SENTENCES = {
    "mistake": "this {written} {partly:suppresses only a part of what it lists|suppresses nothing}: {mistake}",
    "correct": "Correct it or remove it.",
    "unused": "the suppression of {unused} matches no finding",
    "remove": "Remove the suppression.",
    "accepted": "the acceptance of {unused} matches no fact",
    "accept-again": "Run `scclint accept`, which removes it.",
    "remove-some": "Remove {unused} from its list.",
}

WRITTEN = {"comment": "comment", "annotation": "annotation", "config": "entry of the configuration"}


@rule(
    "SUP901",
    "unused-suppression",
    "A suppression matches no finding",
    severity=Severity.WARNING,
    on=Ignore,
    since="0.1",
    sentences=SENTENCES,
    tags=("suppression",),
)
def check(ignore: Ignore, world: World) -> Iterator[Problem]:
    if ignore.mistake:
        facts = {"written": WRITTEN[ignore.by], "partly": bool(ignore.uses), "mistake": ignore.mistake}
        yield Problem("mistake", at=ignore, facts=facts, help="correct")
    elif ignore.by == "accepted":
        yield Problem(
            "accepted", at=ignore, facts={"unused": ", ".join(ignore.unused)}, what=ignore.unused[0], help="accept-again"
        )
    elif ignore.unused and not ignore.expired:
        help = "remove" if ignore.unused == ignore.rules else "remove-some"
        yield Problem("unused", at=ignore, facts={"unused": ", ".join(ignore.unused)}, help=help)
