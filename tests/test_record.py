"""Records are frozen dataclasses with slots in all but their price."""

import pickle
from collections.abc import Mapping

import pytest

from scclint.record import EMPTY, record, replace


@record
class Point:
    """A place."""

    x: int
    y: int = 0
    tags: tuple[str, ...] = ()
    more: Mapping[str, int] = EMPTY

    @property
    def far(self) -> bool:
        return self.x + self.y > 10


@record
class Other:
    x: int
    y: int = 0
    tags: tuple[str, ...] = ()
    more: Mapping[str, int] = EMPTY


@record
class Shown:
    text: str

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and self.text.lower() == other.text.lower()

    __hash__ = None  # type: ignore[assignment]


def test_made_by_place_and_by_name() -> None:
    assert Point(1, 2) == Point(y=2, x=1) == Point(1, y=2)
    assert Point(1).y == 0 and Point(1).more == {} and Point(9, 2).far
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)  # type: ignore[call-arg]


def test_compares_by_content_within_its_class() -> None:
    assert Point(1, 2) != Point(1, 3)
    others: list[object] = [Other(1), (1, 0, (), {})]
    assert Point(1) not in others
    assert len({Word("a"), Word("a"), Word("b")}) == 2


@record
class Word:
    text: str


def test_is_frozen() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="Point cannot be changed: x"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Point cannot be changed: x"):
        del point.x
    with pytest.raises(AttributeError):
        point.elsewhere = 1  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_shows_its_fields() -> None:
    assert repr(Point(1, tags=("a",))) == "Point(x=1, y=0, tags=('a',), more=mappingproxy({}))"
    assert Point.__doc__ == "A place." and Point.__qualname__ == "Point" and Point.__module__ == __name__


def test_own_methods_go_first() -> None:
    assert str(Shown("a")) == "a" and Shown("a") == Shown("A")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Shown("a"))


def test_replace() -> None:
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        replace(Point(1), z=1)


def test_matches_by_place_and_travels() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    moved = Point(1, 2, ("a",), {})
    assert pickle.loads(pickle.dumps(moved)) == moved
