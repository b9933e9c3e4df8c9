"""What Helm makes of a chart of our own, and that findings in it are reported where they can be mended.

`rendered.yaml` is the output of `helm template release CHART --include-crds`; the tests that run Helm itself compare it, and are
skipped where there is none. `SCCLINT_HELM` names the program.
"""

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.config.model import Config
from scclint.deploy.helm.chart import find_origins
from scclint.deploy.origins.charts import APPROXIMATE, Trace
from scclint.deploy.origins.template_lines import MarkedRendering, marked
from scclint.errors import UsageError
from scclint.objects.documents import load_text
from scclint.run.report import Report
from scclint.source import Span
from tests.deploy.tools import needs_helm
from tests.running import report_on

HERE = Path(__file__).parent
RENDERED = (HERE / "rendered.yaml").read_bytes()
MARK = re.compile(r" #@(\d+)@")


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """The chart as it lies in a checkout after `helm dependency build`: one dependency unpacked, one an archive."""
    shutil.copytree(HERE / "chart", tmp_path / "shop")
    with tarfile.open(tmp_path / "shop/charts/broker-0.2.0.tgz", "w:gz") as archive:
        archive.add(HERE / "packed/broker", "broker")
    return tmp_path / "shop"


@pytest.fixture
def helm() -> str:
    program = os.environ.get("SCCLINT_HELM") or shutil.which("helm")
    if not program:
        pytest.skip("there is no helm")
    return program


def template(helm: str, chart: Path, *options: str) -> bytes:
    environment = {**os.environ, "HOME": str(chart.parent), "HELM_NO_PLUGINS": "1"}
    command = [helm, "template", "release", str(chart), "--include-crds", *options]
    return subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60).stdout


def report(text: bytes, config: Config) -> Report:
    return report_on(config=config, text=text.decode())


def trace(text: str, chart: Path, helm: str) -> Trace:
    documents = load_text("<stdin>", text, frozenset())
    origins, notices = find_origins(documents, str(chart), list)
    assert notices == []
    folder = chart.parent / "marked"
    shutil.copytree(chart, folder)
    files = sorted(folder.rglob("templates/**/*.*"))
    for number, file in enumerate(files):
        file.write_bytes(marked(file.read_bytes().decode(), number).encode())
    rendering = MarkedRendering([str(chart / file.relative_to(folder)) for file in files], template(helm, folder).decode())
    return Trace(documents, origins, lambda name: rendering)


def whole_line(text: str, number: int) -> Span:
    line = text.split("\n")[number - 1].rstrip("\r")
    return Span("<stdin>", number, len(line) - len(line.lstrip()) + 1, number, len(line) + 1)


def test_the_recorded_output_is_what_helm_writes(helm: str, chart: Path) -> None:
    assert template(helm, chart) == RENDERED


PLACES = [
    # a part of the rendered line and which of those that have it, the template, the line there, the text that is underlined
    ("kind: Order", 1, "crds/crds.yaml", 7, "names: {kind: Order, plural: orders}"),
    ('description: "as in {{ this }}"', 1, "crds/crds.yaml", 14, None),
    ("kind: Cart", 1, "crds/crds.yaml", 22, "names: {kind: Cart, plural: carts}"),
    ("# The account of all jobs.", 1, "templates/jobs.yaml", 19, "# The account of all jobs."),
    ("name: jobs", 1, "templates/jobs.yaml", 23, "name: jobs"),
    ('verbs: ["use"]', 1, "templates/jobs.yaml", 32, 'verbs: ["use"]'),
    ("name: import", 1, "templates/jobs.yaml", 6, "name: {{ .name }}"),
    ("- name: export", 1, "templates/jobs.yaml", 14, "- name: {{ .name }}"),
    ("runAsUser: 1001", 1, "templates/jobs.yaml", 17, "runAsUser: {{ .user }}"),
    ("runAsUser: 1002", 1, "templates/jobs.yaml", 17, "runAsUser: {{ .user }}"),
    ("hostPID: true", 1, "templates/crlf.yaml", 6, "hostPID: true"),
    ("hostIPC: true", 1, "templates/crlf.yaml", 15, "hostIPC: true"),
    ('"privileged": true', 1, "templates/pod.json", 11, '"privileged": true'),
    ('"name": "release-json"', 1, "templates/pod.json", 4, '"metadata": {"name": "{{ .Release.Name }}-json"},'),
    ("name: release-shop", 1, "templates/deployment.yaml", 9, "name: {{ $name }}"),
    ("hostNetwork: true", 1, "templates/deployment.yaml", 25, "hostNetwork: true"),
    ("runAsNonRoot: false", 1, "templates/deployment.yaml", 27, None),
    ("- operator: Exists", 1, "templates/deployment.yaml", 30, "{{ toYaml . | indent 8 }}"),
    ("- name: shop", 1, "templates/deployment.yaml", 37, "- name: shop"),
    ("- --verbose=true", 1, "templates/deployment.yaml", 42, "- --{{ $key }}={{ $value }}"),
    ("- --end", 1, "templates/deployment.yaml", 44, "- --end"),
    ("- containerPort: 8443", 1, "templates/deployment.yaml", 47, "- containerPort: {{ . }}"),
    ("livenessProbe:", 1, "templates/_helpers.tpl", 7, None),
    ("value: release-shop", 1, "templates/deployment.yaml", 54, "value: {{ $name }}"),
    ("# What the image asks for.", 1, "templates/deployment.yaml", 55, "# What the image asks for."),
    ("type: Unconfined", 1, "templates/deployment.yaml", 57, "{{- toYaml .Values.securityContext | nindent 12 }}"),
    ("privileged: true", 2, "templates/deployment.yaml", 58, "{{- toYaml .Values.sidecars | nindent 8 }}"),
    ("hostPath:", 1, "templates/deployment.yaml", 65, "hostPath:"),
    ("path: /data", 1, "templates/deployment.yaml", 66, None),
    ("runAsUser: 999", 1, "charts/cache/templates/statefulset.yaml", 17, "runAsUser: 999"),
    ("- name: wget", 1, "templates/tests/test-connection.yaml", 11, "- name: wget"),
]


