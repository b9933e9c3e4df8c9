"""Every reason not to read a file is a LoadError with its place."""

import io
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint.files as module
from scclint.errors import LoadError
from scclint.files import decode, read, read_all


@pytest.mark.parametrize(
    "data",
    [
        b"a: \xc3\xa9",
        b"\xef\xbb\xbfa: \xc3\xa9",
        "\ufeffa: é".encode("utf-16-le"),
        "\ufeffa: é".encode("utf-16-be"),
        "\ufeffa: é".encode("utf-32-le"),
        "\ufeffa: é".encode("utf-32-be"),
    ],
)
def test_encodings(data: bytes) -> None:
    assert decode(data, "f") == "a: é"


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"a: b\nc: \xe9\n", "byte 0xe9 is not UTF-8", (2, 4)),
        (b"\xc3\xa9\xff", "byte 0xff", (1, 2)),
        (b"a\n\0b", "NUL", (2, 1)),
        (b"\xff\xfea\0\0\xd8", "not UTF-16", (1, 2)),
        (b"a\xed\xa0\x80", "byte 0xed", (1, 2)),
        (b"\x7fELF\x02\x01\x01\0", "NUL", (1, 8)),
    ],
)
def test_not_text(data: bytes, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(LoadError, match="not a text file") as caught:
        decode(data, "f")
    assert message in caught.value.message and (caught.value.line, caught.value.column) == place and caught.value.file == "f"


@given(st.binary(max_size=30))
def test_any_bytes(data: bytes) -> None:
    try:
        text = decode(data, "f")
    except LoadError as error:
        assert error.line >= 1 and error.column >= 1
    else:
        text.encode("utf-8")


def test_read(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: b\r\n")
    assert read(str(file)) == "a: b\r\n"


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no such file") as caught:
        read(str(tmp_path / "a"), "shown")
    assert caught.value.file == "shown"
    with pytest.raises(LoadError, match="a directory"):
        read(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_special_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(LoadError, match="FIFO"):
        read(str(tmp_path / "fifo"))
    with pytest.raises(LoadError, match="character device"):
        read("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(LoadError):
            read(str(tmp_path / "s"))


def test_size_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 4 << 20)
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        file.truncate((4 << 20) + 1)
    with pytest.raises(LoadError, match="larger than 4 MiB"):
        read(str(big))
    assert len(read_all(io.BytesIO(b"x" * (4 << 20)), "-")) == 4 << 20
    with pytest.raises(LoadError, match="larger than 4 MiB"):
        read_all(io.BytesIO(b"x" * ((4 << 20) + 1)), "-")


def test_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LoadError, match="permission denied"):
        read(str(tmp_path / "a"))
