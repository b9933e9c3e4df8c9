import os
import stat
from pathlib import Path

import pytest

from scclint.files import store as module
from scclint.files.store import own_folder, stamp
from scclint.load.cache import Cache, cache_for
from scclint.load.folding import Facts

FACTS = Facts((1, 1, 5, 9), "Pod", "v1", False, True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "scclint"


def at(home: Path, *scope: str, version: str = "1") -> Cache:
    return Cache(own_folder(), scope, version)


def filled(home: Path, *scope: str, text: str = "a") -> None:
    cache = at(home, *scope)
    assert cache.get(text) is None
    cache.put(text, FACTS, '{"kind":"Pod"}')
    cache.save()


def test_a_later_run_finds_what_an_earlier_one_left(home: Path) -> None:
    filled(home, "x")
    later = at(home, "x")
    assert later.get("a") == (FACTS, '{"kind":"Pod"}') and later.get("b") is None
    assert at(home, "y").get("a") is None, "other paths have a file of their own"
    assert at(home, "x", version="2").get("a") is None, "another version may read differently"


def test_only_the_user_can_read_and_write_it(home: Path) -> None:
    filled(home, "x")
    (file,) = home.iterdir()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700 and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_others_can_write_to_is_not_used(home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    assert own_folder() == "" and cache_for(["x"], "1") is None
    home.chmod(0o700)
    assert own_folder() == str(home)


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    home.symlink_to("elsewhere")
    assert own_folder() == ""


def test_no_folder_no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_for(["x"], "1") is None


def test_a_relative_cache_home_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert own_folder() == str(tmp_path / ".cache" / "scclint")


def test_entries_without_use_are_dropped(home: Path) -> None:
    filled(home, "x", text="a")
    later = at(home, "x")
    later.put("b", FACTS, "{}")
    later.save()
    last = at(home, "x")
    assert last.get("a") is None and last.get("b") is not None


def test_nothing_new_nothing_written(home: Path) -> None:
    filled(home, "x")
    (file,) = home.iterdir()
    os.utime(file, ns=(1, 1))
    later = at(home, "x")
    later.get("a")
    later.save()
    assert file.stat().st_mtime_ns == 1


def test_it_stays_within_its_size(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        filled(home, f"x{number}", text="a" * number)
        newest = max(home.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, ns=(number + 1, number + 1))
    size = newest.stat().st_size
    monkeypatch.setattr(module, "TOTAL", 3 * size)
    filled(home, "last")
    left = sorted(file.stat().st_mtime_ns for file in home.iterdir())
    assert len(left) == 3 and left[:2] == [5, 6], "the oldest go first"
    monkeypatch.setattr(module, "LARGEST", 10)
    cache = at(home, "large")
    cache.put("a", FACTS, "{}")
    cache.save()
    assert at(home, "large").get("a") is None


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
    one, other = at(home, "x"), at(home, "x")
    for cache, text in ((one, "a"), (other, "b")):
        cache.get(text)
        cache.put(text, FACTS, "{}")
    one.save()
    other.save()
    assert at(home, "x").get("b") is not None and len(list(home.iterdir())) == 1, "no draft is left lying"


def test_a_draft_is_never_written_through_a_link(home: Path, tmp_path: Path) -> None:
    filled(home, "x")
    (file,) = home.iterdir()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    Path(f"{file}.{os.getpid()}").symlink_to(victim)
    filled(home, "x", text="b")
    assert victim.read_text() == "precious"


def test_a_disk_that_refuses_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = at(home, "x")
    cache.put("a", FACTS, "{}")
    monkeypatch.setattr(os, "replace", refuse)
    cache.save()
    assert list(home.iterdir()) == []


def test_surrogates(home: Path) -> None:
    filled(home, "x", text="\ud800")
    assert at(home, "x").get("\ud800") is not None
