"""Templates are read as YAML: each line stays where it is, and the values of their expressions are not known."""

import pytest

from scclint.objects.documents import load_file
from scclint.objects.documents.templates import holds_manifest, is_expression, readings, written
from scclint.yaml.nodes import to_data


def data_of(text: str, file: str = "a.yaml", reading: int = 0) -> object:
    (document,) = load_file(file, text, frozenset(), reading)
    assert document.status == "parsed", document.error
    return to_data(document.root)


def as_written(data: object) -> object:
    if isinstance(data, str):
        return written(data)
    if isinstance(data, dict):
        return {written(key): as_written(value) for key, value in data.items()}
    return [as_written(value) for value in data] if isinstance(data, list) else data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {{ .B }}\n", {"a": "{{ .B }}"}),
        ('a: "{{ .B | default "x" }}"\nb: {{ c }}\n', {"a": '{{ .B | default "x" }}', "b": "{{ c }}"}),
        ("a: {{ .B }}-c\n", {"a": "{{ .B }}-c"}),
        ("a: [{{ .B }}, {{ .C }}]\n", {"a": ["{{ .B }}", "{{ .C }}"]}),
        ("{{ .K }}: {{ .V }}\n", {"{{ .K }}": "{{ .V }}"}),
        ("{{- if .A }}\na: {{ b }}\n{{- end }}\n", {"a": "{{ b }}"}),
        ("a: {{ .B }}\n{{/* any: thing */}}\nc: 1\n", {"a": "{{ .B }}", "c": 1}),
        ("{{ $x := .B }}\na: {{ $x }}\n", {"a": "{{ $x }}"}),
        ("a:\n{{- range .B }}\n- b: {{ . }}\n{{- end }}\n", {"a": [{"b": "{{ . }}"}]}),
        ("a:\n  {{ toYaml .B | nindent 2 }}\nc: {{ d }}\n", {"a": "{{ toYaml .B | nindent 2 }}", "c": "{{ d }}"}),
        ("a:\n  b: {{ c }}\n  {{- toYaml .D | nindent 2 }}\n", {"a": {"b": "{{ c }}", "{{- toYaml .D | nindent 2 }}": None}}),
        ("a:\n{{ toYaml .D | indent 2 }}\n  b: {{ c }}\n", {"a": {"b": "{{ c }}", "{{ toYaml .D | indent 2 }}": None}}),
        ("a:\n  {{ .X }}\n  - {{ .Y }}\n", {"a": ["{{ .X }}", "{{ .Y }}"]}),
        ("a: {{ printf\n  .B }}\nc: {{ d }}\n", {"a": "{{ printf   .B }}", "c": "{{ d }}"}),
        ('{{define "p"}}{{with .X}}x{{end}}{{end}}\na: {{template "p" .}}b\n', {"a": '{{template "p" .}}b'}),
        ("a: {{ b }}\n{{ end }}\n", {"a": "{{ b }}"}),
        ("a: {{ if .B }}1{{ end }}\nc: {{ d }}\n", {"a": 1, "c": "{{ d }}"}),
    ],
)
def test_go_templates(text: str, expected: object) -> None:
    assert as_written(data_of(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if a %}\na: {{ b }}\n{% endif %}\n", {"a": "{{ b }}"}),
        ("{# a: 1 #}\nb: {{ if }}\n", {"b": "{{ if }}"}),
        ("a:\n{% for x in y %}\n- {{ x }}\n{% endfor %}\n", {"a": ["{{ x }}"]}),
        ("{% set x = 1 %}\na: '{{ x }}'\n", {"a": "{{ x }}"}),
        ("a:\n{% if b %}  c: 1{% endif %}\n", {"a": {"c": 1}}),
        ("a: 1\n{% if b and not is_openshift %}\nc: 1\n{% endif %}\n", {"a": 1}),
        ("a: 1\n{% if not is_openshift or b %}\nc: 1\n{% endif %}\n", {"a": 1, "c": 1}),
        ("a: 1\n{% if is_openshift %}\nc: 1\n{% endif %}\n", {"a": 1, "c": 1}),
    ],
)
def test_jinja(text: str, expected: object) -> None:
    assert as_written(data_of(text, "a.yaml.j2")) == expected


