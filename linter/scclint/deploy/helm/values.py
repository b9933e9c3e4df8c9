"""The values of one view of a chart: the layers that Helm lays over one another, and where each of them is written."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any

from scclint.deploy.deployers import patched
from scclint.deploy.helm import CHART_FILE, Charts
from scclint.deploy.helm.dependencies import FILE
from scclint.deploy.outline import Outline
from scclint.deploy.unit import Unit
from scclint.errors import LoadError
from scclint.files import read
from scclint.finding import Operation, Path
from scclint.limits import MAX_DEPENDENCIES
from scclint.objects.documents import load_text
from scclint.record import replace
from scclint.source import Span
from scclint.yaml.compose import parse_yaml
from scclint.yaml.edit import EditRefused, changed_data, edit
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, locate, node_at, to_data
from scclint.yaml.untyped import as_mapping, has, value_at
from scclint.yaml.write import block_text

_VALUES = "values.yaml"
_PACKED = ".tgz"
_GLOBAL = "global"
_DEPLOYING = {"Application": frozenset(("Application", "ApplicationSet")), "HelmRelease": frozenset(("HelmRelease",))}


class Layer:
    """Values in a file: those at `base` in its document `index`, which count below the keys `inside` of the view.

    `lines` are the first line of the text that `root` was read from, and the first behind it, counted from 0, where that is no document of
    the file but the text of a block scalar; None otherwise.
    """

    def __init__(
        self, root: Node, inside: Path = (), base: Path = (), index: int = 0, lines: tuple[int, int] | None = None
    ) -> None:
        self.file = root.file
        self.root = root
        self.inside = inside
        self.base = base
        self.index = index
        self.lines = lines
        self._place = root.file, inside, base, index

    def __eq__(self, other: object) -> bool:
        """Layers at one place are the same, whichever view of the chart they belong to."""
        return isinstance(other, Layer) and self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    def path(self, keys: Path) -> Path | None:
        """Where the document has the value of a key of the view; None if it is no value of this layer."""
        if self.inside and keys[:1] == (_GLOBAL,):
            return (*self.base, *keys)
        if keys[: len(self.inside)] != self.inside:
            return None
        return (*self.base, *keys[len(self.inside) :])

    @cached_property
    def data(self) -> Any:
        """The data of the document."""
        return to_data(self.root)

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of this layer by themselves."""
        return as_mapping(value_at(self.data, self.base))

    def has(self, keys: Path) -> bool:
        """Whether this layer sets a key of the view, null included."""
        path = self.path(keys)
        return path is not None and len(path) > len(self.base) and has(self.data, path)


