"""The project's own schemas, and that every mistake they find is told where it is."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from scclint.config.model import KEYS, Config
from scclint.config.schema import Mistake, load_schema, mistakes
from scclint.config.show import default
from scclint.finding import Path, Severity
from scclint.report import FORMATS
from tests.conftest import examples

SCHEMAS = {name: load_schema(name) for name in ("config",)}
VALIDATORS = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for keyword in ("properties", "$defs"):
        for sub in schema.get(keyword, {}).values():
            yield from subschemas(sub)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from subschemas(schema[keyword])
    for sub in schema.get("anyOf", ()):
        yield from subschemas(sub)


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for sub in subschemas(schema):
        yield from sub.get("properties", {}).items()


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_mapping_is_closed_and_every_key_described(name: str) -> None:
    assert [key for key, sub in properties(SCHEMAS[name]) if not sub.get("description", "").endswith(".")] == []
    assert [sub for sub in subschemas(SCHEMAS[name]) if sub.get("type") == "object" and "additionalProperties" not in sub] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_examples_and_defaults_are_valid(name: str) -> None:
    for key, sub in properties(SCHEMAS[name]):
        validator = VALIDATORS[name].evolve(schema={**sub, "$defs": SCHEMAS[name].get("$defs", {})})
        for value in (*sub.get("examples", ()), *([sub["default"]] if sub.get("default") else ())):
            assert list(validator.iter_errors(value)) == [], key


def test_every_field_has_a_key_and_every_key_a_field() -> None:
    cluster = SCHEMAS["config"]["properties"]["cluster"]["properties"]
    keys = {("cluster", key) for key in cluster} | {(key,) for key in SCHEMAS["config"]["properties"] if key != "cluster"}
    assert set(KEYS.values()) == keys
    assert set(Config.__match_args__) - {"file", "root", "found", "settings", "origins"} == set(KEYS)


def test_stated_defaults_are_the_real_ones() -> None:
    for field, path in KEYS.items():
        stated, real = default(SCHEMAS["config"], path), getattr(Config(), field)
        plain = real.value if isinstance(real, Severity) else real
        if field == "format":
            plain = "".join(real)
        assert (stated or None) == ((list(plain) if isinstance(plain, tuple) else plain) or None), field


def test_the_schema_lists_every_format() -> None:
    assert SCHEMAS["config"]["$defs"]["format"]["enum"] == list(FORMATS), "add the format to schemas/config.json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "error", "4.20", "1/2", "SEC201", "2027-01-31", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "rule", "user"]), inner, max_size=2),
    max_leaves=3,
)


@st.composite
def bent(draw: st.DrawFn, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """Data of about the shape that the schema wants, wrong here and there."""
    if "anyOf" in schema:
        return draw(bent(draw(st.sampled_from(schema["anyOf"])), root))
    if "$ref" in schema:
        return draw(bent(root["$defs"][schema["$ref"].rpartition("/")[2]], root))
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    if schema.get("type") == "object":
        known, rest = schema.get("properties", {}), schema.get("additionalProperties")
        keys = draw(st.lists(st.sampled_from([*known, "other"]), max_size=4))
        required = [key for key in schema.get("required", ()) if draw(st.integers(0, 5))]
        of_other = rest if isinstance(rest, dict) else {}
        return {key: draw(bent(known.get(key, of_other), root)) for key in (*required, *keys)}
    if schema.get("type") == "array":
        return draw(st.lists(bent(schema.get("items", {}), root), max_size=2))
    by_type: dict[str, list[Any]] = {"boolean": [True], "integer": [1, 0]}
    plain = by_type.get(schema.get("type", ""), ["x"])
    right: list[Any] = schema.get("enum") or schema.get("examples") or plain
    return draw(st.sampled_from(right))


def places(error: ValidationError) -> Iterator[Path]:
    """Where jsonschema sees a mistake; of an anyOf, in the branch that is of the right type."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [b for b in branches.values() if not any(e.validator == "type" and not e.relative_path for e in b)]
    if error.validator == "anyOf" and fitting:
        for inner in fitting[0]:
            yield from places(inner)
    else:
        yield tuple(error.absolute_path)


@pytest.mark.parametrize("name", SCHEMAS)
@examples(300)
@given(data=st.data())
def test_every_mistake_is_told(name: str, data: st.DataObject) -> None:
    value = data.draw(bent(SCHEMAS[name], SCHEMAS[name]))
    theirs = {path for error in VALIDATORS[name].iter_errors(value) for path in places(error)}
    ours = {m.path[:-1] if m.unknown else m.path for m in mistakes(value, SCHEMAS[name])}
    assert ours == theirs


SMALL = {
    "type": "object",
    "additionalProperties": False,
    "required": ["must"],
    "properties": {
        "must": {"type": "boolean"},
        "level": {"enum": ["error", "warning"]},
        "count": {"type": "integer", "minimum": 1},
        "day": {"type": "string", "pattern": "^[0-9]+$", "examples": ["31"]},
        "names": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
        "group": {"type": "object", "properties": {"inner-key": {}}, "additionalProperties": False},
    },
}


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({}, (), "the file needs the key 'must'"),
        ({"must": "yes"}, ("must",), "must must be true or false, not 'yes'"),
        ({"must": None}, ("must",), "must must be true or false, not empty"),
        ({"must": True, "levle": 1}, ("levle",), "unknown key 'levle'; did you mean 'level'?"),
        ({"must": True, "inner_key": 1}, ("inner_key",), "unknown key 'inner_key'; did you mean 'group.inner-key'?"),
        ({"must": True, "iner-key": 1}, ("iner-key",), "unknown key 'iner-key'; did you mean 'group.inner-key'?"),
        ({"must": True, "zzz": 1}, ("zzz",), "unknown key 'zzz'; known here: count, day, group, level, must, names"),
        (
            {"must": True, "group": {"level": 1}},
            ("group", "level"),
            "unknown key 'level'; it belongs at the top level, not in group",
        ),
        ({"must": True, "level": "warn"}, ("level",), "level must be error or warning, not 'warn'; did you mean 'warning'?"),
        ({"must": True, "count": 0}, ("count",), "count must be at least 1, not 0"),
        ({"must": True, "count": True}, ("count",), "count must be a whole number, not true"),
        ({"must": True, "day": "x" * 99}, ("day",), f"day must look like 31, not '{'x' * 57}...'"),
        ({"must": True, "names": []}, ("names",), "names must not be empty"),
        ({"must": True, "names": ""}, ("names",), "names must not be empty"),
        ({"must": True, "names": 10**400}, ("names",), "names must be a string or a list, not a huge number"),
        ({"must": True, "names": ["a", {}]}, ("names", 1), "names[1] must be a string, not a mapping"),
    ],
)
def test_wording(data: Any, path: tuple[str | int, ...], message: str) -> None:
    assert list(mistakes(data, SMALL)) == [Mistake(path, message, message.startswith("unknown"))]


def test_schemas_are_written_as_json_should_be() -> None:
    for name in SCHEMAS:
        text = (files("scclint.schemas") / f"{name}.json").read_text("utf-8")
        assert text.endswith("}\n") and "\t" not in text
        json.loads(text)
