"""Trees that attack whoever renders them, with the real kustomize and helm.

Each attack is tried twice where there are two defences: as it is, and with the check of the closure switched off, so that the
confinement has to hold alone.
"""

import http.server
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint.deploy import render
from scclint.deploy.helm.schema import outward_schema
from scclint.deploy.kustomize.kustomization import closure
from scclint.deploy.render import ChartRelease, Renderer, RendererOutput
from scclint.record import replace
from tests.deploy.tools import needs_helm, needs_kustomize, renderer, template
from tests.running import write_below

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
SECRET = "the content of a file outside"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)

isolated_only = pytest.mark.skipif(not renderer().isolated, reason="the kernel allows no network namespace")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.yaml").write_text(f"{OBJECT}data: {{key: {SECRET}}}\n")
    (tmp_path / "outside/kustomization.yaml").write_text("resources: [secret.yaml]\n")
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits that an attack reaches in seconds; both tools start within them. They hold for renderers that are started later."""
    monkeypatch.setattr(render, "RENDER_MEMORY", 2 << 30)
    monkeypatch.setattr(render, "RENDER_CPU", 2)
    monkeypatch.setattr(render, "RENDER_SECONDS", 20)
    renderer.cache_clear()
    yield
    renderer.cache_clear()


class Server:
    """Counts the requests that reach a server on the loopback interface."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(OBJECT.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def build(tree: Path, files: dict[str, str]) -> RendererOutput:
    write_below(tree, files)
    return renderer().build_kustomize(str(tree / "k"), str(tree))


def build_unchecked(tree: Path) -> RendererOutput:
    checked = replace(closure(str(tree / "k"), str(tree)), refused="", remote=())
    return renderer().build_kustomize(str(tree / "k"), str(tree), checked=checked)


FIELDS = (
    "resources: ['{}/x']",
    "resources: ['{}/o/r.git//x?ref=main']",
    "components: ['{}/x']",
    "resources: [a.yaml]\ncrds: ['{}/x']",
    "resources: [a.yaml]\nopenapi: {{path: '{}/x'}}",
    "resources: [a.yaml]\nconfigurations: ['{}/x']",
    "resources: [a.yaml]\npatches: [{{path: '{}/x'}}]",
    "resources: [a.yaml]\nreplacements: [{{path: '{}/x'}}]",
    "resources: [a.yaml]\ntransformers: ['{}/x']",
    "configMapGenerator: [{{name: b, files: ['k={}/x']}}]",
    "secretGenerator: [{{name: b, envs: ['{}/x']}}]",
    "RESOURCES: ['{}/x']",
    "re\u017fource\u017f: ['{}/x']",
)


@needs_kustomize
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_kustomization_is_fetched(tree: Path, server: Server, field: str) -> None:
    made = build(tree, {"k/kustomization.yaml": field.format(server.url), "k/a.yaml": OBJECT})
    assert made.text == ""
    assert made.error.endswith("which is remote")
    assert server.requests == []


@needs_kustomize
@isolated_only
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_kustomization_reaches_the_network(tree: Path, server: Server, field: str) -> None:
    write_below(tree, {"k/kustomization.yaml": field.format(server.url), "k/a.yaml": OBJECT})
    made = build_unchecked(tree)
    assert made.text == ""
    assert made.error.startswith("kustomize build failed: ")
    assert server.requests == []


@needs_kustomize
def test_keys_in_other_case_are_read_as_kustomize_reads_them(tree: Path) -> None:
    made = build(tree, {"k/kustomization.yaml": "re\u017fOURCE\u017f: [a.yaml]\n", "k/a.yaml": OBJECT})
    assert made.text == OBJECT
    assert closure(str(tree / "k"), str(tree)).resources == ("k/a.yaml",)


@needs_kustomize
@pytest.mark.parametrize(
    "url", ["https://example.org/o/r", "ssh://git@example.org/o/r", "file://{outside}", "git@localhost:o/r"]
)
def test_git_is_not_started(tree: Path, url: str) -> None:
    write_below(tree, {"k/kustomization.yaml": f"resources: ['{url.format(outside=tree.parent / 'outside')}']"})
    assert renderer().build_kustomize(str(tree / "k"), str(tree)).error.endswith("which is remote")
    made = build_unchecked(tree)
    assert made.text == ""
    assert made.error.startswith("kustomize build failed: ")


