"""Carry a remedy out in the values of a chart, where people edit it. Rendering it again proves the edit."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from scclint.advice.draft import OFF_BY_DEFAULT
from scclint.deploy.helm.chart import TemplateOrigin
from scclint.deploy.helm.schema import SCHEMA
from scclint.deploy.helm.values import Layer, ViewValues, edited_layer
from scclint.deploy.origins.charts import references
from scclint.deploy.origins.tracer import FieldOrigin
from scclint.errors import LoadError
from scclint.finding import Append, Operation, Path, Remove, Scalar, Set
from scclint.objects.documents import is_helm_template
from scclint.objects.types import ApiObject
from scclint.platform.terms import CONTAINER_LISTS
from scclint.record import grouped, replace
from scclint.remedy.template_edits import Changed, changed_lines, edit_of_lines, lines_in_words, parts
from scclint.remedy.workbench import FileEdit, Occurrence, View, Workbench, refuse
from scclint.text import listed, plain
from scclint.yaml.compose import parse_yaml
from scclint.yaml.edit import EditRefused, edit
from scclint.yaml.nodes import Node, locate, to_data
from scclint.yaml.untyped import has, value_at

_NEUTRAL: dict[bool, tuple[str, Scalar]] = {True: ("privileged", False), False: ("fsGroupChangePolicy", "OnRootMismatch")}
"""A field that changes nothing, for the context of a container, and for that of a pod: a helper takes an empty one for none."""


def edits(views: Sequence[View]) -> Iterator[Callable[[], FileEdit]]:
    """Yield what makes each edit that carries a remedy out in all views that have a finding, the likeliest first, or raises EditRefused.

    The first one says where the field is written.
    """
    charts = [(chart, operations) for bench, result, operations in views if (chart := _chart_of(bench, result)) is not None]
    if not charts:
        return
    yield partial(refuse, charts[0][0].words)
    moved = [(chart, operations, of_values) for chart, operations in charts if (of_values := chart.moved(operations))]
    if moved and moved[0][0] is charts[0][0]:
        yield partial(_edit_of_views, [(chart, of_values) for chart, _, of_values in moved])
        more = [(chart, chart.with_neutral_fields(operations, of_values), of_values) for chart, operations, of_values in moved]
        if any(neutral for _, neutral, _ in more):
            yield partial(_edit_of_views, [(chart, neutral or of_values) for chart, neutral, of_values in more])


def _chart_of(bench: Workbench, result: Occurrence) -> "_Chart | None":
    """The view of a chart with the template of a finding; None for an object without one."""
    origin = bench.opened.inputs.origins.get((result.document.file, result.document.source))
    if not isinstance(result.subject, ApiObject) or origin is None:
        return None
    return _Chart(bench, result, origin)


def _edit_of_views(moved: Sequence[tuple["_Chart", Sequence[Operation]]]) -> FileEdit:
    """The edit of the values of several views. Raises EditRefused where there is no place for an operation."""
    (first, operations), *_ = moved
    placed = [pair for chart, of_view in moved for pair in chart.placed(of_view)]
    return _as_own_values(first.bench, operations, _edit_of_layers(first.bench, dict.fromkeys(placed)))


def edit_of_values_and_templates(views: Sequence[View]) -> FileEdit:
    """The edit of the values that set a field, and for the other fields of the lines of templates that have them.

    Raises EditRefused where one of them has no place.
    """
    if not views:
        refuse("the chart is not rendered")
    placed, changed = _in_both(views)
    return _edit_of_both(views[0][0], placed, changed)


def edit_of_templates(views: Sequence[View]) -> FileEdit:
    """The edit of the lines of templates that have the fields. Raises EditRefused where they write something else as well."""
    if not views:
        refuse("the chart is not rendered")
    bench, result, operations = views[0]
    return edit_of_lines(bench, changed_lines(bench, result, operations))


def joined_edits(findings: Iterable[Sequence[View]]) -> tuple[FileEdit | None, FileEdit | None]:
    """The first edits for the findings of a chart as one, so that they can be tried together: those of values alone, and for the findings
    that have none those of values and templates.

    Each finding comes with the views of the chart that have it.
    """
    joined: dict[tuple[Layer, Operation], None] = {}
    joined_placed: dict[tuple[Layer, Operation], None] = {}
    joined_lines: Changed = {}
    bench = None
    for views in findings:
        bench = bench or views[0][0]
        charts = ((_chart_of(view, result), operations) for view, result, operations in views)
        moved = [(chart, of_values) for chart, operations in charts if chart and (of_values := chart.moved(operations))]
        try:
            placed = dict.fromkeys(pair for chart, of_values in moved for pair in chart.placed(of_values))
            if not placed:
                refuse("no value sets a field")
            _edit_of_layers(bench, joined | placed)
            joined |= placed
        except EditRefused:
            with suppress(EditRefused):
                placed, changed = _in_both(views)
                if all(joined_lines.get(line, written) == written for line, written in changed.items()):
                    _edit_of_layers(bench, joined_placed | placed)
                    joined_placed |= placed
                    joined_lines |= changed
    return (
        _edit_of_layers(bench, joined) if bench is not None and joined else None,
        _edit_of_both(bench, joined_placed, joined_lines) if bench is not None and joined_lines else None,
    )


def _in_both(views: Sequence[View]) -> tuple[dict[tuple[Layer, Operation], None], Changed]:
    """The operations on values, each with its layer, and the lines of templates. Raises EditRefused where one has no place."""
    placed: dict[tuple[Layer, Operation], None] = {}
    changed: Changed = {}
    for bench, result, operations in views:
        if (chart := _chart_of(bench, result)) is not None:
            left = []
            for operation in parts(operations, to_data(result.document.root)):
                if of_values := chart.moved([operation]):
                    placed |= dict.fromkeys(chart.placed(of_values))
                else:
                    left.append(operation)
            changed |= changed_lines(bench, result, left)
    return placed, changed


def _edit_of_both(bench: Workbench, placed: Collection[tuple[Layer, Operation]], changed: Changed) -> FileEdit:
    edits = [_edit_of_layers(bench, placed)] if placed else []
    edits += [edit_of_lines(bench, changed)] if changed else []
    if not edits:
        raise EditRefused("the object has no template in the chart")
    texts = {file: text for edit in edits for file, text in edit.texts.items()}
    return FileEdit(texts, any(edit.needs_review for edit in edits), " and ".join(edit.where for edit in edits))


def _edit_of_layers(bench: Workbench, placed: Collection[tuple[Layer, Operation]]) -> FileEdit:
    """Carry operations out in the layers of values. Raises EditRefused where there is no place for one."""
    texts, places, needs_review = {}, [], False
    for file, several in grouped((layer.file, (layer, operation)) for layer, operation in placed).items():
        text = bench.text(file)
        paths = ((layer, layer.path(operation.path)) for layer, operation in several)
        lines = {_line_of(layer.root, path) for layer, path in paths if path is not None} - {0}
        places.append(f"{file}{lines_in_words(sorted(lines))}")
        for layer, of_layer in grouped(several).items():
            text, review = edited_layer(
                text, layer, [replace(o, path=(layer.path(o.path) or ())[len(layer.base) :]) for o in of_layer]
            )
            needs_review = needs_review or review
        texts[file] = text
    for file, text, numbers in _schemas(bench, placed):
        texts[file] = text
        places.append(f"{file}{lines_in_words(numbers)}")
    return FileEdit(texts, needs_review, f"in {listed(places)}")


def _schemas(bench: Workbench, placed: Iterable[tuple[Layer, Operation]]) -> Iterator[tuple[str, str, list[int]]]:
    """Yield the schema of the chart's values without the keys that are removed, where it requires them, and the lines of these names."""
    session, unit = bench.session, bench.opened.unit
    file = session.outline.shown(os.path.join(unit.path, SCHEMA))
    removed = [operation.path for layer, operation in placed if not layer.inside and _removes(operation)]
    if not removed or file not in unit.files:
        return
    text = bench.text(file)
    try:
        root = next((root for _, root in parse_yaml(text, file, 1)), None)
    except LoadError:
        return
    schema = to_data(root)
    items: dict[Path, None] = {}
    for keys in removed:
        names = (*(step for key in keys[:-1] for step in ("properties", key)), "required")
        required = value_at(schema, names)
        items |= {
            (*names, at): None for at, name in enumerate(required if isinstance(required, list) else ()) if name == keys[-1]
        }
    if root is not None and items:
        # From the last one on, so that the places of the others stay.
        operations = [Remove(path) for path in sorted(items, key=lambda path: int(path[-1]), reverse=True)]
        yield file, edit(text, 0, operations).text, sorted(_line_of(root, path) for path in items)


