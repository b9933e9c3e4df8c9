"""How renderers are found, started, limited and understood. Programs written here stand for kustomize and helm."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scclint.config.model import Config
from scclint.config.records import UnitSettings
from scclint.deploy import render
from scclint.deploy.helm import NAMESPACE_MARKER
from scclint.deploy.helm.capabilities import api_versions, kube_version
from scclint.deploy.helm.precheck import chart_problem
from scclint.deploy.render import ChartRelease, Program, Renderer, RendererOutput, installed
from scclint.errors import UsageError
from scclint.platform.releases import RELEASES
from scclint.source import Span
from tests.deploy.tools import needs_helm, needs_kustomize, renderer, template
from tests.running import report_on, write_below

OBJECT = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n"


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, code: str) -> None:
    path = folder / name
    path.write_text(
        f"#!{sys.executable} -IS\nimport os, sys, time\nif 'version' in sys.argv: print('v0'); sys.exit()\n{code}\n"
    )
    path.chmod(0o755)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree/k").mkdir(parents=True)
    (tmp_path / "tree/k/kustomization.yaml").write_text("resources: [sa.yaml]\n")
    (tmp_path / "tree/k/sa.yaml").write_text(OBJECT)
    (tmp_path / "tree/c").mkdir()
    (tmp_path / "tree/c/Chart.yaml").write_text("name: c\nversion: 0.1.0\n")
    return tmp_path / "tree"


def build(tree: Path, code: str, bin_folder: Path, *, origins: bool = False) -> RendererOutput:
    program(bin_folder, "kustomize", code)
    return Renderer().build_kustomize(str(tree / "k"), str(tree), origins=origins)


def chart(found: Renderer, tree: Path, **more: object) -> RendererOutput:
    given = {"name": "web", "namespace": "n", "kube_version": "1.35.0", "api_versions": ("a/v1", "a/v1/B"), **more}
    return found.template_chart(str(tree / "c"), ChartRelease(**given), root=str(tree))  # type: ignore[arg-type]  # options by name


def test_which_programs_are_found(bin_folder: Path) -> None:
    found = Renderer()
    assert (found.kustomize.problem, found.helm.problem) == ("kustomize not found", "helm not found")
    program(bin_folder, "kubectl", "")
    program(bin_folder, "helm", "")
    found = Renderer()
    assert found.kustomize == Program(str(bin_folder / "kubectl"), ("kustomize",), "v0")
    assert found.helm == Program(str(bin_folder / "helm"), ("template",), "v0")
    program(bin_folder, "oc", "")
    assert Renderer().kustomize == Program(str(bin_folder / "oc"), ("kustomize",), "v0")
    program(bin_folder, "kustomize", "")
    assert Renderer().kustomize == Program(str(bin_folder / "kustomize"), ("build",), "v0")


def test_only_what_renders_is_started(bin_folder: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    run = Renderer._run

    def recorded(self: Renderer, command: Sequence[str], *more: Any) -> Any:
        started.append(os.path.basename(command[0]))
        return run(self, command, *more)

    monkeypatch.setattr(Renderer, "_run", recorded)
    program(bin_folder, "helm", "")
    program(bin_folder, "kustomize", "print('a: 1')")
    found = Renderer()
    assert not started
    assert found.build_kustomize(str(tree / "k"), str(tree)).text == "a: 1\n"
    assert found.build_kustomize(str(tree / "k"), str(tree)).text == "a: 1\n"
    assert started == ["kustomize", "kustomize", "kustomize"], "once for the version"


def test_a_program_that_does_not_start_gives_way_to_the_next(bin_folder: Path, tree: Path) -> None:
    (bin_folder / "kustomize").write_text("#!/nowhere\n")
    (bin_folder / "kustomize").chmod(0o755)
    found = Renderer()
    assert found.kustomize.problem.startswith("kustomize version cannot start ")
    assert found.build_kustomize(str(tree / "k"), str(tree)).error == found.kustomize.problem
    program(bin_folder, "oc", "")
    assert Renderer().kustomize.path == str(bin_folder / "oc")


def test_what_is_installed_is_told_without_starting_it(bin_folder: Path) -> None:
    assert installed() == ()
    program(bin_folder, "helm", "")
    program(bin_folder, "oc", "")
    first = installed()
    assert [text.split(" ")[0] for text in first] == [str(bin_folder / "oc"), str(bin_folder / "helm")]
    program(bin_folder, "helm", "print('another')")
    assert installed() != first


def test_programs_of_relative_folders_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "helm", "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".:")
    assert Renderer().helm.problem == "helm not found"


def test_only_fixed_variables_are_passed_on(bin_folder: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_PLUGINS", "/somewhere")
    monkeypatch.setenv("SECRET", "x")
    made = build(tree, "print(sorted(os.environ)); print(os.listdir('.'), os.listdir(os.environ['PATH']))", bin_folder)
    names = "GIT_ALLOW_PROTOCOL HELM_PLUGINS HOME HTTPS_PROXY HTTP_PROXY KUBECONFIG KUSTOMIZE_PLUGIN_HOME LC_ALL PATH TMPDIR"
    assert made.text == f"{names.split()}\n[] []\n"


def test_the_arguments_of_kustomize(bin_folder: Path, tree: Path) -> None:
    assert build(tree, "print(sys.argv[1:])", bin_folder).text == f"{['build', str(tree / 'k')]}\n"


def test_the_arguments_of_helm(bin_folder: Path, tree: Path) -> None:
    program(bin_folder, "helm", "for a in sys.argv[1:]: print(a)")
    (tree / "v,1.yaml").write_text("")
    made = chart(Renderer(), tree, values=(str(tree / "v,1.yaml"),), settings=("--set=a=b,c=d",))
    flags = (
        "--namespace=n",
        "--kube-version=1.35.0",
        "--api-versions=a/v1,a/v1/B",
        f'--values="{tree}/v,1.yaml"',
        "--include-crds",
        "--set=a=b,c=d",
    )
    assert made.text.split("\n")[:-1] == ["template", "web", str(tree / "c"), *flags]


@pytest.mark.parametrize("name", ["", "-x", "Web", "a_b", "a" * 54, "a\n"])
def test_names_that_are_no_release_name(bin_folder: Path, tree: Path, name: str) -> None:
    program(bin_folder, "helm", "print('ran')")
    assert chart(Renderer(), tree, name=name).error == f'"{name}" is not a release name'


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (
            "print('warning: x', file=sys.stderr); print('Error: no such thing', file=sys.stderr); sys.exit(1)",
            "failed: no such thing",
        ),
        ("print('panic: odd\\n\\x1b[31mmore', file=sys.stderr); sys.exit(2)", "failed: panic: odd"),
        ("print('\\x1b[31mred', file=sys.stderr); sys.exit(2)", "failed: [31mred"),
        ("print('fatal error: runtime: out of memory', file=sys.stderr); sys.exit(2)", "needs more than 4 GiB of memory"),
        ("sys.exit(3)", "failed: exit status 3"),
        (
            """sys.stderr.write('E1126 10:00:00.123456     123 run.go:74] "command failed" err="bad resource"\\n'); sys.exit(1)""",
            "failed: bad resource",
        ),
        (
            """print("Error: accumulating resources: accumulation err='accumulating resources from '../b': 'x/b' must resolve to a """
            """file': recursed accumulation of path 'x/b': no matches for Id a", file=sys.stderr); sys.exit(1)""",
            "failed: 'x/b': no matches for Id a",
        ),
        ("os.kill(os.getpid(), 9)", "was killed, most likely at its limit of 20 seconds of processor time"),
        ("sys.stdout.buffer.write(b'a\\xff')", "wrote text that is not a text file: byte 0xff is not UTF-8"),
    ],
)
def test_errors_are_one_line(bin_folder: Path, tree: Path, code: str, error: str) -> None:
    assert build(tree, code, bin_folder) == RendererOutput(error=f"kustomize build {error}")


