"""
A document is neither YAML nor JSON, so scclint cannot check it. The other documents of the same file are checked.

The API server rejects the document for the same reason: `oc apply` stops there and does not apply the rest of the
file. A line such as `---#x` is rejected too. YAML reads it as text, but `kubectl` and `oc` read it as the border
between two documents, so the reviewed content differs from the applied content.

## How to fix it

Fix the syntax at the reported line. Template source (with `{{` in it) is not YAML until a tool renders it, so scclint
skips it and counts it as unsupported. Lint the rendered output instead.

A part of a manifest that a page in AsciiDoc shows with `include::` is no mistake, and a note names its file.

`scclint fix` leaves this to you: scclint does not know what the text means.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
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
      containers:
        - name: web
          image: registry.example/web:1
```
"""

import re
from collections.abc import Iterator

from scclint.api import Document, Place, Problem, Severity, Span, World, rule

SENTENCES = {
    "unreadable": "this document cannot be read: {error}",
    "indented": "this document cannot be read: `---` is indented, so it begins no document",
    "no-break-space": "this document cannot be read: the line begins with a no-break space (U+00A0), which is no indentation",
    "fix-syntax": "Fix the syntax at this line. scclint checked nothing else in this document.",
    "move": "Write `---` at the start of the line. scclint checked nothing else in this document.",
    "write-space": "Write a space instead of each no-break space. scclint checked nothing else in this document.",
    "do-not-name": "If the file holds no objects, do not name it, also not in the resources of a kustomization; else fix the syntax at this "
    "line. scclint checked nothing else in this document.",
}


@rule(
    "MAN001",
    "unparsable-document",
    "A document is not YAML or JSON",
    severity=Severity.ERROR,
    on=Document,
    since="0.1",
    sentences=SENTENCES,
    tags=("manifest",),
    study=(5, 5),
)
def check(document: Document, world: World) -> Iterator[Problem]:
    error = document.error
    if error is None or document.status == "template":
        return
    line, column = max(error.line, 1), max(error.column, 1)
    code, help = "unreadable", "fix-syntax"
    until = line - document.line + 1
    for number, text in enumerate(document.text.split("\n")[max(until - 2, 0) : until], max(line - 1, document.line)):
        if text.strip() == "---" and text[0].isspace():
            line, column = number, text.index("-") + 1
            code, help = "indented", "move"
    # The parser stops at a key behind blanks that are none to YAML, or at the line after it.
    blank = next((n for n in (until, until - 1) if n > 0 and re.match(_NO_BLANK, document.text.split("\n")[n - 1])), 0)
    if blank:
        line, column = document.line + blank - 1, 1
        code, help = "no-break-space", "write-space"
    if document.file != _STREAM and not document.file.endswith(_SUFFIXES):
        help = "do-not-name"
    yield Problem(
        code,
        at=Place(Span(document.file, line, column, line, column + 1)),
        facts={"error": error.message},
        help=help,
        turns_on="" if _may_be_manifest(document, world) else "nothing shows that it is a manifest",
    )


_NO_BLANK = r"\s*\u00a0"

_STREAM = "<stdin>"
"""The name of standard input. A command prints it that was asked for manifests."""

_SUFFIXES = (".yaml", ".yml", ".json")

_KEY = r"(?<![\w.-])(?:kind|apiVersion)(?:[\"']\s*+:|\s*+:(?:\s|$))"
"""A key that every object has, whatever is wrong in front of it."""


def _may_be_manifest(document: Document, world: World) -> bool:
    """Whether the file may contain objects. Other programs have files in the same folders, such as the settings of a CI system."""
    return (
        document.file == _STREAM
        or world.other_units.is_named(document.file)
        or re.search(_KEY, document.text) is not None
        or document.index > 0
        or document.file in world.memo((_may_be_manifest,), lambda: {obj.file for obj in world.objects})
    )
