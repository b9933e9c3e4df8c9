"""Removing what a suppression does not need: the rest of the text stays as it is, and so does what it suppresses."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.finding import Ignore
from scclint.objects.documents import load_text
from scclint.record import replace
from scclint.source import Span
from scclint.suppress.apply import without_comment, without_entry
from scclint.suppress.syntax import comment_ignores, parse_annotation

AT = Span("a.yaml", 1, 1, 1, 9)


def comment_with(text: str, unused: Sequence[str]) -> Ignore:
    """The first suppression in the comments of a text, of which these rules are unused."""
    [document, *_] = load_text("a.yaml", text, frozenset())
    return replace(comment_ignores(document)[0], unused=tuple(unused))


class TestComment:
    @pytest.mark.parametrize(
        ("text", "unused", "left"),
        [
            ("# scclint: ignore[SEC201] x\na: 1\n", ["SEC201"], "a: 1\n"),
            ("a: 1\n  # scclint: ignore[SEC201] x\nb: 2\n", ["SEC201"], "a: 1\nb: 2\n"),
            ("a: 1  # scclint: ignore[SEC201] x\nb: 2\n", ["SEC201"], "a: 1\nb: 2\n"),
            ("a: 1  # scclint: ignore[SEC201] x", ["SEC201"], "a: 1"),
            ("a: 1  # scclint: ignore[SEC201] x  \r\nb: 2\r\n", ["SEC201"], "a: 1\r\nb: 2\r\n"),
            ("a: 1\n# scclint: ignore[SEC201] x", ["SEC201"], "a: 1\n"),
            ("a: 1  # why # scclint: ignore[SEC201] x\n", ["SEC201"], "a: 1  # why\n"),
            (
                "a: 1\n# scclint: ignore[SEC201] x\n# scclint: ignore[SEC202] y\nb: 2\n",
                ["SEC201"],
                "a: 1\n# scclint: ignore[SEC202] y\nb: 2\n",
            ),
            ("# scclint: ignore[SEC201, SEC202] [x]\na: 1\n", ["SEC201"], "# scclint: ignore[SEC202] [x]\na: 1\n"),
            (
                "a: 1 #scclint: ignore-file [SEC201 ,SEC202,,SEC203]:x \n",
                ["SEC202"],
                "a: 1 #scclint: ignore-file [SEC201, SEC203]:x \n",
            ),
            ("a: [1]  # see # scclint: ignore[SEC201,SEC202] x\n", ["SEC202"], "a: [1]  # see # scclint: ignore[SEC201] x\n"),
        ],
    )
    def test_rest_stays(self, text: str, unused: list[str], left: str) -> None:
        assert without_comment(text, comment_with(text, unused)) == left

    def test_reason_may_go_on_in_the_next_line(self) -> None:
        text = "# scclint: ignore[SEC201] because\n  # it is so\na: 1\n"
        with pytest.raises(ValueError, match=r"^the comment may go on in the next line$"):
            without_comment(text, comment_with(text, ["SEC201"]))
        part = text.replace("SEC201", "SEC201, SEC202")
        assert without_comment(part, comment_with(part, ["SEC202"])) == text


class TestEntry:
    @pytest.mark.parametrize(
        ("value", "number", "unused", "left"),
        [
            ("SEC201: x", 0, ["SEC201"], ""),
            ("SEC201: x; SEC202: y", 0, ["SEC201"], "SEC202: y"),
            ("SEC201: x; SEC202: y", 1, ["SEC202"], "SEC201: x"),
            ("SEC201: x\nSEC202: y; SEC203\n", 1, ["SEC202"], "SEC201: x; SEC203"),
            ("SEC201, SEC202: SEC201, SEC202", 0, ["SEC201"], "SEC202: SEC201, SEC202"),
            ("SEC201; container/web: SEC201: x", 1, ["SEC201"], "SEC201"),
            ("container/web: SEC201,SEC202 : x", 0, ["SEC202"], "container/web: SEC201 : x"),
            ("container/api: SEC201; container/web: SEC201", 1, ["SEC201"], "container/api: SEC201"),
        ],
    )
    def test_rest_stays(self, value: str, number: int, unused: list[str], left: str) -> None:
        ignore = list(parse_annotation(value, AT, (), AT))[number]
        assert without_entry(value, replace(ignore, unused=tuple(unused))) == left

    def test_an_entry_that_is_written_otherwise(self) -> None:
        """A parameter of a Template can stand for a part of the value."""
        [ignore] = parse_annotation("SEC201: x", AT, (), AT)
        for value in ("${RULE}: x", "SEC202: x", "container/web: SEC201: x", "because"):
            with pytest.raises(ValueError, match=r"^the annotation has another form$"):
                without_entry(value, replace(ignore, unused=("SEC201",)))


RULES = st.lists(st.sampled_from(["SEC201", "SEC202", "SCC101", "rbac"]), min_size=1, max_size=4, unique=True)


@given(st.lists(RULES, min_size=1, max_size=4), st.data())
def test_what_is_left_of_an_annotation_suppresses_the_same(entries: list[list[str]], data: st.DataObject) -> None:
    value = "; ".join(f"{', '.join(rules)}: reason {number}" for number, rules in enumerate(entries))
    before = list(parse_annotation(value, AT, (), AT))
    ignore = data.draw(st.sampled_from(before))
    unused = tuple(data.draw(st.lists(st.sampled_from(ignore.rules), min_size=1, unique=True)))
    after = list(parse_annotation(without_entry(value, replace(ignore, unused=unused)), AT, (), AT))
    first = next(index for index, other in enumerate(before) if other.rules == ignore.rules)
    used = tuple(rule for rule in ignore.rules if rule not in unused)
    kept = [replace(before[first], rules=used)] if used else []
    assert after == [*before[:first], *kept, *before[first + 1 :]]
