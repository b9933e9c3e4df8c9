"""JSON is read as JSON, with places."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.errors import LoadError
from scclint.objects.documents import load_text
from scclint.yaml.json import parse_json
from scclint.yaml.nodes import MappingNode, to_data

DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@given(DATA, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_agrees_with_json(data: object, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert to_data(parse_json(text, "f.json")) == data


@given(DATA, st.data())
def test_broken_json_is_a_load_error(data: object, draw: st.DataObject) -> None:
    text = json.dumps(data, indent=1)
    at = draw.draw(st.integers(0, len(text)))
    broken = text[:at] + draw.draw(st.sampled_from(["", "\x00", '"', "{", "]", ",", "\\", "x"])) + text[at + 1 :]
    try:
        parse_json(broken, "f.json")
    except LoadError as error:
        assert 1 <= error.line <= broken.count("\n") + 1 and error.column >= 1


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (r'"\ud83d\ude00\ud83d"', "😀\ufffd"),
        (r'"\ude00a\ud83dA\u0041\n\/"', "\ufffda\ufffdAA\n/"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        ('"\x7f\x85\u2028"', "\x7f\x85\u2028"),
        (
            "[1.0, 1e3, 1.5, -0, 1e21, 18446744073709551615, 18446744073709551616]",
            [1, 1000, 1.5, 0, 1e21, 2**64 - 1, 18446744073709552000],
        ),
        ('{"<<": {"a": 1}, "a": 1, "a": 2}', {"<<": {"a": 1}, "a": 2}),
        (" [ ] ", []),
        ("{\t}", {}),
    ],
)
def test_values(text: str, data: object) -> None:
    result = to_data(parse_json(text, "f.json"))
    assert result == data and json.dumps(result) == json.dumps(data)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1,\n "b" 2}', (2, 2), "a quoted key and a colon"),
        ('{"a": 1,\n}', (2, 1), "a quoted key"),
        ("[1 2]", (1, 4), "a comma or `]`"),
        ('{"a": 1]', (1, 8), "a comma or `}`"),
        ('{"a":\n  nope}', (2, 3), "a value must stand here"),
        ('{"a": "x\n"}', (1, 7), "no end on its line"),
        ('{"a": [1,', (1, 10), "ends too early"),
        ("", (1, 1), "ends too early"),
        ("{} {}", (1, 4), "must end here"),
        (r'["a\qb"]', (1, 4), "unknown escape"),
        (r'["\u12"]', (1, 3), "unknown escape"),
        ("[1e999]", (1, 2), "out of range"),
        ("[" + "9" * 5000 + "]", (1, 2), "out of range"),
        ("[\n" * 300, (201, 1), "deeper than 200"),
        ("[01]", (1, 3), "a comma"),
    ],
)
def test_errors(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(LoadError) as caught:
        parse_json(text, "f.json")
    assert message in caught.value.message and (caught.value.line, caught.value.column) == place


def test_places() -> None:
    root = parse_json('{\n\t"a": {"😀": [1,\n "x"]},\r\n"b":\ntrue }', "f.json", 11)
    assert isinstance(root, MappingNode)
    assert root.span[1:] == (11, 1, 15, 7)
    spans = {str(entry.key.value): entry.span[1:] for entry in root.entries}
    assert spans == {"a": (12, 2, 12, 5), "b": (14, 1, 14, 4)}
    inner = root.get("a")
    assert isinstance(inner, MappingNode) and inner.span[1:] == (12, 7, 13, 7)
    assert inner.entries[0].key.span[1:] == (12, 8, 12, 11)


def test_duplicates_are_told() -> None:
    root = parse_json('{"a": 1,\n"a": 2}', "f.json")
    assert isinstance(root, MappingNode) and [e.span[1:] for e in root.duplicates] == [(1, 2, 1, 8)]


def test_stream_of_values() -> None:
    documents = load_text("f.json", '{"kind": "Pod"}\n{"kind": "Job"}\n', frozenset())
    assert [(d.kind, d.line, d.index, d.status) for d in documents] == [("Pod", 1, 0, "parsed"), ("Job", 2, 1, "parsed")]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("f.json", "{a: [}", "not valid JSON"),
        ("f.yaml", '{"a": [}', "not valid JSON"),
        ("f.yaml", "{a: [}", "not valid YAML"),
    ],
)
def test_error_of_the_form_it_is_meant_to_be(file: str, text: str, message: str) -> None:
    document = load_text(file, text, frozenset())[0]
    assert document.error is not None and message in document.error.message


@pytest.mark.parametrize("text", ["{a: b}", '{"a": b}', "--- {a: b,}", "# c\n[a]", "{'a': 1} # c"])
def test_flow_style_yaml_is_still_yaml(text: str) -> None:
    assert load_text("f.yaml", text, frozenset())[0].status == "parsed"
