"""Go template source, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.units.helm.go_template import WILD, Line, Section, sections


def lines(text: str) -> list[tuple[int, str]]:
    return [(line.number, line.text.replace(WILD, "@")) for section in sections(text) for line in section.lines]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {{ .x }}-{{ .y }}", "a: @-@"),
        ("{{- if .x }}", None),
        ("{{/* a {{ comment }} */}}", None),
        ('a: {{ "}}" }}b', "a: @b"),
        ("a: {{ `}}` }}b", "a: @b"),
        ("""a: {{ f '"' }}b: "{{ g }}\"""", 'a: @b: "@"'),
        ("""a: {{ f '\\'' '"' }}b: "{{ g }}\"""", 'a: @b: "@"'),
        ('a: {{ "{{" }} .x {{ "}}" }}', "a: @ .x @"),
        ("{{ if .x }}a: b{{ end }}", "a: b"),
        ("  {{ with .x }}a: {{ . }}{{ end }}", "  a: @"),
        ("a: b{{ if .x }}-c{{ else }}-d{{ end }}", "a: b@"),
        ("a: {{ if .x }}{{ if .y }}c{{ end }}{{ end }}", "a: @"),
        ("{{ $x := 1 }}a: b", "a: b"),
        ("{{ $i, $x := .y }}a: b", "a: b"),
        ("a: {{ not closed", "a: {{ not closed"),
        ("a: b\r", "a: b"),
    ],
)
def test_what_a_line_has_of_its_own(text: str, expected: str | None) -> None:
    assert lines(text) == ([] if expected is None else [(1, expected)])


def test_actions_over_several_lines_keep_the_numbers() -> None:
    assert lines("a: b\n{{- /*\nx: y\n*/}}\nc: {{ printf\n  `z` }}\nd: e\n") == [(1, "a: b"), (5, "c: @"), (7, "d: e")]


def test_definitions_are_written_elsewhere() -> None:
    text = '{{ define "x" }}\n{{ if .y }}\na: b\n{{ end }}\n{{ .z }}\n{{ end }}\nc: d\n{{ block "y" . }}\ne: f\n{{ end }}\n'
    assert lines(text) == [(7, "c: d"), (9, "e: f")]
    assert [e.number for s in sections(text) for e in s.expressions] == []


def test_loops_are_counted() -> None:
    text = "a:\n{{ range .x }}\n- b\n{{ if . }}\n- c\n{{ end }}\n{{ end }}\nd:\n"
    assert sections(text)[0].lines == [Line(1, "a:"), Line(3, "- b", 1), Line(5, "- c", 1), Line(8, "d:")]


def test_expressions_of_different_branches_exclude_each_other() -> None:
    text = "{{ .a }}\n{{ if .x }}\n{{ .b }}\n{{ if .y }}\n{{ .c }}\n{{ end }}\n{{ else if .z }}\n{{ .d }}\n{{ else }}\n{{ .e }}\n{{ end }}\n"
    a, b, c, d, e = sections(text + "---\n" + text)[0].expressions
    assert [x.excludes(y) for x, y in ((b, d), (c, e), (d, e), (e, c))] == [True] * 4
    assert [x.excludes(y) for x, y in ((a, b), (b, c), (c, a), (b, b))] == [False] * 4


def test_omitted_keys() -> None:
    text = '{{ omit . "a" "b" | toYaml }}\n{{ toYaml (omit (deepCopy .x) "c") }}\n{{ .omit "d" }}\n'
    assert [x.omitted for x in sections(text)[0].expressions] == [{"a", "b"}, {"c"}, set()]


def spread(section: Section) -> tuple[int, int, list[int]]:
    return section.first, section.last, [line.number for line in section.lines]


def test_a_section_for_each_document() -> None:
    text = "{{- if .x }}\n---\na: b\n---c: d\n--- # e\nf: g\n---\n{{ end }}\n"
    assert [spread(section) for section in sections(text)] == [(2, 3, [3]), (4, 4, [4]), (5, 6, [5, 6])]
    assert lines(text) == [(3, "a: b"), (4, "c: d"), (5, "# e"), (6, "f: g")]


def test_a_file_that_is_no_template_has_no_actions() -> None:
    assert [line.text for line in sections("a: {{ b }}\n", template=False)[0].lines] == ["a: {{ b }}"]
    assert sections("a: {{ b }}\n", template=False)[0].expressions == []


@pytest.mark.parametrize(
    ("text", "indent", "inline"),
    [
        ("    {{- toYaml .x | nindent 8 }}", 8, False),
        ("    {{- toYaml .x | indent 8 }}", 8, False),
        ("    {{ toYaml .x | indent 4 }}", 8, False),
        ("{{ toYaml .x | indent 8 }}", 8, False),
        ("    {{ toYaml .x }}", 4, False),
        ("    {{- .x }}", None, False),
        ('    {{ include "x" . }}', None, False),
        ("  a: {{- toYaml .x | nindent 4 }}", 4, True),
        ("  - {{- toYaml .x | nindent 4 }}", 4, True),
        ("  a: {{ .x }}", None, True),
    ],
)
def test_where_an_expression_writes(text: str, indent: int | None, inline: bool) -> None:
    (expression,) = sections(text)[0].expressions
    assert (expression.number, expression.indent, expression.inline) == (1, indent, inline)
    assert expression.written == len(text) - len(text.lstrip())


def test_lines_that_end_in_text_write_no_others() -> None:
    assert sections("a: {{ .x }}b\nc: d-{{ .y }}\nf: {{ .x }}-{{ .y }}\n")[0].expressions == []


@given(st.text(alphabet="ab:- \n\r{}\"`'/*#|\0\x01", max_size=60))
def test_any_text_is_taken(text: str) -> None:
    for section in sections(text):
        assert all(section.first <= line.number <= section.last for line in section.lines)
        assert all(not set("\1\2\3\n") & set(line.text) for line in section.lines)
