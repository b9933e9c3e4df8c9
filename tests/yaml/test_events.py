"""The scanner in Python, which reads where none in C is installed."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint.objects.documents import load_text
from scclint.yaml import events
from scclint.yaml.nodes import to_data
from tests.conftest import ALL_EXAMPLES

FIXTURES = Path(__file__).parents[2] / "fixtures"


def data(text: str) -> list[object]:
    """The data of each document with the text and place of its comments, or `False` for one that is refused."""
    documents = load_text("f.yaml", text, frozenset())
    return [(False if one.error else to_data(one.root), one.comments()) for one in documents]


def texts() -> Iterator[str]:
    for file in sorted(FIXTURES.rglob("*.yaml"))[:: 1 if ALL_EXAMPLES else 4]:
        # To the scanner in Python, NEL, LS and PS end no line.
        if file.parent.name != "hidden-line-break":
            yield file.read_text(encoding="utf-8")


def test_both_scanners_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert events.IN_C
    expected = [data(text) for text in texts()]
    monkeypatch.setattr(events, "IN_C", False)
    assert [data(text) for text in texts()] == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: [1, 2\n", (1, 9), "expected ',' or ']'"),
        ("a: \ud800", (1, 4), "surrogate"),
        ("é: \x07", (1, 4), "U+0007"),
        ("%YAML 1.2\n---\na: 1", (2, 1), "%YAML 1.1 only"),
        ("a: {b: *x}", (1, 8), "unknown anchor"),
        ("[" * 1000, (1, 201), "nested deeper than 200 levels"),
    ],
)
def test_what_the_scanner_in_python_refuses(
    text: str, place: tuple[int, int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "IN_C", False)
    error = load_text("f.yaml", text, frozenset())[0].error
    assert error is not None and message in error.message
    assert (error.line, error.column) == place


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &x\n  b: *x\n", 2),
        ("- &x [*y]\n- &y [&x b, *x]\n- &z\n  b: [*z]\n", 4),
        ("--- &a {b: c}\n---\n- *a\n- &a\n  - *a\n", 5),
        ("a: &x b\nc: *x\n", 0),
        ("a: &x {b: [&x c, *x]}\nb: [*x]\n", 0),
        ("a: &x {b: *x\n", 1),
        ("a: &x [", 0),
        ("[" * 100_000 + "*a&", 0),
    ],
)
def test_anchors_that_contain_themselves(text: str, line: int) -> None:
    said = events.endless_alias("f.yaml", text)
    assert said.partition(" ")[0] == (f"f.yaml:{line}:" if line else "")


def test_a_scanner_is_freed_without_a_garbage_collection() -> None:
    """A run switches the collector off, and a scanner holds 15 kB."""

    def left_by(number: int) -> int:
        gc.collect()
        for _ in range(number):
            load_text("f.yaml", "a: b\n", frozenset())
        return gc.collect()

    gc.disable()
    try:
        left_by(1)  # what is only done once does not count
        assert left_by(20) == left_by(1)
    finally:
        gc.enable()
