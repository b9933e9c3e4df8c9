"""What an earlier run left on the disk can save time and change nothing, whatever has become of it."""

import os
import shutil
from pathlib import Path

import pytest

from .conftest import Run, pod


@pytest.fixture
def many(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write enough input for the report to be cached. Return the folder of the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "m").mkdir()
    long = pod("long").replace("metadata:", f"metadata:\n  annotations: {{note: {'x' * 140_000}}}")
    (tmp_path / "m" / "m.yaml").write_text("---\n".join([long, *(pod(f"p{i}") for i in range(10))]), encoding="utf-8")
    return tmp_path / "cache" / "scclint"


def test_the_second_run_says_the_same(run: Run, many: Path) -> None:
    cold = run("check", "m", "--format", "json")
    assert max(file.stat().st_size for file in many.iterdir()) > 5_000
    assert run("check", "m", "--format", "json") == cold
    assert run("check", "m", "--format", "json", "--no-cache") == cold


VIEWS = (
    ("review", "m", "--format", "json"),
    ("units", "m", "--format", "json"),
    ("who-can", "anyuid", "m", "--format", "json"),
    ("explain", "pod/p1", "m"),
    ("suggest", "pod/p1", "m"),
)
"""Commands that read what `check` stored."""


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view[0])
def test_every_command_says_the_same_with_the_cache(run: Run, many: Path, view: tuple[str, ...]) -> None:
    plain = run(*view, "--no-cache")
    assert not many.exists()
    assert [run(*view), run(*view)] == [plain, plain], "its own cache"
    shutil.rmtree(many, ignore_errors=True)
    check = run("check", "m", "--format", "json")
    assert [run(*view), run(*view)] == [plain, plain], "the cache of check"
    assert run("check", "m", "--format", "json") == check


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view[0])
@pytest.mark.parametrize(("old", "new"), [(b"[", b"]"), (b"m.yaml", b"\xff\xfe"), (b",", b""), (b"scclint", b"scclinx")])
def test_no_command_uses_a_damaged_cache(run: Run, many: Path, view: tuple[str, ...], old: bytes, new: bytes) -> None:
    cold = run(*view)
    files = [*many.iterdir()]
    assert any(old in file.read_bytes() for file in files)
    for file in files:
        data = file.read_bytes()
        file.write_bytes(data.replace(old, new, 500))
    assert run(*view) == cold
    for file in files:
        file.write_bytes(file.read_bytes()[:-200])
    assert run(*view) == cold


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view[0])
def test_every_command_sees_a_change(run: Run, many: Path, tmp_path: Path, view: tuple[str, ...]) -> None:
    run("check", "m", "--format", "json")
    run(*view)
    text = (tmp_path / "m" / "m.yaml").read_text(encoding="utf-8")
    (tmp_path / "m" / "m.yaml").write_text(
        text.replace("name: p1\n", "name: p1\n  namespace: shop\n").replace("p2", "q2"), encoding="utf-8"
    )
    assert run(*view) == run(*view, "--no-cache")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[", b"]"),
        (b"[", b"{"),
        (b",", b""),
        (b"]]", b"\n"),
        (b"\n", b"\n\n"),
        (b"null", b"0"),
        (b"Pod", b"\xff\xfe"),
        (b'"OpenShift', b"["),
    ],
)
def test_a_damaged_cache_is_not_used(run: Run, many: Path, old: bytes, new: bytes) -> None:
    cold = run("check", "m", "--format", "json")
    stored = {file: file.read_bytes().partition(b"\n") for file in many.iterdir()}
    assert any(old in rest for _, _, rest in stored.values())
    for file, (header, _, rest) in stored.items():
        file.write_bytes(header + b"\n" + rest.replace(old, new, 500))
    assert run("check", "m", "--format", "json") == cold


@pytest.mark.parametrize("kind", ["truncated", "empty", "garbage", "folder", "fifo", "link"])
def test_a_cache_that_cannot_be_read_is_not_used(run: Run, many: Path, kind: str) -> None:
    cold = run("check", "m", "--format", "json")
    stored = {file: file.read_bytes() for file in many.iterdir()}
    assert any(b'"Pod"' in data for data in stored.values())
    for file, data in stored.items():
        os.unlink(file)
        if kind == "folder":
            file.mkdir()
        elif kind == "fifo":
            os.mkfifo(file)
        elif kind == "link":
            # Followed, it would hide what there is.
            elsewhere = many / f"elsewhere-{file.name}"
            elsewhere.write_bytes(data.replace(b'"Pod"', b'"Foo"'))
            file.symlink_to(elsewhere.name)
        else:
            file.write_bytes({"truncated": data[: len(data) // 2], "empty": b"", "garbage": b"\xff\0" * 5_000}[kind])
    assert run("check", "m", "--format", "json") == cold


def test_a_cache_that_others_can_write_to_is_not_used(run: Run, many: Path) -> None:
    many.mkdir(parents=True)
    many.chmod(0o777)
    run("check", "m", "--format", "json")
    assert not list(many.iterdir())


def test_aliases_meet_their_limit_at_the_same_place_in_every_run(run: Run, many: Path, tmp_path: Path) -> None:
    document = pod("m") + f"b: &b [{'[],' * 1000}]\nx: [{'*b,' * 60}]\n---\n"
    (tmp_path / "m" / "n.yaml").write_text(document * 20, encoding="utf-8")
    first = run("check", "m", "--format", "json")
    assert first.status == 2
    for _ in range(2):
        assert run("check", "m", "--format", "json") == first


def test_places_in_the_state_of_the_cluster_move_with_the_lines_before_them(run: Run, many: Path, tmp_path: Path) -> None:
    grant = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: use-privileged, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:privileged'}
subjects: [{kind: ServiceAccount, name: default}]
"""
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    pod_spec = pod("x").partition("spec:\n")[2]
    template = "\n".join(f"    {line}" for line in ("spec:", *pod_spec.splitlines()))
    web = f"apiVersion: v1\nkind: ReplicationController\nmetadata: {{name: web}}\nspec:\n  template:\n{template}\n"
    (tmp_path / "m" / "web.yaml").write_text(web, encoding="utf-8")
    state = tmp_path / "state.yaml"
    state.write_text(other + grant, encoding="utf-8")
    check = ("check", "m", "-n", "shop", "--format", "json", "--cluster-state", "state.yaml")
    assert "state.yaml" in run(*check).out
    state.write_text(f"# changed\n{other}{grant}", encoding="utf-8")
    assert run(*check) == run(*check, "--no-cache")


def test_what_units_define_differently_is_looked_at_again(run: Run, many: Path, tmp_path: Path) -> None:
    grant = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: grant, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:SCC'}
subjects: [{kind: ServiceAccount, name: default}]
"""

    def write(name: str, scc: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "hydrator.metadata").write_text("{}", encoding="utf-8")
        (tmp_path / name / "grant.yaml").write_text(grant.replace("SCC", scc), encoding="utf-8")

    (tmp_path / "m" / "web.yaml").write_text(
        pod("web").replace("  name: web", "  name: web\n  namespace: shop"), encoding="utf-8"
    )
    write("one", "anyuid")
    write("two", "privileged")
    check = ("check", ".", "--isolated")
    assert "grant differs in one and two" in run(*check).err
    write("three", "hostnetwork")
    assert "grant differs in one, three and two" in run(*check).err
