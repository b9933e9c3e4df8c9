"""The wording that messages share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.text import and_more, closest_match, display_width, field_path, listed, wrap


@pytest.mark.parametrize(
    ("names", "phrase"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(names: list[str], phrase: str) -> None:
    assert listed(names) == phrase
    assert listed(iter(names), "or") == phrase.replace(" and ", " or ")


def test_and_more_leaves_out_two_names_or_more() -> None:
    assert and_more([], 2) == ""
    assert and_more(["a", "b"], 2) == "a and b"
    assert and_more(["a", "b", "c"], 2) == "a, b and c"
    assert and_more(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert and_more(map(str, range(2001)), 1) == "0 and 2,000 more"


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("seccompProfle", "seccompProfile"),
        ("SECCOMPPROFILE", "seccompProfile"),
        ("runAsUsr", "runAsUser"),
        ("replicas", ""),
        ("", ""),
    ],
)
def test_closest_match(name: str, match: str) -> None:
    assert closest_match(name, ["runAsGroup", "runAsUser", "seccompProfile"]) == match


def test_closest_match_prefers_a_wrong_letter_to_one_that_moved() -> None:
    assert closest_match("SEC302", ["SEC203", "SEC202", "SEC230"], cutoff=0.6) == "SEC202"


def test_closest_match_without_candidates() -> None:
    assert closest_match("web", []) == ""


def test_cutoff_decides_what_is_similar() -> None:
    assert closest_match("host", ["hostaccess"], cutoff=0.5) == "hostaccess"
    assert closest_match("host", ["hostaccess"]) == ""


def test_field_path() -> None:
    assert field_path(("spec", "containers", 0, "securityContext")) == "spec.containers[0].securityContext"
    assert field_path(("metadata", "annotations", "openshift.io/scc")) == "metadata.annotations[openshift.io/scc]"
    assert field_path((0, "a")) == "[0].a"
    assert field_path(()) == ""


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
