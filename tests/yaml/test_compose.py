"""Where every value is written, and what is refused, with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.errors import LoadError
from scclint.limits import MAX_COLON_ATTEMPTS, AliasCounter
from scclint.objects.documents import load_text
from scclint.source import Span
from scclint.yaml.compose import parse_yaml
from scclint.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, to_data
from tests.conftest import examples
from tests.yaml_text import write_yaml


def parse(text: str) -> Node:
    ((_, root),) = parse_yaml(text, "f.yaml", 1)
    return root


def mapping(text: str) -> MappingNode:
    root = parse(text)
    assert isinstance(root, MappingNode)
    return root


def region(node: Node) -> tuple[int, int, int, int]:
    return node.span[1:]


def entry_region(text: str, key: str) -> tuple[int, int, int, int]:
    entry = mapping(text).entry(key)
    assert entry is not None
    return entry.span[1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b", (1, 1, 1, 5)),
        ("a: 'b c'  # d", (1, 1, 1, 9)),
        ("a: &x !!str b", (1, 1, 1, 14)),
        ("a:", (1, 1, 1, 2)),
        ("a:   # c\n", (1, 1, 1, 2)),
        ("a:\n  b\n", (1, 1, 1, 2)),
        ("a: b\n  c\n", (1, 1, 1, 2)),
        ("a: |\n  b\n", (1, 1, 1, 2)),
        ("a: |\nb: 1\n", (1, 1, 1, 2)),
        ("a: {b: c}", (1, 1, 1, 2)),
        ("a:\n- b\n", (1, 1, 1, 2)),
        ("? a\n: b", (1, 3, 1, 4)),
        ("'a': b\r\n", (1, 1, 1, 7)),
        ("é: 😀x", (1, 1, 1, 6)),
        ("x: &x 1\na: *x # c", (2, 1, 2, 6)),
        ("x: &x {y: z}\na: *x", (2, 1, 2, 6)),
        ("# c\u2028a: b", (1, 5, 1, 9)),
        ("x: y\x85a: b\rc: d\na2: 1", (1, 6, 1, 10)),
    ],
)
def test_entry_span(text: str, expected: tuple[int, int, int, int]) -> None:
    key = "é" if text.startswith("é") else "a"
    assert entry_region(text, key) == expected


def test_odd_breaks_do_not_shift_what_follows() -> None:
    assert entry_region("x: y\x85a: b\rc: d\na2: 1", "a2") == (2, 1, 2, 6)


def test_collections_end_at_their_last_scalar() -> None:
    text = "a:\n  b: 1\n  c:\n  - x\n\n# d\n\ne: |\n  text\n\n\nf: {g: [1, 2] }  \nh: &h\n  i: 1\nj: *h\n"
    root = mapping(text)
    regions = {str(entry.key.value): region(entry.value) for entry in root.entries}
    assert regions == {
        "a": (2, 3, 4, 6),
        "e": (8, 4, 9, 7),
        "f": (12, 4, 12, 16),
        "h": (13, 4, 14, 7),
        "j": (13, 4, 14, 7),
    }
    assert region(root) == (1, 1, 15, 6)


def test_first_line_is_added() -> None:
    ((line, root),) = parse_yaml("---\na: 1", "f.yaml", 41)
    assert line == 41 and root.span == Span("f.yaml", 42, 1, 42, 5)


def test_duplicates() -> None:
    root = mapping("a: 1\nb: 2\na: 3\n'a': 4\n")
    assert to_data(root) == {"b": 2, "a": 4}
    assert [entry.span[1:3] for entry in root.duplicates] == [(1, 1), (3, 1)]
    assert [entry.key.value for entry in root.entries] == ["b", "a"]


def test_merged_entries_tell_their_place() -> None:
    root = mapping("x: &x\n  a: &v 1\n  b: *v\nz:\n  b: 0\n  <<: *x\n  c: 2\n")
    z = root.get("z")
    assert isinstance(z, MappingNode)
    assert [(e.key.value, e.merged, e.span[1:]) for e in z.entries] == [
        ("a", True, (2, 3, 2, 10)),
        ("b", True, (3, 3, 3, 8)),
        ("c", False, (7, 3, 7, 7)),
    ]
    assert [e.span[1:3] for e in z.duplicates] == [(5, 3)]


def test_alias_items_tell_their_use() -> None:
    root = mapping("x: &x 1\nw: [*x, 2]\nz:\n- *x\n")
    w, z = root.get("w"), root.get("z")
    assert isinstance(w, SequenceNode) and isinstance(z, SequenceNode)
    assert w.item_spans == {0: Span("f.yaml", 2, 5, 2, 7)} and w.items[0] is root.get("x")
    assert region(z) == (4, 1, 4, 5)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: b: c\n", (1, 5), "mapping values are not allowed"),
        ("a: 1\nb: [1,\n", (2, 7), "did not find expected node content while parsing a flow node"),
        ("a: @x", (1, 4), "cannot start any token"),
        ("a:\n\tb: 1", (2, 1), "cannot start any token"),
        ("a: *x", (1, 4), "unknown anchor 'x'"),
        ("a: &a {b: *a}", (1, 11), "contains itself"),
        ("é: \x07", (1, 4), "U+0007"),
        ("# \u2028a: @x", (1, 7), "cannot start any token"),
        ("a: \ud800", (1, 4), "surrogate"),
        ("a: .inf", (1, 4), "infinity"),
        ("a: !!int x", (1, 4), "!!int"),
        ("a: 'x", (1, 6), "while scanning a quoted scalar"),
        ("a: {{ x }}", (1, 5), "a key must be a scalar"),
        ("a: &a 1\n<<: *a", (2, 1), "`<<` takes"),
        ("%x\n---\na: 1", (1, 3), "unknown directive name"),
    ],
)
def test_errors_tell_the_place(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(LoadError) as caught:
        list(parse_yaml(text, "f.yaml", 1))
    assert message in caught.value.message
    assert (caught.value.file, caught.value.line, caught.value.column) == ("f.yaml", *place)


def chain(length: int) -> str:
    return "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, length))


@pytest.mark.parametrize("text", ["[" * 1_000_000, "- " * 1000, "a: " + '{"a":' * 1000, chain(400)])
def test_deep_nesting(text: str) -> None:
    with pytest.raises(LoadError, match="nested deeper than 200 levels"):
        list(parse_yaml(text, "f.yaml", 1))


def test_nesting_as_deep_as_allowed() -> None:
    assert to_data(parse("[" * 200 + "]" * 200)) is not None
    assert to_data(parse(chain(199))) is not None


@pytest.mark.parametrize("item", ["[{}]", "{{<<: [{}]}}"])
def test_alias_bombs(item: str) -> None:
    first = "a0: &a0 {k: [1, 2, 3, 4]}\n"
    lines = [f"a{n}: &a{n} " + item.format(", ".join([f"*a{n - 1}"] * 9)) for n in range(1, 30)]
    with pytest.raises(LoadError, match="expand to more than the cluster takes"):
        list(parse_yaml(first + "\n".join(lines), "f.yaml", 1))


def test_ordinary_aliases_are_fine() -> None:
    text = "a: &a {b: 1}\n" + "".join(f"k{n}: *a\nl{n}: [1, 2, 3]\n" for n in range(2000))
    assert len(mapping(text)) == 4001


def test_few_quotes_before_colons() -> None:
    def text(count: int) -> str:
        return "x: 1\na: [" + "it's':b, " * count + "]"

    assert to_data(parse(text(MAX_COLON_ATTEMPTS)))
    with pytest.raises(LoadError, match="found unexpected ':'"):
        parse(text(MAX_COLON_ATTEMPTS + 1))


def test_an_alias_counts_once_where_a_text_is_read_twice() -> None:
    aliasing = AliasCounter()
    list(parse_yaml("a: &a {b: c}\nd: *a\ne: {f: g:h}\n", "f.yaml", 1, aliasing))
    assert aliasing.so_far == 3


def test_many_colons_in_flow_style() -> None:
    data = to_data(parse("[" + ", ".join(["nginx:1.25"] * 20_000) + "]"))
    assert data == ["nginx:1.25"] * 20_000


KEYS = st.text("abz019 é\U0001f600", min_size=1, max_size=6).map(str.strip).filter(bool)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.text("ab:#-? 'é\U0001f600\"\\", max_size=10) | NUMBERS | st.booleans() | st.none()
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


@examples(300)
@given(TREES, st.sampled_from([None, False, True]), st.booleans())
def test_scalars_are_where_they_say(tree: object, flow: bool | None, crlf: bool) -> None:
    text = write_yaml(tree, flow=flow, width=30)
    if crlf:
        text = text.replace("\n", "\r\n")
    check_scalars(text)


@examples(500)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b",
                "1",
                "yes",
                ": ",
                ": ",
                "\n",
                "\n  ",
                "\n- ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                "'q r'",
                '"d\\n"',
                "# c\n",
                "|\n  x\n",
                ">\n  y\n",
                "&x ",
                "*x",
                "!!str ",
                "\r\n",
                "\u2028",
                "\x85",
                "\r",
                "é",
                "\U0001f600",
                "---\n",
                "x:y",
                "~",
                "\t",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_scalars_of_anything_that_parses(text: str) -> None:
    check_scalars(text)


def check_scalars(text: str) -> None:
    lines = text.split("\n")
    for document in load_text("f.yaml", text, frozenset()):
        for scalar in scalars(document.root):
            assert 1 <= scalar.line <= scalar.end_line <= len(lines)
            assert (scalar.line, scalar.column) <= (scalar.end_line, scalar.end_column)
            assert scalar.end_column <= len(lines[scalar.end_line - 1]) + 1
            written = cut(lines, scalar)
            if scalar.plain or written[:1] in ("'", '"'):
                # In column 1, `---` would be a document's start.
                again = parse(" " + written) if written else None
                assert to_data(again) == scalar.value


def cut(lines: list[str], node: Node) -> str:
    part = lines[node.line - 1 : node.end_line]
    part[-1] = part[-1][: node.end_column - 1]
    part[0] = part[0][node.column - 1 :]
    return "\n".join(part)


def scalars(node: Node | None) -> list[ScalarNode]:
    """Values only: a key's value is the JSON key, which need not be what its text is elsewhere."""
    if isinstance(node, ScalarNode):
        return [node]
    inner: list[Node] = []
    if isinstance(node, MappingNode):
        inner = [entry.value for entry in node.entries]
    elif isinstance(node, SequenceNode):
        inner = list(node.items)
    return [scalar for child in inner for scalar in scalars(child)]
