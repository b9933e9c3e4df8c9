"""Check the keys, types and values of a seccomp profile against the schemas in `scclint.schemas`."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from scclint.finding import Path, Severity
from scclint.profiles.problem import ProfileProblem, problem
from scclint.profiles.resolve import Profile
from scclint.seccomp.tables import errno_number
from scclint.text import closest_match
from scclint.yaml.untyped import as_list, as_mapping, mappings

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_CONTAINERS_KEYS = frozenset({"archMap", "defaultErrno"})
_CONTAINERS_RULE_KEYS = frozenset({"name", "errno", "comment", "includes", "excludes"})
_TYPES = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
_WANTED = {"object": "an object", "array": "an array", "integer": "a whole number", "string": "a string"}
_NOT_IN_RUNC = tuple(f"SCMP_ARCH_{name}" for name in ("M68K", "SH", "SHEB", "PARISC", "PARISC64"))


def _form_of(data: Mapping[str, Any]) -> str:
    """Return `containers` if the profile has a key that only containers/common knows, else `oci`."""
    rules = mappings(data.get("syscalls"))
    used = _CONTAINERS_KEYS & data.keys() or any(_CONTAINERS_RULE_KEYS & rule.keys() for rule in rules)
    return "containers" if used else "oci"


def check_shape(data: object) -> Iterator[ProfileProblem]:
    """Yield the problems that prevent the runtime from reading the profile as intended, in the order of their paths.

    A null counts as unset, as in the runtime's decoder.
    """
    clean = _without_nulls(data)
    errors = _validator(_form_of(as_mapping(clean))).iter_errors(clean)
    flaws = list(dict.fromkeys(flaw for error in errors for flaw in _problems(error)))
    undecodable = {flaw.path for flaw in flaws if flaw.id == "wrong-type"}
    flaws = [flaw for flaw in flaws if flaw.id == "wrong-type" or flaw.path not in undecodable]
    if isinstance(clean, dict):
        flaws += _beyond_the_schema(clean)
    yield from sorted(flaws, key=lambda flaw: ([str(step).zfill(9) for step in flaw.path], flaw.id))


def malformed_keys(problems: Iterable[ProfileProblem]) -> set[str | int]:
    """Return the keys of a profile in which `check_shape` found errors, without `syscalls`."""
    return {p.path[0] for p in problems if p.severity is Severity.ERROR and p.path and p.path[0] != "syscalls"}


def valid_rules(data: Mapping[str, Any], problems: Iterable[ProfileProblem]) -> dict[int, Profile]:
    """Return the rules of a profile in which `check_shape` found no error, by their index."""
    bad = {flaw.path[:2] for flaw in problems if flaw.severity is Severity.ERROR}
    rules = enumerate(as_list(data.get("syscalls")))
    return {index: rule for index, rule in rules if isinstance(rule, dict) and ("syscalls", index) not in bad}


def valid_part(data: Mapping[str, Any], problems: Collection[ProfileProblem]) -> Profile:
    """Return a profile without the keys and rules in which `check_shape` found errors."""
    malformed = malformed_keys(problems)
    valid = {key: value for key, value in data.items() if key not in malformed}
    return valid | {"syscalls": list(valid_rules(data, problems).values())}


def _without_nulls(data: object) -> Any:
    if isinstance(data, Mapping):
        return {key: _without_nulls(value) for key, value in data.items() if value is not None}
    return [_without_nulls(item) for item in data] if isinstance(data, list) else data


@cache
def _validator(form: str) -> "Validator":
    """Return a validator that rejects 1.0 as an integer, as the runtime's decoder does."""
    from jsonschema import Draft202012Validator, validators

    schema = json.loads(files("scclint.schemas").joinpath(f"seccomp-profile-{form}.json").read_text("utf-8"))
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    extend: Any = validators.extend
    strict: Validator = extend(Draft202012Validator, type_checker=types)(schema)
    return strict


