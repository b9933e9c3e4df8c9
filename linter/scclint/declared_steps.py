"""How long a CEL expression takes, counted before the library evaluates it: macros within macros take the product of their lists,
and the library cannot be stopped.
"""

import re
from collections.abc import Mapping
from typing import Any

from scclint.declared_syntax import Node
from scclint.declared_types import is_macro, joins
from scclint.declared_values import field

MOST_STEPS = 1_000_000
"""Parts of an expression that may be evaluated for one object, those within a macro once for each item: some tenths of a second.
Ten containers with thirty mounts and fifty volumes in three lists within each other take a quarter of it."""

_AT_ONCE = 10_000
"""Characters of a text, or items of a list, that are gone through in the time of a step."""
_TEXT = re.compile(r"""(["'])([^"'\\]*)\1""")
_UNKNOWN = object()
"""What only evaluation would tell. It counts for as long as anything that the expression can read."""


MOST_ALTOGETHER = 30_000_000
"""Such parts in a run, for all objects and rules: some ten seconds."""


class Budget:
    """The steps that the declared rules of a run have left."""

    def __init__(self) -> None:
        self._left = MOST_ALTOGETHER

    def spend(self, steps: int) -> bool:
        """Whether there are that many left to take."""
        self._left -= steps
        return self._left >= 0


def steps_of(tree: Node, text: str, values: Mapping[str, Any]) -> int:
    """How many steps an expression, given its tree and its text, takes with these variables; of more than `MOST_STEPS` some number."""
    count = _Count(tree, text, values)
    if not count.macros and not joins(tree):
        return count.size
    steps = count.of(tree, values)
    # What compares or joins texts goes through them, and `+` is applied to what `+` has made within one macro only.
    largest = max(map(_largest, values.values()), default=0) * (1 + text.count("+"))
    return steps * (1 + largest // _AT_ONCE)


class _Count:
    """Steps of an expression. It stops soon after `MOST_STEPS`: to count on would take as long as what is counted."""

    def __init__(self, tree: Node, text: str, values: Mapping[str, Any]) -> None:
        self._text = text
        self._values = values
        self._sizes: dict[int, int] = {}
        self._nesting: set[int] = set()
        self.macros = self._measure(tree)
        self.size = self._sizes[id(tree)]
        self._longest = -1

    def _measure(self, node: Node) -> bool:
        """Note the size of each part, and which macros have others within; gives whether there is a macro in the part."""
        inside = [self._measure(part) for part in node.parts]
        self._sizes[id(node)] = self._own(node) + sum(self._sizes[id(part)] for part in node.parts)
        if is_macro(node) and any(inside[2:]):
            self._nesting.add(id(node))
        return is_macro(node) or any(inside)

    def _own(self, node: Node) -> int:
        """A regular expression is compiled anew each time; one that repeats parts of it takes long."""
        return 1 if node.text != "matches" or node.sort != "method" else 1000 if "{" in self._text else 50

    def of(self, node: Node, scope: Mapping[str, Any]) -> int:
        if not is_macro(node):
            return self._own(node) + sum(self.of(part, scope) for part in node.parts)
        target, variable, *bodies = node.parts
        source = self._value(target, scope)
        items = [_UNKNOWN] * self._most() if source is _UNKNOWN else list(source) if isinstance(source, dict | list) else []
        steps = self.of(target, scope)
        if id(node) not in self._nesting:
            return steps + len(items) * sum(self._sizes[id(body)] for body in bodies)
        for item in items:
            if steps > MOST_STEPS:
                break
            inner = {**scope, variable.text: item}
            steps += sum(self.of(body, inner) for body in bodies)
        return steps

    def _value(self, node: Node, scope: Mapping[str, Any]) -> Any:
        """What a part of the expression stands for; of `filter` all that it chooses from."""
        if node.sort == "name":
            return scope.get(node.text, _UNKNOWN)
        if node.sort == "select":
            return self._at(node.parts[0], node.text, scope)
        if node.text == "field" and node.sort in ("function", "method") and len(node.parts) == 2:
            path = _TEXT.match(self._text, node.parts[1].at)
            return self._at(node.parts[0], path[2], scope) if path else _UNKNOWN
        if is_macro(node) and node.text == "filter":
            return self._value(node.parts[0], scope)
        return _UNKNOWN

    def _at(self, node: Node, path: str, scope: Mapping[str, Any]) -> Any:
        value = self._value(node, scope)
        return value if value is _UNKNOWN else field(value, path)

    def _most(self) -> int:
        """Items of the longest list that an expression could make of its variables without macros."""
        if self._longest < 0:
            longest = max(map(_longest, self._values.values()), default=0)
            self._longest = longest * (1 + self._text.count("+")) + self._text.count(",") + 1
        return self._longest


def _largest(value: Any) -> int:
    """Characters of the longest text, or items of the longest list."""
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(len(items), max(map(_largest, items), default=0))


def _longest(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(len(items), max(map(_longest, items), default=0))
