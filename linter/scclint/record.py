"""Values: frozen ones that compare by content, those of a key, and those that are computed once for each key.

A record is `@dataclass(frozen=True, slots=True)` without its price at start-up. `dataclasses` imports `inspect` with much of Python's own
compiler, and compiles six functions for each class when the class is made. A record compiles one function, when its first value is made: a
run over one file never makes a value of most classes.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

EMPTY: Mapping[Any, Any] = MappingProxyType({})
"""The default of a field that is a mapping."""


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a class of annotated fields a frozen one with slots.

    Its values are made from the fields by place or name, compare and hash by content, and refuse to be changed with an
    AttributeError. All share a field's default, so it must be immutable. Fields are not inherited.
    """
    fields = tuple(cls.__annotations__)
    defaults = {name: cls.__dict__[name] for name in fields if name in cls.__dict__}
    attributes = {name: value for name, value in cls.__dict__.items() if name not in (*fields, "__dict__", "__weakref__")}
    shape = {"__slots__": fields, "__match_args__": fields, "__qualname__": cls.__qualname__, "_content": attrgetter(*fields)}
    base: Any = type(cls)
    made: Any = base(cls.__name__, cls.__bases__, {**_METHODS, **attributes, **shape})

    def init(self: Any, *values: Any, **named: Any) -> None:
        # Compiled when the first value is made: of most classes a run makes none.
        made.__init__ = _init(made, fields, defaults)
        made.__init__(self, *values, **named)

    made.__init__ = init
    return made  # type: ignore[no-any-return]


class Frozen:
    """Base of a class that is no record but refuses to be changed as one does. Its `__init__` calls `set_fields`."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            _refuse(self, name)

        def __delattr__(self, name: str) -> None:
            _refuse(self, name)


def set_fields(value: Frozen, **fields: object) -> None:
    """Set fields of a frozen value, for the `__init__` of its class alone."""
    for name, field in fields.items():
        object.__setattr__(value, name, field)


def replace(value: T, **changes: Any) -> T:
    """Return a copy of a record or dataclass with `changes`, by field. Raises TypeError for a field it does not have."""
    made: Any = type(value)
    return made(**{name: getattr(value, name) for name in made.__match_args__} | changes)  # type: ignore[no-any-return]


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Return the values of each key in the order of the pairs. The keys are in the order in which they came first."""
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


class Memo:
    """What is computed once for each key. Call it with a key and the function that makes the value.

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


def _init(cls: Any, fields: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    # Written out and compiled, for values are made by the hundred thousand. Slots are set past the class's own refusal.
    scope: dict[str, Any] = {"defaults": defaults, **{f"set_{name}": cls.__dict__[name].__set__ for name in fields}}
    parameters = ", ".join(f"{name}=defaults[{name!r}]" if name in defaults else name for name in fields)
    body = "; ".join(f"set_{name}(self, {name})" for name in fields)
    exec(f"def __init__(self, {parameters}): {body}", scope)
    return scope["__init__"]


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._content(self) == self._content(other)


def _hash(self: Any) -> int:
    return hash(self._content(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise AttributeError(f"{self.__class__.__qualname__} cannot be changed: {name}")


def _reduce(self: Any) -> tuple[Any, ...]:
    return self.__class__, tuple(getattr(self, name) for name in self.__match_args__)


_METHODS = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__reduce__": _reduce,
}
