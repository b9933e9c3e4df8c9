"""Marks behind the lines of templates, and what they say of rendered lines."""

import re
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.deploy.origins.template_lines import MarkedRendering, TemplateLine, marked

MARK = re.compile(r" #@0:(\d+):([0-7])@")


def marks(text: str) -> dict[int, str]:
    """The marks of a template by the line that they are behind: the line that each names, `+` if that line surely wrote what has no mark
    before it, `named` in a named template, and `first` on the first line of that."""
    lines = enumerate(marked(text, 0).split("\n"), 1)
    words = ["", "+", " named", "+ named", "", "", " first named", "+ first named"]
    return {number: found[1] + words[int(found[2])] for number, line in lines if (found := MARK.search(line))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b\nc:\n  - d\n  - e: f\n", {1: "1", 2: "2", 3: "3", 4: "4"}),
        ("a: {{ .x }}\n{{ toYaml .y | nindent 2 }}\n- --{{ .z }}\n", {1: "1+", 2: "2+", 3: "3+"}),
        # What writes nothing.
        ("{{- if .x }}\n\n{{- $y := 1 }}\n{{/* z: {{ 1 }} */}}\n---\n{{- end }}\n", {}),
        ("# a\nb: | # c\n  d\n", {1: "1", 2: "2"}),
        # A comment would be within an action, or join two lines.
        ('a: {{ include "x"\n  . }}\nb: c\n', {2: "1+", 3: "3"}),
        ("a: {{ .x -}}\nb: {{ .y }}\n", {2: "2"}),
        ('a: {{ "}}" }}\nb: {{ `{{` }}\n', {1: "1+", 2: "2+"}),
        ("{{- /*\na: b\n*/ -}}\nc: d\n", {4: "4"}),
        # A plain scalar that goes on, in which a comment would be an error; a quoted one, in which it is text.
        ("a: b\n  c\nd: e\n", {3: "3"}),
        ("- a\n  b\n- c\n", {3: "3"}),
        ("- a: b\n  c: d\n", {1: "1", 2: "2"}),
        ('a: "b\n  c"\nd: |\n  e\n', {1: "1", 3: "3"}),
        ('{\n  "a": "b",\n  "c": [{{ .x }}]\n}\n', {1: "1", 2: "2", 3: "3+"}),
        # A named template that may become a value, and one that holds fields.
        ('{{ define "x" -}}\n{{ .y }}-z\n{{- end }}\n', {}),
        ('{{ define "x" }}\na: b\n{{ .c }}\n{{ end }}\n{{ .d }}\n', {2: "2 first named", 3: "3+ named", 5: "5+"}),
        ('{{ define "x" }}{{ if .y }}\n{{ .z }}\n{{ end }}\n{{ end }}\na: b\n', {5: "5"}),
        # As in Helm, a document can begin on the line of its `---`.
        ("---a: b\n---\nc: d", {1: "1", 3: "3"}),
        ("a:\r\n  b: {{ .c }}\r\n", {1: "1", 2: "2+"}),
    ],
)
def test_lines_that_can_have_a_mark(text: str, expected: dict[int, str]) -> None:
    assert marks(text) == expected
    assert MARK.sub("", marked(text, 0)) == text


@given(st.text(alphabet="ab:- \n\r{}\"`'/*#|\0\x01\x02\x03", max_size=60))
def test_marks_change_no_other_text(text: str) -> None:
    assert MARK.sub("", marked(text, 0)) == MARK.sub("", text)


def lines_of(text: str, with_marks: str) -> list[tuple[str, int, bool] | None]:
    """The lines of the one document `text`, and of this document with marks. `A` to `C` are templates, and `C` is of another chart."""
    head = "# Source: web/templates/a.yaml\n"
    rendering = MarkedRendering(["web/templates/A", "web/templates/B", "web/charts/lib/templates/C"], head + with_marks)
    (places,) = rendering.lines([head + text], "web/templates/a.yaml", "web")
    return [place and (place.file[-1], place.number, place.exact) for place in places[1:]]


def test_text_without_a_mark_was_written_by_the_line_of_the_next() -> None:
    text = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"
    with_marks = "a: 1 #@0:1:0@\nb: 2\nc: 3 #@0:2:1@ #@1:9:1@\nd: 4\ne: 5 #@0:4:0@\n"
    assert lines_of(text, with_marks) == [("A", 1, True), ("A", 2, True), ("A", 2, True), ("A", 4, False), ("A", 4, True)]


def test_the_lines_of_another_chart_were_written_by_the_line_that_includes_them() -> None:
    text = "a: 1\nb: 2\nc: 3\nd: 4\n"
    with_marks = "a: 1 #@0:1:0@\nb: 2 #@2:7:0@\nc: 3 #@2:8:0@ #@0:2:1@\nd: 4 #@7:1:1@\n"
    assert lines_of(text, with_marks) == [("A", 1, True), ("A", 2, True), ("A", 2, True), None]