@pytest.mark.parametrize(("part", "which", "file", "line", "text"), PLACES)
def test_a_rendered_line_is_found_in_its_template(
    part: str, which: int, file: str, line: int, text: str | None, chart: Path, helm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = RENDERED.decode()
    number = [n for n, written in enumerate(rendered.split("\n"), 1) if part in written][which - 1]
    place = trace(rendered, chart, helm).place(whole_line(rendered, number))
    assert place is not None
    assert (os.path.relpath(place.span.file, chart), place.span.line, place.note) == (file, line, "")
    written = (chart / file).read_text().split("\n")[line - 1]
    assert written[place.span.column - 1 : place.span.end_column - 1] == (text or written.strip())


def test_what_lies_in_an_archive_is_reported_at_the_dependency(chart: Path, helm: str) -> None:
    rendered = RENDERED.decode()
    number = next(n for n, line in enumerate(rendered.split("\n"), 1) if "name: broker" in line)
    place = trace(rendered, chart, helm).place(whole_line(rendered, number))
    assert place is not None
    assert place.span == Span(str(chart / "Chart.yaml"), 9, 5, 9, 17)
    assert place.note == "its template, shop/charts/broker/templates/pod.yaml, lies in the packed dependency"


@needs_helm
def test_findings_are_at_templates_and_say_where_they_were_rendered(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chart.parent)
    found = report(RENDERED, Config(helm_chart="shop", select=("SCC101", "SEC201", "SUP")))
    deployment = next(f for f in found.findings if f.subject.kind == "Deployment")
    assert deployment.span.line == 58
    was = deployment.related[-1]
    rendered = RENDERED.decode().split("\n")[was.span.line - 1]
    assert was.message == f"rendered as line {was.span.line} of standard input"
    assert rendered.strip() == "privileged: true"
    others = {r.span.file for r in deployment.related[:-1]}
    assert others == {"shop/templates/deployment.yaml"}
    assert found.texts["shop/templates/deployment.yaml"] == (chart / "templates/deployment.yaml").read_text()
    assert "release-test" not in {f.subject.name for f in found.findings}, "nobody applies a test from standard input"
    hook = RENDERED.replace(b'hook": test', b'hook": post-install')
    found = report(hook, Config(helm_chart="shop", select=("SCC101", "SEC201", "SUP")))
    test = next(f for f in found.findings if f.rule_id == "SEC201" and f.subject.name == "release-test")
    assert test.suppression is not None
    assert test.suppression.reason == "a test by hand"
    assert test.suppression.span == Span("shop/templates/tests/test-connection.yaml", 10, 5, 10, 45)
    # Helm is not asked for tests.
    assert {f.subject.name for f in found.findings if APPROXIMATE in f.notes} == {"release-test"}
    assert [f.span[:3] for f in found.findings] == sorted(f.span[:3] for f in found.findings)


@pytest.mark.parametrize("link", ["", "templates/link.yaml"])
def test_helm_does_not_run_where_it_must_not(link: str, chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was switched off, or a link leads out of the folder: then only the beginnings of lines are compared."""
    monkeypatch.chdir(chart.parent)
    if link:
        (chart / link).symlink_to("/etc/passwd")
    found = report(RENDERED, Config(helm_chart="shop", select=("SCC101",), render="auto" if link else "never"))
    deployment = next(f for f in found.findings if f.subject.kind == "Deployment")
    assert deployment.span.file == "shop/templates/deployment.yaml"
    assert APPROXIMATE in deployment.notes


def test_without_a_chart_findings_are_in_the_rendered_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = report(RENDERED, Config(select=("SCC101",)))
    assert {f.span.file for f in found.findings} == {"<stdin>"}
    assert len(found.findings) == 4


def test_the_chart_of_piped_text_is_found_below_the_working_directory(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chart.parent)
    chart.rename("a-folder-of-another-name")
    found = report(RENDERED, Config(select=("SCC101",)))
    folder = "a-folder-of-another-name"
    files = [
        f"{folder}/charts/cache/templates/statefulset.yaml",
        f"{folder}/templates/deployment.yaml",
        f"{folder}/templates/jobs.yaml",
        f"{folder}/templates/jobs.yaml",
    ]
    assert [f.span.file for f in found.findings] == files


def test_two_charts_of_one_name_are_not_guessed_between(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chart.parent)
    shutil.copytree(chart, "other")
    found = report(RENDERED, Config(select=("SCC101",)))
    assert {f.span.file for f in found.findings} == {"<stdin>"}
    notes = [n.message for n in found.notices if "--helm-chart" in n.message]
    assert notes == [
        "findings stay at rendered lines: the charts other and shop are both called shop; --helm-chart says which it was"
    ]


def test_what_is_rendered_within_a_chart_is_of_this_chart(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chart.parent)
    shutil.copytree(chart, "other")
    output_dir(chart / "examples")
    found = report_on(["shop/examples"], Config(select=("SCC101",), render="never"))
    assert {f.span.file.partition("/")[0] for f in found.findings} == {"shop"}
    assert not [n.message for n in found.notices if "--helm-chart" in n.message]


@needs_helm
def test_code_scanning_gets_templates_relative_to_the_repository(
    chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "in").write_bytes(RENDERED)
    monkeypatch.chdir(chart / "templates")
    with (tmp_path / "in").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        main(["check", "-", "--helm-chart", "..", "--select", "SCC101", "--format", "sarif", "--isolated"])
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {place["artifactLocation"]["uri"] for place in places} == {
        "shop/charts/cache/templates/statefulset.yaml",
        "shop/templates/deployment.yaml",
        "shop/templates/jobs.yaml",
    }
    deployment = next(place for place in places if "deployment" in place["artifactLocation"]["uri"])
    assert deployment["region"].pop("snippet") == {"text": "{{- toYaml .Values.sidecars | nindent 8 }}"}
    assert deployment["region"] == {"startLine": 58, "startColumn": 9, "endLine": 58, "endColumn": 51}
    rendered = [related["physicalLocation"]["artifactLocation"]["uri"] for related in results[0]["relatedLocations"]]
    assert rendered[-1].endswith("%3Cstdin%3E")


def output_dir(folder: Path) -> None:
    """What `helm template --output-dir` writes: the documents of each template in a file of their own."""
    for document in re.split(r"(?m)^(?=---\n)", RENDERED.decode())[1:]:
        source = re.search(r"# Source: (\S+)", document)
        if source is not None:
            file = folder / source[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", newline="") as stream:
                stream.write(document)


@needs_helm
def test_output_directories(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chart.parent)
    output_dir(chart.parent / "out")
    moved = report_on(["out"], Config(select=("SCC101",)))
    assert moved.findings == report_on(["out"], Config(select=("SCC101",), helm_chart="shop")).findings
    places = {(f.span.file, f.span.line) for f in moved.findings}
    assert places == {
        ("shop/charts/cache/templates/statefulset.yaml", 17),
        ("shop/templates/deployment.yaml", 58),
        ("shop/templates/jobs.yaml", 17),
    }
    assert {f.related[-1].message.partition(" of ")[2] for f in moved.findings} == {
        "out/shop/charts/sessions/templates/statefulset.yaml",
        "out/shop/templates/deployment.yaml",
        "out/shop/templates/jobs.yaml",
    }


def test_real_output_directories(helm: str, chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chart.parent)
    template(helm, chart, "--output-dir", str(chart.parent / "real"))
    output_dir(chart.parent / "out")
    ours = {str(f.relative_to(chart.parent / "out")) for f in (chart.parent / "out").rglob("*") if f.is_file()}
    theirs = {str(f.relative_to(chart.parent / "real")) for f in (chart.parent / "real").rglob("*") if f.is_file()}
    assert ours == theirs
    config = Config(select=("SCC101",), helm_chart="shop")
    assert len(report_on(["real"], config).findings) == 4


def test_every_kind_of_document_is_judged() -> None:
    found = report(RENDERED, Config())
    assert (found.tally.documents, found.tally.workloads, found.tally.unparsable, found.tally.unsupported) == (12, 8, 0, 0)


@pytest.mark.parametrize("text", [b"", b"\n", b"---\n# Source: shop/templates/empty.yaml\n# nothing\n"])
def test_nothing_piped_in_is_told_from_nothing_found(text: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(text)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "in").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert main(["check", "-"]) == 4


def test_a_folder_that_is_no_chart(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        report(RENDERED, Config(helm_chart=str(tmp_path)))
    assert str(refused.value) == f"{tmp_path} is no Helm chart: {tmp_path}/Chart.yaml: no such file or directory"


def test_a_chart_that_rendered_none_of_it(chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (chart / "Chart.yaml").write_text("name: other\n")
    found = report(RENDERED, Config(helm_chart=str(chart), select=("SCC101",)))
    assert {f.span.file for f in found.findings} == {"<stdin>"}
    assert "no document of the input says that it was rendered from the chart other" in [n.message for n in found.notices]