def _problems(error: "ValidationError") -> Iterator[ProfileProblem]:
    """Yield the problems that one violation of the schema means: one per missing or unknown key."""
    path: Path = tuple(error.absolute_path)
    value: Any = error.instance
    limit: Any = error.validator_value
    schema: Any = error.schema
    place = _place(path)
    match error.validator:
        case "required":
            for key in (key for key in limit if key not in value):
                help = f"Add `{key}`: without it no container that uses the profile starts."
                yield problem("missing-key", (*path, key), place=place, what=f"no `{key}`", help=help)
        case "anyOf":
            help = "Add the syscalls of the rule as `names`."
            yield problem("missing-key", (*path, "names"), place=place, what="neither `names` nor `name`", help=help)
        case "additionalProperties":
            keys = list(schema["properties"])
            help = "Correct the spelling, or remove the key: the runtime ignores keys that it does not know."
            for key in (key for key in value if key not in keys):
                message = f"{place}: `{key}` is not a key of a profile{_suggestion(key, keys)}"
                yield problem("unknown-key", (*path, key), message=message, help=help)
        case "enum":
            what = f"{value!r} is not a known value{_suggestion(value, limit)}"
            yield problem("invalid-value", path, place=place, what=what, help=f"Use one of {', '.join(limit)}.")
        case "type":
            message = f"{place} is {_TYPES.get(type(value), 'an object')}, not {_WANTED[limit]}"
            help = f"Write {_WANTED[limit]}: the runtime cannot decode the profile."
            yield problem("wrong-type", path, message=message, help=help)
        case "minItems" | "minLength":
            yield problem("empty-value", path, place=place)
        case "maximum" | "minimum" as bound:
            side, most = ("above", "most") if bound == "maximum" else ("below", "least")
            yield problem("out-of-range", path, place=place, value=value, side=side, limit=limit, most=most)
        case _:
            help = "Correct the value: the runtime rejects it."
            yield problem("invalid-value", path, place=place, what=error.message, help=help)


def _beyond_the_schema(data: dict[str, Any]) -> Iterator[ProfileProblem]:
    """Yield what the runtimes reject but JSON Schema cannot express clearly."""
    if data.get("architectures") and data.get("archMap"):
        yield problem("architectures-and-archmap", ("archMap",))
    yield from _errno("defaultErrno", data, ())
    for index, token in enumerate(as_list(data.get("architectures"))):
        if token in _NOT_IN_RUNC:
            yield problem("architecture-unknown-to-runc", ("architectures", index), index=index, token=token)
    if data.get("defaultAction") == "SCMP_ACT_NOTIFY":
        yield problem("notify-by-default", ("defaultAction",))
    for index, rule in enumerate(as_list(data.get("syscalls"))):
        if isinstance(rule, dict):
            yield from _rule(rule, ("syscalls", index))


def _rule(rule: dict[str, Any], at: Path) -> Iterator[ProfileProblem]:
    place = _place(at)
    if rule.get("name") and rule.get("names"):
        yield problem("name-and-names", (*at, "name"), place=place)
    yield from _errno("errno", rule, at)
    if rule.get("action") == "SCMP_ACT_NOTIFY":
        for index, name in enumerate(as_list(rule.get("names"))):
            if name == "write":
                yield problem("notify-write", (*at, "names", index), place=place)


def _errno(key: str, holder: dict[str, Any], at: Path) -> Iterator[ProfileProblem]:
    name = holder.get(key)
    if isinstance(name, str) and name and not name.isdecimal() and errno_number(name) is None:
        yield problem("unknown-errno", (*at, key), place=_place((*at, key)), name=name)


def _place(path: Path) -> str:
    """Return the path as `syscalls[2].action`; `the profile` for the root."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".") or "the profile"


def _suggestion(word: object, words: list[str]) -> str:
    """Return `; did you mean X?` for the closest of the words, compared by what follows the prefix that all of them share."""
    prefix = words[0][: words[0].rfind("_") + 1]
    spelling = str(word) if not prefix else str(word).upper().removeprefix(prefix)
    meant = closest_match(spelling, [name.removeprefix(prefix) for name in words], cutoff=0.7)
    return f"; did you mean {prefix}{meant}?" if meant else ""
