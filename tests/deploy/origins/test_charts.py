"""Findings move from rendered text to templates, with all that points into the same documents."""

from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.deploy.helm.chart import find_origins
from scclint.deploy.origins.charts import APPROXIMATE, Trace
from scclint.deploy.origins.template_lines import MarkedRendering
from scclint.finding import Finding, Related, Severity, Suppression
from scclint.objects.documents import load_text
from scclint.source import Span
from tests.deploy.tools import needs_helm
from tests.running import report_on, write_files

TEMPLATE = """\
kind: Pod
spec:
  {{- include "a" . }}
  {{- include "b" . }}
  containers:
    - name: {{ .name }} # the only one
      image: é{{ .image }}
"""
RENDERED = """\
---
# Source: shop/templates/pod.yaml
kind: Pod
spec:
  hostPID: true
  containers:
    - name: web # the only one
      image: éx
---
kind: Pod
spec: {}
"""
MARKED = """\
---
# Source: shop/templates/pod.yaml
kind: Pod #@0:1:0@
spec: #@0:2:0@
  hostPID: true #@0:3:1@ #@0:4:1@
  containers: #@0:5:0@
    - name: web # the only one #@0:6:1@
      image: éx #@0:7:1@
"""


@pytest.fixture
def unmarked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    return trace_with(MarkedRendering(), tmp_path, monkeypatch)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    return trace_with(MarkedRendering(["templates/pod.yaml"], MARKED), tmp_path, monkeypatch)