def _removes(operation: Operation) -> bool:
    return isinstance(operation, Remove) or (isinstance(operation, Set) and operation.value is None)


def switch_edit(benches: Sequence[Workbench], settings: Sequence[Set | Append]) -> FileEdit:
    """The edit that sets values in all these views of a chart. Raises EditRefused where there is no place for one."""
    placed = [
        (_layer(bench.session.values(bench.opened.unit), setting.path), setting) for bench in benches for setting in settings
    ]
    return _as_own_values(benches[0], settings, _edit_of_layers(benches[0], dict.fromkeys(placed)))


def _layer(values: ViewValues, keys: Path) -> Layer:
    """The layer to edit for a key: the one that sets it, else the first of the chart itself. What subcharts set is overridden."""
    own = [layer for layer in values.layers if not layer.inside]
    if not own:
        raise EditRefused("the chart has no file of values")
    for length in range(len(keys), 0, -1):
        layer = next((layer for layer in own if layer.has(keys[:length])), None)
        if layer is not None:
            return layer
    return own[0]


def _as_own_values(bench: Workbench, operations: Sequence[Operation], made: FileEdit) -> FileEdit:
    """The edit with what to set instead in own values, if the files that it edits are there for others as well."""
    unit = bench.opened.unit
    defaults = made.texts.keys() <= {bench.session.outline.shown(os.path.join(unit.path, "values.yaml"))}
    if unit.deployment.by_controller or (unit.deployment.reason and not defaults) or not _takes(bench, operations):
        return made
    instead = _as_values(operations)
    whose = "the chart" if defaults else "these values"
    return replace(made, before=f"{instead}, or, for all users of {whose}, ") if instead else made