def test_places_stay() -> None:
    text = "{{ if .A }}\n{{ end }}\nkind: Pod\nmetadata: {name: {{ .Name }}, namespace: shop}\n"
    (document,) = load_file("a.yaml", text, frozenset())
    metadata = document.root.get("metadata")  # type: ignore[union-attr]
    namespace = metadata.get("namespace")
    assert (namespace.line, namespace.column) == (4, text.splitlines()[3].index("shop") + 1)
    assert document.is_template
    assert document.kind == "Pod"


def test_each_branch_has_a_reading() -> None:
    text = "{{ if .A }}\na: {{ x }}\n{{ else if .B }}\na: 2\n{{ else }}\na: 3\n{{ end }}\nb: {{ if .C }}1{{ else }}2{{ end }}\n"
    found = [as_written(data_of(text, reading=number)) for number in range(len(readings("a.yaml", text)))]
    assert found == [{"a": "{{ x }}", "b": 1}, {"a": 2, "b": 2}, {"a": 3, "b": 2}]
    nested = "{% if a %}\n{% if b %}\nx: 1\n{% else %}\nx: 2\n{% endif %}\n{% else %}\nx: 3\n{% endif %}\n"
    assert [data_of(nested, "a.j2", number) for number in range(3)] == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert len(readings("a.j2", nested)) == 3


OLD = """\
{% if minor < 16 %}
apiVersion: extensions/v1beta1
{% else %}
apiVersion: apps/v1
{% endif %}
kind: Deployment
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (OLD, 1),
        (OLD.replace("extensions/v1beta1", "apps/v1").replace("apps/v1\n{% endif", "extensions/v1beta1\n{% endif"), 1),
        (OLD.replace("{% else", "kind: Deployment\n{% else").replace("{% endif %}\n", "").rstrip() + "\n{% endif %}\n", 1),
        # Another kind, two old versions, and two new ones.
        (OLD.replace("{% else", "kind: DaemonSet\n{% else").replace("{% endif %}\n", "").rstrip() + "\n{% endif %}\n", 2),
        (OLD.replace("apps/v1", "apps/v1beta2"), 2),
        (OLD.replace("extensions/v1beta1", "batch/v1"), 2),
    ],
)
def test_an_old_version_beside_the_new_one_has_no_reading(text: str, number: int) -> None:
    found = readings("a.yaml.j2", text)
    assert len(found) == number
    assert ("v1beta" in found[0]) == ("v1beta" in text and number > 1)


def test_what_is_no_template_stays_as_it_is() -> None:
    (document,) = load_file("a.yaml", 'kind: Pod\na: "{{ b }}"\n', frozenset())
    assert not document.is_template
    assert to_data(document.root) == {"kind": "Pod", "a": "{{ b }}"}


def test_a_template_that_is_no_yaml_is_named() -> None:
    (document,) = load_file("a.yaml", "kind: Pod\na: {{ b }}\n  c: [\n", frozenset())
    assert (document.status, document.kind) == ("template", "Pod")
    assert document.error is not None


def test_manifests() -> None:
    assert holds_manifest("kind: Pod\napiVersion: v1\n")
    assert not holds_manifest("# kind: Pod\napiVersion: v1\n")
    assert is_expression("a {{ b }}")
    assert not is_expression("a b")


@pytest.mark.parametrize(
    "text",
    ["{{" * 50_000, "{{ if x }}" * 20_000, "{{ a }}" * 20_000, "{%" * 50_000, "{{ else }}" * 20_000, "\n{{ a }}" * 20_000],
)
def test_hostile_templates_end(text: str) -> None:
    for file in ("a.yaml.j2", "a.yaml"):
        assert len(load_file(file, f"a: {text}\n", frozenset())) <= 1


def test_what_jinja_defines_is_no_part_of_the_object() -> None:
    text = "{% set ns = 'a' %}\n{% macro m(p) %}\nsecurityContext: {{ p }}\n{% endmacro %}\n{% set x %}\na: b\n{% endset %}\nkind: Pod\n"
    (reading,) = readings("a.yaml.j2", text)
    assert reading.split() == ["kind:", "Pod"]


def test_a_separator_written_as_an_expression() -> None:
    (reading,) = readings("a.yaml.tmpl", 'a: {{ .A }}\n{{ "---" }}\nb: 1\n')
    assert reading.splitlines()[1].rstrip() == "---"


def test_the_keys_of_a_manifest_in_json() -> None:
    assert holds_manifest('{\n  "apiVersion": "v1",\n  "kind": "Pod"\n}')
    assert not holds_manifest("a:\n  apiVersion: v1\n  kind: Pod\n")
