"""Where characters stand in for others, so that libyaml reads a text as the cluster does."""

import re

from hypothesis import given
from hypothesis import strategies as st

from scclint.yaml.go_yaml import has_other_text, stand_ins

VALUE_COLON = re.compile(r"""(?<![^\s,\[\]{}?])[^\s,\[\]{}"'*&!%#:?][^\s,\[\]{}"']*:(?=[,\[\]{}])""")
"""The colon that ends an unquoted value and comes before a flow indicator, looked for in all of the text."""


@given(st.text(alphabet="ab:::,[]{}?\n \"'-#\r\x85\u2028", max_size=40))
def test_each_colon_that_is_part_of_a_value(text: str) -> None:
    expected = {match.end() - 1 for match in VALUE_COLON.finditer(text)}
    replaced, table = stand_ins(text, "x.yaml", 1)
    assert {place for place, character in enumerate(replaced) if character != text[place]} == expected
    assert replaced.translate(table) == text
    assert has_other_text(text) or not expected
