"""
A mapping has the same key twice. The cluster takes the last one and drops the first without a word, with all that
stands below it.

Reviewers see the first. A second `securityContext:` in a container that was written elsewhere, or pasted in by a
template, takes the place of the whole first one: its `seccompProfile`, its `runAsNonRoot`, everything. Newer clients
warn (`kubectl --validate=warn`) or refuse (`--validate=strict`); most other tools do not.

## How to fix it

Keep one of the two. Where both are mappings and both were meant, put their keys together under one.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        allowPrivilegeEscalation: false
      securityContext:
        readOnlyRootFilesystem: true
```

## After

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
```
"""

from collections.abc import Iterator

from scclint.api import Document, Place, Problem, Related, Severity, World, rule

from ._quote import Path, dotted
from ._tree import Entry, MappingNode, ScalarNode, has_duplicates, mappings, owner


@rule(
    "MAN004",
    "duplicate-key",
    "A mapping has a key twice, and only the last one counts",
    severity=Severity.WARNING,
    on=Document,
    since="0.1",
    tags=("manifest",),
    cwe=(694,),
)
def check(document: Document, world: World) -> Iterator[Problem]:
    # No cluster reads what has neither.
    manifest = document.kind or document.api_version
    for path, mapping in mappings(document.root) if manifest and has_duplicates(document.root) else ():
        if {"apiVersion", "kind"} <= {str(lost.key.value) for lost in mapping.duplicates}:
            yield from _run_together(owner(document.root, path), path, mapping)
            continue
        for lost in mapping.duplicates:
            winner = mapping.entry(str(lost.key.value))
            assert winner is not None
            yield _problem(owner(document.root, path), path, lost, winner)


def _run_together(whose: str, path: Path, mapping: MappingNode) -> Iterator[Problem]:
    """Objects with nothing between them: each begins at the first key that the one before it has."""
    begun: dict[str, Entry] = {}
    for entry in sorted((*mapping.entries, *mapping.duplicates), key=lambda entry: (entry.key.line, entry.key.column)):
        key = str(entry.key.value)
        if key in begun:
            kind = begun["kind"].value if "kind" in begun else None
            lost = kind.text if isinstance(kind, ScalarNode) and kind.text else "object"
            line = entry.key.line
            yield Problem(
                f"`---` is missing before line {line}: the cluster takes the keys that come last, those of {whose}, and the "
                f"{lost} above is lost",
                at=Place(entry.span, (*path, key)),
                related=(Related(f"the {lost} begins here", next(iter(begun.values())).span),),
                settle=f"Put a line with `---` before line {line}.",
            )
            begun = {}
        begun[key] = entry


def _problem(whose: str, path: Path, lost: Entry, winner: Entry) -> Problem:
    key = str(lost.key.value)
    where = f"{whose or 'this document'}: {dotted(path)} has" if path else f"{whose or 'this document'} has"
    again = f", here and by a merge key in line {winner.key.line}" if winner.merged else f", here and in line {winner.key.line}"
    return Problem(
        f"{where} {key} twice{again}; {_loss(key, lost, winner)}",
        at=Place(lost.span, (*path, key)),
        related=(Related(f"this {key} counts", winner.span),),
        settle="Keep one of the two"
        + ("." if isinstance(lost.value, ScalarNode) else f", or put all they hold under one {key}."),
    )


def _loss(key: str, lost: Entry, winner: Entry) -> str:
    """What the cluster makes of it, with both values where they are short."""
    if isinstance(lost.value, ScalarNode) and isinstance(winner.value, ScalarNode):
        if lost.value.value == winner.value.value and type(lost.value.value) is type(winner.value.value):
            return "both say the same"
        return f"the cluster takes {key}: {_short(winner.value)} and drops {key}: {_short(lost.value)}"
    return "the cluster takes the later one and drops this one with all it holds"


def _short(scalar: ScalarNode) -> str:
    text = scalar.text if scalar.plain else f'"{scalar.text}"'
    return text if len(text) <= 60 else f"{text[:57]}..."
