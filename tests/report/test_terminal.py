from hypothesis import given
from hypothesis import strategies as st

from scclint.report.snippet import display_width
from scclint.report.terminal import paint, wrap


def test_wrap() -> None:
    assert wrap("aaa bbb ccc", 7) == ["aaa bbb", "ccc"]
    assert wrap("aaa bbb ccc", 7, taken=3) == ["aaa", "bbb ccc"]
    assert wrap("averylongword x", 4) == ["averylongword", "x"]
    assert wrap("日本 語語", 8) == ["日本", "語語"]
    assert wrap("one\ntwo three", 5) == ["one", "two", "three"]


@given(st.text("ab日 \n", max_size=60), st.integers(1, 20), st.integers(0, 20))
def test_wrapping_keeps_the_words_and_the_width(text: str, width: int, taken: int) -> None:
    lines = wrap(text, width, taken)
    assert " ".join(lines).split() == text.split()
    assert all(display_width(line) <= width for line in lines if " " in line.strip())


def test_paint() -> None:
    assert paint("x", "error", True) == "\x1b[1;31mx\x1b[0m"
    assert paint("x", "error", False) == "x"
    assert paint("", "error", True) == ""
