"""The result of a unit from the values that a store has of it. They may come from anywhere: a wrong one is a ValueError or TypeError."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar

from scclint.finding import Finding, Ignore, Notice, Related, Severity, Subject, Suppression, Tally
from scclint.run.part import Part, Unjudged
from scclint.source import Span

T = TypeVar("T")


def fields_of(part: Part) -> list[Any]:
    """Return what of a part is stored."""
    return [getattr(part, name) for name in _STORED]


def part_of(unit: str, fields: Any) -> Part:
    """Return the part of a unit that has these fields, without texts and outcomes."""
    named = zip(_STORED.items(), fields, strict=True)
    return Part(unit, **{name: restore(value) for (name, restore), value in named})


def _records(kind: type[T], items: Any) -> tuple[T, ...]:
    return tuple(_record(kind, fields) for fields in items)


def _record(kind: Any, fields: Any) -> Any:
    """Return the record with these fields, in their order."""
    named = zip(kind.__match_args__, fields, strict=True)
    return kind(**{name: None if value is None else _VALUES.get(name, _frozen)(value) for name, value in named})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _span(fields: Any) -> Span:
    return Span(*fields)


_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "severity": Severity,
    "span": _span,
    "region": _span,
    "subject": partial(_record, Subject),
    "related": partial(_records, Related),
    "flow": partial(_records, Related),
    "suppression": partial(_record, Suppression),
    "until": date.fromisoformat,
}
"""The functions that make the values of fields, for fields that are neither plain values nor lists of them."""

_STORED: Mapping[str, Callable[[Any], Any]] = {
    "findings": partial(_records, Finding),
    "ignores": partial(_records, Ignore),
    "notices": partial(_records, Notice),
    "unjudged": partial(_records, Unjudged),
    "tallies": lambda tallies: {file: _record(Tally, counts) for file, counts in tallies.items()},
    "files": tuple,
    "platform": str,
    "nothing": bool,
    "judged": tuple,
}
"""The fields of a part that are stored, with the functions that make their values."""
