"""Count how long a CEL expression takes before the library evaluates it: nested macros take the product of their lists,
and the library cannot be stopped.
"""

import re
from collections.abc import Mapping
from typing import Any

from scclint.cel.syntax import Expr
from scclint.cel.types import is_macro, joins
from scclint.cel.values import field
from scclint.limits import MAX_STEPS, MAX_STEPS_OF_RUN

_AT_ONCE = 10_000
"""Characters of a text, or items of a list, that are read in the time of one step."""
_TEXT = re.compile(r"""(["'])([^"'\\]*)\1""")
_UNKNOWN = object()
"""A value that only evaluation can find. It counts as the longest value that the expression can read."""


class Budget:
    """The steps that the declared rules of a run may still take."""

    def __init__(self) -> None:
        self._left = MAX_STEPS_OF_RUN

    def spend(self, steps: int) -> bool:
        """Take so many steps. Return False if fewer are left."""
        self._left -= steps
        return self._left >= 0


class Steps:
    """The steps that an expression takes, given its tree and its text."""

    def __init__(self, tree: Expr, text: str) -> None:
        self._tree = tree
        self.text = text
        self.sizes: dict[int, int] = {}
        self.nesting: set[int] = set()
        self._repeats = self._measure(tree) or joins(tree)

    def of(self, values: Mapping[str, Any]) -> int:
        """Return the number of steps with these variables; above `MAX_STEPS`, any larger number."""
        if not self._repeats:
            return self.sizes[id(self._tree)]
        steps = _Count(self, values).of(self._tree, values)
        # Comparing or joining texts reads them. Only within one macro does `+` apply to a result of `+`.
        largest = max((_longest(value, texts=True) for value in values.values()), default=0) * (1 + self.text.count("+"))
        return steps * (1 + largest // _AT_ONCE)

    def _measure(self, node: Expr) -> bool:
        """Note the size of each part, and which macros have others within; gives whether there is a macro in the part."""
        inside = [self._measure(part) for part in node.parts]
        self.sizes[id(node)] = self.own(node) + sum(self.sizes[id(part)] for part in node.parts)
        if is_macro(node) and any(inside[2:]):
            self.nesting.add(id(node))
        return is_macro(node) or any(inside)

    def own(self, node: Expr) -> int:
        """Of a part without those within. A regular expression is compiled each time; one that repeats parts of it takes long."""
        return 1 if node.text != "matches" or node.sort != "method" else 1000 if "{" in self.text else 50


class _Count:
    """Steps with certain variables. It stops soon after `MAX_STEPS`: to count on would take as long as what is counted."""

    def __init__(self, steps: Steps, values: Mapping[str, Any]) -> None:
        self._steps = steps
        self._values = values
        self._longest = -1

    def of(self, node: Expr, scope: Mapping[str, Any]) -> int:
        if not is_macro(node):
            return self._steps.own(node) + sum(self.of(part, scope) for part in node.parts)
        target, variable, *bodies = node.parts
        source = self._value(target, scope)
        items = [_UNKNOWN] * self._most() if source is _UNKNOWN else list(source) if isinstance(source, dict | list) else []
        steps = self.of(target, scope)
        if id(node) not in self._steps.nesting:
            return steps + len(items) * sum(self._steps.sizes[id(body)] for body in bodies)
        for item in items:
            if steps > MAX_STEPS:
                break
            inner = {**scope, variable.text: item}
            steps += sum(self.of(body, inner) for body in bodies)
        return steps

    def _value(self, node: Expr, scope: Mapping[str, Any]) -> Any:
        """Return the value of a part of the expression; for `filter`, the whole list that it filters."""
        if node.sort == "name":
            return scope.get(node.text, _UNKNOWN)
        if node.sort == "select":
            return self._at(node.parts[0], node.text, scope)
        if node.text == "field" and node.sort in ("function", "method") and len(node.parts) == 2:
            path = _TEXT.match(self._steps.text, node.parts[1].at)
            return self._at(node.parts[0], path[2], scope) if path else _UNKNOWN
        if is_macro(node) and node.text == "filter":
            return self._value(node.parts[0], scope)
        return _UNKNOWN

    def _at(self, node: Expr, path: str, scope: Mapping[str, Any]) -> Any:
        value = self._value(node, scope)
        return value if value is _UNKNOWN else field(value, path)

    def _most(self) -> int:
        """Return the length of the longest list that an expression can build from its variables without macros."""
        if self._longest < 0:
            longest = max(map(_longest, self._values.values()), default=0)
            self._longest = longest * (1 + self._steps.text.count("+")) + self._steps.text.count(",") + 1
        return self._longest


def _longest(value: Any, *, texts: bool = False) -> int:
    """Items of the longest list or mapping within a value, or characters of the longest text."""
    if texts and isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(len(items), max((_longest(item, texts=texts) for item in items), default=0))