def test_the_line_that_includes_a_named_template_wrote_what_is_before_its_first_line() -> None:
    """As where a value has the template's name in it: `tpl .Values.affinity .`"""
    text = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n"
    with_marks = "a: 1\nb: 2 #@1:7:7@\nc: 3 #@1:8:3@\nd: 4\ne: 5 #@1:7:7@\nf: 6 #@1:8:3@ #@0:2:1@\n"
    include, one, two = ("A", 2, True), ("B", 7, True), ("B", 8, True)
    assert lines_of(text, with_marks) == [include, one, two, include, one, two]


def test_values_that_differ_with_the_marks() -> None:
    """As a checksum of a marked template does."""
    assert lines_of("a: 1\nb: 2\n", "a: 3 #@0:1:0@\nb: 2 #@1:5:0@\n") == [("A", 1, True), ("B", 5, True)]


def test_a_document_that_was_rendered_with_other_values() -> None:
    text = "kind: Pod\na: 1\nb: x\nc: 3\nonly: here\nd: 4\n"
    with_marks = (
        "kind: Pod #@0:1:0@\na: 1 #@0:2:0@\nb: y #@0:3:0@\nnot: here #@0:4:0@\nc: 3 #@0:5:0@\nd: 4 #@0:6:0@\ne: 5 #@0:7:0@\n"
    )
    found = lines_of(text, with_marks)
    assert [found[at] for at in (0, 1, 3, 4, 5)] == [
        ("A", 1, True),
        ("A", 2, True),
        ("A", 5, True),
        ("A", 5, False),
        ("A", 6, True),
    ]


def test_documents_of_one_template_are_paired_by_kind_and_order() -> None:
    head = "---\n# Source: web/templates/a.yaml\n"
    rendering = MarkedRendering(
        ["web/templates/A"],
        f"{head}kind: Job\na: 1 #@0:2:0@\n{head}kind: Pod\na: 1 #@0:5:0@\n{head}kind: Pod\na: 2 #@0:8:0@\n",
    )
    texts = [f"{head}kind: {kind}\na: x\n" for kind in ("Pod", "Pod", "Job", "Pod")]
    found = list(rendering.lines(texts, "web/templates/a.yaml", "web"))
    assert [places[-1] and places[-1].number if places else None for places in found] == [5, 8, 2, None]
    assert list(rendering.lines(texts[:1], "web/templates/b.yaml", "web")) == [()]


def test_lines_that_begin_alike() -> None:
    template = "kind: Pod\n{{ if .x }}\nspec:\n  a: {{ .a }}\n{{ end }}\n  b: c\n"
    found = MarkedRendering().similar_lines("kind: Pod\nspec:\n  a: 1\n  new: 2\n  more: 3\n  b: c\n", template, "A", raw=False)
    assert found == [TemplateLine("A", number, False) for number in (1, 3, 4, 4, 4, 6)]


def test_a_file_that_helm_passes_on() -> None:
    file = "kind: A\na: 1\n---\nkind: B\na: {{ 1 }}\n"
    found = MarkedRendering().similar_lines("kind: B\na: {{ 1 }}\n", file, "A", raw=True)
    assert found == [TemplateLine("A", 4, True), TemplateLine("A", 5, True)]


def test_fields_that_are_in_another_order() -> None:
    template = (
        '{{- define "rules" }}\nb: 1\na: 1\n{{- end }}\nkind: SCC\nmetadata:\n  name: {{ .x }}\n{{ include "rules" . }}\n'
    )
    found = MarkedRendering().similar_lines("kind: SCC\nmetadata:\n  name: c\na: 1\nnew: 2\nb: 1\n", template, "A", raw=False)
    assert found == [TemplateLine("A", number, False) for number in (5, 6, 7, 3, 3, 2)]


def test_texts_that_are_too_long_to_match() -> None:
    """Lines that both have once are enough to find the way."""
    text = "".join(f"a{number}: b\n  c: d\n" for number in range(1500))
    found = MarkedRendering().similar_lines("new: 1\n" + text, text + "e: f\n", "A", raw=False)
    assert found[:5] == [None, *(TemplateLine("A", number, False) for number in (1, 1, 3, 3))]


def test_long_texts_in_another_order() -> None:
    text = "".join(f"a{number}: b\n" for number in range(3000))
    found = MarkedRendering().similar_lines("a2999: b\n" + text.replace("a2999: b\n", ""), text, "A", raw=False)
    assert found[:2] == [None, TemplateLine("A", 1, False)]


def test_texts_of_one_chart_that_are_too_many_to_match() -> None:
    rendering = MarkedRendering()
    text = "".join(f"a{number}: b\n  c: d\n" for number in range(500))
    found = [rendering.similar_lines(text, text + "e: f\n", "A", raw=False)[5] for _ in range(4)]
    assert found == [*[TemplateLine("A", 6, False)] * 3, TemplateLine("A", 5, False)]


def test_the_time_to_match_any_texts_is_bounded() -> None:
    """The worst case of `difflib`: each line occurs again as often as it can."""
    lines = [f"a{number % 90}: b" for number in range(1900)]
    started = thread_time()
    MarkedRendering().similar_lines("\n".join(lines), "\n".join(sorted(lines)), "A", raw=True)
    assert thread_time() - started < 20
