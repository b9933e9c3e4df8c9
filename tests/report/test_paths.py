from pathlib import Path

import pytest

from scclint.finding import Finding, Severity, Subject
from scclint.record import replace
from scclint.report.paths import RepositoryPaths
from scclint.report.sarif import fingerprints, fingerprints_v2
from scclint.source import Span


def test_root_is_where_git_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert RepositoryPaths().path("x.yaml") == "a/b/x.yaml"


def test_a_given_root_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    paths = RepositoryPaths(str(tmp_path / "a"))
    assert paths.path("b/x.yaml") == "b/x.yaml"
    assert paths.path("../x.yaml") == str(tmp_path.resolve() / "x.yaml")
    assert RepositoryPaths("/").path("/etc/x.yaml") == "etc/x.yaml"


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b#?%[]{}.yaml", "a%20b%23%3F%25%5B%5D%7B%7D.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("back\\slash", "back%5Cslash"),
        ("é🔥", "%C3%A9%F0%9F%94%A5"),
        ("\udcff", "%FF"),
        ("\ud800", "%5Cud800"),
        ("<stdin>", "%3Cstdin%3E"),
        ("", "%3Cunknown%3E"),
        ("a\0b", "a%00b"),
        ("./a/../b.yaml", "b.yaml"),
    ],
)
def test_uri(file: str, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert RepositoryPaths(str(tmp_path)).uri(file) == uri


def test_a_fingerprint_survives_moved_lines_and_new_words_alone() -> None:
    def finding(message: str, line: int, name: str = "web") -> Finding:
        return Finding(
            "X1", "x", Severity.ERROR, message, Span("a.yaml", line, 1, line, 2), Subject("v1", "Pod", "", name), ("spec",)
        )

    paths = RepositoryPaths()
    old = fingerprints([finding("m", 1), finding("m", 5), finding("m", 9, "other")], paths)
    assert len(set(old)) == 3
    assert old[0].split(":")[0] == old[1].split(":")[0]
    assert fingerprints([finding("n", 2), finding("o", 50), finding("m", 90, "other")], paths) == old


def test_the_second_fingerprint_knows_subjects_containers_and_charts() -> None:
    paths = RepositoryPaths("/repo")
    binding = Finding(
        "RBA402", "x", Severity.WARNING, "m", Span("a.yaml", 1, 1, 1, 2), Subject("v1", "RoleBinding", "shop", "a")
    )
    groups = [replace(binding, subjects=subjects) for subjects in (("group a", "group b"), ("group a", "group c"))]
    assert len(set(fingerprints_v2(groups, paths))) == 2
    assert len({text.partition(":")[0] for text in fingerprints(groups, paths)}) == 1

    def of_container(index: int, name: str) -> Finding:
        subject = Subject("apps/v1", "Deployment", "shop", name, "web")
        path = ("spec", "template", "spec", "containers", index, "securityContext")
        return replace(binding, subject=subject, path=path, units=("chart",))

    moved = [of_container(0, "web"), of_container(1, "web")]
    assert len({fingerprints_v2([finding], paths)[0] for finding in moved}) == 1
    released = [of_container(0, "one-web"), of_container(0, "two-web")]
    assert len({fingerprints_v2([finding], paths)[0] for finding in released}) == 2
    assert len({fingerprints_v2([finding], paths, {"chart"})[0] for finding in released}) == 1
