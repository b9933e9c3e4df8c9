import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import scclint
from scclint.errors import UsageError
from scclint.report.output import use_color, write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("flag", "tty", "environ", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_use_color(flag: str, tty: bool, environ: dict[str, str], expected: bool) -> None:
    assert use_color(flag, Terminal() if tty else io.StringIO(), environ) is expected
    assert use_color(flag, None, environ) is False


def test_a_file_ends_in_a_newline_and_replaces_the_old(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    write("one", str(file))
    assert file.read_bytes() == b"one\n"
    file.chmod(0o640)
    write("two é\udcff\n", str(file))
    assert file.read_bytes() == "two é\\udcff\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write("x", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "x\n"


def test_what_cannot_be_written_is_said_and_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"cannot write the report to .*/no/x: No such file or directory"):
        write("x", str(tmp_path / "no" / "x"))
    with pytest.raises(UsageError, match="Is a directory"):
        write("x", str(tmp_path))
    file = tmp_path / "out.txt"
    file.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write("new", str(file))
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_devices_are_written_to() -> None:
    write("x", os.devnull)
    assert not os.path.isfile(os.devnull)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_said() -> None:
    with pytest.raises(UsageError, match="cannot write the report to /dev/full: No space left on device"):
        write("x", "/dev/full")


def python(code: str, **options: object) -> "subprocess.Popen[bytes]":
    path = os.path.dirname(os.path.dirname(scclint.__file__))
    environ = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "ascii"}
    return subprocess.Popen([sys.executable, "-c", code], env=environ, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


def test_standard_output_takes_what_it_can_encode() -> None:
    child = python(r"from scclint.report.output import write; write('é\udcff', None)", stdout=subprocess.PIPE)
    assert child.communicate() == (b"\\xe9\\udcff\n", b"")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    read, end = os.pipe()
    os.close(read)
    code = "from scclint.report.output import write\ntry: write('x' * 99999, None)\nexcept BrokenPipeError: raise SystemExit(9)"
    child = python(code, stdout=end)
    os.close(end)
    assert child.communicate()[1] == b""
    assert child.returncode == 9


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_standard_output_is_said() -> None:
    code = "from scclint.report.output import write\ntry: write('x', None)\nexcept Exception as e: import sys; sys.stderr.write(str(e))"
    with open("/dev/full", "wb") as full:
        child = python(code, stdout=full)
        assert child.communicate()[1] == b"cannot write the report to standard output: No space left on device"
    assert child.returncode == 0
