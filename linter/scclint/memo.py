"""What is computed once for each key and kept as long as its owner."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Call it with a key and the function that makes the value.

    The key's first part is the function that asks, so that no two share a key by accident.
    """

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returned when the key was asked for first."""
        if key not in self._made:
            self._made[key] = make()
        value: T = self._made[key]
        return value
