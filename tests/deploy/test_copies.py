"""Copies of the files that a renderer reads."""

from pathlib import Path

import pytest

from scclint.deploy.copies import copied, files_below


def write(root: Path, files: dict[str, bytes]) -> list[str]:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return [str(root / name) for name in files]


def contents(folder: str) -> dict[str, bytes]:
    return {str(Path(file).relative_to(folder)): Path(file).read_bytes() for file in files_below(folder)}


def test_copies_with_other_texts_in_place_of_some(tmp_path: Path) -> None:
    root = tmp_path / "root"
    files = write(root, {"a.yaml": b"a: 1\n", "deep/b.yaml": b"\xef\xbb\xbfb: 1\n", "deep/c.yaml": b"\xff\xfec\x00"})
    with copied(files, str(root), {str((root / "deep/b.yaml").resolve()): "b: \u00e4\n"}) as folder:
        expected = {"a.yaml": b"a: 1\n", "deep/b.yaml": b"\xef\xbb\xbfb: \xc3\xa4\n", "deep/c.yaml": b"\xff\xfec\x00"}
        assert contents(folder) == expected
    assert not Path(folder).exists()
    assert contents(str(root))["deep/b.yaml"].endswith(b"b: 1\n")


def test_a_link_is_copied_as_a_file_under_its_own_name(tmp_path: Path) -> None:
    (file,) = write(tmp_path, {"root/a.yaml": b"a: 1\n"})
    link = tmp_path / "root/link.yaml"
    link.symlink_to(file)
    with copied([str(link)], str(tmp_path / "root"), {str(Path(file).resolve()): "a: 2\n"}) as folder:
        assert contents(folder) == {"link.yaml": b"a: 2\n"}


def test_a_file_that_is_named_twice_keeps_its_text_at_home(tmp_path: Path) -> None:
    files = write(tmp_path, {"root/a.yaml": b"a: 1\n", "root/b.yaml": b"b: 1\n"})
    link = tmp_path / "root/link.yaml"
    link.symlink_to(files[1])
    edited = {str(Path(files[0]).resolve()): "a: 2\n", str(tmp_path / "root/new.yaml"): "n: 1\n"}
    with copied([*files, str(link), *files], str(tmp_path / "root"), edited) as folder:
        expected = {"a.yaml": b"a: 2\n", "b.yaml": b"b: 1\n", "link.yaml": b"b: 1\n", "new.yaml": b"n: 1\n"}
        assert contents(folder) == expected
    assert [Path(file).read_bytes() for file in files] == [b"a: 1\n", b"b: 1\n"]


def test_files_of_another_file_system_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", refuse)
    files = write(tmp_path, {"root/a.yaml": b"a: 1\n"})
    with copied(files, str(tmp_path / "root"), {}) as folder:
        assert contents(folder) == {"a.yaml": b"a: 1\n"}


@pytest.mark.parametrize("name", ["outside.yaml", "root/missing.yaml", "root/.git/config"])
def test_what_is_not_copied(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"outside.yaml": b"", "root/.git/config": b"", "root/a.yaml": b""})
    with pytest.raises(OSError, match="cannot be copied"), copied([str(tmp_path / name)], str(tmp_path / "root"), {}):
        pass


def test_links_to_folders_are_links_in_the_copy(tmp_path: Path) -> None:
    """helm follows them. An edit of a file counts on each way to it."""
    files = write(
        tmp_path, {"root/chart/Chart.yaml": b"c", "root/files/crds/a.yaml": b"a: 1\n", "root/files/crds/b/b.yaml": b"b: 1\n"}
    )
    (tmp_path / "root/chart/charts").mkdir()
    (tmp_path / "root/chart/charts/crds").symlink_to("../../files/crds")
    listed = list(files_below(str(tmp_path / "root/chart")))
    assert sorted(str(Path(file).relative_to(tmp_path)) for file in listed) == [
        "root/chart/Chart.yaml",
        "root/chart/charts/crds/a.yaml",
        "root/chart/charts/crds/b/b.yaml",
    ]
    with copied(listed, str(tmp_path / "root"), {str(Path(files[1]).resolve()): "a: 2\n"}) as folder:
        chart = Path(folder, "chart")
        assert {name: Path(chart, "charts/crds", name).read_bytes() for name in ("a.yaml", "b/b.yaml")} == {
            "a.yaml": b"a: 2\n",
            "b/b.yaml": b"b: 1\n",
        }
        assert Path(folder).resolve() in Path(chart, "charts/crds").resolve().parents


@pytest.mark.parametrize(
    "links",
    [
        {"a/up": "../.."},
        {"a/self": "."},
        {"a/b": "../c", "c/a": "../a"},
        {f"a/{i}/{j}": f"../{i + 1}" for i in range(20) for j in "xy"},
    ],
    ids=["above", "itself", "each other", "very many ways"],
)
def test_links_without_an_end_are_refused(tmp_path: Path, links: dict[str, str]) -> None:
    write(tmp_path, {"a/20/a.yaml": b"", "c/c.yaml": b""})
    for name, target in links.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(target)
    with pytest.raises(OSError, match=r"contains it|more than"):
        list(files_below(str(tmp_path / "a")))


def test_a_folder_that_is_missing_is_not_listed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(files_below(str(tmp_path / "missing")))