def test_errors_name_no_path_of_this_machine(bin_folder: Path, tree: Path) -> None:
    code = "print('Error: see', sys.argv[-1] + '/x', os.environ['TMPDIR'], file=sys.stderr); sys.exit(1)"
    assert build(tree, code, bin_folder).error == "kustomize build failed: see k/x TEMPORARY/temporary"


def test_warnings_are_kept_once_and_sorted(bin_folder: Path, tree: Path) -> None:
    code = "print('ok'); print('Warning: c\\nWarning: a\\nWarning: b is deprecated\\nWarning: a\\nnote', file=sys.stderr)"
    assert build(tree, code, bin_folder) == RendererOutput("ok\n", notices=("Warning: a", "Warning: c"))


def test_as_much_output_as_the_limit_says(bin_folder: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "RENDER_OUTPUT", 1 << 20)
    assert len(build(tree, "sys.stdout.write('a' * (1 << 20))", bin_folder).text) == 1 << 20
    assert build(tree, "sys.stdout.write('a' * (1 + (1 << 20)))", bin_folder).error == "kustomize build wrote more than 1 MiB"


def test_a_program_that_waits_is_killed_with_its_children(
    bin_folder: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bin_folder, "kustomize", "os.fork(); time.sleep(60)")
    found = Renderer()
    monkeypatch.setattr(render, "RENDER_SECONDS", 1)
    start = time.monotonic()
    assert found.build_kustomize(str(tree / "k"), str(tree)).error == "kustomize build took longer than 1 seconds"
    assert time.monotonic() - start < 20


