"""
A character breaks the line in YAML, but not in editors, git and code review. Such characters are a carriage return
without line feed (CR), NEL (U+0085), LS (U+2028) and PS (U+2029).

Text that looks like the rest of a comment or a value is then a separate, active line. `# see the
wiki<LS>privileged: true` is one grey line on the screen and a privileged container in the cluster. These characters
arrive in text pasted from web pages and chats, or are inserted on purpose. The rule ignores them in quoted
strings, block strings and JSON, where they cannot hide a key.

The rule also reports a byte order mark (U+FEFF) at the start of a line. The cluster reads it as part of the text,
and editors do not show it: `<U+FEFF>spec:` is a key that no object has. It is fine at the start of a file and right
after a `---` line.

## How to fix it

Delete the character or replace it with a line feed. This command finds all of them:

```bash
LC_ALL=C.UTF-8 grep -nP '\\x{85}|\\x{2028}|\\x{2029}|\\x{FEFF}|\\r(?!$)' web.yaml
```

`scclint fix` leaves this to you: only its author knows which line break was meant.

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
      # the page with the runbook\u2028      hostPID: true
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
      # the page with the runbook
      containers:
        - name: web
          image: registry.example/web:1
```
"""

from bisect import bisect_left
from collections.abc import Iterator

from scclint.api import Document, Location, Place, Problem, Severity, Span, World, rule
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

SENTENCES = {
    "break": "{name} starts a new line here in the cluster, but not in editors and git[: the cluster reads {hidden} as a separate line]"
    "[; {more} more in this document]",
    "mark": "the invisible character U+FEFF (byte order mark) starts this line, and the cluster reads it as part of the text[ {hidden}]"
    "[; {more} more in this document]",
    "too": "{name} here too",
    "replace": "Delete the character, or replace it with a line feed.",
    "delete": "Delete the character.",
}

NAMES = {
    "CR": "a carriage return without line feed",
    "NEL": "the character NEL (U+0085)",
    "LS": "the character LS (U+2028)",
    "PS": "the character PS (U+2029)",
    "BOM": "U+FEFF",
}


@rule(
    "MAN005",
    "hidden-line-break",
    "A character breaks the line in YAML, but not in editors and git",
    severity=Severity.ERROR,
    on=Document,
    since="0.1",
    sentences=SENTENCES,
    tags=("manifest",),
    security_severity=8.0,
    cwe=(451,),
    study=(1, 1),
)
def check(document: Document, world: World) -> Iterator[Problem]:
    marks = [("BOM", *place) for place in document.byte_order_marks]
    breaks = document.line_breaks
    if (breaks or marks) and not _is_json(document.text):
        yield from _problems(document, _outside_strings(document, marks))
        yield from _problems(document, _outside_strings(document, breaks))


def _problems(document: Document, found: list[tuple[str, int, int]]) -> Iterator[Problem]:
    """Yield the problem of the first of some characters, which names the others."""
    for name, line, column in found[:1]:
        hidden = _rest_of_line(document, name, line, column)
        is_break = name != "BOM"
        yield Problem(
            "break" if is_break else "mark",
            at=_place(document, line, column),
            facts={"name": NAMES[name], "hidden": repr(hidden) if hidden else "", "more": len(found) - 1},
            related=tuple(Location("too", _place(document, at_line, at), {"name": NAMES[n]}) for n, at_line, at in found[1:8]),
            help="replace" if is_break else "delete",
        )


def _is_json(text: str) -> bool:
    """Whether the text is JSON, in which these characters are white space or text. A text in flow style may still be YAML."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return False
    import json

    try:
        json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def _outside_strings(document: Document, breaks: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return the characters outside quoted and block scalars; all of them if the document cannot be parsed."""
    strings = sorted(((s.line, s.column), (s.end_line, s.end_column)) for s in _scalars(document.root) if not s.plain)
    starts = [start for start, _ in strings]

    def is_within(place: tuple[int, int]) -> bool:
        before = bisect_left(starts, place)
        return before > 0 and place < strings[before - 1][1]

    return [line_break for line_break in breaks if not is_within(line_break[1:])]


def _scalars(root: Node | None) -> Iterator[ScalarNode]:
    """Yield every scalar below `root`, including keys and the entries that a later duplicate key overrides."""
    pending = [] if root is None else [root]
    visited: set[int] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, ScalarNode):
            yield node
        elif id(node) not in visited:
            visited.add(id(node))
            pending += node.items if isinstance(node, SequenceNode) else ()
            for entry in (*node.entries, *node.duplicates) if isinstance(node, MappingNode) else ():
                pending += entry.key, entry.value


def _rest_of_line(document: Document, name: str, line: int, column: int) -> str:
    """Return the text of the hidden line, shortened."""
    shown = document.text.split("\n")[line - document.line].removesuffix("\r" if name != "CR" else "")
    hidden_text = shown[column:]
    for end in ("\r", "\x85", "\u2028", "\u2029"):
        hidden_text = hidden_text.partition(end)[0]
    hidden_text = hidden_text.strip()
    return hidden_text if len(hidden_text) <= 60 else f"{hidden_text[:57]}..."


def _place(document: Document, line: int, column: int) -> Place:
    return Place(Span(document.file, line, column, line, column + 1))
