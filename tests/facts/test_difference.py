"""What is new between two runs: facts are counted by key, and a wider fact covers a narrower one."""

import pytest

from scclint.facts.difference import difference
from scclint.facts.keys import fingerprints, numbers
from scclint.finding import Finding, Subject
from scclint.record import replace
from scclint.source import Span


def access(what: str = "privileged", part: str = "web", name: str = "web", file: str = "a.yaml", line: int = 1) -> Finding:
    subject = Subject("apps/v1", "Deployment", "shop", name, part)
    span = Span(file, line, 1, line, 2)
    return Finding("SCC102", "pod-access", "access", None, "asks for it", span, subject, reach="node", what=what)


ONE = access()


@pytest.mark.parametrize(
    ("before", "after", "new", "gone"),
    [
        ([], [], 0, 0),
        ([ONE], [ONE], 0, 0),
        ([], [ONE], 1, 0),
        ([ONE], [], 0, 1),
        ([ONE], [access(file="b.yaml", line=7)], 0, 0),
        ([ONE], [ONE, access(line=7)], 1, 0),
        ([ONE, access(line=7)], [ONE], 0, 1),
        ([ONE], [access(part="side")], 1, 1),
        ([ONE], [access(name="db")], 1, 1),
        ([ONE], [ONE, access("hostPID")], 1, 0),
        ([access("hostPath / to write")], [access("hostPath /var/log to write")], 0, 1),
        ([access("hostPath /var/log to read")], [access("hostPath /var/log to write")], 1, 0),
        ([access("hostPath / to write")], [access("hostPath / to write"), access("hostPath /var/log to write")], 1, 0),
        ([], [replace(ONE, kind="advice", reach=None)], 0, 0),
        ([], [replace(ONE, kind="gap", reach=None)], 1, 0),
        ([replace(ONE, units=("dev",))], [replace(ONE, units=("dev", "prod"))], 0, 0),
        ([replace(ONE, units=("dev",))], [replace(access(line=7), units=("dev",)), replace(ONE, units=("prod",))], 0, 0),
        ([replace(ONE, releases=("4.20",))], [replace(ONE, releases=("4.20", "4.22"))], 1, 0),
    ],
    ids=[
        "nothing",
        "the same",
        "a fact more",
        "a fact less",
        "another place",
        "the same twice",
        "no longer twice",
        "another part",
        "another object",
        "another word",
        "what a wider path covered",
        "to write as well",
        "beside a wider path that is still there",
        "advice",
        "a gap",
        "another unit with the same object",
        "a place for each unit",
        "another release",
    ],
)
def test_what_is_new_and_gone(before: list[Finding], after: list[Finding], new: int, gone: int) -> None:
    found = difference(before, after)
    assert (len(found.new), len(found.gone)) == (new, gone)


def test_the_new_one_of_several_is_that_in_another_file() -> None:
    copy = access(file="0.yaml")
    assert difference([ONE], [copy, ONE]).new == (copy,)


def test_a_key_has_no_place_and_says_what_who_and_where() -> None:
    assert str(replace(ONE, who="user jane").key) == "SCC102|apps/Deployment shop/web|web|privileged|user jane"
    assert ONE.key == access(file="b.yaml", line=7).key


def test_numbers_are_those_of_the_unit_that_has_most() -> None:
    found = [
        replace(access(line=line), units=units) for line, units in ((1, ("a", "b")), (2, ("a",)), (3, ("b",)), (4, ("b",)))
    ]
    assert numbers(found) == {(ONE.key, ""): 3}


def test_fingerprints_differ_and_begin_alike_for_one_key() -> None:
    first, second, other = fingerprints([ONE, access(line=7), access("hostPID")])
    assert first.partition(":")[0] == second.partition(":")[0] != other.partition(":")[0]
    assert (first.partition(":")[2], second.partition(":")[2]) == ("1", "2")