def test_a_program_that_closes_its_pipes_and_waits_is_killed(
    bin_folder: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bin_folder, "kustomize", "os.close(1); os.close(2); time.sleep(60)")
    found = Renderer()
    monkeypatch.setattr(render, "RENDER_SECONDS", 1)
    assert found.build_kustomize(str(tree / "k"), str(tree)).error == "kustomize build took longer than 1 seconds"


def test_endless_output_is_cut_off(bin_folder: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "RENDER_OUTPUT", 1 << 20)
    assert build(tree, "while True: print('x' * 1000)", bin_folder).error == "kustomize build wrote more than 1 MiB"


def test_endless_messages_are_not_kept(bin_folder: Path, tree: Path) -> None:
    code = "for _ in range(10_000): print('warning ' * 100, file=sys.stderr)\nprint('ok')"
    assert build(tree, code, bin_folder).text == "ok\n"


def test_memory_is_limited(bin_folder: Path, tree: Path) -> None:
    code = "try: bytearray(5 << 30)\nexcept MemoryError: print('cannot allocate memory', file=sys.stderr); sys.exit(1)"
    assert build(tree, code, bin_folder).error == "kustomize build needs more than 4 GiB of memory"


def test_there_is_no_network(bin_folder: Path, tree: Path) -> None:
    import socket

    code = "import socket\ntry: socket.create_connection(('127.0.0.1', {port}), 5); print('reached')\nexcept OSError: print('none')"
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = build(tree, code.replace("{port}", str(server.getsockname()[1])), bin_folder)
    assert made.text == ("none\n" if Renderer().isolated else "reached\n")


def test_files_can_be_written_in_its_own_folders(bin_folder: Path, tree: Path) -> None:
    code = "for n in ('HOME', 'TMPDIR'): open(os.environ[n] + '/f', 'w').write('x')\nprint(os.environ['HOME'])"
    made = build(tree, code, bin_folder)
    assert made.error == ""
    assert not os.path.exists(os.path.dirname(made.text.strip())), "the folders are gone afterwards"


def test_no_renderer_without_limits(monkeypatch: pytest.MonkeyPatch, tree: Path) -> None:
    monkeypatch.setattr(sys, "executable", "")
    found = Renderer()
    assert found.helm.problem == found.kustomize.problem
    assert found.helm.problem.startswith("kustomize and helm are not run")
    assert not found.isolated


def test_what_is_refused_does_not_start(bin_folder: Path, tree: Path) -> None:
    (tree / "k/kustomization.yaml").write_text("resources: ['https://example.org/x']\n")
    assert build(tree, "print('ran')", bin_folder).error.endswith("which is remote")
    program(bin_folder, "helm", "print('ran')")
    (tree / "c/templates").symlink_to("/etc")
    assert chart(Renderer(), tree).error == "c/templates is a link out of the root"


def test_what_helm_must_not_render(tree: Path, tmp_path: Path) -> None:
    root = str(tree)
    assert chart_problem(str(tree / "c"), root) == ""
    assert chart_problem(str(tmp_path), root) == ".. is outside the root"
    assert chart_problem(str(tree / "k"), root) == "k has no Chart.yaml"
    outside = tmp_path / "v.yaml"
    outside.write_text("")
    assert chart_problem(str(tree / "c"), root, [str(outside)]) == "the values file ../v.yaml is outside the root"
    (tree / "v.yaml").symlink_to(outside)
    assert chart_problem(str(tree / "c"), root, [str(tree / "v.yaml")]) == "the values file v.yaml is outside the root"
    assert chart_problem(str(tree / "c"), root, [str(tree / "w.yaml")]) == "the values file w.yaml does not exist"
    (tree / "c/charts").mkdir()
    (tree / "c/charts/k").symlink_to("../../k")
    (tree / "c/self").symlink_to("self")
    assert chart_problem(str(tree / "c"), root) == ""
    (tree / "c/charts/again").symlink_to("..")
    assert chart_problem(str(tree / "c"), root) == "c/charts/again is a link to a folder that contains it"


