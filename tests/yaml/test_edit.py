"""Edits of YAML and JSON: the data becomes what was asked for, and every other byte stays."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.finding import Append, Deduplicate, Operation, Remove, Rename, Set
from scclint.objects.documents import load_text
from scclint.yaml.edit import EditRefused, add_document, edit
from scclint.yaml.nodes import to_data
from tests.conftest import examples
from tests.yaml_text import write_yaml

FIXTURES = Path(__file__).parents[2] / "fixtures"

PROFILE = Set(("spec", "securityContext", "seccompProfile", "type"), "RuntimeDefault")


class Case(NamedTuple):
    """An operation on a text, with the text that it gives or a part of the reason why it is refused."""

    before: str
    operation: Operation
    after: str = ""
    refused: str = ""
    document: int = 0


CASES = {
    "a block mapping gets new lines behind its last entry": Case(
        "spec:\n  a: 1 # c\n  b: 2\nz: 3\n",
        PROFILE,
        "spec:\n  a: 1 # c\n  b: 2\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\nz: 3\n",
    ),
    "the indentation is that of the document": Case(
        "spec:\n    a:\n        b: 2\n", Set(("spec", "c", "d"), 1), "spec:\n    a:\n        b: 2\n    c:\n        d: 1\n"
    ),
    "a list is indented as most lists of the document": Case(
        "a:\n  - 1\nb:\n  c: 1\n", Append(("b", "d"), "ALL"), "a:\n  - 1\nb:\n  c: 1\n  d:\n    - ALL\n"
    ),
    "a mapping in a list is indented behind the dash": Case(
        "l:\n- name: a\n  b: 1\n- name: c\n",
        Set(("l", 0, "d", "e"), True),
        "l:\n- name: a\n  b: 1\n  d:\n    e: true\n- name: c\n",
    ),
    "a block list gets an item": Case("l:\n  - a\n  # c\n  - b\nz: 1\n", Append(("l",), "c"), "l:\n  - a\n  # c\n  - b\n  - c\nz: 1\n"),
    "the first key of an item goes and the next moves up": Case(
        "l:\n- a: 1\n  b: 2\n", Remove(("l", 0, "a")), "l:\n- b: 2\n"
    ),
    "the dash keeps a line of its own above comments": Case(
        "l:\n- a: 1\n  # about b\n  b: 2\n", Remove(("l", 0, "a")), "l:\n-\n  # about b\n  b: 2\n"
    ),
    "a field in flow style": Case("a: {b: 1, c: 2}\n", Set(("a", "d", "e"), "x"), "a: {b: 1, c: 2, d: {e: x}}\n"),
    "a flow mapping over several lines": Case(
        "a: {\n  b: 1,\n  c: 2\n}\n", Set(("a", "d"), 3), "a: {\n  b: 1,\n  c: 2,\n  d: 3\n}\n"
    ),
    "a comma at the end of a flow mapping": Case("a: {\n  b: 1,\n}\n", Set(("a", "d"), 3), "a: {\n  b: 1,\n  d: 3,\n}\n"),
    "a field of a flow mapping goes": Case("a: {b: 1, c: 2, d: 3}\n", Remove(("a", "c")), "a: {b: 1, d: 3}\n"),
    "the last field of a flow mapping goes": Case("a: {b: 1, c: 2}\n", Remove(("a", "c")), "a: {b: 1}\n"),
    "the only field of a flow mapping goes": Case("a: {b: 1}\n", Remove(("a", "b")), "a: {}\n"),
    "a flow list gets an item": Case("a: [x, y]\n", Append(("a",), "z"), "a: [x, y, z]\n"),
    "an item of a flow list goes": Case("a: [x, y]\n", Remove(("a", 0)), "a: [y]\n"),
    "keys without values in flow style": Case("a: {b, c}\n", Set(("a", "d"), 1), refused="has no value"),
    "an empty mapping becomes a block and keeps its comment": Case(
        "a:\n  b: {} # c\n  d: 1\n", Set(("a", "b", "e"), 1), "a:\n  b: # c\n    e: 1\n  d: 1\n"
    ),
    "null becomes a block": Case("a:\n  b: ~\n", Set(("a", "b", "e"), 1), "a:\n  b:\n    e: 1\n"),
    "a value left out becomes a block": Case("a:\n  b:\nc: 1\n", Set(("a", "b", "e"), 1), "a:\n  b:\n    e: 1\nc: 1\n"),
    "an empty list becomes a block": Case("a:\n  b: []\n", Append(("a", "b"), "x"), "a:\n  b:\n  - x\n"),
    "an empty mapping within a flow mapping": Case("a: {b: {}}\n", Set(("a", "b", "c"), 1), "a: {b: {c: 1}}\n"),
    "an empty mapping on the line below its key": Case("a:\n  {}\nb: 1\n", Set(("a", "c"), 1), "a:\n  {c: 1}\nb: 1\n"),
    "the only key goes": Case("a:\n  b: 1\nc: 2\n", Remove(("a", "b")), "a: {}\nc: 2\n"),
    "the only key goes and comments stay": Case("a: # x\n  # y\n  b: 1\n", Remove(("a", "b")), "a: {} # x\n  # y\n"),
    "the only item goes": Case("a:\n- 1\nc: 2\n", Remove(("a", 0)), "a: []\nc: 2\n"),
    "the only key of the document": Case("a: 1\n", Remove(("a",)), refused="nothing would be left of the document"),
    "the only key of a list item": Case("l:\n- a: 1\n", Remove(("l", 0, "a")), refused="nothing would be left of a list item"),
    "an anchor that an alias repeats": Case(
        "a: &x\n  b: 1\nc: *x\n", Set(("a", "d"), 1), refused="the aliases *x repeat the value"
    ),
    "an alias": Case("a: &x\n  b: 1\nc: *x\n", Set(("c", "d"), 1), refused="an alias stands for the value of c"),
    "an anchor within a removed field": Case("a:\n  b: &x 1\nc: *x\n", Remove(("a",)), refused="changes nothing else"),
    "a merged field": Case("a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n", Remove(("c", "b")), refused="a merge key (<<) adds b"),
    "an anchor that nothing repeats": Case("a: &x\n  b: 1\n", Set(("a", "c"), 2), "a: &x\n  b: 1\n  c: 2\n"),
    "a field beside a merge key": Case(
        "a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n", Set(("c", "e"), 2), "a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n  e: 2\n"
    ),
    "a field that may override a merged one": Case(
        "a: &x\n  b: 1\nc:\n  <<: *x\n  b: 2\n  d: 3\n", Remove(("c", "d")), refused="merge key"
    ),
    "the only key beside a merge key of which nothing is left": Case(
        "a: &x\n  b: 1\nc:\n  <<: *x\n  b: 2\n", Remove(("c", "b")), refused="merge key"
    ),
    "a key written twice": Case("a:\n  b: 1\n  b: 2\n", Set(("a", "b"), 3), refused="the key b is written twice"),
    "another key written twice": Case("a:\n  b: 1\n  b: 2\n", Set(("a", "c"), 3), refused="the key b is written twice"),
    "a block scalar as the value": Case("a: |\n  text\n", Set(("a",), "x"), refused="block scalar"),
    "behind a block scalar": Case("a:\n  b: |\n    text\n\nc: 1\n", Set(("a", "d"), 1), "a:\n  b: |\n    text\n  d: 1\n\nc: 1\n"),
    "a block scalar that keeps blank lines": Case(
        "a:\n  z: 0\n  b: |+\n    text\n\nc: 1\n", Set(("a", "d"), 1), "a:\n  z: 0\n  d: 1\n  b: |+\n    text\n\nc: 1\n"
    ),
    "a block scalar at the end of a file without line end": Case(
        "a:\n  b: |\n    text", Set(("a", "d"), 1), refused="changes nothing else"
    ),
    "what follows a block scalar goes, and the line end stays": Case("a: |\n  text\nb: 1", Remove(("b",)), "a: |\n  text\n"),
    "a comment behind a removed value goes with it": Case("a: 1\nb: 2 # why\nc: 3\n", Remove(("b",)), "a: 1\nc: 3\n"),
    "CRLF": Case("a:\r\n  b: 1\r\n", Set(("a", "c", "d"), 2), "a:\r\n  b: 1\r\n  c:\r\n    d: 2\r\n"),
    "CRLF and a field that goes": Case("a:\r\n  b: 1\r\n  c: 2\r\n", Remove(("a", "b")), "a:\r\n  c: 2\r\n"),
    "no line end at the end": Case("a:\n  b: 1", Set(("a", "c"), 2), "a:\n  b: 1\n  c: 2"),
    "mixed line ends": Case("a: 1\r\nb: 2\n", Set(("c",), 2), refused="mixes LF and CRLF"),
    "a byte order mark": Case("\ufeffa: 1\n", Set(("b",), 2), "\ufeffa: 1\nb: 2\n"),
    "a hidden line break": Case("a: 1\nb: 2 # x\u2028c: 3\n", Set(("d",), 2), refused="hidden line breaks"),
    "a tab in front of a flow field": Case("a:\t{b: 1}\n", Set(("a", "c"), 2), "a:\t{b: 1, c: 2}\n"),
    "a tag": Case("a: !!str 1\n", Set(("a",), "2"), refused="an anchor or a tag"),
    "an explicit key": Case("a:\n  ? b\n  : 1\n", Set(("a", "c"), 2), refused="in front of the field"),
    "JSON": Case(
        '{"spec": {"a": 1}}\n',
        PROFILE,
        '{"spec": {"a": 1, "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}}\n',
    ),
    "JSON over several lines": Case(
        '{\n  "a": [\n    "x"\n  ]\n}\n', Append(("a",), "y"), '{\n  "a": [\n    "x",\n    "y"\n  ]\n}\n'
    ),
    "JSON values on one line": Case('{"a": 1} {"b": 2}\n', Set(("c",), 1), refused="share a line"),
    "one document of a stream": Case("a: 1\n---\nb: 1\n---\nc: 1\n", Set(("d",), 2), "a: 1\n---\nb: 1\nd: 2\n---\nc: 1\n", document=1),
    "an item of a List": Case(
        "kind: List\nitems:\n- a: 1\n- b:\n    c: 1\n", Set(("items", 1, "b", "d"), 2), "kind: List\nitems:\n- a: 1\n- b:\n    c: 1\n    d: 2\n"
    ),
    "a field inside a text": Case("data:\n  x: |\n    a: 1\n", Set(("data", "x", "b"), 1), refused="no data.x to write to"),
    "a template": Case("a: {{ .Values.x }}\n", Set(("b",), 1), refused="cannot be read"),
    "of two entries the first goes": Case(
        "s:\n  a: 1 # x\n  b: 2\n  a: 3\n", Deduplicate(("s", "a")), "s:\n  b: 2\n  a: 3\n"
    ),
    "of three entries the first goes": Case("a: 1\na: 2\na: 3\n", Deduplicate(("a",)), "a: 2\na: 3\n"),
    "the first of two entries is on the line of a dash": Case(
        "l:\n- a: 1\n  a: 2\n  b: 3\n", Deduplicate(("l", 0, "a")), "l:\n- a: 2\n  b: 3\n"
    ),
    "of two entries between braces the first goes": Case("s: {a: 1, b: 2, a: 3}\n", Deduplicate(("s", "a")), "s: {b: 2, a: 3}\n"),
    "of two blocks the first goes": Case(
        "s:\n  a:\n    b: 1\n  c: 2\n  a:\n    b: 1\n", Deduplicate(("s", "a")), "s:\n  c: 2\n  a:\n    b: 1\n"
    ),
    "a key that is written once": Case("a: 1\n", Deduplicate(("a",)), refused="a is written once"),
    "a key that a merge key adds": Case(
        "x: &x {a: 1}\ns:\n  a: 2\n  <<: *x\n", Deduplicate(("s", "a")), refused="a merge key (<<) adds a"
    ),
    "an entry with an anchor that is used": Case("a: &x 1\na: 2\nb: *x\n", Deduplicate(("a",)), refused="no place"),
    "a renamed key": Case("a:\n  seccompProfle: {b: 1}\n", Rename(("a", "seccompProfle"), "seccompProfile"), "a:\n  seccompProfile: {b: 1}\n"),
    "a renamed key keeps its quotes": Case('{"a": 1}', Rename(("a",), "b"), '{"b": 1}'),
    "a key that is there already": Case("a: 1\nb: 2\n", Rename(("a",), "b"), refused="b is there as well"),
    "another text for the same number": Case("uid: 0777\n", Set(("uid",), 511), "uid: 511\n"),
    "quotes stay": Case("a: 'x'\nb: \"y\"\n", Set(("a",), "it's"), "a: 'it''s'\nb: \"y\"\n"),
    "a text that would read as something else is quoted": Case("a: x\n", Set(("a",), "yes"), 'a: "yes"\n'),
    "a name with colons": Case("a: x\n", Set(("a",), "system:openshift:scc:restricted-v2"), "a: system:openshift:scc:restricted-v2\n"),
    "the last item of a list goes": Case("l:\n  - a\n  -\n    b: 1\n", Remove(("l", 1)), "l:\n  - a\n"),
    "lists within lists": Case("l:\n- - a\n  - b\n", Append(("l", 0), "c"), "l:\n- - a\n  - b\n  - c\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_hard_case_is_edited_or_refused_with_its_reason(case: Case) -> None:
    if case.refused:
        with pytest.raises(EditRefused, match=re.escape(case.refused)):
            edit(case.before, case.document, [case.operation])
    else:
        assert edit(case.before, case.document, [case.operation]).text == case.after


@pytest.mark.parametrize(
    ("before", "after"), [("a: 1\n", "a: 1\n---\nb: 1\n"), ("a: 1\r\n", "a: 1\r\n---\r\nb: 1\r\n"), ("", "b: 1\n")]
)
def test_a_new_document(before: str, after: str) -> None:
    assert add_document(before, "b: 1\n") == after


@pytest.mark.parametrize(("before", "why"), [('{"a": 1}\n', "JSON"), ("a: |\n  x", "no line end"), ("a: 1\r\nb: 2\n", "mixes")])
def test_a_new_document_is_refused(before: str, why: str) -> None:
    with pytest.raises(EditRefused, match=why):
        add_document(before, "b: 1\n")


def test_operations_follow_one_another() -> None:
    operations: list[Operation] = [Set(("a", "b"), 1), Set(("a", "c"), 2), Remove(("a", "b"))]
    assert edit("a: {}\n", 0, operations).text == "a:\n  c: 2\n"


def test_a_comment_above_a_removed_line_is_told() -> None:
    assert edit("# why a\na: 1\nb: 2\n", 0, [Remove(("a",))]) == ("# why a\nb: 2\n", True)
    assert edit("x: 0\na: 1\nb: 2\n", 0, [Remove(("a",))]).needs_review is False


@pytest.mark.parametrize(("first", "needs_review"), [("1", False), ("2", True), ("'1'", True)])
def test_a_removed_value_that_differs_is_told(first: str, needs_review: bool) -> None:
    assert edit(f"x: 0\na: {first}\na: 1\n", 0, [Deduplicate(("a",))]) == ("x: 0\na: 1\n", needs_review)


def paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if path:
        yield path, data
    for step, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(value, (*path, step))


def operation_at(path: tuple[str | int, ...], value: Any, choice: int) -> Operation:
    """An operation that the value at a path allows."""
    if isinstance(value, dict) and choice % 3 == 0:
        return Set((*path, "newKey", "inner"), "x")
    if isinstance(value, list) and choice % 3 == 0:
        return Append(path, "ALL")
    if choice % 3 == 1 and isinstance(path[-1], str):
        return Rename(path, "renamedKey")
    return Remove(path) if isinstance(value, dict | list) or choice % 2 else Set(path, choice)


def expected(data: Any, operation: Operation) -> Any:
    """The data that an operation gives, worked out apart from the editor."""
    *way, last = operation.path
    if isinstance(operation, Set) and last == "inner":
        way, last = way[:-1], "newKey"
        value: Any = {"inner": operation.value}
    else:
        value = getattr(operation, "value", None)
    holder = data
    for step in way:
        holder = holder[step]
    if isinstance(operation, Append):
        holder[last].append(value)
    elif isinstance(operation, Set):
        holder[last] = value
    else:
        taken = holder.pop(last)
        if isinstance(operation, Rename):
            holder[operation.key] = taken
    return data


def check(text: str, index: int, operation: Operation) -> bool:
    """Whether the operation is applied. If it is, the data is as expected and only the lines of the field are touched."""
    before = load_text("a.yaml", text, frozenset())
    try:
        edited = edit(text, index, [operation]).text
    except EditRefused:
        return False
    after = load_text("a.yaml", edited, frozenset())
    assert len(after) == len(before)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if number == index:
            wanted = expected(to_data(old.root), operation)
            assert to_data(new.root) == wanted
        else:
            assert new.text == old.text
    assert len(hunks(text, edited)) <= 2, "an edit touches one place, and the key of a block that it empties"
    assert_comments_stay(text, edited, operation)
    return True


def hunks(old: str, new: str) -> list[tuple[list[str], list[str]]]:
    one, other = old.splitlines(keepends=True), new.splitlines(keepends=True)
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    end = next((i for i, (a, b) in enumerate(zip(reversed(one[start:]), reversed(other[start:]), strict=False)) if a != b), 0)
    end = end or min(len(one), len(other)) - start
    middle, changed = one[start : len(one) - end], other[start : len(other) - end]
    codes = SequenceMatcher(None, middle, changed, autojunk=False).get_opcodes()
    return [(middle[a:b], changed[c:d]) for tag, a, b, c, d in codes if tag != "equal"]


def assert_comments_stay(old: str, new: str, operation: Operation) -> None:
    if isinstance(operation, Remove):
        return
    comments = [line for line in old.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in new.splitlines() if line.lstrip().startswith("#")] == comments


KEYS = st.sampled_from(["a", "b", "c d", "on", "1", "x:y", "#k"])
SCALARS = (
    st.sampled_from(["x", "yes", "a: b", "# c", "", "1", "line\nline", "é"]) | st.booleans() | st.integers(0, 99) | st.none()
)
DATA = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3), max_leaves=12
)


@examples(200)
@given(st.dictionaries(KEYS, DATA, min_size=1, max_size=4), st.booleans(), st.integers(2, 4), st.integers(0, 11), st.data())
def test_edits_of_any_data(data: dict[str, Any], flow: bool, indent: int, choice: int, draw: st.DataObject) -> None:
    text = write_yaml(data, flow=flow or None, indent=indent, ordered=True)
    read_as = to_data(load_text("a.yaml", text, frozenset())[0].root)
    path, value = draw.draw(st.sampled_from(list(paths(read_as))))
    check(text, 0, operation_at(path, value, choice))


def test_a_text_that_is_no_number_of_json_is_quoted() -> None:
    assert edit("a: x\nb: y\n", 0, [Set(("a",), ".inf"), Set(("b",), ".info")]).text == 'a: ".inf"\nb: .info\n'
