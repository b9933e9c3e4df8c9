import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.report.text import one_line, visible, visible_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain: é 日本 🔥", "plain: é 日本 🔥"),
        ("\x1b[31mred\x1b]8;;http://x\x07", "\\x1b[31mred\\x1b]8;;http://x\\x07"),
        ("\x9b31m\x7f\x00\r\t", "\\x9b31m\\x7f\\x00\\r\\t"),
        ("a\u202eb\u2066\u200b\ufeff", "a\\u202eb\\u2066\\u200b\\ufeff"),
        ("a\u2028b\x85c\xa0d", "a\\u2028b\\x85c\\xa0d"),
        ("\udc80\ufffe", "\\udc80\\ufffe"),
        ("full\u3000width", "full\u3000width"),
        (
            "web\u2800 web\ufe0f\ufe0f \u180b\U00016fe4\u200b\ufe0f",
            "web\\u2800 web\\ufe0f\\ufe0f \\u180b\\U00016fe4\\u200b\\ufe0f",
        ),
        ("☁\ufe0f 辻\U000e0100 \u2800\ufe0f", "☁\ufe0f 辻\\U000e0100 \\u2800\\ufe0f"),
        ("::error::x a ::b c::d", "\\::error::x a \\::b c::d"),
        ("x ##[error]y ##vso[task.complete] ##", "x ##\\[error]y ##\\vso[task.complete] ##"),
        ("####[add-mask]x", "####\\[add-mask]x"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_feeds_stay_in_prose_and_show_in_names() -> None:
    assert visible("a\n::b") == "a\n\\::b"
    assert visible_line("a\nb") == "a\\nb"
    assert one_line(" a\nb ") == "a b"


@given(st.text(st.characters(codec=None)))
def test_the_result_prints_encodes_and_is_stable(text: str) -> None:
    shown = visible(text)
    assert all(c.isprintable() or c in "\n\u3000" for c in shown)
    shown.encode("utf-8")
    assert "##[" not in shown
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
    assert visible(shown) == shown
    assert "\n" not in visible_line(text)
    assert "\n" not in one_line(text)
