"""What earlier runs found out about files saves reading them, and changes no report."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.files import read
from tests.deploy.trees import deployment
from tests.running import write_below

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:anyuid'}
subjects: [{kind: ServiceAccount, name: web, namespace: prod}]
"""
CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: op.v1, annotations: {operatorframework.io/suggested-namespace: op-system}}
"""
TREE = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": deployment(namespace="", pod="runAsUser: 0"),
    "o/kustomization.yaml": "namespace: prod\nresources: [../base]\npatches: [{path: p.yaml}]\n",
    "o/p.yaml": deployment(namespace=""),
    "grants/b.yaml": BINDING,
    "op/manifests/op.yaml": CSV,
    "op/manifests/w.yaml": deployment(namespace=""),
    "c/templates/w.yaml": deployment(),
    "plain/w.yaml": deployment(),
    "values.yaml": f"text: {'x' * (1 << 17)}\n",
}
EDITS: dict[str, Callable[[], object]] = {
    "a resource less": lambda: write_below(Path(), {"base/kustomization.yaml": "resources: []\n"}),
    "another namespace": lambda: write_below(
        Path(), {"o/kustomization.yaml": TREE["o/kustomization.yaml"].replace("prod", "test")}
    ),
    "a kustomization less": lambda: os.unlink("o/kustomization.yaml"),
    "a kustomization more": lambda: write_below(Path(), {"plain/kustomization.yaml": "resources: [w.yaml]\n"}),
    "another account": lambda: write_below(Path(), {"grants/b.yaml": BINDING.replace("name: web", "name: other")}),
    "a patch of the base": lambda: write_below(Path(), {"o/p.yaml": deployment("api", namespace="")}),
    "no bundle": lambda: write_below(Path(), {"op/manifests/op.yaml": CSV.replace("ClusterServiceVersion", "Other")}),
    "a chart": lambda: write_below(Path(), {"c/Chart.yaml": "name: c\nversion: 1.0.0\n"}),
    "another object": lambda: write_below(Path(), {"plain/w.yaml": deployment("other")}),
    "one that is deployed": lambda: write_below(Path(), {"app.yaml": APPLICATION}),
    "the same size and time": lambda: same_size_and_time("grants/b.yaml", "anyuid", "hostid"),
}
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a}
spec: {source: {path: plain}, destination: {namespace: a}}
"""


def same_size_and_time(file: str, old: str, new: str) -> None:
    status = os.stat(file)
    text = Path(file).read_text(encoding="utf-8")
    Path(file).write_text(text.replace(old, new), encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the tree. Return the folder of the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    write_below(Path(), TREE)
    return tmp_path / "cache" / "scclint"


@pytest.fixture
def settled(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where each change gives a file other times at once."""
    monkeypatch.setattr("scclint.run.scan._UNCHANGED", -(1 << 62))
    return cache


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that runs read from the disk."""
    found: list[str] = []

    def counted(path: str, name: str = "") -> str:
        found.append(os.path.relpath(path))
        return read(path, name)

    monkeypatch.setattr("scclint.objects.documents.reader.read", counted)
    return found


def check(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    main(["check", "--isolated", "--render", "never", "--format", "json", "--fail-on", "never", ".", *options])
    return capsys.readouterr().out


def test_a_run_without_changes_reads_only_what_others_take_objects_from(
    settled: Path, reads: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first = check(capsys)
    assert set(reads) >= TREE.keys()
    del reads[:]
    assert check(capsys) == first
    assert set(reads) == {"grants/b.yaml", "c/templates/w.yaml"}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_change_is_seen(settled: Path, edit: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> None:
    before = check(capsys)
    assert check(capsys) == before
    edit()
    after = check(capsys)
    assert after == check(capsys, "--no-cache") == check(capsys)
    assert after != before


def test_answers_hold_for_the_settings_that_they_were_found_with(settled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys)
    for namespace in ("prod", "other"):
        named = ("--namespace", namespace)
        assert check(capsys, *named) == check(capsys, *named, "--no-cache")


def test_a_file_that_has_just_changed_is_read_again(cache: Path, reads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys)
    assert {file.suffix for file in cache.iterdir()} == {".results", ".listed", ".rows", ".status"}
    del reads[:]
    check(capsys)
    assert set(reads) >= TREE.keys()


@pytest.mark.parametrize("content", [b"", b"\xff\0", b"{}\n[]"])
def test_answers_that_cannot_be_read_are_not_used(settled: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    first = check(capsys)
    (file,) = settled.glob("*.files")
    header = file.read_bytes().partition(b"\n")[0]
    file.write_bytes(header + b"\n" + content)
    assert check(capsys) == first
