"""What an earlier run came to is taken for what this one would come to only where nothing has changed that could change it."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.config.model import Config
from scclint.engine import report_cache as module
from scclint.engine.inputs import load_inputs
from scclint.engine.report import Report
from scclint.engine.report_cache import Kept, kept_for
from scclint.engine.run import run
from scclint.engine.sources import find_sources
from scclint.files.store import digest
from scclint.registry import builtin

FIXTURES = Path(__file__).parents[2] / "fixtures"

POD = """apiVersion: v1
kind: Pod
metadata: {name: web}  # scclint: ignore[SCC104] known
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext: {runAsUser: 1000}
"""
BINDING = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: many}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts"}]
"""


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with one pod to lint in `app` and more in `state`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    for name, text in {"app/templates/pod.yaml": POD, "state/binding.yaml": BINDING}.items():
        (work / name).parent.mkdir(parents=True)
        (work / name).write_text(text, encoding="utf-8")
    (work / "state" / "spare.yaml").write_text("kind: ConfigMap\n", encoding="utf-8")
    monkeypatch.chdir(work)
    return work


def place(config: Config, *paths: str, context: Sequence[str] | None = None) -> Kept | None:
    around = (["state"] if paths[0].startswith("app") else []) if context is None else context
    sources = find_sources(paths, config, context=around)
    sizes = sources.sizes()
    return None if sizes is None else kept_for(paths, sources, sizes, config, builtin(), version="1")


def unwrapped(kept: Kept | None) -> Kept:
    assert kept is not None
    return kept


def judged(config: Config, *paths: str) -> Report:
    """The report of a run over the paths, which is kept."""
    context = ["state"] if paths[0].startswith("app") else []
    kept = unwrapped(place(config, *paths))
    inputs = load_inputs(paths, config, context=context, digests=True)
    report = run(inputs, config, builtin())
    kept.keep(report, inputs)
    return report


def found(config: Config, *paths: str) -> Report | None:
    return unwrapped(place(config, *paths)).find(builtin())


@pytest.mark.parametrize("releases", [(), ("4.11", "4.22")])
def test_a_report_comes_back_whole(releases: tuple[str, ...]) -> None:
    config = Config(openshift=releases, profile="strict", show_suppressed=True)
    folders = [str(FIXTURES / name) for name in ("demo", "privileged-scc", "unconfined-by-default", "expired-suppression")]
    report = judged(config, *folders)
    assert len(report.findings) > 20 and any(f.suppression and f.suppression.span for f in report.findings)
    assert any(f.flow for f in report.findings) and any(f.related for f in report.findings)
    assert found(config, *folders) == report


def write(name: str, text: str) -> Callable[[], Config]:
    def change() -> Config:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
        return Config()

    return change


