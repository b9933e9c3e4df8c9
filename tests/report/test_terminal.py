"""Colour for terminals."""

from scclint.report.terminal import paint


def test_paint() -> None:
    assert paint("x", "error", True) == "\x1b[1;31mx\x1b[0m"
    assert paint("x", "error", False) == "x"
    assert paint("", "error", True) == ""
