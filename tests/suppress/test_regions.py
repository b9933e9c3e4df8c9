"""Parts of a file by what they overlap."""

from hypothesis import given
from hypothesis import strategies as st

from scclint.suppress.regions import Position, Regions

Part = tuple[Position, Position]

POSITIONS = st.tuples(st.integers(0, 9), st.integers(0, 3))
PARTS = st.lists(st.tuples(POSITIONS, POSITIONS))


@given(PARTS, PARTS)
def test_found_is_what_a_look_at_all_finds(parts: list[Part], asked: list[Part]) -> None:
    regions = Regions((start, end, index) for index, (start, end) in enumerate(parts))
    assert sorted(regions) == list(range(len(parts)))
    for start, end in asked:
        found = [index for index, (first, last) in enumerate(parts) if first < end and last > start]
        assert sorted(regions.overlapping(start, end)) == found
