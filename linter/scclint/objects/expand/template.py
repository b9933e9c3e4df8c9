"""The objects of an OpenShift Template (template.openshift.io/v1) with the parameters filled in, as `oc process` does.

The substitution is that of library-go's templateprocessing. A value that is not known before the Template is processed
(generated, or required and not set) is `Unknown`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scclint.errors import LoadError
from scclint.finding import Located, Path, Related
from scclint.limits import MAX_DEPTH, MAX_FILLED_IN, MAX_PARAMETERS_IN_STRING, AddedTextCounter, LimitError
from scclint.objects.types import ApiObject, Item, Parameter, Provenance
from scclint.objects.unknown import Unknown
from scclint.record import replace
from scclint.source import Span
from scclint.yaml.json import parse_json
from scclint.yaml.nodes import locate, to_data
from scclint.yaml.untyped import as_list, as_mapping, as_mappings, as_text, children_of, mappings, value_at

_REFERENCE = re.compile(r"\$\{([a-zA-Z0-9_]+?)\}")
_WHOLE = re.compile(r"\$\{\{([a-zA-Z0-9_]+)\}\}")


def instantiate(template: Item, params: Mapping[str, str], added: AddedTextCounter) -> list[Item]:
    """Return the objects of a Template with the parameters filled in, in order. `params` are values for parameters by name.

    Each item of a List is also an object. A value that is not a mapping is left out. Raises LimitError at the place of the
    Template if filling in adds too much text; `added` counts it.
    """
    data, path = template.data, template.path
    at = locate(template.root, path)[0]
    filler = _Filler({p.name: p for p in _parameters(data.get("parameters"), path, params)}, added, at)
    labels, of_labels = filler.fill(data.get("labels"), (*path, "labels"))
    size = len(repr(labels)) if isinstance(labels, dict) and labels else 0
    objects = []
    for where, item in _objects(data.get("objects"), (*path, "objects")):
        processed, substitutions = filler.fill(_without_namespace(item), where)
        if size and isinstance(metadata := processed.get("metadata"), dict):
            added.add(size, at)
            processed["metadata"] = {**metadata, "labels": {**as_mapping(metadata.get("labels")), **labels}}
            substitutions = {**of_labels, **substitutions}
        objects.append((where, processed, substitutions))
    within = Provenance(home=_target_namespace(processed for _, processed, _ in objects)).within(template.provenance)
    return [
        Item(template.root, where, processed, replace(within, substitutions=(s, *within.substitutions)) if s else within)
        for where, processed, s in objects
    ]


def template_of(instance: Item) -> Iterator[Item]:
    """Yield the Template in a TemplateInstance, whose objects go to the namespace of the instance.

    OpenShift takes values of parameters from a Secret, which scclint does not read: the Template's own values count.
    """
    path: Path = ("spec", "template")
    template = value_at(instance.data, path)
    if isinstance(template, dict):
        home = str(value_at(instance.data, ("metadata", "namespace")) or "")
        data = {**template, "apiVersion": instance.data["apiVersion"], "kind": "Template"}
        provenance = replace(instance.provenance, home=home or instance.provenance.home)
        yield Item(instance.root, (*instance.path, *path), data, provenance)


def parameters_behind(obj: "ApiObject", at: Located) -> Iterator[Related]:
    """The parameters that the value at a place of a Template's object comes from.

    Not those of the object's name: it is where findings about the whole object point, and decides nothing.
    """
    root = obj.document.root
    if root is None or at.path == obj.place.path:
        return
    path = obj.written(at.path)
    for end in range(len(path), 0, -1):
        parameters = next((by_path[path[:end]] for by_path in obj.provenance.substitutions if path[:end] in by_path), ())
        if parameters and locate(root, path[:end])[0] == at.span:
            for parameter in parameters:
                yield Related(f"parameter {parameter.name} {parameter.how}", locate(root, parameter.path)[0])
            return


def declared(data: Mapping[str, Any]) -> frozenset[str]:
    """The names of a Template's parameters."""
    return frozenset(parameter.name for parameter in _parameters(data.get("parameters"), (), {}))


def _parameters(written: Any, path: Path, params: Mapping[str, str]) -> Iterator[Parameter]:
    for index, item in enumerate(as_mappings(written)):
        name = item.get("name")
        if not isinstance(name, str):
            continue
        where = (*path, "parameters", index)
        value = item.get("value")
        if params.get(name):
            yield Parameter(name, params[name], (*where, "name"), f"is given as {params[name]!r}")
        elif value not in (None, "") and name not in params:
            text = value if isinstance(value, str) else json.dumps(value)
            yield Parameter(name, text, (*where, "value"), "has its value here")
        elif item.get("generate"):
            yield Parameter(name, None, (*where, "generate"), "is generated when the Template is processed")
        elif item.get("required"):
            yield Parameter(name, None, (*where, "name"), "must be given a value, as with --param")
        else:
            yield Parameter(name, "", (*where, "name"), "is empty unless given")


