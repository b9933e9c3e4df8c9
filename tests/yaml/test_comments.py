"""Comments are where YAML has them, and odd line breaks where editors show none."""

import pytest

from scclint.objects.documents import load_text


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("# a\nb: c # d\n", [("# a", 1, 1), ("# d", 2, 6)]),
        ("a: '# b'\nc: \"x\n  # y\"\nd: e#f\n", []),
        ("a: |\n  # b\n  c\n# d\ne: f\n", [("# d", 4, 1)]),
        ("a: | # b\n  # c\nd: >-  # e\n  f # g\n", [("# b", 1, 6), ("# e", 3, 8)]),
        ("a: |2 # b\n   # c\n", [("# b", 1, 7)]),
        ("a: !t b # c\n", [("# c", 1, 9)]),
        ("[a, # b\n 'c'] # d", [("# b", 1, 5), ("# d", 2, 7)]),
        ("--- # a\nb: &c # d\n  e: f\n... # g\n", [("# a", 1, 5), ("# d", 2, 7), ("# g", 4, 5)]),
        ("é: x # 😀\r\n# b\r\n", [("# 😀", 1, 6), ("# b", 2, 1)]),
        ("# a\u2028b: c # d\n", [("# a", 1, 1), ("# d", 1, 10)]),
        ("a: b # c\nd: @ # e\n", [("# c", 1, 6)]),
        ("a: {b: c:d} # e\n", [("# e", 1, 13)]),
        ('{"a": "# b"}', []),
        ("\ufeff# a", [("# a", 1, 1)]),
        ("kind: ConfigMap # a\n", [("# a", 1, 17)]),
    ],
)
def test_comments(text: str, comments: list[tuple[str, int, int]]) -> None:
    documents = load_text("f.yaml", text, frozenset({"Pod"}))
    assert [
        (comment.text, comment.line, comment.column) for document in documents for comment in document.comments()
    ] == comments


def test_lines_count_from_the_file() -> None:
    documents = load_text("f.yaml", "a: b\n---\n# c\nd: e # f\n", frozenset())
    assert [(comment.text, comment.line, comment.column) for comment in documents[1].comments()] == [
        ("# c", 3, 1),
        ("# f", 4, 6),
    ]


def test_deep_nesting_does_not_hang() -> None:
    (document,) = load_text("f.yaml", "# a\nb: " + "[" * 500_000 + "# c", frozenset())
    assert [comment.text for comment in document.comments()] == ["# a"]


def test_line_breaks() -> None:
    (document,) = load_text("f.yaml", "a: b\r\n# c\rd: e\nf: '\x85\u2028'\n# \u2029", frozenset())
    assert document.line_breaks == [("CR", 2, 4), ("NEL", 3, 5), ("LS", 3, 6), ("PS", 4, 3)]
    assert load_text("f.yaml", "a: é\r\n", frozenset())[0].line_breaks == []
