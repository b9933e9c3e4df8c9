"""The layers of a configuration without the defaults: each setting from the file and from the command line."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from scclint import untyped
from scclint.config.model import KEYS
from scclint.config.raw import Raw
from scclint.finding import Path
from scclint.record import record
from scclint.rule import AnyRule
from scclint.source import Span

ADDED_UP = frozenset({"extend_select", "params"})
"""Fields where an option adds to the file; elsewhere it replaces."""

SET_ASIDE_BY_SELECT = frozenset({"select", "extend_select", "ignore"})


@record
class Layers:
    """`raw` is the file, and `options` what the command line gave, by field of `Config`."""

    raw: Raw
    options: Mapping[str, Any]

    @property
    def root(self) -> str:
        return os.path.dirname(self.raw.file) or "."

    def written(self, field: str) -> Any:
        """Return the value in the file unless the command line overrides it; None if there is none."""
        if "select" in self.options and field in SET_ASIDE_BY_SELECT:
            return None
        if "format" in self.options and field == "output":
            return None
        return untyped.value_at(self.raw.data, KEYS[field])

    def value(self, field: str) -> Any:
        """Return the plain value that applies, or None if it is unset."""
        option, written = self.options.get(field), self.written(field)
        if option is None or written is None or field not in ADDED_UP:
            return written if option is None else option
        return {**written, **option} if isinstance(written, dict) else [*written, *option]

    def origin(self, field: str) -> str:
        """Return where the value that applies was set: `FILE:LINE`, `command line`, or both."""
        sources = []
        if self.written(field) is not None and (field not in self.options or field in ADDED_UP):
            sources.append(f"{self.raw.file}:{self.place(field).line}")
        if field in self.options:
            sources.append("command line")
        return ", ".join(sources)

    def place(self, field: str, path: Path = ()) -> Span:
        """Return the place at which the file sets a field, or a part of it."""
        return self.raw.key_at((*KEYS[field], *path))


@record
class ConversionContext:
    """What a converter needs: its field, the layers, the rules that selectors can match, and the list to which it adds mistakes.

    A mistake has its place if it is in the file, and None if it is on the command line.
    """

    field: str
    layers: Layers
    rules: Sequence[AnyRule]
    mistakes: list[tuple[Span | None, str]]

    @property
    def by_option(self) -> bool:
        return self.field in self.layers.options

    def mistake(self, path: Path, message: str) -> None:
        option = f"--{self.field.replace('_', '-')}: "
        self.mistakes.append((None, option + message) if self.by_option else (self.place(*path), message))

    def place(self, *path: str | int) -> Span:
        return self.layers.place(self.field, path)