@needs_kustomize
@pytest.mark.parametrize(
    "text",
    [
        "resources: [../../outside/secret.yaml]",
        "resources: ['{outside}/secret.yaml']",
        "resources: [link.yaml]",
        "configMapGenerator: [{{name: b, files: [link.yaml]}}]",
        "configMapGenerator: [{{name: b, files: [folder/secret.yaml]}}]",
        "configMapGenerator: [{{name: b, envs: [../../outside/secret.yaml]}}]",
    ],
)
def test_files_outside_are_not_read(tree: Path, text: str) -> None:
    write_below(tree, {"k/kustomization.yaml": text.format(outside=tree.parent / "outside")})
    (tree / "k/link.yaml").symlink_to("../../outside/secret.yaml")
    (tree / "k/folder").symlink_to("../../outside")
    checked = renderer().build_kustomize(str(tree / "k"), str(tree))
    assert checked.text == ""
    assert checked.error.endswith(("which is outside the root", "an absolute path"))
    unchecked = build_unchecked(tree)
    assert unchecked.text == ""
    assert unchecked.error.startswith("kustomize build failed: ")
    assert SECRET not in unchecked.error


@needs_kustomize
@pytest.mark.parametrize("name", ["../../outside", "linked"])
def test_folders_outside_are_not_built(tree: Path, name: str) -> None:
    write_below(tree, {"k/kustomization.yaml": f"resources: [{name}]"})
    (tree / "k/linked").symlink_to("../../outside")
    made = renderer().build_kustomize(str(tree / "k"), str(tree))
    assert made == RendererOutput(error=f'k/kustomization.yaml: resources names "{name}", which is outside the root')
    made = build_unchecked(tree)
    assert SECRET in made.text, "kustomize itself takes a folder anywhere, so that the check is needed"


@needs_kustomize
@pytest.mark.parametrize(
    "plugin",
    [
        "apiVersion: x.io/v1\nkind: Evil\nmetadata: {name: a, annotations: {config.kubernetes.io/function: 'exec: {path: ./run.sh}'}}",
        "apiVersion: x.io/v1\nkind: Evil\nmetadata: {name: a, annotations: {config.kubernetes.io/function: 'container: {image: x}'}}",
        "apiVersion: x.io/v1\nkind: Evil\nmetadata: {name: a}",
    ],
)
@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
def test_plugins_are_not_run(tree: Path, field: str, plugin: str) -> None:
    ran = tree / "ran"
    write_below(
        tree, {"k/kustomization.yaml": f"resources: [a.yaml]\n{field}: [p.yaml]", "k/p.yaml": plugin, "k/a.yaml": OBJECT}
    )
    for place in ("k/run.sh", "k/kustomize/plugin/x.io/v1/evil/Evil"):
        write_below(tree, {place: f"#!/bin/sh\ntouch {ran}\n"})
        (tree / place).chmod(0o755)
    assert renderer().build_kustomize(str(tree / "k"), str(tree)).error == 'k/p.yaml runs the plugin "Evil"'
    assert build_unchecked(tree).error.startswith("kustomize build failed: ")
    assert not ran.exists()


@needs_kustomize
def test_helm_is_not_started_by_kustomize(tree: Path, server: Server) -> None:
    text = f"helmCharts: [{{name: web, version: 1.0.0, repo: '{server.url}'}}]\n"
    assert build(tree, {"k/kustomization.yaml": text}).error.endswith(
        "lint it with `kustomize build --enable-helm FOLDER | scclint check -`"
    )
    assert build_unchecked(tree).error.startswith("kustomize build failed: ")
    assert server.requests == []


