"""Go's way of quoting text, which depends on the Unicode version of the Go release."""

import pytest

from scclint.platform.go_text import quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("web", '"web"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\a\n\x00\x7f", '"\\a\\n\\x00\\x7f"'),
        ("\u00e9\u00a0\u200b", '"\u00e9\\u00a0\\u200b"'),
        ("\U0001f600\U000e0001", '"\U0001f600\\U000e0001"'),
    ],
)
def test_text_is_quoted(text: str, quoted: str) -> None:
    assert quote(text, "15.0.0") == quote(text, "13.0.0") == quoted


def test_a_character_is_printed_from_the_unicode_version_that_has_it() -> None:
    arabic = "\u0870"  # new in Unicode 14
    assert quote(arabic, "13.0.0") == '"\\u0870"'
    assert quote(arabic, "15.0.0") == f'"{arabic}"'
