"""
A document is neither YAML nor JSON, so whatever it was meant to be is not judged. The other documents of the same
file are.

The API server would refuse the document for the same reason; `oc apply` stops at it and leaves the rest of the file
unapplied. A line such as `---#x` is refused as well where YAML takes it for text: `kubectl` and `oc` take it for the
border of two documents, so that what is reviewed is not what is applied.

## How to fix it

Mend the syntax at the line named. Template source that another tool renders (with `{{` in it) is no YAML yet: it is
counted as unsupported and passed over. Lint what it renders to.

## Before

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web
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
```
"""

from collections.abc import Iterator

from scclint.api import Document, Place, Problem, Severity, Span, World, rule


@rule(
    "MAN001",
    "unparsable-document",
    "A document is not YAML or JSON",
    severity=Severity.ERROR,
    on=Document,
    since="0.1",
    tags=("manifest",),
)
def check(document: Document, world: World) -> Iterator[Problem]:
    error = document.error
    if error is None or document.status == "template":
        return
    line, column = max(error.line, 1), max(error.column, 1)
    yield Problem(
        f"this document cannot be read: {error.message}",
        at=Place(Span(document.file, line, column, line, column + 1)),
        settle="Mend the syntax here; nothing in this document has been judged.",
    )