CHANGES: dict[str, Callable[[], Config]] = {
    "a text of the same size": write("app/templates/pod.yaml", POD.replace("1000", "2000")),
    "a text": write("app/templates/pod.yaml", POD + "\n"),
    "a file more": write("app/more.yaml", POD),
    "the context": write("state/binding.yaml", BINDING.replace("anyuid", "nonroot")),
    "a context file more": write("state/more.yaml", BINDING),
    "a kustomization in the folder": write("app/templates/kustomization.yaml", "namespace: shop\n"),
    "a kustomization above": write("kustomization.yml", "resources: [app/templates/pod.yaml]\nnamespace: shop\n"),
    "settings": lambda: Config(openshift=("4.11",)),
    "rules": lambda: Config(ignore=("SCC104",)),
    "a namespace": lambda: Config(namespace="shop"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: str) -> None:
    report = judged(Config(), "app")
    assert report.findings and found(Config(), "app") == report
    assert found(CHANGES[change](), "app") is None


def test_a_chart_around_it_is_seen() -> None:
    judged(Config(), "app/templates")
    assert found(Config(), "app/templates") is not None
    write("app/Chart.yaml", "name: app\n")()
    assert found(Config(), "app/templates") is None


def test_other_code_is_seen(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(Config(), "app")
    (tree / "code").mkdir()
    (tree / "code" / "table.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(module, "_code", lambda registry: [str(tree / "code")])
    assert found(Config(), "app") is None
    report = judged(Config(), "app")
    assert found(Config(), "app") == report
    (tree / "code" / "table.json").write_text("[1]", encoding="utf-8")
    assert found(Config(), "app") is None


def test_all_code_counts() -> None:
    folders = {Path(path) for path in module._code(builtin())}
    root = Path(__file__).parents[2]
    assert folders >= {root / "rules", root / "schemas", root / "linter" / "scclint" / "cluster"}


def test_a_file_less_is_seen() -> None:
    judged(Config(), "app")
    os.unlink("state/spare.yaml")
    assert found(Config(), "app") is None


def test_another_kustomization_is_seen() -> None:
    change = CHANGES["a kustomization above"]
    judged(change(), "app")
    assert found(Config(), "app") is not None
    write("kustomization.yml", "namespace: other\n")()
    assert found(Config(), "app") is None


def test_another_baseline_is_seen() -> None:
    config = Config(baseline="baseline.json")
    main(["check", "app", "--write-baseline", "baseline.json", "--isolated"])
    judged(config, "app")
    assert found(config, "app") is not None
    Path("baseline.json").write_text(Path("baseline.json").read_text() + " ")
    assert found(config, "app") is None


def test_suppressions_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(date):
        @classmethod
        def today(cls) -> "Tomorrow":
            return cls(2999, 1, 1)

    judged(Config(), "app")
    monkeypatch.setattr(module, "date", Tomorrow)
    assert found(Config(), "app") is None


def test_a_change_during_the_run_is_not_kept() -> None:
    kept = unwrapped(place(Config(), "app"))
    inputs = load_inputs(["app"], Config(), context=["state"], digests=True)
    report = run(inputs, Config(), builtin())
    write("kustomization.yaml", "namespace: shop\n")()
    kept.keep(report, inputs)
    assert found(Config(), "app") is None
    os.unlink("kustomization.yaml")
    assert found(Config(), "app") is None, "it was not kept for the time without it either"
    kept.keep(report, inputs)
    write("app/templates/pod.yaml", POD.replace("1000", "3000"))()
    assert found(Config(), "app") is None, "what was hashed is what was read"


def test_what_cannot_be_read_is_judged_each_time(tree: Path) -> None:
    os.mkfifo("app/pipe.yaml")
    assert place(Config(), "app") is None and place(Config(), "-") is None and place(Config(), "gone") is None
    os.unlink("app/pipe.yaml")
    (tree / "app" / "binary.yaml").write_bytes(b"\xff")
    judged(Config(), "app")
    assert found(Config(), "app") is None


def test_what_looks_further_is_judged_each_time() -> None:
    for config in (Config(helm_chart="app"), Config(profile_dirs=("p",)), Config(rule_modules=("m",))):
        assert place(config, "app") is None
    origin = "metadata: {name: web, annotations: {config.kubernetes.io/origin: 'path: base/pod.yaml'}}"
    write("app/templates/pod.yaml", POD.replace("metadata: {name: web}", origin))()
    judged(Config(), "app")
    assert found(Config(), "app") is None


def test_which_file_is_read_for_what_is_seen() -> None:
    for name in ("a", "b"):
        write(f"state/{name}.yaml", BINDING.replace("many", name))()
    config = Config(cluster_state=("state",))

    def kept_with(context: str) -> Kept:
        return unwrapped(place(config, "app", context=[context]))

    first = kept_with("state/a.yaml")
    inputs = load_inputs(["app"], config, context=["state/a.yaml"], digests=True)
    first.keep(run(inputs, config, builtin()), inputs)
    assert kept_with("state/a.yaml").find(builtin()) is not None
    assert kept_with("state/b.yaml").find(builtin()) is None


@pytest.mark.parametrize("lines", [["1", "[]", "[]"], ["[0,0]", "[]", "[[[0]],[],[],0]"], ["{}", "{}", "{}"], ["[", "", "["]])
def test_a_file_that_no_run_wrote_is_none(tmp_path: Path, lines: list[str]) -> None:
    judged(Config(), "app")
    (file,) = (tmp_path / "cache" / "scclint").glob("*.report")
    header, _, head, files, _ = file.read_bytes().split(b"\n")
    for forged in (lines, [head.decode(), files.decode(), lines[2]]):
        body = [line.encode() for line in forged]
        file.write_bytes(b"\n".join([header, digest(b"\n".join(body).decode()).encode(), *body]))
        assert found(Config(), "app") is None


@pytest.mark.parametrize(("old", "new"), [(b"web", b"wet"), (b'"error"', b'"fatal"'), (b"[[", b"["), (b"\n", b"")])
def test_a_rotten_file_is_none(tmp_path: Path, old: bytes, new: bytes) -> None:
    judged(Config(), "app")
    (file,) = (tmp_path / "cache" / "scclint").glob("*.report")
    assert old in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(old, new))
    assert found(Config(), "app") is None


def test_the_second_run_judges_nothing(
    large: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from scclint.cli import check

    command = [*large, "--format"]
    formats = ("full", "concise", "json", "sarif", "github", "junit")
    first = [(main([*command, format]), capsys.readouterr()) for format in formats]
    assert first[0][0] == 1
    monkeypatch.setattr(check, "judge", None)
    assert [(main([*command, format]), capsys.readouterr()) for format in formats] == first
    assert main([*command, "full", "--no-cache"]) == 3, "without a judge"


@pytest.fixture
def large() -> list[str]:
    """The command that lints an input for which an earlier run is looked for."""
    from scclint.cli import check

    write("app/large.yaml", f"# {'x' * check.KEPT_FROM}\nkind: ConfigMap\n")()
    return ["check", "app", "--isolated", "--context", "state"]


DIFFERENT = {
    "no ignores": ["--no-ignores"],
    "markdown": ["--format", "markdown"],
    "timings": ["--timings"],
    "another namespace": ["-n", "shop"],
    "another release": ["--openshift", "4.11"],
    "another profile": ["--profile", "strict"],
}


@pytest.mark.parametrize("options", DIFFERENT.values(), ids=DIFFERENT)
def test_runs_that_differ_are_kept_apart(large: list[str], options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(large)
    capsys.readouterr()
    status, cached = main([*large, *options]), capsys.readouterr().out
    assert (main([*large, *options, "--no-cache"]), capsys.readouterr().out) == (status, cached)


def test_a_baseline_is_recorded_of_what_is_there(large: list[str]) -> None:
    main(large)
    for name, more in {"a.json": [], "b.json": ["--no-cache"]}.items():
        write("app/second.yaml", POD.replace("web", "second"))()
        main([*large, "--write-baseline", name])
        os.unlink("app/second.yaml")
        # What is gone is taken out, which a run that has read nothing could not tell from what it did not judge.
        main([*large, "--write-baseline", name, *more])
    assert Path("a.json").read_text() == Path("b.json").read_text()
    assert "second" not in Path("a.json").read_text()


def test_a_crash_is_told_each_time(large: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from scclint.cluster import Cluster

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("broken")

    monkeypatch.setattr(Cluster, "admit", fail)
    assert [main(large), main(large)] == [3, 3]


def test_no_manifest_is_told_each_time(large: list[str]) -> None:
    os.mkdir("empty")
    Path("empty/values.yaml").write_text(f"# {'x' * 200_000}\na: b\n")
    command = ["check", "empty", "--isolated"]
    assert [main(command), main(command)] == [4, 4]
