"""Check CEL expressions against the types of their variables, so that a mistake is reported before the run.

Where a value comes from a manifest its type is not known (`dyn`) and left to the evaluation. Where two types are known and
cannot go together (`verdict.scc == 3`), where a name, a field or a function is not there, or the whole is not a bool, that is
a mistake at its place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from scclint.cel.syntax import Expr, parse

MACROS = ("all", "exists", "exists_one", "map", "filter")
DEEPEST = 3
"""Macros within macros take the product of their lists in time. Three walk the containers, their mounts and one list more."""


@dataclass(frozen=True, slots=True)
class CelType:
    """A CEL type. `fields` are all that an object of known shape has; `item` is the type of a list's items or a map's values."""

    name: str
    fields: "Mapping[str, CelType] | None" = field(default=None, compare=False)
    item: "CelType | None" = field(default=None, compare=False)


DYN, BOOL, INT, UINT, DOUBLE = CelType("dyn"), CelType("bool"), CelType("int"), CelType("uint"), CelType("double")
STRING, BYTES, NULL, KIND = CelType("string"), CelType("bytes"), CelType("null"), CelType("type")
TIMESTAMP, DURATION = CelType("timestamp"), CelType("duration")

_NUMBERS = frozenset(("int", "uint", "double"))
_ORDERED = _NUMBERS | {"bool", "string", "bytes", "timestamp", "duration"}
_BY_NAME = {t.name: t for t in (BOOL, INT, UINT, DOUBLE, STRING, BYTES, NULL)}

_TYPE_NAMES = ("bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type")

_FUNCTIONS: Mapping[str, tuple[int, CelType]] = {
    "size": (1, INT),
    "int": (1, INT),
    "uint": (1, UINT),
    "double": (1, DOUBLE),
    "string": (1, STRING),
    "bytes": (1, BYTES),
    "dyn": (1, DYN),
    "type": (1, KIND),
    "timestamp": (1, TIMESTAMP),
    "duration": (1, DURATION),
    "field": (2, DYN),
}
"""Name: number of arguments, type of the result."""

_METHODS: Mapping[str, tuple[tuple[str, ...], tuple[CelType, ...], CelType]] = {
    "size": (("string", "bytes", "list", "map"), (), INT),
    "contains": (("string",), (STRING,), BOOL),
    "startsWith": (("string",), (STRING,), BOOL),
    "endsWith": (("string",), (STRING,), BOOL),
    "matches": (("string",), (STRING,), BOOL),
    "field": (("map",), (STRING,), DYN),
} | {
    f"get{part}": (("timestamp", "duration"), (), INT)
    for part in ("FullYear", "Month", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds", "Milliseconds")
}
"""Name: types it can be called on, types of the arguments, type of the result."""


def list_of(item: CelType) -> CelType:
    return CelType("list", item=item)


def object_of(**fields: CelType) -> CelType:
    """A map whose keys are all known."""
    return CelType("map", fields=fields)


def map_of(item: CelType) -> CelType:
    """A map with any keys."""
    return CelType("map", item=item)


class TypeMistake(NamedTuple):
    """A mistake in an expression, and its 0-based offset."""

    at: int
    message: str


def check(text: str, variables: Mapping[str, CelType]) -> list[TypeMistake]:
    """Return the type errors of an expression that must be a boolean, in the order of the text.

    Raises SyntaxProblem for what is no CEL.
    """
    checker = _Checker()
    tree = parse(text)
    result = checker.type_of(tree, variables, 0)
    if not checker.mistakes and result not in (BOOL, DYN):
        checker.mistake(_first(tree), f"the expression is {_a(result.name)}; it must be true or false")
    return sorted(checker.mistakes)


def names(node: Expr, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the variables that an expression reads, without those that its macros bind."""
    if node.sort == "name":
        return frozenset((node.text,)) - bound
    parts = node.parts
    if is_macro(node):
        inner = bound | {parts[1].text}
        return names(parts[0], bound).union(*(names(part, inner) for part in parts[2:]))
    return frozenset().union(*(names(part, bound) for part in parts))


def _a(name: str) -> str:
    return f"an {name}" if name == "int" else f"a {name}"


def _first(node: Expr) -> int:
    return min((node.at, *(_first(part) for part in node.parts)))


