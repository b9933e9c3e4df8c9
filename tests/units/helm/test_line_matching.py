"""Rendered lines beside template lines."""

from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.units.helm import entry_matching as pairing
from scclint.units.helm.go_template import sections
from scclint.units.helm.line_matching import Aligned, Nearness, Template, align, rendered
from tests.test_growth import steps


def find(template: str, *texts: str) -> dict[str, Aligned]:
    """Where each line of the rendered documents comes from, by its text; `A` to `Z` before it for the document it is in."""
    found = {}
    for name, text, alignment in zip(
        "ABCDEFGH", texts, align([rendered(text, 1) for text in texts], Template(sections(template))), strict=False
    ):
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                found[f"{name} {line.strip()}" if len(texts) > 1 else line.strip()] = alignment.find(number)
    return found


LINE, EXPRESSION, EITHER, PARENT, KIND = Nearness


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        ("abc", ("", "a", ""), True),
        ("abc", ("a", "c"), True),
        ("ac", ("a", "c"), True),
        ("a", ("a", "a"), False),
        ("abcb", ("a", "b", "b"), True),
        ("ab", ("a", "b", "b"), False),
        ("bac", ("", "b", "a", "c"), True),
        ("bac", ("", "a", "b", "c"), False),
    ],
)
def test_the_literal_texts_around_what_is_written(text: str, parts: tuple[str, ...], expected: bool) -> None:
    assert pairing._fits(text, parts) == expected


def test_an_expression_on_the_last_line_of_a_block() -> None:
    found = find("a:\n  {{ toYaml .x }}\nb: c\nd:\n  {{ toYaml .y }}\n", "a:\n  k: v\nb: c\nd:\n  l: v\n")
    assert (found["k: v"], found["l: v"]) == (Aligned(2, EXPRESSION), Aligned(5, EXPRESSION))


@pytest.mark.parametrize(("lines", "steps"), [(1, 200_000), (2_001, 200_100), (10_000, 1_000_000), (10_001, 1_000_000)])
def test_comparisons_are_in_proportion_to_the_lines(lines: int, steps: int) -> None:
    assert pairing.Scores(lines).spend(steps)
    assert not pairing.Scores(lines).spend(steps + 1)


def test_a_key_by_its_name_and_a_value_by_what_is_written_around_it() -> None:
    template = "kind: Pod\nmetadata:\n  name: {{ .x }}-web\nspec:\n  name: {{ .x }}\n"
    text = "kind: Pod\nmetadata:\n  name: a-web\nspec:\n  name: a-web\n"
    assert list(find(template, text).values()) == [(1, LINE), (2, LINE), (5, LINE), (4, LINE)]
    assert find(template, "kind: Pod\nmetadata:\n  name: a-web\n")["name: a-web"] == (3, LINE)


def test_equal_lines_under_different_conditions_are_a_guess() -> None:
    template = "spec:\n  {{ if .x }}\n  a: {{ .y }}\n  {{ else }}\n  a: {{ .z }}\n  {{ end }}\n  b: c\n"
    found = find(template, "spec:\n  a: 1\n  b: c\n")
    assert found == {"spec:": (1, LINE), "a: 1": (3, EITHER), "b: c": (7, LINE)}


OMITTING = """\
containers:
- name: dex
  {{- with .Values.dex.containerSecurityContext }}
  securityContext:
    {{- if $.Values.openshift.enabled }}
      {{- omit . "runAsUser" | toYaml | nindent 4 }}
    {{- else }}
      {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
"""


def test_an_expression_did_not_write_the_key_that_it_omits() -> None:
    """Nor what was written together with that key, if it lies in the other branch."""
    found = find(OMITTING, "containers:\n- name: dex\n  securityContext:\n    runAsNonRoot: true\n    runAsUser: 1001\n")
    assert found["runAsUser: 1001"] == (8, EXPRESSION)
    assert found["runAsNonRoot: true"] == (8, EXPRESSION)


def test_either_branch_may_have_written_what_none_omits() -> None:
    found = find(OMITTING, "containers:\n- name: dex\n  securityContext:\n    runAsNonRoot: true\n")
    assert found["runAsNonRoot: true"] == (4, PARENT)


def test_a_key_omitted_by_one_expression_may_be_written_by_the_next() -> None:
    template = 'a:\n  {{- omit .x "b" | toYaml | nindent 2 }}\n  {{- toYaml .y | nindent 2 }}\n'
    found = find(template, "a:\n  c: 1\n  b: 2\n")
    assert found["b: 2"] == (3, EXPRESSION)
    assert found["c: 1"] == (1, PARENT), "either wrote it"


def test_what_differs_in_what_it_holds_is_no_guess() -> None:
    template = "{{ if .x }}\na:\n  b: {{ .y }}\n{{ else }}\na:\n  c: {{ .y }}\n{{ end }}\n"
    assert find(template, "a:\n  c: 1\n") == {"a:": (5, LINE), "c: 1": (6, LINE)}


