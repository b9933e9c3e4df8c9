"""YAML texts are read as the cluster reads them."""

import json

import pytest

from scclint.objects.documents import load_text
from scclint.yaml.nodes import to_data
from tests.conftest import shared


def read(text: str) -> object:
    """The data of the first document, the only one that the cluster's converter looks at."""
    document = load_text("case.yaml", text, frozenset())[0]
    if document.error is not None:
        raise document.error
    return to_data(document.root)


def test_recorded_values() -> None:
    wrong = []
    for line in (shared() / "conformance" / "yaml-values.jsonl").read_text().splitlines():
        case = json.loads(line)
        document = load_text("case.yaml", case["yaml"], frozenset())[0]
        refused = document.error is not None
        if refused != ("error" in case) or (not refused and exact(to_data(document.root)) != exact(case["json"])):
            wrong.append((case["id"], to_data(document.root), document.error))
    assert wrong == []


def exact(data: object) -> str:
    """Tells 1 from 1.0 and True, as comparing would not."""
    return json.dumps(data, sort_keys=True)


def test_corpus_loads_without_error() -> None:
    from scclint.files import SourceFile, discover
    from scclint.files import read as read_file

    statuses: dict[str, int] = {}
    for item in discover([str(shared() / "corpus")]):
        assert isinstance(item, SourceFile)
        for document in load_text(item.display, read_file(item.path), frozenset({"Deployment"})):
            statuses[document.status] = statuses.get(document.status, 0) + 1
            assert document.error is None, (document.file, document.error)
    assert set(statuses) == {"parsed", "other"} and statuses["other"] > statuses["parsed"]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x: &x {a: 1, b: 2}\nz:\n  b: 3\n  <<: *x\n", {"a": 1, "b": 2}),  # a merge overrides what stands before it
        ("x: &x {a: 1, b: 2}\nz:\n  <<: *x\n  b: 3\n", {"a": 1, "b": 3}),
        ("x: &x {a: 1}\ny: &y {a: 2, c: 3}\nz: {<<: [*x, *y]}", {"a": 1, "c": 3}),
        ("z: {<<: {a: 1}, <<: {a: 2}}", {"a": 2}),
        ("z: {'<<': 1}", {"<<": 1}),
        ("z: {!!merge '<<': {a: 1}}", {"a": 1}),
        ('z: {a: nginx:1.25, b: [c:d, http://x], "q":1}', {"a": "nginx:1.25", "b": ["c:d", "http://x"], "q": 1}),
        ("z: {'r':s:t, \"u v\":w:x}", {"r": "s:t", "u v": "w:x"}),
        ("x: &a {y: &a 1}\nz: *a", 1),
        ("x: &a\n  y: &a [1]\n  w: *a\nz: *a", [1]),
        ("x: &a\n  &a k: v\nz: *a", "k"),
        ("x: &a\n  <<: &a {c: 1}\n  b: 1\nz: {<<: *a}", {"c": 1}),
        ("x: &a {<<: [&a {c: 1}, *a], b: 1}\nz: *a", {"c": 1}),
        ("x: &a {w: &b {q: &a {e: 1}, r: &b {f: 1}}}\nz: [*a, *b]", [{"e": 1}, {"f": 1}]),
        ("x: &a {v: &b 1}\nz: *a", {"v": 1}),
        ("x: &a {y: &a 1}\nw: &a {c: 1}\nz: *a", {"c": 1}),
        ("&k 010 : z\nz: *k", 8),
        ("a: &k 010\nz: {*k : v}", {"8": "v"}),
        ("z: ! '1'", "1"),
        ("z: 1\u2028y: 2", 1),
        ("z: |-\n  http://x:1\n", "http://x:1"),
        ("z: {a: !!str 1, b: 2}", {"a": "1", "b": 2}),
        ("z: [!x a, b]", ["a", "b"]),
        ('z: "a\\\\/b"', "a\\/b"),
        ("z: !!binary 8b1N", "\ufffd\ufffdM"),
        ("z: !!binary 4O2B", "\ufffd\ufffd\ufffd"),
    ],
)
def test_like_the_cluster(text: str, data: object) -> None:
    read_back = read(text)
    assert isinstance(read_back, dict) and exact(read_back["z"] if "z" in read_back else read_back["8"]) == exact(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<: v", "`<<` takes a mapping"),
        ("x: &x [{a: 1}]\ny: {<<: *x}", "`<<` takes a mapping"),
        ("y: {<<: [{a: 1}, 2]}", "`<<` takes a mapping"),
        ("a: {{ .Values.x }}", "a key must be a scalar"),
        ("? [1]\n: v", "a key must be a scalar"),
        ("x: &x [1]\n*x : v", "a key must be a scalar"),
        ("null: v", "null cannot be a key"),
        ("a: &a [*a]", "anchor 'a' contains itself"),
        ("a: &a {b: &a [*a]}", "anchor 'a' contains itself"),
        ("a: &a\n  <<: *a\n  b: 1", "anchor 'a' contains itself"),
        ("a: &a {b: 1}\nc: &a {d: *a}", "anchor 'a' contains itself"),
        ("a: *b", "unknown anchor 'b'"),
        ("%YAML 1.2\n---\na: 1", "%YAML 1.1 only"),
        ("&x .inf : v\ny: *x", "infinity"),
        ("a: 1\n\x1b: 2", "U+001B"),
        ('a: "x\\/y"', "the escape `\\/`"),
        ('a: [1,\n  &x !!str "\\\\\\/"]', "the escape `\\/`"),
        ("a: !!binary aGGk=", "not base64"),
        ("a: !!binary aGk", "not base64"),
    ],
)
def test_refused_like_the_cluster(text: str, message: str) -> None:
    document = load_text("case.yaml", text, frozenset())[0]
    assert document.error is not None and message in document.error.message


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("[a:]", ["a:"]),
        ("{a:, b::}", {"a:": None, "b::": None}),
        ("{a: nginx:[1]}", None),
        ("- x:{y}\n- 'a:,'\n- |\n  a:]\n", ["x:{y}", "a:,", "a:]\n"]),
        ("a: 1\n\ufeffb: 2\n", {"a": 1, "\ufeffb": 2}),
        ("a: x\r\n\ufeff  y\r\n", None),
        ("---\n\ufeffa: 1\n", {"a": 1}),
        ("--- # c\r\n\ufeffa: 1\n", {"a": 1}),
        ("# c\n\ufeffa: 1\n", {"\ufeffa": 1}),
        ("a: '\n\ufeff'\n", {"a": " \ufeff"}),
        ("[a?]", None),
        ("{a: b?c}", None),
        ("[?a]", [{"a": None}]),
        ("- a?b\n- ['a?', \"?\"]\n", ["a?b", ["a?", "?"]]),
        ("[!!str,b: ]", [""]),
        ("{!a, b: c}", {"b": "c"}),
        ("[!!str , b]", ["", "b"]),
        ("[!!str,b]", None),
        ("[nginx:1, a::b, c:: d]", ["nginx:1", "a::b", {"c:": "d"}]),
        ("- {'q':s:t, \"u v\":w:x, {}:y}", None),
        ("- {'q':s:t, \"u v\":w:x}\n- it's:1\n", [{"q": "s:t", "u v": "w:x"}, "it's:1"]),
        ("[it's':x, a\":b, 'q', it's:y]", ["it's':x", 'a":b', "q", "it's:y"]),
        ("{'q'::x}", None),
        ("{a: !x,y:z b, c: d:e}", {"a": "b", "c": "d:e"}),
        ("%TAG ! tag:x,2000:\n---\n[!a b, c:d]", ["b", "c:d"]),
        ("[&a b, *a :c, d:e]", ["b", {"b": "c"}, "d:e"]),
        ("x: &a b\nz: [*a , d:e]", {"x": "b", "z": ["b", "d:e"]}),
        ("a: # x:y\n  [b:c, # d:e\n  f:\u2028g]", {"a": ["b:c", {"f": "g"}]}),
        ("--- {a: b:c}\n--- {d: e:f}\n", {"a": "b:c"}),
    ],
)
def test_read_like_go_yaml_where_scanners_differ(text: str, data: object) -> None:
    """`data` is None where the text is refused."""
    document = load_text("case.yaml", text, frozenset())[0]
    assert (document.error is None) == (data is not None), document.error
    assert to_data(document.root) == data


def test_no_character_is_left_to_stand_in() -> None:
    used = "".join(map(chr, [*range(0xE000, 0xF900), *range(0xF0000, 0xFFFFE), *range(0x100000, 0x10FFFE)]))
    document = load_text("case.yaml", f"a: {used}\n\ufeffb: 1\n", frozenset())[0]
    assert document.error is not None and "private-use character" in document.error.message
