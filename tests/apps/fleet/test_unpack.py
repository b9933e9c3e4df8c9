"""Archives and URLs are judged like the folder that they contain, and nothing that they say leads out of it."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest

from scclint.apps.fleet.place import top_of, unpack
from scclint.apps.fleet.tables import RESULTS, Row
from scclint.errors import LoadError
from scclint.limits import MAX_FOLDER_DEPTH
from tests.apps.fleet.conftest import FIXTURES, scan, tables, targets

DEMO = FIXTURES / "demo"
HOSTILE = ("../out.yaml", "/tmp/out.yaml", "a/../../out.yaml", "a\\..\\out.yaml")


def tar(path: Path, mode: str = "w", prefix: str = "repository-1") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(DEMO, prefix)
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(DEMO.rglob("*")):
            archive.write(file, f"repository-1/{file.relative_to(DEMO)}")
    return path


def results(out: Path) -> dict[str, list[Row]]:
    """The rows of a scan of one target, without its key."""
    found = tables(out)
    return {table.name: [{**row, "key": ""} for row in found[table.name]] for table in RESULTS}


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: tar(folder / "demo.tar"),
        lambda folder: tar(folder / "demo.tgz", "w:gz"),
        lambda folder: tar(folder / "demo.tar.xz", "w:xz"),
        lambda folder: tar(folder / "demo.tar", prefix="."),
        lambda folder: zipped(folder / "demo.zip"),
    ],
    ids=["tar", "tar.gz", "tar.xz", "tar without a top folder", "zip"],
)
def test_an_archive_is_judged_as_its_folder(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    archive = make(tmp_path)
    scan(tmp_path / "folder", [DEMO])
    scan(tmp_path / "archive", [archive])
    assert results(tmp_path / "archive") == results(tmp_path / "folder")
    assert scan(tmp_path / "archive", [archive]).counts["reused"] == 1


def test_urls_are_judged_as_folders(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(DEMO), "/fleet/demo", recursive=True)
    memory.put(str(tar(tmp_path / "demo.tar.gz", "w:gz")), "/fleet/demo.tar.gz")
    scan(tmp_path / "folder", [DEMO])
    for number, url in enumerate(("memory://fleet/demo", "memory://fleet/demo.tar.gz", f"file://{DEMO}")):
        out = tmp_path / str(number)
        scan(out, [url])
        assert results(out) == results(tmp_path / "folder")
        assert scan(out, [url]).counts["reused"] == 1
    one = tmp_path / "one"
    scan(one, ["memory://fleet/demo/bare-pod.yaml"])
    assert next(iter(targets(one).values()))["workloads"] == 1
    memory.rm("/fleet", recursive=True)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("memory://fleet/missing", "no such file or directory"),
        ("nothing://fleet", "cannot be read: ValueError: Protocol not known: nothing"),
    ],
)
def test_urls_that_cannot_be_opened(out: Path, url: str, error: str) -> None:
    scan(out, [url])
    (row,) = targets(out).values()
    assert (row["status"], row["error"]) == ("failed", error)


def test_the_configuration_of_an_archive_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "web.yaml").write_bytes((DEMO / "bare-pod.yaml").read_bytes())
    (tmp_path / "repository" / ".scclint.yaml").write_text("ignore: [ALL]\n")
    with tarfile.open(tmp_path / "app.tar", "w") as archive:
        archive.add(tmp_path / "repository", "app")
    out = tmp_path / "fleet"
    scan(out, [tmp_path / "app.tar"])
    assert [row["findings"] for row in targets(out).values()] == [0]
    scan(out, [tmp_path / "app.tar"], isolated=True)
    assert sorted(str(row["findings"]) for row in tables(out)["targets"]) == ["0", "3"]


def member(name: str, content: bytes = b"x", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    header = tarfile.TarInfo(name)
    header.size = 0 if "type" in more else len(content)
    for key, value in more.items():
        setattr(header, key, value)
    return header, content


def unpacked(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> tuple[Path, list[str]]:
    with tarfile.open(folder / "a.tar", "w") as archive:
        for header, content in members:
            archive.addfile(header, io.BytesIO(content))
    inner = folder / "inner"
    inner.mkdir()
    return inner, unpack(str(folder / "a.tar"), str(inner), "a.tar")


def everything_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", HOSTILE)
def test_paths_that_lead_out_are_left_out(tmp_path: Path, name: str) -> None:
    inner, skipped = unpacked(tmp_path, member(name), member("good.yaml"))
    assert everything_below(inner) == {"good.yaml"}
    assert skipped == [f"{name}: has a path that leads out of the archive"]
    assert everything_below(tmp_path) == {"a.tar", "inner", "inner/good.yaml"}


@pytest.mark.parametrize("sort", [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE])
def test_paths_of_many_folders_are_left_out(tmp_path: Path, sort: bytes) -> None:
    name = "d/" * (MAX_FOLDER_DEPTH + 1) + "x"
    inner, skipped = unpacked(tmp_path, member(name, type=sort, linkname="x"), member("e/" * 20 + "x"))
    assert skipped == [f"{name}: is below more than {MAX_FOLDER_DEPTH} folders"]
    assert {path.name for path in inner.rglob("*")} == {"e", "x"}


@pytest.mark.parametrize("name", HOSTILE)
def test_paths_of_a_zip_that_lead_out_are_left_out(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        header = zipfile.ZipInfo("x")
        header.filename = name
        archive.writestr(header, "x")
        archive.writestr("good.yaml", "x")
    (tmp_path / "inner").mkdir()
    unpack(str(tmp_path / "a.zip"), str(tmp_path / "inner"), "a.zip")
    assert everything_below(tmp_path / "inner") == {"good.yaml"}
    assert everything_below(tmp_path) == {"a.zip", "inner", "inner/good.yaml"}


def test_links_stay_inside(tmp_path: Path) -> None:
    def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
        return member(name, type=tarfile.SYMTYPE, linkname=target)

    inner, skipped = unpacked(
        tmp_path,
        member("base/web.yaml", b"kind: Pod"),
        link("prod/web.yaml", "../base/web.yaml"),
        link("out", "../.."),
        link("absolute", "/etc/passwd"),
        # Each says nothing wrong by itself.
        link("here", "."),
        link("up", "here/../here/.."),
        # Through a link: written beside it, or not at all.
        link("folder", "base"),
        member("folder/new.yaml"),
        member("hard.yaml", type=tarfile.LNKTYPE, linkname="base/web.yaml"),
        member("bad.yaml", type=tarfile.LNKTYPE, linkname="../../etc/passwd"),
        member("pipe", type=tarfile.FIFOTYPE),
    )
    assert (inner / "prod/web.yaml").read_bytes() == b"kind: Pod"
    assert (inner / "hard.yaml").read_bytes() == b"kind: Pod"
    for path in inner.rglob("*"):
        assert os.path.realpath(path).startswith(os.path.realpath(inner)), path
    assert not (inner / "base/new.yaml").exists()
    assert {text.partition(":")[0] for text in skipped} == {"out", "absolute", "up", "folder", "bad.yaml", "pipe"}


def test_a_member_replaces_an_earlier_one_of_its_name_and_not_what_is_linked_to_it(tmp_path: Path) -> None:
    hard = member("b.yaml", type=tarfile.LNKTYPE, linkname="a.yaml")
    inner, skipped = unpacked(tmp_path, member("a.yaml", b"1"), hard, member("a.yaml", b"2"))
    assert skipped == []
    assert ((inner / "a.yaml").read_bytes(), (inner / "b.yaml").read_bytes()) == (b"2", b"1")


def test_a_link_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("web.yaml", "kind: Pod")
        for name, target in (("good.yaml", "web.yaml"), ("bad.yaml", "../../etc/passwd")):
            header = zipfile.ZipInfo(name)
            header.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(header, target)
    (tmp_path / "inner").mkdir()
    skipped = unpack(str(tmp_path / "a.zip"), str(tmp_path / "inner"), "a.zip")
    assert (tmp_path / "inner/good.yaml").read_text() == "kind: Pod"
    assert skipped == ["bad.yaml: is a link out of the archive"]


@pytest.mark.parametrize("name", ["broken.tar.gz", "broken.zip"])
def test_broken_archives(tmp_path: Path, name: str) -> None:
    whole = tar(tmp_path / "demo.tgz", "w:gz") if name.endswith("gz") else zipped(tmp_path / "demo.zip")
    (tmp_path / name).write_bytes(whole.read_bytes()[:-40])
    (tmp_path / "inner").mkdir()
    with pytest.raises(LoadError):
        unpack(str(tmp_path / name), str(tmp_path / "inner"), name)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(tmp_path / "demo.zip")
    monkeypatch.setattr("scclint.apps.fleet.place.MAX_ARCHIVE", 100)
    (tmp_path / "inner").mkdir()
    with pytest.raises(LoadError, match="unpack it"):
        unpack(str(archive), str(tmp_path / "inner"), "demo.zip")


def test_the_top_folder(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    assert top_of(str(tmp_path)) == str(tmp_path / "app")
    (tmp_path / "web.yaml").touch()
    assert top_of(str(tmp_path)) == str(tmp_path)


def test_a_python_whose_tarfile_has_no_filters_unpacks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tar(tmp_path / "a.tar")
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(LoadError, match=r"use 3\.11\.4 or newer"):
        unpack(str(tmp_path / "a.tar"), str(tmp_path / "inner"), "a.tar")
    assert not (tmp_path / "inner").exists()
