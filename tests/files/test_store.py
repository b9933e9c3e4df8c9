import os
import stat
from pathlib import Path

import pytest

from scclint.files import store as module
from scclint.files.store import StoredFile, own_folder, stamp


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "scclint"


def stored(*scope: str) -> StoredFile:
    return StoredFile(own_folder(), scope, "report", "stamp")


def test_a_later_run_finds_what_an_earlier_one_left(monkeypatch: pytest.MonkeyPatch) -> None:
    stored("x").write([b"a", b"b"])
    assert stored("x").read() == [b"a", b"b"]
    assert stored("y").read() == [], "other paths have a file of their own"
    monkeypatch.setattr(module, "__version__", "2")
    assert stored("x").read() == [], "another version may read differently"


def test_only_the_user_can_read_and_write_it(home: Path) -> None:
    stored("x").write([b"a"])
    (file,) = home.iterdir()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700 and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_others_can_write_to_is_not_used(home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    assert own_folder() == ""
    home.chmod(0o700)
    assert own_folder() == str(home)


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    home.symlink_to("elsewhere")
    assert own_folder() == ""


def test_a_home_that_is_a_file_gives_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert own_folder() == ""


def test_a_relative_cache_home_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert own_folder() == str(tmp_path / ".cache" / "scclint")


def test_it_stays_within_its_size(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        stored(f"x{number}").write([b"a"])
        newest = max(home.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, ns=(number + 1, number + 1))
    size = newest.stat().st_size
    monkeypatch.setattr(module, "MAX_STORED", 3 * size)
    stored("last").write([b"a"])
    left = sorted(file.stat().st_mtime_ns for file in home.iterdir())
    assert len(left) == 3 and left[:2] == [5, 6], "the oldest go first"
    monkeypatch.setattr(module, "MAX_STORED_FILE", 100)
    stored("large").write([b"a" * 60, b"b" * 60])
    assert stored("large").read() == [b"a" * 60]


def test_other_code_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    for name in ("a.py", "b.py", "c.txt", "d.json"):
        (folder / name).write_text("1")
        os.utime(folder / name, ns=(10, 10))
    single = tmp_path / "d.so"
    single.write_text("1")
    code = [str(folder), str(single), str(tmp_path / "gone")]
    before = stamp(code)
    (folder / "c.txt").write_text("22")
    assert stamp(code) == before
    os.utime(folder / "a.py", ns=(5, 5))
    older = stamp(code)
    (folder / "b.py").rename(folder / "e.py")
    renamed = stamp(code)
    single.write_text("22")
    larger = stamp(code)
    (folder / "d.json").write_text("22")
    assert len({before, older, renamed, larger, stamp(code)}) == 5


def test_two_runs_at_once_leave_a_whole_file(home: Path) -> None:
    one, other = stored("x"), stored("x")
    one.write([b"a"])
    other.write([b"b"])
    assert stored("x").read() == [b"b"] and len(list(home.iterdir())) == 1, "no draft is left lying"


def test_a_draft_is_never_written_through_a_link(home: Path, tmp_path: Path) -> None:
    stored("x").write([b"a"])
    (file,) = home.iterdir()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    Path(f"{file}.{os.getpid()}").symlink_to(victim)
    stored("x").write([b"b"])
    assert victim.read_text() == "precious"


def test_a_disk_that_refuses_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    stored("x").write([b"a"])
    assert list(home.iterdir()) == []