def _objects(written: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, item in enumerate(as_list(written)):
        if not isinstance(item, dict):
            continue
        if str(item.get("kind")).endswith("List") and isinstance(item.get("items"), list):
            yield from _objects(item["items"], (*path, index, "items"))
        else:
            yield (*path, index), item


def _without_namespace(item: dict[str, Any]) -> dict[str, Any]:
    """Return the object without a literal namespace, because it goes where the Template is processed. One with a parameter stays."""
    metadata = as_mapping(item.get("metadata"))
    if "namespace" not in metadata or _REFERENCE.search(as_text(metadata["namespace"])):
        return item
    return {**item, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}


def _target_namespace(objects: Iterable[Mapping[str, Any]]) -> str:
    """The one unknown namespace in which bindings look for service accounts, as it is written.

    Such a parameter repeats the namespace into which the Template is processed. A binding has no other way to refer to it.
    """
    written = {
        subject["namespace"].text
        for data in objects
        for subject in mappings(data.get("subjects"))
        if isinstance(subject.get("namespace"), Unknown)
    }
    return written.pop() if len(written) == 1 else ""


class _Filler:
    """Fills in the parameters of one object after the other and records where. Objects share what a parameter holds as JSON."""

    __slots__ = ("added", "at", "decoded", "parameters", "substitutions")

    def __init__(self, parameters: Mapping[str, Parameter], added: AddedTextCounter, at: Span) -> None:
        self.parameters = parameters
        self.added = added
        self.at = at
        self.decoded: dict[str, tuple[Any, int]] = {}
        self.substitutions: dict[Path, tuple[Parameter, ...]] = {}

    def fill(self, data: Any, path: Path) -> tuple[Any, dict[Path, tuple[Parameter, ...]]]:
        """The data at a path with its parameters filled in, and the parameters by path."""
        self.substitutions = {}
        return self.value(data, path), self.substitutions

    def value(self, data: Any, path: Path) -> Any:
        if isinstance(data, str):
            return self.string(data, path) if "${" in data else data
        if isinstance(data, dict):
            return {self.key(key): self.value(below, (*path, key)) for key, below in data.items()}
        if isinstance(data, list):
            return [self.value(below, (*path, index)) for index, below in enumerate(data)]
        return data

    def key(self, key: str) -> str:
        filled = self._fill(key, self._named(key)) if "${" in key else key
        return key if isinstance(filled, Unknown) else filled

    def string(self, text: str, path: Path) -> Any:
        whole = _WHOLE.fullmatch(text)
        named = [self.parameters[whole[1]]] if whole and whole[1] in self.parameters else self._named(text)
        if not named:
            return text
        self.substitutions[path] = tuple(dict.fromkeys(named))
        if not whole:
            return self._fill(text, named)
        value = named[0].value
        return Unknown(text) if value is None else self._decode(value, path)

    def _decode(self, value: str, path: Path) -> Any:
        self.added.add(len(value), self.at)
        if value not in self.decoded:
            data = _decoded(value)
            self.decoded[value] = data, _depth(data)
        data, depth = self.decoded[value]
        if len(path) + depth > MAX_DEPTH:
            problem = f"with its parameters filled in, this Template is nested deeper than {MAX_DEPTH} levels"
            raise LimitError(problem, self.at.file, self.at.line, self.at.column)
        return data

    def _named(self, text: str) -> list[Parameter]:
        """The parameters that a string refers to, as often as it does; names that are none stay as they are."""
        return [self.parameters[name] for name in _REFERENCE.findall(text) if name in self.parameters]

    def _fill(self, text: str, named: Sequence[Parameter]) -> str | Unknown:
        filled = text
        if len(named) > MAX_PARAMETERS_IN_STRING:
            return Unknown(text)
        for parameter in named:
            if parameter.value is None or len(filled) + len(parameter.value) > MAX_FILLED_IN:
                return Unknown(text)
            # One reference after the other in the growing text, so that one which a value brings in may be taken instead.
            filled = filled.replace(f"${{{parameter.name}}}", parameter.value, 1)
        self.added.add(max(len(filled) - len(text), 0), self.at)
        return filled


def _decoded(text: str) -> Any:
    """A value as JSON, or else as a string."""
    try:
        return to_data(parse_json(text, ""))
    except LoadError:
        return text


def _depth(data: Any) -> int:
    """Return how deeply collections are nested."""
    return 1 + max(map(_depth, children_of(data)), default=0) if isinstance(data, dict | list) else 0
