"""The values keys that templates of a chart compare with a word, such as the name of a platform."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from scclint.deploy.origins.charts import references
from scclint.deploy.origins.template_lines import ACTION, DEFINED, INCLUDED

_COMPARES = re.compile(r"\b(?:eq|ne|has|contains|hasPrefix|hasSuffix)\s")
_LITERAL = re.compile(r"[\"`]([\w.-]+)[\"`]")
_VARIABLE = re.compile(r"\$\w+")
_ASSIGNED = re.compile(r"\{\{-?\s*(\$\w+)\s*:?=")


class ComparedValue(NamedTuple):
    """The keys of a value, as the template in `file` names them, and a word that it is compared with there."""

    file: str
    keys: tuple[str, ...]
    word: str


class Comparisons:
    """What the templates of a chart compare. `texts` are the templates by path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def with_word(self, word: "re.Pattern[str]") -> Iterator[ComparedValue]:
        """Yield each comparison of a value with a word that matches, also by a variable or a named template; each once."""
        found: dict[ComparedValue, None] = {}
        for file, text in self._texts.items():
            for action in ACTION.finditer(text) if word.search(text) else ():
                for literal in _LITERAL.finditer(action[0]):
                    if word.search(literal[1]):
                        compared = _comparison_around(action[0], literal.start())
                        found |= dict.fromkeys(
                            ComparedValue(file, keys, literal[1]) for keys in self._read(file, compared, set())
                        )
        yield from found

    def _read(self, file: str, expression: str, visited: set[str]) -> Iterator[tuple[str, ...]]:
        """The values that an expression reads, the nearest first."""
        yield from references(expression)
        variables = (self._assigned.get(f"{file} {name}") for name in _VARIABLE.findall(expression))
        named = (self._defined.get(name) for name in INCLUDED.findall(expression))
        for source in (*variables, *named):
            if source is not None and source[1] not in visited:
                visited.add(source[1])
                yield from self._read(*source, visited)

    @cached_property
    def _assigned(self) -> Mapping[str, tuple[str, str]]:
        """The actions that give variables their value, each with its file, by file and name."""
        actions = ((file, action[0]) for file, text in self._texts.items() for action in ACTION.finditer(text))
        return {
            f"{file} {match[1]}": (file, action[match.end() :])
            for file, action in actions
            if (match := _ASSIGNED.match(action))
        }

    @cached_property
    def _defined(self) -> Mapping[str, tuple[str, str]]:
        """The text of each named template, up to the next one, with its file."""
        defined: dict[str, tuple[str, str]] = {}
        for file, text in self._texts.items():
            starts = [*DEFINED.finditer(text)]
            for match, end in zip(starts, [*(later.start() for later in starts[1:]), len(text)], strict=False):
                defined[match[1]] = file, text[match.end() : end]
        return defined


def _comparison_around(action: str, at: int) -> str:
    """The innermost expression around a place that compares, without the brackets around it; empty if none does."""
    start, end = at, at
    while start > 0:
        start, end = _bracket(action, start, -1), _bracket(action, end, 1)
        inside = action[max(start, 0) + 1 : end]
        if _COMPARES.search(f"{inside} "):
            return inside
    return ""


def _bracket(text: str, at: int, step: int) -> int:
    """Where the nearest bracket around a place is, in one direction; the end of the text if there is none."""
    depth = 0
    at += step
    while 0 <= at < len(text):
        depth += {"(": step, ")": -step}.get(text[at], 0)
        if depth < 0:
            return at
        at += step
    return at
