"""Carry a remedy out in the values of a chart: a template is never edited, and a value only if rendering it again proves the edit."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import islice, product
from typing import Any

from scclint.advice.draft import OFF_BY_DEFAULT
from scclint.deploy.helm.chart import TemplateOrigin
from scclint.deploy.helm.trace import ViewValues, names_field, references, subchart_keys
from scclint.finding import Append, Operation, Path, Remove, Set
from scclint.limits import MAX_VALUES_TRIED
from scclint.load import is_helm_template
from scclint.load.document import Document
from scclint.model.object import ApiObject
from scclint.record import record, replace
from scclint.remedy.workbench import FileEdit, Occurrence, Workbench, refuse
from scclint.text import plain
from scclint.yaml.edit import EditRefused, changed_data, edit
from scclint.yaml.nodes import locate, to_data
from scclint.yaml.untyped import has, value_at


def edits(bench: Workbench, result: Occurrence, operations: Sequence[Operation]) -> Iterator[Callable[[], FileEdit]]:
    """Yield what makes each edit to try, the likeliest first, or raises EditRefused. The first one says where the field is written."""
    origin = bench.opened.inputs.origins.get((result.document.file, result.document.source))
    if not isinstance(result.subject, ApiObject) or origin is None:
        return
    chart = _Chart(bench, result, origin)
    yield partial(refuse, chart.words)
    if origin.entry is not None:
        return
    for file in chart.values.files:
        for keys in islice(product(*(chart.keys(operation) for operation in operations)), MAX_VALUES_TRIED):
            yield partial(chart.edit, file, operations, keys)


@record
class _Key:
    """A values key, and how much of the path of an operation leads to what it sets."""

    path: Path
    depth: int


class _Chart:
    """A view of a chart, and the template of the object that a finding is about."""

    def __init__(self, bench: Workbench, result: Occurrence, origin: TemplateOrigin) -> None:
        self._bench = bench
        self._root = result.document.root
        self._line = bench.opened.tracer().span(result.finding.span)
        # A named template can have a file of its own.
        self._template = self._line.file if is_helm_template(self._line.file) else origin.file
        self._files = dict.fromkeys((self._template, origin.file))
        self._built = to_data(self._root)
        self._inside = subchart_keys(result.document.source)
        self.values = ViewValues(bench.opened.unit, bench.session.outline)

    @property
    def words(self) -> str:
        """Where the field is written, and the value that is read there, as a clause."""
        where = f"{self._template}, line {self._line.line}" if self._line.file == self._template else self._template
        names = [name for number, name in self._references() if (self._line.file, self._line.line) == (self._template, number)]
        reads = f", which reads .Values.{'.'.join(names[0])}" if names else ""
        return f"no values key is proved to change the field; it is written in {where}{reads}"

    def keys(self, operation: Operation) -> list[_Key]:
        """The values keys that may set the field of an operation, the likeliest first."""
        path = operation.path
        ranks: dict[_Key, tuple[bool, bool, int]] = {}
        for number, name in self._references():
            for index, step in enumerate(path):
                if not names_field(name, step):
                    continue
                value = value_at(self.values.data, (*self._inside, *name))
                built = value_at(self._built, path[: index + 1])
                alike = value == built if built is not None else not value
                # The pod's fields have `pod` in the names of their keys, and those of containers have not.
                of_pod = "pod" in name[-1].casefold() and "containers" not in path
                key = _Key((*self._inside, *name), index + 1)
                rank = (not alike, not of_pod and "containers" not in path, abs(number - self._line.line))
                ranks[key] = min(ranks.get(key, rank), rank)
        return sorted(ranks, key=lambda key: ranks[key])

    def edit(self, file: str, operations: Sequence[Operation], keys: Sequence[_Key]) -> FileEdit:
        """Set the keys in a values file. Raises EditRefused where the file has no place for one."""
        text = self._bench.text(file)
        document = self._bench.document(file)
        if document is None:
            raise EditRefused(f"{file} holds no values")
        built = to_data(self._root)
        moved: list[Operation] = []
        for operation, key in zip(operations, keys, strict=True):
            moved += self._moved(operation, key, built, document)
            built = changed_data(built, operation)
        edited = edit(text, document.index, moved)
        return FileEdit({file: edited.text}, edited.needs_review, f"with {in_values(moved, document)}")

    def _moved(self, operation: Operation, key: _Key, built: Any, document: Document) -> list[Operation]:
        """The operation on a values file. A key that templates read stays: a mapping is left empty, and a switch is turned off.

        What other values below the file set is overridden with null, for which Helm removes the key.
        """
        rest = operation.path[key.depth :]
        path = (*key.path, *rest)
        values = to_data(document.root)
        needed = isinstance(operation, Remove) or (isinstance(operation, Append) and value_at(built, operation.path))
        if needed and not has(values, path):
            if isinstance(operation, Remove) and self.values.value(path, self._inside) is not None:
                return [Set(path, None)]
            raise EditRefused(f"{document.file} does not set {'.'.join(map(str, path))}")
        value = value_at(values, path)
        if isinstance(operation, Remove) and not rest and isinstance(value, dict):
            return [Remove((*path, name)) for name in value]
        if isinstance(operation, Remove) and value is True and operation.path[-1] in OFF_BY_DEFAULT:
            return [Set(path, False)]
        return [replace(operation, path=path)]

    def _references(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The values that the template reads, each with its line; 0 in the file that includes the template."""
        for file in self._files:
            for number, line in enumerate(self._bench.text(file).split("\n"), 1):
                yield from ((number if file == self._template else 0, name) for name in references(line))


def in_values(operations: Sequence[Operation], document: Document) -> str:
    """Return where a values file has the keys of operations, and the same as values of an own file and as an option of helm."""
    assert document.root is not None
    keys, snippets, options = [], [], []
    for operation in operations:
        key = ".".join(map(str, operation.path))
        span, written = locate(document.root, operation.path)
        keys.append(f"{key} in {document.file}{f', line {span.line}' if written else ''}")
        value = plain(operation.value if isinstance(operation, Set) else None)
        if isinstance(operation, Set | Remove) and all(isinstance(step, str) for step in operation.path):
            *holders, last = operation.path
            snippets.append(reduce(lambda inner, holder: f"{holder}: {{{inner}}}", reversed(holders), f"{last}: {value}"))
            options.append(f"{key}={value}")
    own = f" (in your own values: `{'` and `'.join(snippets)}`; with helm: `--set {','.join(options)}`)"
    return " and ".join(dict.fromkeys(keys)) + (own if len(options) == len(operations) else "")
