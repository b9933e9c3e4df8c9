from pathlib import Path

import pytest

from scclint.report.paths import RepositoryPaths


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
