"""Parts of a file by what they overlap, found without a look at all of them."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

Position = tuple[int, int]
"""Line and column."""


class Regions(Generic[T]):
    """Values with the part that each covers, from its first position to one past its last.

    They stand in the order of their beginnings and are searched by halves: of each half it is known how far it reaches.
    """

    def __init__(self, parts: Iterable[tuple[Position, Position, T]]) -> None:
        self._parts = sorted(parts, key=lambda part: part[0])
        self._reach: list[Position] = [(0, 0)] * len(self._parts)
        self._measure(0, len(self._parts))

    def _measure(self, low: int, high: int) -> Position:
        if low == high:
            return (0, 0)
        middle = (low + high) // 2
        end = self._parts[middle][1]
        self._reach[middle] = max(end, self._measure(low, middle), self._measure(middle + 1, high))
        return self._reach[middle]

    def overlapping(self, start: Position, end: Position) -> Iterator[T]:
        """The values whose part has something in common with that from `start` to before `end`, in no certain order."""
        halves = [(0, len(self._parts))]
        while halves:
            low, high = halves.pop()
            middle = (low + high) // 2
            if low == high or self._reach[middle] <= start:
                continue
            first, last, value = self._parts[middle]
            halves.append((low, middle))
            if first < end:
                halves.append((middle + 1, high))
                if last > start:
                    yield value

    def __iter__(self) -> Iterator[T]:
        return (value for _, _, value in self._parts)