def _takes(bench: Workbench, operations: Sequence[Operation]) -> bool:
    """Whether the chart renders with null for the keys to remove: a schema may want a number there."""
    session, unit = bench.session, bench.opened.unit
    folders = {os.path.dirname(layer.file) for layer in session.values(unit).layers}
    removed = [operation.path for operation in operations if isinstance(operation, Remove)]
    if not removed or not any(os.path.isfile(os.path.join(folder, SCHEMA)) for folder in folders):
        return True
    options = tuple(f"--set={_option(path, None)}" for path in removed)
    changed = replace(unit, deployment=replace(unit.deployment, settings=(*unit.deployment.settings, *options)))
    return session.memo((_takes, unit.name, options), lambda: not session.rendered.output(changed).error)


class _Chart:
    """A view of a chart, and the template of the object that a finding is about."""

    def __init__(self, bench: Workbench, result: Occurrence, origin: TemplateOrigin) -> None:
        self.bench = bench
        self._document = result.document
        self._trace = bench.opened.tracer()
        self._line = self._trace.span(result.finding.span)
        # A named template can have a file of its own.
        self._template = self._line.file if is_helm_template(self._line.file) else origin.file
        self._built = to_data(result.document.root)
        self._values = bench.session.values(bench.opened.unit)

    @property
    def words(self) -> str:
        """Where the field is written, and the value that is read there, as a clause."""
        in_template = self._line.file == self._template
        where = f"{self._template}, line {self._line.line}" if in_template else self._template
        lines = self.bench.text(self._template).split("\n") if in_template else []
        names = [*references(lines[self._line.line - 1])] if self._line.line <= len(lines) else []
        reads = f", which reads .Values.{'.'.join(names[0])}" if names else ""
        return f"no values key is proved to change the field; it is written in {where}{reads}"

    def moved(self, operations: Sequence[Operation]) -> list[Operation]:
        """The operations on the values of the view, each once; empty if a field does not come from a value."""
        pending, moved = [*operations], dict[Operation, None]()
        replaced: dict[tuple[Path, Path], set[str]] = {}
        for operation in pending:
            origin = self._origin(operation.path)
            built = value_at(self._built, operation.path)
            if origin is not None and origin.replaces:
                if not isinstance(operation, Remove):
                    return []
                replaced.setdefault((operation.path[:-1], origin.keys[:-1]), set()).add(str(operation.path[-1]))
            elif origin is not None and origin.keys and origin.whole and (of_values := self._on_values(operation, origin.keys)):
                moved |= dict.fromkeys(of_values)
            elif isinstance(operation, Remove) and isinstance(built, dict) and built:
                # Each field of a mapping may come from a value of its own. The list grows while it is read.
                pending += [Remove((*operation.path, name)) for name in built]
            else:
                return []
        for (path, keys), removed in replaced.items():
            moved |= dict.fromkeys(self._in_place_of_defaults(path, keys, removed))
        return [*moved]

    def _in_place_of_defaults(self, path: Path, keys: Path, removed: set[str]) -> Iterator[Operation]:
        """What puts a mapping of values in the place of the defaults of templates: all fields of the one at `path` that are not removed."""
        kept = {name: value for name, value in value_at(self._built, path).items() if name not in removed}
        if not kept:
            name, value = _neutral(path)
            kept = {name: value}
        pending = [((*keys, name), value) for name, value in kept.items()]
        for at, value in pending:
            if isinstance(value, dict):
                pending += [((*at, name), inner) for name, inner in value.items()]
            elif isinstance(value, list):
                yield from (Append(at, item) for item in value)
            else:
                yield Set(at, value)

    def with_neutral_fields(self, operations: Sequence[Operation], moved: Sequence[Operation]) -> list[Operation]:
        """The operations with a field that changes nothing in each context that they leave empty; empty if they leave none so."""
        removed = {operation.path for operation in moved if isinstance(operation, Remove)}
        added: dict[Operation, None] = {}
        for path in dict.fromkeys(operation.path[:-1] for operation in parts(operations, self._built)):
            origin = self._origin(path)
            holder = value_at(self._values.data, origin.keys) if origin is not None else None
            if origin is not None and isinstance(holder, dict) and all((*origin.keys, name) in removed for name in holder):
                name, value = _neutral(path)
                added[Set((*origin.keys, name), value)] = None
        return [*moved, *added] if added else []

    def placed(self, operations: Sequence[Operation]) -> list[tuple[Layer, Operation]]:
        """Operations on values, each with the layer to edit. Raises EditRefused where there is none."""
        return [(layer := _layer(self._values, operation.path), self._below(operation, layer)) for operation in operations]

    def _origin(self, path: Path) -> FieldOrigin | None:
        return self._trace.origin_of_field(self._document, path)

    def _on_values(self, operation: Operation, keys: Path) -> list[Operation]:
        """The operation on the values. A key that templates read stays: a mapping is left empty, and a switch is turned off."""
        value, built = value_at(self._values.data, keys), value_at(self._built, operation.path)
        around = self._origin(operation.path[:-1]) if isinstance(operation, Remove) else None
        if around is not None and around.whole and around.keys == keys[:-1]:
            # Templates read the mapping around the key.
            return [Remove(keys)]
        if isinstance(operation, Remove) and isinstance(value, dict) and (value or built):
            return [Remove((*keys, name)) for name in value if isinstance(built, dict) and name in built]
        if isinstance(operation, Remove) and value is True and operation.path[-1] in OFF_BY_DEFAULT:
            return [Set(keys, False)]
        return [replace(operation, path=keys)]

    def _below(self, operation: Operation, layer: Layer) -> Operation:
        """The operation in a layer. What a layer below sets as well is overridden with null, for which Helm removes the key."""
        if not isinstance(operation, Remove):
            return operation
        others = [other for other in self._values.layers if other is not layer and other.has(operation.path)]
        below = bool(others) or has(self._values.packed, operation.path)
        if layer.has(operation.path) and not below:
            return operation
        if not below or any(isinstance(step, int) for step in operation.path):
            raise EditRefused(f"{layer.file} does not set {'.'.join(map(str, operation.path))}")
        return Set(operation.path, None)


