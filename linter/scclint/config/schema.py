"""Checks plain data against a JSON Schema and words what is wrong for the person who wrote it.

`jsonschema` judges; the words are ours, since its own speak of schemas rather than of the file.
"""

import json
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from scclint.finding import Path
from scclint.record import grouped
from scclint.text import closest_match, field_path, listed

if TYPE_CHECKING:
    from jsonschema import ValidationError

Schema = Mapping[str, Any]

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
    # Not importlib.resources, whose own imports take longer than reading the file.
    folder = next(iter(import_module("scclint.schemas").__path__))
    with open(os.path.join(folder, f"{name}.json"), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema


def mistakes(data: Any, schema: Schema) -> Iterator[Mistake]:
    """Everything in `data` that the schema does not allow."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(schema).iter_errors(data)
    # Each missing key is an error of its own that does not say which, so several errors have the same words.
    yield from dict.fromkeys(mistake for error in errors for mistake in _worded(error, schema))


def _worded(error: "ValidationError", root: Schema) -> Iterator[Mistake]:
    path: Path = tuple(error.absolute_path)
    data: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "anyOf":
            yield from _of_branches(error, root)
        case "type":
            yield _mistyped(path, data, [rule])
        case "enum":
            values = [str(k) for k in rule]
            yield Mistake(
                path, f"{written(path)} must be {listed(values, 'or')}, not {_shown(data)}{did_you_mean(data, values)}"
            )
        case "const":
            yield Mistake(path, f"{written(path)} must be {_shown(rule)}, not {_shown(data)}")
        case "minLength" | "minItems":
            yield Mistake(path, f"{written(path)} must not be empty")
        case "minimum":
            yield Mistake(path, f"{written(path)} must be at least {rule}, not {_shown(data).removeprefix('the number ')}")
        case "pattern":
            like = " or ".join(str(e) for e in schema.get("examples", ()) if isinstance(e, str))
            yield Mistake(path, f"{written(path)} must look like {like or rule}, not {_shown(data)}")
        case "required":
            yield from (Mistake(path, f"{written(path)} needs the key {key!r}") for key in rule if key not in data)
        case "additionalProperties":
            known_here: Schema = schema.get("properties", {})
            for key in (key for key in data if key not in known_here):
                yield Mistake((*path, key), f"unknown key {key!r}{_instead(key, known_here, root, path)}", unknown=True)
        case _:
            yield Mistake(path, f"{written(path)}: {error.message}")


def _of_branches(error: "ValidationError", root: Schema) -> Iterator[Mistake]:
    """What is wrong by the branch of an `anyOf` that is meant: the one of the data's type."""
    path = tuple(error.absolute_path)
    branches = grouped((inner.schema_path[0], inner) for inner in error.context or ())
    mistyped = [b[0] for b in branches.values() if b[0].validator == "type" and tuple(b[0].absolute_path) == path]
    if len(mistyped) == len(branches):
        yield _mistyped(path, error.instance, [str(b.validator_value) for b in mistyped])
        return
    meant = next(b for b in branches.values() if b[0] not in mistyped)
    for inner in meant:
        yield from _worded(inner, root)


def _mistyped(path: Path, data: Any, types: list[str]) -> Mistake:
    wanted = " or ".join(WORDS[name] for name in types)
    quotes = "; write it in quotes" if wanted == WORDS["string"] and isinstance(data, int) else ""
    return Mistake(path, f"{written(path)} must be {wanted}, not {_shown(data)}{quotes}")


def written(path: Path) -> str:
    """A path as one would write it: `cluster.grants[0].scc`; `the file` for the whole."""
    return field_path(path) or "the file"


def did_you_mean(word: object, words: list[str]) -> str:
    """Return `; did you mean 'X'?`, or nothing if no known word is similar."""
    meant = closest_match(str(word), words, cutoff=0.6)
    return f"; did you mean {meant!r}?" if meant else ""


_ELSEWHERE = {
    **dict.fromkeys(("paths", "files", "include"), "name the paths on the command line; `exclude` leaves files out"),
    **dict.fromkeys(("skip", "skip-check", "skip-checks", "disable", "disabled-rules"), "`ignore` names rules that do not run"),
    **dict.fromkeys(("checks", "enable", "include-rules"), "`select` names the rules that run"),
    **dict.fromkeys(("severity", "level", "fail-level"), "`fail-on` is the lowest severity that fails"),
}
"""Settings of other linters, and those that do the same here."""


def _instead(key: str, properties: Schema, root: Schema, path: Path) -> str:
    """What may have been meant: a near key here, else the same key elsewhere, else what is known here."""
    spelled = key.replace("_", "-")
    if not path and spelled in _ELSEWHERE:
        return f"; {_ELSEWHERE[spelled]}"
    suggestion = did_you_mean(spelled, list(properties))
    if suggestion:
        return suggestion
    elsewhere = {
        inner: f"; did you mean {name + '.' + inner!r}?"
        for name, sub in root.get("properties", {}).items()
        for inner in sub.get("properties", {})
    }
    if path:
        elsewhere |= dict.fromkeys(root.get("properties", {}), f"; it belongs at the top level, not in {written(path)}")
    if meant := closest_match(spelled, elsewhere):
        return elsewhere[meant]
    return f"; known here: {', '.join(sorted(properties))}"


def _shown(data: Any) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        return repr(data) if len(data) <= 60 else repr(data[:57] + "...")
    if isinstance(data, int | float):
        return f"the number {data}" if abs(data) < 10**20 else "a huge number"
    if data is None:
        return "empty"
    return WORDS["array"] if isinstance(data, list) else WORDS["object"]
