"""Checks plain data against a JSON Schema and words what is wrong for the person who wrote it.

Only the keywords that the project's own schemas use are known (`ANNOTATIONS` and `CHECKED`). On those it agrees with the
`jsonschema` package, whose import would cost more than the rest of a run.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scclint.finding import Path

Schema = Mapping[str, Any]

ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples", "format"})
CHECKED = frozenset({"$ref", "anyOf", "type", "enum", "pattern", "minLength", "minItems", "items"}) | frozenset(
    {"properties", "additionalProperties", "required", "minimum", "const"}
)

TYPES = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict, "null": type(None)}
WORDS = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


class Mistake(NamedTuple):
    """One thing that is wrong, at `path`. `unknown` is set where that is a key nobody knows."""

    path: Path
    message: str
    unknown: bool = False


def load_schema(name: str) -> dict[str, Any]:
    """One of the project's schemas, such as `config`."""
    import json
    from importlib import import_module

    # Not importlib.resources, whose own imports take longer than reading the file.
    folder = next(iter(import_module("scclint.schemas").__path__))
    with open(os.path.join(folder, f"{name}.json"), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema


def mistakes(data: Any, schema: Schema) -> Iterator[Mistake]:
    """Everything in `data` that the schema does not allow, in the order of the data."""
    yield from _check(data, schema, schema, ())


def _check(data: Any, schema: Schema, root: Schema, path: Path) -> Iterator[Mistake]:
    kind = type_name(data)
    branches = _branches(schema, root)
    schema = next((b for b in branches if b.get("type", kind) == kind), {})
    if not schema and all("type" in b for b in branches):
        wanted = " or ".join(WORDS[b["type"]] for b in branches)
        quotes = "; write it in quotes" if wanted == WORDS["string"] and isinstance(data, int) else ""
        yield Mistake(path, f"{written(path)} must be {wanted}, not {_shown(data)}{quotes}")
        return
    if "enum" in schema and not any(_same(data, known) for known in schema["enum"]):
        known = [str(k) for k in schema["enum"]]
        yield Mistake(path, f"{written(path)} must be {_alternatives(known)}, not {_shown(data)}{did_you_mean(data, known)}")
    if "const" in schema and not _same(data, schema["const"]):
        yield Mistake(path, f"{written(path)} must be {_shown(schema['const'])}, not {_shown(data)}")
    if isinstance(data, str):
        yield from _check_string(data, schema, path)
    elif isinstance(data, list):
        yield from _check_list(data, schema, root, path)
    elif isinstance(data, dict):
        yield from _check_mapping(data, schema, root, path)
    elif kind == "integer" and data < schema.get("minimum", data):
        yield Mistake(path, f"{written(path)} must be at least {schema['minimum']}, not {data}")


def _branches(schema: Schema, root: Schema) -> tuple[Schema, ...]:
    """What a schema comes to behind `$ref` and `anyOf`, whose branches differ by their type in the project's schemas."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return tuple(b for branch in schema.get("anyOf", ()) for b in _branches(branch, root)) or (schema,)


def _check_string(data: str, schema: Schema, path: Path) -> Iterator[Mistake]:
    if len(data) < schema.get("minLength", 0):
        yield Mistake(path, f"{written(path)} must not be empty")
    elif "pattern" in schema and re.search(schema["pattern"], data) is None:
        like = " or ".join(str(e) for e in schema.get("examples", ()) if isinstance(e, str))
        yield Mistake(path, f"{written(path)} must look like {like or schema['pattern']}, not {_shown(data)}")


def _check_list(data: list[Any], schema: Schema, root: Schema, path: Path) -> Iterator[Mistake]:
    if len(data) < schema.get("minItems", 0):
        yield Mistake(path, f"{written(path)} must not be empty")
    if "items" in schema:
        for index, item in enumerate(data):
            yield from _check(item, schema["items"], root, (*path, index))


def _check_mapping(data: dict[str, Any], schema: Schema, root: Schema, path: Path) -> Iterator[Mistake]:
    properties: Schema = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    for key in schema.get("required", ()):
        if key not in data:
            yield Mistake(path, f"{written(path)} needs the key {key!r}")
    for key, value in data.items():
        if key in properties:
            yield from _check(value, properties[key], root, (*path, key))
        elif rest is False:
            yield Mistake((*path, key), f"unknown key {key!r}{_instead(key, properties, root, path)}", unknown=True)
        elif isinstance(rest, Mapping):
            yield from _check(value, rest, root, (*path, key))


def type_name(data: Any) -> str:
    """The JSON Schema type of plain data; `number` for a float."""
    return next((name for name, kind in TYPES.items() if type(data) is kind), "number")


def written(path: Path) -> str:
    """A path as one would write it: `cluster.grants[0].scc`; `the file` for the whole."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f"{'.' if out else ''}{part}"
    return out or "the file"


def did_you_mean(given: object, known: list[str]) -> str:
    """`; did you mean X?`, or nothing when nothing is near."""
    from difflib import SequenceMatcher, get_close_matches

    word = str(given).lower()
    folded = {k.lower(): k for k in known}

    def nearness(other: str) -> tuple[float, int]:
        # Ids are of one length, and a wrong digit is likelier than a shifted one.
        return SequenceMatcher(None, word, other).ratio(), sum(a == b for a, b in zip(word, other, strict=False))

    near = get_close_matches(word, list(folded), n=10, cutoff=0.6)
    return f"; did you mean {folded[max(near, key=nearness)]!r}?" if near else ""


def _instead(key: str, properties: Schema, root: Schema, path: Path) -> str:
    """What may have been meant: a near key here, else the same key elsewhere, else what is known here."""
    spelled = key.replace("_", "-")
    suggestion = did_you_mean(spelled, list(properties))
    if suggestion:
        return suggestion
    for name, sub in root.get("properties", {}).items():
        if path and spelled == name:
            return f"; it belongs at the top level, not in {written(path)}"
        if spelled in sub.get("properties", {}):
            return f"; did you mean {name + '.' + spelled!r}?"
    return f"; known here: {', '.join(sorted(properties))}"


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _shown(data: Any) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        return repr(data) if len(data) <= 60 else repr(data[:57] + "...")
    if isinstance(data, int | float):
        return f"the number {data}" if abs(data) < 10**20 else "a huge number"
    return {"null": "empty", "array": "a list", "object": "a mapping"}[type_name(data)]


def _alternatives(known: list[str]) -> str:
    return known[0] if len(known) == 1 else ", ".join(known[:-1]) + " or " + known[-1]