@needs_kustomize
def test_an_alias_bomb_in_a_resource_ends(tree: Path, small_limits: None) -> None:
    start = time.monotonic()
    made = build(tree, {"k/kustomization.yaml": "resources: [a.yaml]", "k/a.yaml": OBJECT + BOMB})
    assert made.text == ""
    assert made.error.startswith("kustomize build ")
    assert time.monotonic() - start < 30


@needs_kustomize
def test_folders_that_include_one_another_end(tree: Path, small_limits: None) -> None:
    for level in range(20):
        write_below(tree, {f"{level}/kustomization.yaml": f"resources: [../{level + 1}/, ../{level + 1}/]\nnamePrefix: a\n"})
    write_below(
        tree, {"20/kustomization.yaml": "resources: [a.yaml]", "20/a.yaml": OBJECT, "k/kustomization.yaml": "resources: [../0]"}
    )
    assert renderer().build_kustomize(str(tree / "k"), str(tree)).error.startswith("its folders include one another more than")
    start = time.monotonic()
    made = build_unchecked(tree)
    assert made.text == ""
    assert made.error.startswith("kustomize build ")
    assert time.monotonic() - start < 30


@needs_kustomize
def test_cycles_end(tree: Path) -> None:
    write_below(tree, {"k/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../k]"})
    assert renderer().build_kustomize(str(tree / "k"), str(tree)).error == "k includes itself"
    assert "cycle" in build_unchecked(tree).error


@needs_kustomize
@pytest.mark.parametrize(
    ("fields", "text", "problem"),
    [
        ("resources: [a.yaml]", "data: &x\n  a: *x", "k/a.yaml:5: anchor 'x' contains itself"),
        ("resources: [a.yaml]", "m: {a: 1, a: 2}\ndata: &x\n  a: [b, [*x]]", "k/a.yaml:6: anchor 'x' contains itself"),
        ("resources: [b.yaml]\npatches: [{path: a.yaml}]", "data: &x {a: *x}", "k/a.yaml:4: anchor 'x' contains itself"),
        ("resources: [a.yaml]", "data: &x\n  a: &x {b: c}\n  b: *x", ""),
        ("resources: [b.yaml]\nconfigMapGenerator: [{name: c, files: [a.yaml]}]", "data: &x {a: *x}", ""),
        (
            "resources: [b.yaml]\npatches:\n- patch: |\n    kind: ConfigMap\n    metadata: {name: b}\n    data: &x\n      a: *x",
            "",
            "a patch in k/kustomization.yaml:4: anchor 'x' contains itself",
        ),
    ],
)
def test_an_anchor_that_contains_itself_does_not_reach_kustomize(tree: Path, fields: str, text: str, problem: str) -> None:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    write_below(tree, {"k/kustomization.yaml": fields, "k/a.yaml": head + text, "k/b.yaml": head.replace("name: a", "name: b")})
    start = time.monotonic()
    assert renderer().build_kustomize(str(tree / "k"), str(tree)).error == problem
    assert time.monotonic() - start < 10


def chart(tree: Path, text: str, more: dict[str, str] | None = None) -> str:
    write_below(tree, {"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", "c/templates/a.yaml": text, **(more or {})})
    return str(tree / "c")


def render_chart(tree: Path, text: str, more: dict[str, str] | None = None, *values: str) -> RendererOutput:
    folder = chart(tree, text, more)
    return renderer().template_chart(folder, ChartRelease("web", "n", "1.35.0", values=values), root=str(tree))


@needs_helm
@pytest.mark.parametrize(("name", "target"), [("file.yaml", "secret.yaml"), ("templates/more", ""), ("charts", "")])
def test_links_out_of_a_chart_are_refused(tree: Path, name: str, target: str) -> None:
    chart(tree, OBJECT + 'data: {a: {{ .Files.Get "file.yaml" | quote }}}\n')
    (tree / "c" / name).symlink_to(tree.parent / "outside" / target)
    assert render_chart(tree, OBJECT).error == f"c/{name} is a link out of the root"


