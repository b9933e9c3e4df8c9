"""Filters of a page, made of the style sheet alone: a list to choose from hides what does not belong to the choice."""

from collections.abc import Iterable, Sequence

from scclint.report.html_elements import Html, choice


class Filter:
    """A list of values to choose from. Elements with the classes that `classes` returns are hidden if another value is chosen."""

    def __init__(self, name: str, label: str, values: Iterable[str]) -> None:
        self._name = name
        self._label = label
        self._values: Sequence[str] = sorted(set(values))
        self._index = {value: index for index, value in enumerate(self._values)}

    @property
    def useful(self) -> bool:
        """Whether there is something to choose."""
        return len(self._values) > 1

    @property
    def style(self) -> str:
        """The rules that hide elements. They contain positions and no values, which may be anyone's text."""
        if not self.useful:
            return ""
        return "".join(
            f"body:has(#{self._name} option:nth-child({index + 2}):checked) .{self._name}:not(.{self._name}-{index}) "
            "{ display: none; }\n"
            for index in self._index.values()
        )

    def classes(self, values: Iterable[str]) -> str:
        """Return the classes of an element that belongs to these values; none for an element that is always shown."""
        indices = sorted({self._index[value] for value in values if value in self._index})
        return " ".join([self._name, *(f"{self._name}-{index}" for index in indices)]) if indices and self.useful else ""

    def control(self, every: str) -> Html:
        """Return the list, whose first option is `every`, which hides nothing."""
        return choice(self._name, self._label, [every, *self._values])