def test_items_in_order() -> None:
    template = "args:\n- {{ .a }}\n- --port\n{{ if .p }}\n- {{ .b }}\n{{ end }}\n- --host\n- {{ .c }}\n"
    found = find(template, "args:\n- x\n- --port\n- --host\n- y\n")
    assert found == {"args:": (1, LINE), "- x": (2, LINE), "- --port": (3, LINE), "- --host": (7, LINE), "- y": (8, LINE)}


def test_items_by_name() -> None:
    template = "c:\n{{ if .x }}\n- name: a\n  image: {{ .i }}\n{{ end }}\n- name: b\n  image: {{ .i }}\n{{ toYaml .more }}\n"
    found = find(template, "c:\n- name: b\n  image: 1\n- name: c\n  image: 2\n")
    assert found["- name: b"] == (6, LINE)
    assert found["image: 1"] == (7, LINE)
    assert found["- name: c"] == (8, EXPRESSION)
    assert found["image: 2"] == (8, EXPRESSION)


def test_loops_write_their_lines_again() -> None:
    template = (
        "c:\n{{ range .x }}\n- name: {{ .n }}\n  env:\n  {{ range .e }}\n  - {{ . }}\n  {{ end }}\n{{ end }}\n- name: last\n"
    )
    found = find(template, "c:\n- name: a\n  env:\n  - x\n  - y\n- name: b\n- name: last\n")
    numbers = {"c:": 1, "- name: a": 3, "env:": 4, "- x": 6, "- y": 6, "- name: b": 3, "- name: last": 9}
    assert found == {text: (number, LINE) for text, number in numbers.items()}


def test_an_expression_stands_for_what_it_writes() -> None:
    template = (
        "spec:\n  labels:\n    {{- include `l` . | nindent 4 }}\n  {{- with .s }}\n  security: {{ toYaml . | nindent 4 }}\n"
        "  {{- end }}\n  {{- include `rest` . | nindent 2 }}\n  last: 1\n{{ toYaml .top }}\n"
    )
    text = "spec:\n  labels:\n    a: b\n  security:\n    user: 0\n  more:\n    x: y\n  last: 1\ntop: 2\n"
    found = find(template, text)
    assert found["a: b"] == (3, EXPRESSION)
    assert found["security:"] == (5, LINE)
    assert found["user: 0"] == (5, EXPRESSION)
    assert found["more:"] == found["x: y"] == (7, EXPRESSION)
    assert found["top: 2"] == (9, EXPRESSION)


def test_of_two_expressions_the_one_that_speaks_of_the_key() -> None:
    template = "a:\n  {{- include `x.affinity` . }}\n  {{- include `x.tolerations` . }}\n"
    assert find(template, "a:\n  tolerations:\n  - b\n")["tolerations:"] == (3, EXPRESSION)


def test_of_two_alike_neither_but_what_holds_them() -> None:
    template = "a:\n  {{- include `x` . }}\n  {{- include `y` . }}\nb: c\n"
    assert find(template, "a:\n  d: e\nb: c\n")["d: e"] == (1, PARENT)


def test_the_beginning_of_the_object_where_nothing_holds_it() -> None:
    assert find("kind: Pod\nmetadata: {}\n", "kind: Pod\nspec: {}\n")["spec: {}"] == (1, KIND)
    assert find("# x\n{{ if . }}\na: b\n{{ end }}\n", "spec: {}\n")["spec: {}"] == (1, KIND)


def test_a_template_that_is_one_expression() -> None:
    assert find("{{ include `x` . }}\n", "kind: Pod\nspec:\n  a: b\n")["a: b"] == (1, EXPRESSION)


def test_documents_of_one_template_find_their_sections() -> None:
    template = (
        "kind: Role\nname: a\n---\n{{ range .x }}\n---\nkind: Job\nname: {{ . }}\nspec: 1\n{{ end }}\n---\nkind: Job\nname: z\n"
    )
    found = find(
        template,
        "kind: Job\nname: z\n",
        "kind: Job\nname: b\nspec: 1\n",
        "kind: Job\nname: c\nspec: 1\n",
        "kind: Role\nname: a\n",
    )
    assert {name: found[name].number for name in ("A name: z", "B name: b", "C name: c", "D name: a")} == {
        "A name: z": 12,
        "B name: b": 7,
        "C name: c": 7,
        "D name: a": 2,
    }


def test_documents_that_look_alike_are_taken_in_order() -> None:
    template = "kind: Job\nname: {{ .a }}\n---\nkind: Job\nname: {{ .b }}\n"
    found = find(template, "kind: Job\nname: x\n", "kind: Job\nname: y\n")
    assert (found["A name: x"].number, found["B name: y"].number) == (2, 5)


def test_comments_and_blank_lines() -> None:
    template = "a: b\n# one\nc:\n  # two\n  d: e\n# one\n"
    text = "a: b\n\nc:\n  # two\n  d: e\n# one\n# other\n"
    alignment = align([rendered(text, 1)], Template(sections(template)))[0]
    assert [alignment.find(number) for number in range(1, 9)] == [
        (1, LINE),
        (1, PARENT),
        (3, LINE),
        (4, LINE),
        (5, LINE),
        (6, LINE),
        (5, PARENT),
        (5, PARENT),
    ]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a:{{ .x | nindent 2 }}", "a:\n  b: c"),
        ("- --port=:{{ .x }}", "- --port=:80"),
        ("{{ .k }}: {{ .v }}", "a: b"),
        ('"{{ .k }}": {{ .v }}', '"a": b'),
        ("a.{{ .k }}/b: c", "a.x/b: c"),
        ("a: |\n  b", "a: |-\n  b"),
    ],
)
def test_lines_that_can_become_others(template: str, text: str) -> None:
    assert find(template, text)[text.split("\n", maxsplit=1)[0]] == (1, LINE)


