"""What fields an API object may have in one Kubernetes minor: the JSON Schemas of `scclint.schemas`, compiled on first use."""

import json
import os
from enum import IntEnum
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

FILES = ("kubernetes/workloads.json", "deploymentconfig.json", "scc.json")
"""The schemas that describe API objects. Their definitions share one space of names."""
PARTIAL = "partial.json"
"""Kinds that are decoded but not validated, because only the fields that scclint reads are known. It shares the space of names."""

Definitions: TypeAlias = dict[str, dict[str, Any]]


class Type(IntEnum):
    """What Go type decodes a field, as far as that decides which JSON values it takes."""

    OBJECT = 0
    MAP = 1
    ARRAY = 2
    STRING = 3
    BOOLEAN = 4
    INTEGER = 5
    INT_OR_STRING = 6
    QUANTITY = 7
    TIME = 8
    ANY_OBJECT = 9


_FORMATS = {"int-or-string": Type.INT_OR_STRING, "quantity": Type.QUANTITY, "date-time": Type.TIME}
_TYPES = {"string": Type.STRING, "boolean": Type.BOOLEAN, "integer": Type.INTEGER, "array": Type.ARRAY}
_BITS = {"int32": 32, "int64": 64}
_ACCEPTS: dict[Type, type] = {Type.BOOLEAN: bool, Type.STRING: str, Type.ANY_OBJECT: dict, Type.ARRAY: list}


class Shape:
    """What one value may be. Shapes of objects name their definition and make the shapes of their fields when first asked.

    `accepts` is the Python type whose values are all valid, None if each value must be checked. `low` and `high` bound
    an integer (inclusive; its Go type's range where the API server has no narrower one), `bits` is the size of that type.
    `enum` are the values of a closed list. An empty text is no value of its own, unless the Go field is a `pointer`.
    `go_type` is the name of its Go type where the schema has one, and `open` says that an object may have fields not listed.
    """

    __slots__ = (
        "_fields",
        "_schema",
        "_shapes",
        "accepts",
        "bits",
        "enum",
        "go_type",
        "high",
        "item",
        "low",
        "name",
        "open",
        "pointer",
        "required",
        "type",
    )

    def __init__(self, shapes: "Shapes", schema: dict[str, Any], name: str = "") -> None:
        self._shapes = shapes
        self._schema = schema
        self._fields: dict[str, Shape] | None = None
        self.name = name
        self.go_type: str = schema.get("x-go-type", "")
        self.open: bool = schema.get("x-open", False)
        self.enum: list[str] | None = schema.get("enum")
        self.pointer: bool = schema.get("x-pointer", False)
        self.required: list[str] = schema.get("required", [])
        self.type = _type_of(schema)
        self.bits = _BITS.get(schema.get("format", ""), 32)
        self.low: int = schema.get("minimum", -(2 ** (self.bits - 1)))
        self.high: int = schema.get("maximum", 2 ** (self.bits - 1) - 1)
        of_items = {Type.ARRAY: schema.get("items"), Type.MAP: schema.get("additionalProperties")}.get(self.type)
        self.item = shapes.shape(of_items) if of_items is not None else None
        self.accepts: type | None = _ACCEPTS.get(self.type) if of_items is None and self.enum is None else None

    @property
    def fields(self) -> "dict[str, Shape]":
        """The fields of an object that the minor has."""
        if self._fields is None:
            compiled = ((name, self._shapes.shape(schema)) for name, schema in self._schema["properties"].items())
            self._fields = {name: shape for name, shape in compiled if shape is not None}
        return self._fields

    def lifetime(self, field: str) -> tuple[int | None, int | None]:
        """The first and the last minor that have a field; None without a bound, or without the field."""
        schema = self._schema["properties"].get(field, {})
        return schema.get("x-since"), schema.get("x-until")


class Shapes:
    """The shapes of all kinds in one minor."""

    def __init__(self, definitions: Definitions, kinds: dict[str, str], reads: dict[str, str], minor: int) -> None:
        self._definitions = definitions
        self._kinds = kinds
        self._reads = reads
        self._named: dict[str, Shape] = {}
        self._plain: dict[str, Shape] = {}
        self.minor = minor

    def kind(self, api_version: str, kind: str) -> Shape | None:
        """The shape of a kind's objects; None for a kind without schema."""
        name = self._kinds.get(f"{api_version} {kind}")
        return None if name is None else self.definition(name)

    def decoded(self, kind: str) -> Shape | None:
        """Return the shape that decodes objects of a kind in any API version; None for a kind without schema."""
        name = self._reads.get(kind)
        return None if name is None else self.definition(name)

    def definition(self, name: str) -> Shape:
        """The shape of a named definition, such as `PodSecurityContext`."""
        shape = self._named.get(name)
        if shape is None:
            shape = self._named[name] = Shape(self, self._definitions[name], name)
        return shape

    def shape(self, schema: dict[str, Any]) -> Shape | None:
        """The shape of a field's or an item's schema; None where the minor does not have the field."""
        for branch in schema.get("anyOf", (schema,)):
            if branch.get("x-since", self.minor) <= self.minor <= branch.get("x-until", self.minor):
                if "$ref" in branch:
                    return self.definition(_tail(branch["$ref"]))
                if len(branch) > 1:
                    return Shape(self, branch)
                # Most fields are a mere string or boolean: one shape serves all of them.
                plain = branch["type"]
                if plain not in self._plain:
                    self._plain[plain] = Shape(self, branch)
                return self._plain[plain]
        return None


@cache
def shapes(minor: int) -> Shapes:
    """Return the shapes of a Kubernetes minor (29 for 1.29), or of the nearest minor that has schemas."""
    definitions, kinds, reads, (first, last) = _load()
    return Shapes(definitions, kinds, reads, min(max(minor, first), last))


@cache
def _load() -> tuple[Definitions, dict[str, str], dict[str, str], tuple[int, int]]:
    """Return all definitions by name, their names by `apiVersion kind` and by kind, and the range of minors covered."""
    folder = os.path.dirname(str(import_module("scclint.schemas").__file__))
    definitions: Definitions = {}
    kinds: dict[str, str] = {}
    minors = (0, 0)
    reads: dict[str, str] = {}
    for name in (*FILES, PARTIAL):
        with open(os.path.join(folder, *name.split("/")), encoding="utf-8") as file:
            schema = json.load(file)
        definitions.update(schema["$defs"])
        kinds.update((key, _tail(ref)) for key, ref in schema.get("x-kinds", {}).items())
        reads.update((key.rpartition(" ")[2], name) for key, name in kinds.items())
        reads.update((kind, _tail(ref)) for kind, ref in schema.get("x-reads", {}).items())
        if "x-minors" in schema:
            first, last = schema["x-minors"]
            minors = (first, last)
    return definitions, kinds, reads, minors


def _tail(ref: str) -> str:
    return ref.rpartition("/")[2]


def _type_of(schema: dict[str, Any]) -> Type:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if schema["type"] == "object":
        if "properties" in schema:
            return Type.OBJECT
        return Type.MAP if "additionalProperties" in schema else Type.ANY_OBJECT
    return _TYPES[schema["type"]]
