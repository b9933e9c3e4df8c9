"""What becomes of the documents of a stream."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.objects.documents import is_helm_template, load_file, load_text
from scclint.objects.documents.document import Document
from scclint.objects.expand.item import items_of
from scclint.yaml.nodes import ScalarNode
from tests.conftest import examples

KINDS = frozenset({"Pod"})


def one(text: str) -> Document:
    (document,) = load_text("f.yaml", text, KINDS)
    return document


def test_broken_documents_leave_the_rest_alone() -> None:
    documents = load_text("f.yaml", "kind: Pod\n---\nkind: Pod\na: b: c\n---\n# c\n---\nkind: Pod\n", KINDS)
    assert [(d.status, d.index, d.line) for d in documents] == [
        ("parsed", 0, 1), ("unparsable", 1, 2), ("empty", 2, 5), ("parsed", 3, 7),
    ]  # fmt: skip
    error = documents[1].error
    assert error is not None and (error.file, error.line, error.column) == ("f.yaml", 4, 5) and documents[1].kind == "Pod"


def test_documents_that_only_yaml_sees_the_border_of() -> None:
    documents = load_text("f.yaml", "kind: Pod\n# c\u2028---\u2028kind: Pod\nx: [\n", frozenset())
    assert [(d.status, d.index, d.line) for d in documents] == [("parsed", 0, 1), ("unparsable", 1, 3)]
    ok = load_text("f.yaml", "kind: A\r---\rkind: B\r", KINDS)
    assert [(d.kind, d.index) for d in ok] == [("A", 0), ("B", 1)]


@pytest.mark.parametrize("text", ["---\n", "# c\n", "null\n", "~", "--- !!null\n", "---\t# c\n", "#\tc\n", "--- \t\n...\t\n"])
def test_empty(text: str) -> None:
    assert one(text).status == "empty"


@pytest.mark.parametrize("text", ["\t", " \t\n", "# c\n\t\n", "---\n\t# c\n", "...", "\n...\n", "# c\n...\n"])
def test_without_content_and_refused(text: str) -> None:
    """sigs.k8s.io/yaml 1.4 refuses each of these texts."""
    assert one(text).status == "unparsable"


@pytest.mark.parametrize("rest", ["\t\n", "...\n"])
def test_what_follows_the_end_of_a_document_is_not_read(rest: str) -> None:
    statuses = [document.status for document in load_text("f.yaml", f"kind: Pod\n...\n{rest}", frozenset())]
    assert statuses in (["parsed"], ["parsed", "empty"])


def test_no_text_no_document() -> None:
    assert load_text("f.yaml", "", KINDS) == [] and load_text("f.yaml", "\ufeff", KINDS) == []


def test_byte_order_mark_takes_no_column() -> None:
    root = load_text("f.yaml", "\ufeffkind: Pod", KINDS)[0].root
    assert root is not None and root.span[1:] == (1, 1, 1, 10)


@pytest.mark.parametrize(
    "space", ["\xa0\n", "\u3000\n", "\u2003\r\n\n", " \u2003\t", "\f\n", "\u2028", "\xa0\u2028\u1680\n \n"], ids=ascii
)
def test_white_space_before_json(space: str) -> None:
    """apimachinery 0.37 decodes a Pod from each of these texts."""
    document = one(f'{space}{{"kind": "Pod",\n "a": \t1}}')
    assert document.kind == "Pod" and document.root is not None
    lines = space.count("\n")
    assert document.root.span[1:3] == (lines + 1, 1 if space.endswith("\n") else len(space) + 1)
    assert one(f"{space}{{kind: Pod}}").kind == "Pod"


@pytest.mark.parametrize(
    "text",
    ['\xa0\n\xa0\n{"kind":"Pod"}', '\n\xa0{"kind":"Pod"}', '# c\n\xa0\n{"kind":"Pod"}', '---\n\xa0\n{"kind":"Pod"}',
     '\u200b\n{"kind":"Pod"}', "\xa0\n[1]", "\xa0\nPod"],
    ids=ascii,
)  # fmt: skip
def test_white_space_that_begins_a_text(text: str) -> None:
    """apimachinery 0.37 decodes a string from each of these texts."""
    root = one(text).root
    assert isinstance(root, ScalarNode) and isinstance(root.value, str)


def test_separator_characters_before_json() -> None:
    """Python takes them for white space. The cluster refuses them."""
    assert one('\x1c\n{"kind": "Pod"}').status == "unparsable"


def test_helm_sources_are_inherited() -> None:
    text = "---\n# Source: c/a.yaml\nkind: Pod\n---\nkind: Pod\n---\n# Source: c/b.yaml\n# x\n"
    assert [d.source for d in load_text("-", text, KINDS)] == ["c/a.yaml", "c/a.yaml", "c/b.yaml"]


def test_templates() -> None:
    assert one("kind: Pod\nx: {{ y }}\n").status == "template"
    assert one('kind: Pod\nx: "{{ y }}"\n').status == "parsed"
    assert one("kind: Pod\nx: {{ y }}\n").error is not None
    assert one("kind: Pod\n{{ if x }}- a{{ end }}\nb: c\n").status == "template"
    assert one("kind: ConfigMap\ndata:\n  a: |\nREPLACE_WITH_A\n  b: |\nREPLACE_WITH_B\n").status == "template"
    assert one("kind: Pod\nspec:\n  claimName: %CLAIM%\n").status == "template"
    # A file that a template of the chart reads: lines of text, in which a comment ends the first ones.
    texts = ("workers  {{ .Values.workers }};\n", "workers  2;\n")
    statuses = [[d.status for d in load_text("a.yaml", f"{text}# Streams\nstream {{\n", KINDS)] for text in texts]
    assert statuses == [["parsed", "template"], ["parsed", "unparsable"]]
    for text in ("a: |\nREPLACED\nb: |\n", "a: |\nREPLACE_WITH_A now\nb: |\n", "a: %b\n", "a: REPLACE_IT: b\n"):
        assert one(f"kind: Pod\n{text}").status == "unparsable"
    assert one('kind: Pod\na: "{{"\n{% if b %}\nc: 1\n{% endif %}\n').status == "template"


def test_chart_folders(tmp_path: Path) -> None:
    templates = tmp_path / "chart" / "templates" / "deep"
    templates.mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "chart" / "Chart.yaml").write_text("name: c\n")
    assert is_helm_template(str(templates / "a.yaml"))
    assert not is_helm_template(str(tmp_path / "chart" / "values.yaml"))
    assert not is_helm_template(str(tmp_path / "templates" / "a.yaml"))
    template, other = load_file(str(templates / "a.yaml"), "kind: Pod\nx: '{{ y }}'\n---\nkind: Pod\n", KINDS)
    assert (template.status, template.kind, template.root) == ("template", "Pod", None)
    assert other.status == "parsed"


def test_chart_folder_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Chart.yaml").write_text("name: c\n")
    monkeypatch.chdir(tmp_path)
    assert is_helm_template("templates/a.yaml") and is_helm_template("./templates/x/a.yaml") and not is_helm_template("a.yaml")


def kinds(text: str) -> list[tuple[str, tuple[str | int, ...], str]]:
    return [(o.data["kind"], o.path, o.data["apiVersion"]) for d in load_text("f.yaml", text, KINDS) for o in items_of(d)]


def test_objects_of_lists() -> None:
    assert kinds("kind: Pod\napiVersion: v1\n") == [("Pod", (), "v1")]
    assert kinds("kind: List\nitems:\n- kind: Pod\n- kind: List\n  items: [{kind: Job, apiVersion: batch/v1}]\n- 3\n") == [
        ("Pod", ("items", 0), ""),
        ("Job", ("items", 1, "items", 0), "batch/v1"),
    ]
    assert kinds("kind: PodList\napiVersion: v1\nitems:\n- metadata: {}\n- kind: Job\n") == [
        ("Pod", ("items", 0), "v1"),
        ("Job", ("items", 1), ""),
    ]
    assert kinds("kind: Foo\nitems:\n- kind: Pod\n- 1\n- a: b\n") == [
        ("Foo", (), ""),
        ("Pod", ("items", 0), ""),
        ("Foo", ("items", 2), ""),
    ]
    assert kinds("kind: List\nitems: []\n") == [] and kinds("kind: List\n") == [("List", (), "")]
    assert kinds("- kind: Pod\n") == [] and kinds("kind: [\n") == []


@examples(400)
@given(
    st.text(st.characters(), max_size=40)
    | st.text("ab:-[]{}'\"#&*!|>%@`\\\n\r\t \x85\u2028?,~<.0\ud800\ufeff\x00", max_size=40)
)
def test_any_text_gives_documents(text: str) -> None:
    for document in load_text("f.yaml", text, KINDS):
        assert (document.status in ("unparsable", "template")) == (document.error is not None)
        if document.error is not None:
            lines = text.split("\n")
            assert 1 <= document.error.line <= len(lines), document.error
            assert 1 <= document.error.column <= len(lines[document.error.line - 1]) + 1
        assert all(1 <= comment.line <= text.count("\n") + 1 for comment in document.comments())
        assert isinstance(document.line_breaks, list) and isinstance(list(items_of(document)), list)


def test_a_million_documents_stay_cheap() -> None:
    documents = load_text("f.yaml", "---\n" * 100_000, KINDS)
    assert len(documents) == 100_000 and documents[-1].line == 100_000


@pytest.mark.parametrize("rest", ["{% x %}", "{{ x }}", "@x@", "]", '{"kind":'])
def test_objects_of_a_json_stream_before_what_is_no_json(rest: str) -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}\n'
    for number in (1, 2, 3):
        found = load_text("a.yaml", text * number + rest, frozenset())
        assert [(document.status, document.kind) for document in found] == [("parsed", "Pod")] * number + [("unparsable", "")]
    assert [document.status for document in load_text("a.yaml", "{a: b}\n", frozenset())] == ["parsed"], "YAML, and no JSON"