def test_links_that_multiply_folders_are_counted(tree: Path) -> None:
    for level in range(20):
        (tree / f"c/{level}").mkdir()
        for name in "ab":
            (tree / f"c/{level}/{name}").symlink_to(f"../{level + 1}")
    (tree / "c/20").mkdir()
    assert chart_problem(str(tree / "c"), str(tree)) == "c has more than 10,000 files and folders, links followed"


def test_what_a_chart_is_told_of_each_release() -> None:
    assert kube_version("4.22") == "1.35.0"
    for release in RELEASES:
        known = api_versions(release)
        assert {"security.openshift.io/v1", "security.openshift.io/v1/SecurityContextConstraints"} <= set(known)
        assert known == tuple(sorted(set(known)))
        assert {"batch/v1/CronJob", "policy/v1/PodDisruptionBudget", "v1/Secret"} <= set(known)
        assert not {"batch/v1beta1/CronJob", "policy/v1beta1/PodSecurityPolicy"} & set(known)
    assert "olm.operatorframework.io/v1" not in api_versions("4.17")
    assert "olm.operatorframework.io/v1/ClusterExtension" in api_versions("4.18")
    with pytest.raises(UsageError):
        api_versions("4.2")


@needs_kustomize
def test_kustomize_builds(tree: Path) -> None:
    made = renderer().build_kustomize(str(tree / "k"), str(tree))
    assert made == RendererOutput(OBJECT)


@needs_helm
def test_helm_renders_for_openshift(tree: Path) -> None:
    text = (
        "kind: ConfigMap\nmetadata: {name: a, namespace: {{ .Release.Namespace }}}\ndata:\n"
        '  scc: {{ .Capabilities.APIVersions.Has "security.openshift.io/v1" | quote }}\n'
        '  kind: {{ .Capabilities.APIVersions.Has "security.openshift.io/v1/SecurityContextConstraints" | quote }}\n'
        "  version: {{ .Capabilities.KubeVersion.Version }}\n  a: {{ .Values.a }}\n  b: {{ .Values.b }}\n"
    )
    (tree / "c/templates").mkdir()
    (tree / "c/templates/a.yaml").write_text(text)
    (tree / "c/v,1.yaml").write_text("a: 1\nb: 1\n")
    made = template(str(tree / "c"), str(tree), str(tree / "c/v,1.yaml"), settings=("--set=b=2",))
    told = f'namespace: {NAMESPACE_MARKER}}}\ndata:\n  scc: "true"\n  kind: "true"\n  version: v1.35.0\n  a: 1\n  b: 2\n'
    assert made.endswith(told)


@needs_helm
@pytest.mark.parametrize(
    ("message", "told"),
    [("no", "web/templates/config.yaml:5:3): no"), (r"\n ** Set a name.\n Or two.", "): ** Set a name. Or two.")],
)
def test_the_message_of_a_chart_is_told_in_one_line(message: str, told: str, tmp_path: Path) -> None:
    chart = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/templates/config.yaml": f'{OBJECT.rstrip()}\n{{{{ fail "{message}" }}}}\n',
    }
    (notice,) = (notice for notice in report_on([write_below(tmp_path, chart)]).notices if "execution error" in notice.message)
    assert notice.message.endswith(told) and "--debug" not in notice.message


@needs_helm
def test_a_view_that_helm_does_not_render_is_named(tmp_path: Path) -> None:
    chart = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/templates/config.yaml": OBJECT + '{{ if .Values.wrong }}{{ fail "no" }}{{ end }}\n',
        "web/values-good.yaml": "wrong: false\n",
    }
    assert not any(notice.is_partial for notice in report_on([write_below(tmp_path, chart)]).notices)
    report = report_on([write_below(tmp_path, {**chart, "web/values-wrong.yaml": "wrong: true\n"})])
    (notice,) = (notice for notice in report.notices if notice.is_partial)
    assert notice.message.startswith("web#values-wrong: not judged: helm template failed: ")
    settings = [UnitSettings("web", Span("", 1, 1, 1, 1), name, values=(f"values-{name}.yaml",)) for name in ("wrong", "good")]
    for units, expected in ((settings[:1], ["web#wrong"]), (settings, ["web#good"])):
        report = report_on([str(tmp_path)], Config(root=str(tmp_path), units=tuple(units)))
        assert [unit.name for unit in report.units if unit.kind == "chart"] == expected