@pytest.mark.parametrize(
    ("template", "text"),
    [("a: b", "a: c"), ("- a: b", "- a: c"), ("a{{ .x }}b", "a1c"), ("ab{{ .x }}bc", "abc"), ("a: b", "b: b")],
)
def test_lines_that_cannot(template: str, text: str) -> None:
    assert find(template, text)[text].nearness is KIND


def test_text_steps_in_without_end() -> None:
    text = "\n".join(" " * n + f"- k{n}:" for n in range(3000))
    alignment = align([rendered(text, 1)], Template(sections(text)))[0]
    assert alignment.find(50) == (50, LINE)


Tree = dict[str, "Tree"] | list["Tree"] | str
trees: st.SearchStrategy[Tree] = st.recursive(
    st.sampled_from(["x", "y", "z"]),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, min_size=1) | st.lists(inner, min_size=1, max_size=4),
    max_leaves=25,
)


def dump(tree: Tree, indent: int, lead: str = "") -> Iterator[str]:
    """The lines of a tree, the first after `lead` where that is given."""
    blanks = " " * indent
    if isinstance(tree, str):
        yield (lead or blanks) + tree
        return
    for key, value in tree.items() if isinstance(tree, dict) else (("-", item) for item in tree):
        start = lead or blanks
        lead = ""
        if key == "-":
            yield from dump(value, indent + 2, start + "- ")
        elif isinstance(value, str):
            yield f"{start}{key}: {value}"
        else:
            yield f"{start}{key}:"
            yield from dump(value, indent + 2)


@given(trees)
def test_a_text_is_aligned_with_itself(tree: Tree) -> None:
    lines = list(dump(tree, 0))
    text = "\n".join(lines)
    alignment = align([rendered(text, 1)], Template(sections(text)))[0]
    assert [alignment.find(n + 1) for n in range(len(lines))] == [(n + 1, LINE) for n in range(len(lines))]


@given(trees, st.data())
def test_what_is_left_out_misleads_into_no_false_claim(tree: Tree, data: st.DataObject) -> None:
    lines = list(dump(tree, 0))
    dropped = set(data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=3)))
    keep = []
    below = None
    for index, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        below = None if below is not None and indent <= below else below
        if below is None and index in dropped and "- " not in line:
            below = indent
        if below is None:
            keep.append(index)
    alignment = align([rendered("\n".join(lines[index] for index in keep), 1)], Template(sections("\n".join(lines))))[0]
    for number, index in enumerate(keep, 1):
        found = alignment.find(number)
        if found.nearness is LINE:
            assert lines[found.number - 1].strip("- ") == lines[index].strip("- ")


@given(st.text(alphabet="ab:- \n\r{}#|.", max_size=80), st.text(alphabet="ab:- \n\r#|.", max_size=80))
def test_any_two_texts(template: str, text: str) -> None:
    alignment = align([rendered(text, 1)], Template(sections(template)))[0]
    last = template.count("\n") + 1
    assert all(1 <= alignment.find(number).number <= last for number in range(1, text.count("\n") + 3))


def test_very_long_lists_are_taken_line_by_line() -> None:
    items = "\n".join(f"- --flag-{n}" for n in range(5000))
    alignment = align([rendered(f"args:\n{items}\nlast: 1\n", 1)], Template(sections(f"args:\n{items}\nlast: {{{{ . }}}}\n")))[
        0
    ]
    assert alignment.find(4000) == (4000, EITHER)
    assert alignment.find(5002) == (5002, LINE)


def test_beyond_the_comparisons_that_are_made_documents_go_by_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    template = "---\n".join("kind: Pod\nmetadata:\n  name: {{ .x }}\n" for _ in range(4))
    texts = [f"kind: Pod\nmetadata:\n  name: {n}\n" for n in range(5)]
    monkeypatch.setattr(pairing, "_STEPS_PER_LINE", 0)
    alignments = align([rendered(text, 1) for text in texts], Template(sections(template)))
    assert [alignment.find(3) for alignment in alignments] == [(line, KIND) for line in (1, 5, 9, 13, 13)]


def test_comparisons_are_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "_STEPS_PER_LINE", 1)

    def work(number: int) -> None:
        texts = [rendered(f"kind: Pod\nmetadata:\n  name: {n}\n", 1) for n in range(number)]
        align(texts, Template(sections("---\n".join("kind: Pod\nmetadata:\n  name: {{ .x }}\n" for _ in range(number)))))

    one, two, three = (steps(partial(work, number)) for number in (700, 1400, 2100))
    assert three - two <= 1.03 * (two - one)
