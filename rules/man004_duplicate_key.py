"""
A mapping has the same key twice. The cluster uses the last value and drops the first without a warning, including
everything below it.

A reviewer sees the first value. If a template or a paste adds a second `securityContext:` to a container, it replaces
the whole first one, with its `seccompProfile` and its `runAsNonRoot`. `kubectl` and `oc` drop the first value before they
send the object, so not even `--validate=strict` reports it.

## How to fix it

Keep one of the two keys. If you need the content of both mappings, merge it under one key.

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
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
```
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from scclint.api import Deduplicate, Document, Location, Path, Place, Problem, Severity, World, field_path, rule
from scclint.limits import MAX_COPIES
from scclint.yaml.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode, node_at, overridden, to_data

_TWICE = "{whose}[: {path}] has {key} twice{again:, here and|}{merged: by a merge key|}[ in line {line}]; "
SENTENCES = {
    "no-separator": "`---` is missing {rendered:here|}[before line {line}], so the cluster reads two objects as one: the later keys, those of "
    "{whose}, override the {lost} above",
    "begins": "the {lost} begins here",
    "separate": "Add a line with `---` {rendered:here|}[before line {line}].",
    "same": _TWICE + "both have the same value",
    "other": _TWICE + "the cluster uses {key}: {used} and drops {key}: {dropped}",
    "later": _TWICE + "the cluster uses the later one and drops this one{content: with everything in it|}",
    "used": "the cluster uses this {key}",
    "keep": "Keep one of the two.",
    "merge": "Keep one of the two, or merge their content under one {key}.",
}


@rule(
    "MAN004",
    "duplicate-key",
    "A mapping has a key twice, and only the last value counts",
    severity=Severity.WARNING,
    on=Document,
    since="0.1",
    sentences=SENTENCES,
    tags=("manifest",),
    cwe=(694,),
    study=(20, 19),
)
def check(document: Document, world: World) -> Iterator[Problem]:
    # No cluster reads a document without kind or apiVersion. In a template, conditions keep such keys apart.
    if document.root is None or document.is_template or not (document.kind and document.api_version):
        return
    paths: dict[int, Path] = {}
    for path, _ in overridden(document.root):
        # A mapping with aliases comes once.
        paths.setdefault(id(node_at(document.root, path[:-1])), path[:-1])
    for path in paths.values():
        mapping, whose = node_at(document.root, path), _object_name(document.root, path)
        assert isinstance(mapping, MappingNode)
        copies = Counter(str(lost.key.value) for lost in mapping.duplicates)
        if {"apiVersion", "kind"} <= copies.keys():
            yield from _run_together(whose, path, mapping, is_rendered=bool(document.source))
            continue
        for lost in mapping.duplicates:
            winner = mapping.entry(str(lost.key.value))
            assert winner is not None
            yield _problem(whose, path, lost, winner, copies[str(lost.key.value)], is_rendered=bool(document.source))


def _object_name(root: Node, path: Path) -> str:
    """Return the kind and name of the API object around `path`: `Deployment web`; empty if there is none."""
    named = ""
    node: Node | None = root
    for step in (*path, None):
        if isinstance(node, MappingNode) and isinstance(kind := node.get("kind"), ScalarNode) and "apiVersion" in node:
            metadata = node.get("metadata")
            name = metadata.get("name") if isinstance(metadata, MappingNode) else None
            named = f"{kind.text} {name.text}" if isinstance(name, ScalarNode) else kind.text
        if isinstance(node, MappingNode) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.items[step]
    return named


def _run_together(whose: str, path: Path, mapping: MappingNode, *, is_rendered: bool) -> Iterator[Problem]:
    """Report each object that no `---` separates from the one above: it begins where a key of that object comes again."""
    above: dict[str, Entry] = {}
    for entry in sorted((*mapping.entries, *mapping.duplicates), key=lambda entry: (entry.key.line, entry.key.column)):
        key = str(entry.key.value)
        if key in above:
            kind = above["kind"].value if "kind" in above else None
            lost = kind.text if isinstance(kind, ScalarNode) and kind.text else "object"
            yield Problem(
                "no-separator",
                at=Place(entry.span, (*path, key)),
                facts={
                    "rendered": is_rendered,
                    "line": "" if is_rendered else str(entry.key.line),
                    "whose": whose,
                    "lost": lost,
                },
                related=(Location("begins", Place(next(iter(above.values())).span)),),
                help="separate",
            )
            above = {}
        above[key] = entry


def _problem(whose: str, path: Path, lost: Entry, winner: Entry, copies: int, *, is_rendered: bool) -> Problem:
    key = str(lost.key.value)
    # Of two different mappings, the author has to merge what each of them sets.
    is_needless = isinstance(lost.value, ScalarNode) or to_data(lost.value) == to_data(winner.value)
    # The lines of rendered text are in no file that people have.
    line = "" if is_rendered else str(winner.key.line)
    code, values = _loss(lost, winner)
    return Problem(
        code,
        at=Place(lost.key.span, (*path, key)),
        facts={
            "whose": whose or "this document",
            "path": field_path(path),
            "key": key,
            "again": winner.merged or bool(line),
            "merged": winner.merged,
            "line": line,
            **values,
        },
        related=(Location("used", Place(winner.key.span)),),
        help="keep" if isinstance(lost.value, ScalarNode) else "merge",
        edits=(Deduplicate((*path, key)),) * copies if copies <= MAX_COPIES and is_needless else (),
    )


def _loss(lost: Entry, winner: Entry) -> tuple[str, dict[str, Any]]:
    """Return which value the cluster uses and which it drops."""
    if isinstance(lost.value, ScalarNode) and isinstance(winner.value, ScalarNode):
        if lost.value.value == winner.value.value and type(lost.value.value) is type(winner.value.value):
            return "same", {}
        return "other", {"used": _short(winner.value), "dropped": _short(lost.value)}
    is_empty = isinstance(lost.value, ScalarNode) or not to_data(lost.value)
    return "later", {"content": not is_empty}


def _short(scalar: ScalarNode) -> str:
    text = scalar.text if scalar.plain else f'"{scalar.text}"'
    return text if len(text) <= 60 else f"{text[:57]}..."