def is_macro(node: Expr) -> bool:
    """Whether the node is a macro over the items of a list, or the keys of a map, that it gives a name."""
    return node.sort == "method" and node.text in MACROS and len(node.parts) > 2 and node.parts[1].sort == "name"


def joins(node: Expr) -> bool:
    """Whether it contains a `+`, whose result is larger than its operands."""
    return (node.sort == "operator" and node.text == "+") or any(map(joins, node.parts))


class _Checker:
    """Walks the tree and collects mistakes. A wrong part has type `dyn`, so that it is reported once."""

    def __init__(self) -> None:
        self.mistakes: list[TypeMistake] = []

    def mistake(self, at: int, message: str) -> CelType:
        self.mistakes.append(TypeMistake(at, message))
        return DYN

    def type_of(self, node: Expr, scope: Mapping[str, CelType], depth: int) -> CelType:
        if is_macro(node):
            return self._macro(node, scope, depth)
        if node.sort == "function" and node.text == "has":
            return self._has(node, scope, depth)
        if node.sort == "name":
            return self._name(node, scope)
        parts = [self.type_of(part, scope, depth) for part in node.parts]
        return _KINDS[node.sort](self, node, parts)

    def _name(self, node: Expr, scope: Mapping[str, CelType]) -> CelType:
        if node.text in scope:
            return scope[node.text]
        if node.text in _TYPE_NAMES:
            return KIND
        return self.mistake(node.at, f"nothing is called {node.text!r}{_instead(node.text, [*scope])}")

    def _literal(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        return _BY_NAME[node.text]

    def _list(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        return list_of(parts[0] if parts and all(part == parts[0] for part in parts) else DYN)

    def _map(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        return map_of(DYN)

    def _select(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        (target,) = parts
        if target.fields is not None:
            if node.text in target.fields:
                return target.fields[node.text]
            return self.mistake(node.at, f"there is no field {node.text!r} here{_instead(node.text, [*target.fields])}")
        if target.name not in ("map", "dyn"):
            return self.mistake(node.at, f"{_a(target.name)} has no fields")
        return target.item or DYN

    def _index(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        target, index = parts
        if target.name == "list":
            if index.name not in (*_NUMBERS, "dyn"):
                return self.mistake(node.at, f"the items of a list have numbers, not {_a(index.name)}")
            return target.item or DYN
        if target.name not in ("map", "dyn"):
            return self.mistake(node.at, f"{_a(target.name)} has no items")
        return target.item or DYN

    def _has(self, node: Expr, scope: Mapping[str, CelType], depth: int) -> CelType:
        if len(node.parts) != 1 or node.parts[0].sort != "select":
            return self.mistake(node.at, "has() asks for a field, as in has(object.metadata.labels)")
        self.type_of(node.parts[0], scope, depth)
        return BOOL

    def _macro(self, node: Expr, scope: Mapping[str, CelType], depth: int) -> CelType:
        target = self.type_of(node.parts[0], scope, depth)
        if target.name not in ("list", "map", "dyn"):
            return self.mistake(node.at, f"{node.text}() goes through a list or map, not {_a(target.name)}")
        if depth == DEEPEST:
            return self.mistake(node.at, f"more than {DEEPEST} of {', '.join(MACROS)} within each other")
        if joins(node.parts[0]) and any(map(joins, node.parts[2:])):
            return self.mistake(node.at, f"{node.text}() adds with + to what + has made: what doubles each time has no end")
        item = (target.item or DYN) if target.name == "list" else STRING if target.fields is not None else DYN
        inner = {**scope, node.parts[1].text: item}
        bodies = [self.type_of(body, inner, depth + 1) for body in node.parts[2:]]
        if len(bodies) > (2 if node.text == "map" else 1):
            return self.mistake(node.at, f"{node.text}() takes a name and an expression")
        if node.text == "map":
            return list_of(bodies[-1])
        if bodies[0] not in (BOOL, DYN):
            return self.mistake(_first(node.parts[2]), f"{node.text}() needs a condition, not {_a(bodies[0].name)}")
        return list_of(item) if node.text == "filter" else BOOL

    def _function(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        if node.text not in _FUNCTIONS:
            return self.mistake(node.at, f"no function is called {node.text!r}{_instead(node.text, ['has', *_FUNCTIONS])}")
        count, result = _FUNCTIONS[node.text]
        if len(parts) != count:
            return self.mistake(node.at, f"{node.text}() takes {count} argument{'s' if count > 1 else ''}, not {len(parts)}")
        if node.text == "size" and parts[0].name not in (*_METHODS["size"][0], "dyn"):
            return self.mistake(node.at, f"{_a(parts[0].name)} has no size")
        return result

    def _method(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        if node.text in MACROS:
            return self.mistake(node.at, f"{node.text}() takes a name and an expression, as in list.{node.text}(x, x == 1)")
        if node.text not in _METHODS:
            return self.mistake(node.at, f"no function is called {node.text!r}{_instead(node.text, [*MACROS, *_METHODS])}")
        receivers, wanted, result = _METHODS[node.text]
        target, *given = parts
        if target.name not in (*receivers, "dyn"):
            return self.mistake(node.at, f"{node.text}() is for a {' or '.join(receivers)}, not {_a(target.name)}")
        if len(given) != len(wanted):
            return self.mistake(node.at, f"{node.text}() takes {len(wanted) or 'no'} argument, not {len(given)}")
        for part, want, have in zip(node.parts[1:], wanted, given, strict=True):
            if have not in (want, DYN):
                return self.mistake(_first(part), f"{node.text}() takes {_a(want.name)}, not {_a(have.name)}")
        return result

    def _operator(self, node: Expr, parts: Sequence[CelType]) -> CelType:
        operator = node.text
        if operator == "?:":
            self._all_bool(node, parts[:1])
            return parts[1] if parts[1] == parts[2] else DYN
        if operator in ("&&", "||", "!"):
            self._all_bool(node, parts)
            return BOOL
        if operator == "in":
            if parts[1].name not in ("list", "map", "dyn"):
                return self.mistake(node.at, f"`in` looks into a list or map, not {_a(parts[1].name)}")
            return BOOL
        if len(parts) == 1:
            return (
                parts[0]
                if parts[0].name in (*_NUMBERS, "dyn")
                else self.mistake(node.at, f"{_a(parts[0].name)} has no negative")
            )
        left, right = parts
        if DYN in parts:
            return BOOL if operator in _COMPARISONS else DYN
        if operator in ("==", "!="):
            if NULL not in parts and left != right and not _NUMBERS.issuperset((left.name, right.name)):
                return self.mistake(node.at, f"{_a(left.name)} is never equal to {_a(right.name)}")
            return BOOL
        if operator in _COMPARISONS:
            if left.name not in _ORDERED or (left != right and not _NUMBERS.issuperset((left.name, right.name))):
                return self.mistake(node.at, f"{operator} does not compare {_a(left.name)} with {_a(right.name)}")
            return BOOL
        return self._arithmetic(node, left, right)

    def _arithmetic(self, node: Expr, left: CelType, right: CelType) -> CelType:
        names = (left.name, right.name)
        if left == right and left.name in _NUMBERS and not (node.text == "%" and left == DOUBLE):
            return left
        if node.text == "+" and left == right and left.name in ("string", "bytes", "list", "duration"):
            return left if left.item == right.item else list_of(DYN)
        if node.text in ("+", "-") and names in (("timestamp", "duration"), ("duration", "timestamp")):
            return TIMESTAMP
        if node.text == "-" and left == right and left.name in ("timestamp", "duration"):
            return DURATION
        return self.mistake(node.at, f"{node.text} does not take {_a(left.name)} and {_a(right.name)}")

    def _all_bool(self, node: Expr, parts: Sequence[CelType]) -> None:
        for part, kind in zip(node.parts, parts, strict=False):
            if kind not in (BOOL, DYN):
                self.mistake(
                    _first(part), f"{'?' if node.text == '?:' else node.text} needs true or false, not {_a(kind.name)}"
                )


_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

_KINDS: Mapping[str, Callable[[_Checker, Expr, Sequence[CelType]], CelType]] = {
    "literal": _Checker._literal,
    "list": _Checker._list,
    "map": _Checker._map,
    "select": _Checker._select,
    "index": _Checker._index,
    "function": _Checker._function,
    "method": _Checker._method,
    "operator": _Checker._operator,
}


def _instead(word: str, known: list[str]) -> str:
    from scclint.config.schema import did_you_mean

    return did_you_mean(word, known) or f"; known here: {', '.join(sorted(known))}"