class ViewValues:
    """The values of one view of a chart, as far as files tell them. `charts` may be its dependencies."""

    def __init__(self, unit: Unit, outline: Outline, helm_values: Sequence[str] = (), charts: Charts | None = None) -> None:
        self._unit = unit
        self._outline = outline
        self._helm_values = helm_values
        self._charts = charts or Charts()

    @cached_property
    def layers(self) -> Sequence[Layer]:
        """The layers, those first that override others. Values that options of helm set one by one are none."""
        unit, layers = self._unit, [*self._inline()]
        files = [*reversed(self._helm_values), *reversed(unit.deployment.values)]
        for file in (*map(self._outline.shown, files), self._outline.shown(os.path.join(unit.path, _VALUES))):
            layers += self._file(file, ())
        return [*layers, *self._of_subcharts(unit.path, (), 0)]

    @cached_property
    def files(self) -> Sequence[str]:
        """The files of the layers of the chart itself, as displayed, those first that override others."""
        return [layer.file for layer in self.layers if not layer.inside]

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The values that templates read, with the keys of subcharts."""
        data = self.packed
        for layer in reversed(self.layers):
            own = dict(layer.values)
            shared = own.pop(_GLOBAL, None) if layer.inside else None
            for key in reversed(layer.inside):
                own = {str(key): own}
            if isinstance(shared, Mapping):
                data = patched({_GLOBAL: dict(shared)}, data)
            data = patched(data, own)
        return data

    def place(self, keys: Path) -> tuple[Span, bool] | None:
        """Where a key is set, else the nearest key around it that is, and whether it is the key itself; None if no layer has even that."""
        for length in range(len(keys), 0, -1):
            layer = next((layer for layer in self.layers if layer.has(keys[:length])), None)
            if layer is not None:
                return locate(layer.root, layer.path(keys[:length]) or ())[0], length == len(keys)
        return None

    def _file(self, file: str, inside: Path) -> Iterator[Layer]:
        known = file in self._outline.files
        try:
            text = self._outline.text(file) if known else read(file, file)
            documents = self._outline.documents(file) if known else load_text(file, text, frozenset())
            roots = [(document.index, document.root) for document in documents]
            if not any(root for _, root in roots):
                # JSON, such as `{}`, is not read without a kind.
                roots = [*enumerate(root for _, root in parse_yaml(text, file, 1))]
        except LoadError:
            return
        yield from islice((Layer(root, inside, index=at) for at, root in roots if isinstance(root, MappingNode)), 1)

    def _of_subcharts(self, folder: str, inside: Path, depth: int) -> Iterator[Layer]:
        """The layers of the subcharts of the chart in a folder, those first that override others."""
        for key, below in self._subcharts(folder).items():
            yield from self._file(self._outline.shown(os.path.join(below, _VALUES)), (*inside, key))
            if depth < MAX_DEPENDENCIES:
                yield from self._of_subcharts(below, (*inside, key), depth + 1)

    @cached_property
    def packed(self) -> Mapping[str, Any]:
        """The default values of the dependencies that the chart has as archives, below their keys. Nobody edits these."""
        return dict(self._of_archives())

    def _of_archives(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        folder = os.path.join(self._unit.path, "charts")
        archives = sorted(name for name in os.listdir(folder) if name.endswith(_PACKED)) if os.path.isdir(folder) else []
        if not archives:
            return
        # A run over charts without archives does not need it.
        from scclint.files.dump import entries

        keys = {entry.name: entry.key for entry in self._charts.at(self._unit.path).dependencies}
        for archive in archives:
            path = os.path.join(folder, archive)
            with suppress(LoadError):
                for header, content in entries(path, path, lambda name: name.count("/") == 1 and name.endswith(f"/{_VALUES}")):
                    name = header.name.partition("/")[0]
                    if isinstance(content, bytes):
                        yield keys.get(name, name), as_mapping(to_data(_parsed(content.decode("utf-8", "replace"))))

    def _subcharts(self, folder: str) -> dict[str, str]:
        """The folders of the subcharts of a chart, by the key of their values: the alias of a dependency, or else its name."""
        charts, below, named = self._charts, os.path.join(folder, "charts"), {}
        for name in sorted(os.listdir(below)) if os.path.isdir(below) else ():
            path = os.path.join(below, name)
            if os.path.isfile(os.path.join(path, CHART_FILE)):
                named[charts.at(path).name or name] = path
        listed = charts.at(folder).dependencies
        found = {}
        for entry in listed:
            name, source = entry.name, entry.source
            places = [os.path.normpath(os.path.join(folder, source.removeprefix(FILE)))] if source.startswith(FILE) else []
            places += [os.path.join(os.path.dirname(os.path.abspath(folder)), name), *charts.called(name)]
            path = named.get(name) or next((path for path in places if name and charts.at(path).name == name), "")
            if path:
                found[entry.key] = path
        listed_names = {entry.name for entry in listed}
        return {**found, **{name: path for name, path in named.items() if name not in listed_names}}

    def _inline(self) -> Iterator[Layer]:
        """The values in the object that deploys the chart."""
        deployment = self._unit.deployment
        kinds = _DEPLOYING.get(deployment.kind, frozenset())
        if not kinds or not deployment.inline:
            return
        for file in self._outline.files:
            if not self._outline.tells(file, f"deploys by {deployment.kind}", lambda text: f"{deployment.kind}" in text):
                continue
            text = self._outline.text(file)
            for document in load_text(file, text, kinds) if "values" in text else ():
                if document.root is not None and document.kind in kinds:
                    for base, node in _inline_values(document.root, deployment.kind):
                        layer = Layer(document.root, base=base, index=document.index)
                        yield from _inline_layer(text, layer, node, deployment.inline)


def _inline_values(root: Node, kind: str) -> Iterator[tuple[Path, Node]]:
    """The values in an object that deploys charts, each with the path that leads to them."""
    if kind == "HelmRelease":
        path: Path = ("spec", "values")
        yield path, node_at(root, path)
        return
    pending: list[tuple[Path, Node]] = [((), root)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, MappingNode):
            for entry in node.entries:
                below = (*path, str(entry.key.value))
                if below[-2:] in (("helm", "valuesObject"), ("helm", "values")):
                    yield below, entry.value
                pending.append((below, entry.value))
        elif isinstance(node, SequenceNode):
            pending += [((*path, number), item) for number, item in enumerate(node.items)]


def _inline_layer(text: str, layer: Layer, node: Node, inline: str) -> Iterator[Layer]:
    """The layer of the values in `node`, if they are those that a chart gets, or a part of them: for a mapping, `layer`."""
    if isinstance(node, MappingNode):
        if json.dumps(to_data(node)) == inline or layer.base == ("spec", "values"):
            yield layer
    elif isinstance(node, ScalarNode) and node.value == inline and node.end_line > node.line:
        lines = text.split("\n")
        last = node.end_line
        # The same lines at the same place, so that each node says where it is in the file.
        padded = "\n" * node.line + "\n".join(lines[node.line : last]) + "\n"
        parsed = next((d.root for d in load_text(layer.file, padded, frozenset()) if isinstance(d.root, MappingNode)), None)
        if parsed is not None and to_data(parsed) == to_data(_parsed(inline)):
            yield Layer(parsed, lines=(node.line, last))


def _parsed(text: str) -> Node | None:
    return next((document.root for document in load_text("values", text, frozenset()) if document.root is not None), None)


def edited_layer(text: str, layer: Layer, operations: Sequence[Operation]) -> tuple[str, bool]:
    """The text of the file of a layer with operations on keys of the layer, and whether a reader must look at it. Raises EditRefused."""
    moved = [replace(operation, path=(*layer.base, *operation.path)) for operation in operations]
    if layer.data == {} and layer.lines is None:
        return _in_place_of_nothing(text, layer, operations), False
    if layer.lines is None:
        made = edit(text, layer.index, moved)
        return made.text, made.needs_review
    first, last = layer.lines
    lines = text.split("\n")
    padded = "\n" * first + "\n".join(lines[first:last]) + "\n"
    made = edit(padded, 0, moved)
    if not made.text.startswith("\n" * first):
        raise EditRefused("the values are not in lines of their own")
    block = made.text[first:].removesuffix("\n")
    return "\n".join([*lines[:first], block, *lines[last:]]), made.needs_review


def _in_place_of_nothing(text: str, layer: Layer, operations: Sequence[Operation]) -> str:
    """The text with values in place of a `{}` that is all of a document."""
    data: Any = {}
    for operation in operations:
        data = changed_data(data, operation)
    root, lines = layer.root, text.split("\n")
    if root.line != root.end_line or "{" not in lines[root.line - 1]:
        raise EditRefused("the document is empty")
    line = lines[root.line - 1]
    lines[root.line - 1] = line[: root.column - 1] + block_text(data, root.column - 1) + line[root.end_column - 1 :]
    return "\n".join(lines)
