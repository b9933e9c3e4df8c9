"""Places: editors count lines and columns in other ways than scclint."""

import pytest
from pygls.workspace import PositionCodec

from scclint.apps.lsp.places import LineColumn, LineMap, TextPlaces, path_at
from scclint.objects.documents import load_text
from scclint.source import Span

UTF16 = PositionCodec("utf-16")
HEDGEHOG = "a: 🦔x\r\nb: é\n"


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 7), ("utf-16", 5), ("utf-32", 4)])
def test_columns_in_each_encoding(encoding: str, character: int) -> None:
    places = TextPlaces(HEDGEHOG, PositionCodec(encoding))
    assert places.to_editor(1, 5) == (0, character)
    assert places.from_editor(0, character) == (1, 5)


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\r\nb", HEDGEHOG, "\ufeffa: 1\n"])
def test_every_place_survives_the_way_there_and_back(text: str) -> None:
    places = TextPlaces(text, UTF16)
    for line, content in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        for column in range(1, len(content.removesuffix("\r")) + 2):
            assert places.from_editor(*places.to_editor(line, column)) == (line, column)


def test_a_cr_ends_a_line_for_editors_only() -> None:
    places = TextPlaces("a\rb: 1\nc: 2", UTF16)
    assert places.to_editor(1, 3) == (1, 0)
    assert places.from_editor(1, 0) == (1, 3)
    assert places.to_editor(2, 1) == (2, 0)
    assert TextPlaces("a\r\r\n", UTF16).to_editor(1, 3) == (1, 0)


def test_places_beyond_the_text_are_at_its_end() -> None:
    places = TextPlaces("a: 1\r\nb: 2\r\n", UTF16)
    assert places.to_editor(1, 99) == (0, 4)
    assert places.to_editor(99, 1) == (2, 0)
    assert places.from_editor(0, 99) == (1, 5)
    assert places.from_editor(99, 0) == (3, 1)
    assert (places.line(1), places.line(99)) == ("a: 1", "")


def test_lines_of_a_saved_text_in_the_text_of_now() -> None:
    lines = LineMap("a\nb\nc\n", "new\na\nchanged\nc\n")
    assert lines.now(Span("f", 1, 1, 1, 2)) == Span("f", 2, 1, 2, 2)
    assert lines.now(Span("f", 2, 1, 2, 2)) is None


@pytest.mark.parametrize(
    ("line", "column", "path"),
    [
        (1, 1, ("spec",)),
        (2, 6, ("spec", "containers")),
        (2, 17, ("spec", "containers", 0)),
        (2, 24, ("spec", "containers", 0, "name")),
        (3, 10, ("spec", "same")),
        (4, 4, ()),
    ],
)
def test_the_path_at_a_place(line: int, column: int, path: tuple[str | int, ...]) -> None:
    text = "spec:\n  containers: [{ name: &n web }]\n  same: *n\n    \nkind: Pod\n"
    (document,) = load_text("pod.yaml", text, frozenset())
    assert document.root is not None
    assert path_at(document.root, LineColumn(line, column)) == path
