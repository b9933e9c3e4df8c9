"""Plain data in block style, and blocks put into documents: what is written reads as what was meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.yaml.edit import EditRefused, append_entry
from scclint.yaml.write import block_text
from tests.yaml_text import read_yaml

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("é\n\t"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@given(st.dictionaries(TEXTS, DATA, min_size=1) | st.lists(DATA, min_size=1), st.sampled_from((0, 2)))
def test_what_is_written_reads_as_the_data(data: Any, dash: int) -> None:
    assert read_yaml(block_text(data, dash)) == data


def test_a_text_that_the_cluster_refuses_is_quoted() -> None:
    assert block_text({"a": ".nan", "b": ".inf", ".inf": 1}) == 'a: ".nan"\nb: ".inf"\n".inf": 1'


def test_a_comment_that_does_not_fit_is_above_its_line() -> None:
    words = "the pods of Deployment web mount it, and no smaller set of volumes admits them"
    comments = {("a", "b"): "short", ("volumes", "csi"): words}
    assert block_text({"a": {"b": 1}, "volumes": ["csi", "secret"]}, 2, comments).split("\n") == [
        "a:",
        "  b: 1  # short",
        "volumes:",
        "  # the pods of Deployment web mount it, and no smaller set of volumes admits",
        "  # them",
        "  - csi",
        "  - secret",
    ]


def appended(text: str) -> str:
    return append_entry(text, 0, ("patches",), lambda dash: VALUE)


VALUE = {"path": "web.yaml", "more": ["a"]}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("resources:\n- a\n", "resources:\n- a\npatches:\n- path: web.yaml\n  more:\n  - a\n"),
        ("resources:\n  - a\n", "resources:\n  - a\npatches:\n  - path: web.yaml\n    more:\n      - a\n"),
        ("patches:\n- path: b\n# end\n", "patches:\n- path: b\n- path: web.yaml\n  more:\n  - a\n# end\n"),
        ("patches: []\nx: 1\n", "patches:\n- path: web.yaml\n  more:\n  - a\nx: 1\n"),
    ],
)
def test_an_entry_is_added_in_the_style_of_the_list(text: str, edited: str, end: str) -> None:
    assert appended(text.replace("\n", end)) == edited.replace("\n", end)


@pytest.mark.parametrize("text", ["patches: [{path: b}]\n", '{"resources": []}\n', "patches: &all\n- path: b\nx: *all\n"])
def test_lists_of_other_styles_are_left(text: str) -> None:
    with pytest.raises(EditRefused):
        appended(text)
