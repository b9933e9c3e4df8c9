"""The committed picture shows the imports of today, and its boxes and arrows mean what its script says."""

from tools import draw_architecture


def test_the_picture_is_up_to_date() -> None:
    committed = draw_architecture.PICTURE.read_text(encoding="utf-8")
    assert committed == draw_architecture.draw(), "run: python tools/draw_architecture.py"


def test_an_implied_import_is_left_out() -> None:
    imports: dict[str, set[str]] = {"top": {"middle", "bottom"}, "middle": {"bottom"}, "bottom": set()}
    assert draw_architecture.without_implied(imports) == {"top": {"middle"}, "middle": {"bottom"}, "bottom": set()}


def test_a_box_stands_above_what_it_imports() -> None:
    levels, arrows = draw_architecture.rows({"top": {"left", "far"}, "left": {"far"}, "far": set()})
    assert levels == [["far"], ["left", "top far 1"], ["top"]]
    assert arrows == [["top", "top far 1", "far"], ["top", "left"], ["left", "far"]]