@needs_helm
@pytest.mark.parametrize(
    "expression",
    [
        '.Files.Get "../../outside/secret.yaml"',
        '.Files.Get "{outside}/secret.yaml"',
        'getHostByName "localhost"',
        '(lookup "v1" "Secret" "kube-system" "").items',
    ],
)
def test_templates_learn_nothing_of_the_machine(tree: Path, expression: str) -> None:
    written = expression.replace("{outside}", str(tree.parent / "outside"))
    made = template(chart(tree, f"{OBJECT}data: {{a: {{{{ {written} | quote }}}}}}\n"), str(tree))
    assert made.split("data: ")[1].strip() in ('{a: ""}', "{a: }")


@needs_helm
@pytest.mark.parametrize("function", ["env", "expandenv"])
def test_templates_read_no_environment(tree: Path, function: str) -> None:
    assert f'function "{function}" not defined' in render_chart(tree, f'a: {{{{ {function} "HOME" }}}}\n').error


@needs_helm
def test_values_come_from_files_of_the_tree_only(tree: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tree / "plugins/zz"
    write_below(
        tree, {"plugins/zz/plugin.yaml": "name: zz\nversion: 0.1.0\ndownloaders:\n- {command: run.sh, protocols: [zz]}\n"}
    )
    write_below(tree, {"plugins/zz/run.sh": f"#!/bin/sh\ntouch {tree / 'ran'}\n"})
    (plugin / "run.sh").chmod(0o755)
    monkeypatch.setenv("HELM_PLUGINS", str(tree / "plugins"))
    for value in (f"{server.url}/v.yaml", "zz://x", str(tree.parent / "outside/secret.yaml")):
        made = render_chart(tree, OBJECT, None, value)
        assert made.text == ""
        assert made.error.startswith("the values file ")
    # helm splits its list of values files at commas, and would fetch what comes behind.
    write_below(tree, {f"v,{server.url}/v.yaml": "a: 1\n"})
    assert render_chart(tree, OBJECT, None, str(tree / f"v,{server.url}/v.yaml")).error == ""
    assert server.requests == []
    assert not (tree / "ran").exists()


OUTWARD = (
    '{"properties": {"a": {"$ref": "file://OUT/secret.yaml"}}}',
    '{"properties": {"a": {"$ref": "file://OUT/pipe"}}}',
    '{"properties": {"a": {"$ref": "../../outside/secret.yaml"}}}',
    '{"properties": {"a": {"$ref": "../../outside/pipe#/a"}}}',
    '{"properties": {"a": {"allOf": [{"$dynamicRef": "file://OUT/pipe#a"}]}}}',
    '{"$id": "file://OUT/", "properties": {"a": {"$ref": "pipe"}}}',
    '{"$id": "file://OUT/pipe", "properties": {"a": {"$ref": "#/x"}}}',
    '{"$schema": "file://OUT/pipe"}',
    '{"properties": {"a": {"\\u0024ref": "file://OUT/pipe"}}}',
    '{"properties": {"a": {"$ref": "#", "$ref": "file://OUT/pipe"}}}',
    '{"properties": {"a": {"$ref": "file://OUT/pipe", "$ref": "#"}}}',
    '{"properties": {"a": {"$ref": "file://OUT/pipe"}}} x',
    '{"properties": {"a": {"$ref": "file:///dev/zero"}}}',
    '{"properties": {"a": {"$ref": "URL/schema.json"}}}',
)


@needs_helm
@pytest.mark.parametrize("place", ["c", "c/charts/sub", "packed"])
@pytest.mark.parametrize("schema", OUTWARD)
def test_a_schema_of_values_reads_no_other_file(tree: Path, server: Server, place: str, schema: str) -> None:
    os.mkfifo(tree.parent / "outside/pipe")
    text = schema.replace("OUT", str(tree.parent / "outside")).replace("URL", server.url)
    chart(tree, OBJECT)
    folder = tree / ("packed/sub" if place == "packed" else place)
    metadata = {} if place == "c" else {"Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n"}
    folder.mkdir(parents=True, exist_ok=True)
    write_below(folder, {**metadata, "values.yaml": "a: 1\n", "values.schema.json": text})
    if place == "packed":
        (tree / "c/charts").mkdir()
        with tarfile.open(tree / "c/charts/sub-0.1.0.tgz", "w:gz") as archive:
            archive.add(folder, "sub")
    start = time.monotonic()
    made = renderer().template_chart(str(tree / "c"), ChartRelease("web", "n", "1.35.0"), root=str(tree))
    assert time.monotonic() - start < 5
    assert made.error == "" and "kind: ConfigMap" in made.text
    assert SECRET not in repr(made)
    assert server.requests == []
    assert outward_schema(str(tree / "c")).endswith(".tgz" if place == "packed" else "values.schema.json")


@needs_helm
@pytest.mark.parametrize("values", ["a: 1\n", "a: text\n"])
def test_a_schema_of_values_that_names_no_other_file_counts(tree: Path, values: str) -> None:
    chart(tree, OBJECT)
    schema = """{
        "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.com/values.json",
        "definitions": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/definitions/n"}, "id": {"type": "string"}}
    }"""
    write_below(tree, {"c/values.yaml": values, "c/values.schema.json": schema})
    made = renderer().template_chart(str(tree / "c"), ChartRelease("web", "n", "1.35.0"), root=str(tree))
    assert outward_schema(str(tree / "c")) == ""
    assert ("values don't meet the specifications" in made.error) is (values != "a: 1\n")


@needs_helm
@pytest.mark.parametrize("schema", OUTWARD)
def test_helm_before_its_option_gets_no_chart_whose_schema_names_other_files(tree: Path, schema: str) -> None:
    chart(tree, OBJECT)
    write_below(tree, {"c/values.schema.json": schema.replace("OUT", str(tree.parent / "outside"))})
    older = Renderer()
    older.helm = replace(renderer().helm, version="v3.15.4+gfa9efb0")
    made = older.template_chart(str(tree / "c"), ChartRelease("web", "n", "1.35.0"), root=str(tree))
    assert made.error == "values.schema.json may name other files, which helm before 3.16 would read"


@needs_helm
@needs_kustomize
def test_kustomize_renders_no_chart_whose_schema_names_other_files(tree: Path) -> None:
    kustomization = "helmCharts: [{name: c, releaseName: web}]\n"
    metadata = {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", "values.yaml": "", "templates/a.yaml": OBJECT}
    write_below(tree, {"k/kustomization.yaml": kustomization} | {f"k/charts/c/{name}": text for name, text in metadata.items()})
    write_below(tree, {"k/charts/c/values.schema.json": '{"type": "object"}'})
    assert build(tree, {}).error == ""
    write_below(tree, {"k/charts/c/values.schema.json": '{"$ref": "file:///etc/hostname"}'})
    assert build(tree, {}).error.endswith("may name other files, which helm would read")


@needs_helm
def test_dependencies_are_not_fetched(tree: Path, server: Server) -> None:
    dependency = f"dependencies:\n- {{name: db, version: 1.0.0, repository: '{server.url}'}}\n"
    chart(tree, OBJECT)
    write_below(tree, {"c/Chart.yaml": f"apiVersion: v2\nname: c\nversion: 0.1.0\n{dependency}"})
    made = renderer().template_chart(str(tree / "c"), ChartRelease("web", "n", "1.35.0"), root=str(tree))
    assert "missing in charts/ directory: db" in made.error
    assert server.requests == []


@needs_helm
@pytest.mark.parametrize(
    "text",
    [
        OBJECT + "data: {a: {{ repeat 300000000 `x` }}}\n",
        OBJECT + "data: {a: {{ until 2000000000 | len }}}\n",
        '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}\n',
        "{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}\n",
    ],
    ids=["repeat", "until", "include", "range"],
)
def test_templates_without_end_are_stopped(tree: Path, small_limits: None, text: str) -> None:
    start = time.monotonic()
    made = render_chart(tree, text)
    assert made.text == ""
    assert made.error.startswith("helm template ")
    assert time.monotonic() - start < 30


@needs_helm
def test_an_alias_bomb_in_values_ends(tree: Path, small_limits: None) -> None:
    made = render_chart(tree, OBJECT, {"c/values.yaml": BOMB})
    assert made.text == ""
    assert made.error.startswith("helm template ")