def trace_with(marked: MarkedRendering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("name: shop\n")
    (tmp_path / "templates/pod.yaml").write_text(TEMPLATE)
    documents = load_text("out.yaml", RENDERED, frozenset())
    return Trace(documents, find_origins(documents, ".", list)[0], lambda name: marked)


def span(line: int, column: int, end: int, file: str = "out.yaml") -> Span:
    return Span(file, line, column, line, end)


def finding(at: Span, **more: object) -> Finding:
    return Finding("SEC201", "unconfined", "problem", Severity.ERROR, "is unconfined", at, **more)  # type: ignore[arg-type]


def template(line: int, column: int, end: int) -> Span:
    return span(line, column, end, "templates/pod.yaml")


@pytest.mark.parametrize(
    ("at", "place", "note"),
    [
        (span(3, 1, 10), template(1, 1, 10), ""),
        (span(7, 7, 16), template(6, 7, 39), ""),  # written in other words: all of the line behind the dash
        (span(7, 17, 31), template(6, 25, 39), ""),
        (span(8, 7, 12), template(7, 7, 12), ""),
        (span(5, 3, 16), template(3, 3, 23), ""),
        (Span("out.yaml", 6, 3, 8, 16), template(5, 3, 14), ""),
    ],
)
def test_places(at: Span, place: Span, note: str, trace: Trace) -> None:
    moved = trace.finding(finding(at, notes=("a caveat",)))
    assert moved.span == place
    assert moved.notes == (("a caveat", note) if note else ("a caveat",))
    assert moved.related == (Related(f"rendered as line {at.line} of out.yaml", at),)


@pytest.mark.parametrize(
    ("at", "place"),
    [
        (span(3, 1, 10), template(1, 1, 10)),
        (span(7, 7, 16), template(6, 7, 39)),
        (span(8, 7, 12), template(7, 7, 27)),
        (span(5, 3, 16), template(2, 1, 5)),  # no line of the template begins so: that of the line above
        (span(6, 3, 14), template(5, 3, 13)),
    ],
)
def test_places_without_marks_are_those_of_lines_that_begin_alike(at: Span, place: Span, unmarked: Trace) -> None:
    moved = unmarked.finding(finding(at))
    assert (moved.span, moved.notes) == (place, (APPROXIMATE,))


def test_everything_that_points_there_moves_along(trace: Trace) -> None:
    here, there, elsewhere = span(3, 1, 10), template(1, 1, 10), span(3, 1, 10, "scc.yaml")
    moved = trace.finding(
        finding(
            elsewhere,
            related=(Related("a", here), Related("b", elsewhere)),
            flow=(Related("c", here),),
            suppression=Suppression("comment", "why", here),
        )
    )
    assert moved == finding(
        elsewhere,
        related=(Related("a", there), Related("b", elsewhere)),
        flow=(Related("c", there),),
        suppression=Suppression("comment", "why", there),
    )


def test_what_says_nothing_of_its_source_stays(trace: Trace) -> None:
    # The loader lets a document inherit the line above it; what was put behind Helm's output must not be sent to a template.
    for at in (span(10, 1, 10), span(9, 1, 4)):
        assert trace.finding(finding(at)) == finding(at)


def test_a_place_behind_the_last_line(trace: Trace) -> None:
    moved = trace.finding(finding(span(8, 90, 91)))
    assert moved.span == template(7, 7, 27)


def test_a_template_that_is_gone(trace: Trace) -> None:
    Path("templates/pod.yaml").unlink()
    assert trace.finding(finding(span(3, 1, 10))) == finding(span(3, 1, 10))


def test_templates_of_crlf_lines_and_with_a_byte_order_mark(trace: Trace) -> None:
    Path("templates/pod.yaml").write_bytes(b"\xef\xbb\xbf" + TEMPLATE.replace("\n", "\r\n").encode())
    moved = trace.finding(finding(span(7, 7, 16)))
    assert moved.span == template(6, 7, 39)


NAMED = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/values.yaml": "hostNetwork: true\n",
    "web/templates/_pod.tpl": """{{- define "web.pod" -}}
hostNetwork: {{ .Values.hostNetwork }}
containers: [{name: web, image: registry.example/web:1}]
{{- end }}
""",
    "web/templates/web.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      {{- include "web.pod" . | nindent 6 }}
""",
}


def place_of_host_network(files: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Related:
    """The line of the template that writes the field, whose value is the first line of the values."""
    monkeypatch.chdir(folder)
    write_files(files)
    (found,) = report_on(["."], Config(select=("SCC101",))).findings
    assert found.span == Span("web/values.yaml", 1, 1, 1, 18)
    return next(place for place in found.related if place.message.startswith("the template writes hostNetwork here"))


@needs_helm
def test_a_line_of_a_named_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = place_of_host_network(NAMED, tmp_path, monkeypatch)
    assert (found.span, APPROXIMATE in found.message) == (Span("web/templates/_pod.tpl", 2, 1, 2, 39), False)


@needs_helm
def test_an_object_behind_a_condition_that_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}"
    before = f"{other}\n---\n{{{{ if .Values.off }}}}\nkind: Secret\n{{{{ end }}}}\n---\n"
    files = {**NAMED, "web/templates/web.yaml": before + NAMED["web/templates/web.yaml"]}
    assert place_of_host_network(files, tmp_path, monkeypatch).span == Span("web/templates/_pod.tpl", 2, 1, 2, 39)


@needs_helm
def test_a_linked_dependency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its named template writes was written by the line that includes it."""
    files = {name.replace("web/templates/_pod.tpl", "lib/templates/_pod.tpl"): text for name, text in NAMED.items()}
    files["lib/Chart.yaml"] = "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n"
    (tmp_path / "web/charts").mkdir(parents=True)
    (tmp_path / "web/charts/lib").symlink_to("../../lib")
    found = place_of_host_network(files, tmp_path, monkeypatch)
    assert (found.span, APPROXIMATE in found.message) == (Span("web/templates/web.yaml", 9, 7, 9, 45), False)


@needs_helm
def test_a_template_that_fails_with_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = '{{- if contains "#" (include "web.pod" .) }}{{ fail "a comment" }}{{ end }}\n'
    files = {**NAMED, "web/templates/web.yaml": check + NAMED["web/templates/web.yaml"]}
    found = place_of_host_network(files, tmp_path, monkeypatch)
    assert (found.span, APPROXIMATE in found.message) == (Span("web/templates/web.yaml", 10, 7, 10, 45), True)


@needs_helm
@pytest.mark.parametrize(
    ("written", "values", "place"),
    [
        ("  priorityClassName: {{ .Values.priority }}\n", "priority: high\n", "web/templates/web.yaml"),
        ("  {{- toYaml .Values.spec | nindent 2 }}\n", "spec:\n  priorityClassName: high\n", "web/values.yaml"),
    ],
    ids=["the template writes the key", "the values have the key"],
)
def test_an_unknown_field_is_wrong_where_its_key_is_written(
    written: str, values: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pods = "  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n"
    containers = "    spec: {containers: [{name: a, image: registry.example/a:1}]}\n"
    write_files({
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "web/values.yaml": values,
        "web/templates/web.yaml": f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{written}{pods}{containers}",
    })  # fmt: skip
    found = [finding for finding in report_on(["."]).findings if finding.rule_id == "MAN003"]
    assert [finding.span.file for finding in found] == [place]


@needs_helm
def test_keys_that_a_template_writes_twice_are_wrong_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    twice = "  replicas: {{ .Values.replicas }}\n" * 2
    pods = "  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n"
    containers = "    spec: {containers: [{name: a, image: registry.example/a:1}]}\n"
    write_files({
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "web/values.yaml": "replicas: 2\n",
        "web/templates/web.yaml": f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{twice}{pods}{containers}",
    })  # fmt: skip
    (found,) = (finding for finding in report_on(["."]).findings if finding.rule_id == "MAN004")
    assert (found.span.file, found.span.line) == ("web/templates/web.yaml", 5)
    assert [(related.span.file, related.span.line) for related in found.related[:1]] == [("web/templates/web.yaml", 6)]