def _neutral(path: Path) -> tuple[str, Scalar]:
    """A field that changes nothing, with its value, for the security context at a path."""
    return _NEUTRAL[any(step in path for step in CONTAINER_LISTS)]


def _as_values(operations: Sequence[Operation]) -> str:
    """What to do in values of one's own for operations on values, and as an option of helm; empty if some cannot be told so."""
    options: list[tuple[str, str]] = []
    tree: dict[str, Any] = {}
    for operation in operations:
        if (
            isinstance(operation, Append)
            or not isinstance(operation, Set | Remove)
            or not all(isinstance(s, str) for s in operation.path)
        ):
            return ""
        written = operation.value if isinstance(operation, Set) else None
        is_typed = isinstance(written, str) and re.fullmatch(_TYPED, written) is not None
        value = f'"{written}"' if is_typed else plain(written)
        options.append(("--set-string" if is_typed else "--set", _option(operation.path, written)))
        holder: dict[str, Any] = tree
        for step in operation.path[:-1]:
            holder = holder.setdefault(str(step), {})
        holder[str(operation.path[-1])] = value
    together = " ".join(f"{name} {','.join(values)}" for name, values in grouped(options).items())
    neutral = [str(o.path[-1]) for o in operations if isinstance(o, Set) and (o.path[-1], o.value) == _NEUTRAL[False]]
    why = f", where {neutral[0]} only keeps the mapping from being empty" if len(neutral) < len(options) and neutral else ""
    return f"set `{_flow(tree)}` in your own values (with helm: `{together}`){why}"


_TYPED = r"true|false|null|-?\d+(\.\d+)?"
"""Texts that helm reads as another type if `--set` gives them."""


def _option(path: Path, value: Scalar) -> str:
    """A value as helm's `--set` takes it."""
    key = ".".join(re.sub(r"([.,=\[\]])", r"\\\1", str(step)) for step in path)
    return f"{key}={plain(value)}"


def _flow(tree: Any, *, outer: bool = True) -> str:
    if not isinstance(tree, dict):
        return str(tree)
    text = ", ".join(f"{key}: {_flow(value, outer=False)}" for key, value in tree.items())
    return text if outer else f"{{{text}}}"


def _line_of(root: Node, path: Path) -> int:
    """The line of the field at a path; 0 if it is not there yet."""
    span, written = locate(root, path)
    return span.line if written else 0
