"""Archives from anywhere: read as a stream, within limits, and every fault is an error in plain words."""

import gzip
import lzma
import os
import random
import re
import struct
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from scclint.errors import LoadError
from scclint.files import dump
from scclint.files.dump import DumpFile, entries, holds_dump, inflate, is_archive, place_in_dump, read_dump
from tests.must_gather import files, write_archive, write_folder

WANTED = "namespaces/shop/shop.yaml"
PLAIN = re.compile(r"[a-z][^\n]*")


def read(path: Path) -> dict[str, object]:
    """The members of an archive by name: their content, or why it is not read."""
    found = ((header.name, content) for header, content in entries(str(path), "the archive"))
    return {name: content.message if isinstance(content, LoadError) else content for name, content in found}


def refusal(path: Path) -> str:
    with pytest.raises(LoadError) as refused:
        read(path)
    assert refused.value.file == "the archive"
    assert PLAIN.fullmatch(refused.value.message)
    return refused.value.message


def header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, **fields: object) -> bytes:
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    for field, value in fields.items():
        setattr(made, field, value)
    return made.tobuf(tarfile.GNU_FORMAT)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


END = bytes(1024)


def test_members_in_order(tmp_path: Path) -> None:
    for name in ("a.tar", "a.tar.gz"):
        path = write_archive(tmp_path / name, {"b": "2", "a": "1", "empty": ""}, prefix="./")
        assert [*read(path).items()] == [("b", b"2"), ("a", b"1"), ("empty", b"")]


def test_only_what_is_wanted(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.tar", {"log": "x" * 100_000, "b.yaml": "2"})
    assert [header.name for header, _ in entries(str(path), "", lambda name: name.endswith(".yaml"))] == ["b.yaml"]


def test_what_is_an_archive(tmp_path: Path) -> None:
    assert is_archive(str(write_archive(tmp_path / "any-name", {"a": ""})))
    assert is_archive(str(write_archive(tmp_path / "x.tgz", {"a": ""}).rename(tmp_path / "y")))
    (tmp_path / "state.yaml").write_text("kind: List\n", encoding="utf-8")
    (tmp_path / "empty.tar").write_bytes(b"")
    assert not is_archive(str(tmp_path / "state.yaml"))
    assert is_archive(str(tmp_path / "empty.tar"))
    assert not is_archive(str(tmp_path))
    assert not is_archive(str(tmp_path / "absent.tar"))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (header("../up.yaml", 1) + padded(b"x"), "has a path that leads out of the archive, and is not read"),
        (header("a/../../up.yaml", 1) + padded(b"x"), "has a path that leads out of the archive, and is not read"),
        (header("/etc/passwd", 1) + padded(b"x"), "has a path that leads out of the archive, and is not read"),
        (header("a", kind=tarfile.SYMTYPE, linkname="/etc/passwd"), "is a link, which is not followed"),
        (header("a", kind=tarfile.LNKTYPE, linkname="b"), "is a link, which is not followed"),
        (header("a", kind=tarfile.CHRTYPE, devmajor=1, devminor=5), "is not a regular file, and is not read"),
        (header("a", kind=tarfile.BLKTYPE), "is not a regular file, and is not read"),
        (header("a", kind=tarfile.FIFOTYPE), "is not a regular file, and is not read"),
    ],
)
def test_members_without_content(tmp_path: Path, made: bytes, why: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(made + header("b", 1) + padded(b"2") + END)
    (name, told), (second, content) = read(path).items()
    assert (told, second, content) == (why, "b", b"2")
    assert os.listdir(tmp_path) == ["a.tar"], name


def sparse(size: int) -> bytes:
    """A header of GNU's old sparse format: a file of `size` bytes of which the archive has one."""
    made = bytearray(header("a", 1, b"S"))
    made[386 : 386 + 24] = b"%011o\0%011o\0" % (0, 1)
    made[483:495] = b"\x80" + size.to_bytes(11, "big")
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made) + padded(b"x")


def test_sparse_members_are_not_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(sparse(1 << 50) + header("b", 1) + padded(b"2") + END)
    assert read(path) == {"a": "is not a regular file, and is not read", "b": b"2"}


def test_a_large_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "MAX_BYTES", 1 << 20)
    path = write_archive(tmp_path / "a.tar.gz", {"large": bytes((1 << 20) + 1), "small": "x"})
    assert read(path) == {"large": "larger than 1 MiB, which is not read", "small": b"x"}


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "MAX_ARCHIVE", 64 << 20)
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header("log", 1 << 40))
        for _ in range(128):
            file.write(bytes(1 << 20))
    assert path.stat().st_size < 2 << 20
    tracemalloc.start()
    before = time.process_time()
    assert refusal(path) == "has more than 0 GiB, which is not read: unpack it and pass the folder"
    assert time.process_time() - before < 10
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_a_member_that_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "MAX_BYTES", 1 << 20)
    with pytest.raises(LoadError, match="inflates to more than 1 MiB"):
        inflate(gzip.compress(bytes(1 << 24)), "a.gz")
    assert inflate(gzip.compress(b"x") * 2, "a.gz") == b"xx"
    for broken in (b"", b"\x1f\x8b", gzip.compress(b"abc")[:-3], b"text"):
        if broken:
            with pytest.raises(LoadError, match="is damaged"):
                inflate(broken, "a.gz")


def test_very_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"".join(header(f"log-{i}", 1) + padded(b"x") for i in range(10_000)) + END)
    before = time.process_time()
    assert sum(1 for _ in entries(str(path), "", lambda name: name == "log-9999")) == 1
    assert time.process_time() - before < 10
    monkeypatch.setattr(dump, "MAX_ARCHIVE_MEMBERS", 9_999)
    tracemalloc.start()
    assert refusal(path) == "has more than 9,999 members, which are not read"
    assert tracemalloc.get_traced_memory()[1] < 1 << 20, "headers are not kept"
    tracemalloc.stop()


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_an_extension_of_gigabytes(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header("first") + header("x", 1 << 33, kind))
        for _ in range(64):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    assert refusal(path) == "is not a tar archive, or is damaged: bad header (too long)"
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_extensions_within_extensions(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    body = padded(b"12 a=bcdefg\n")
    path.write_bytes(header("first") + (header("x", 12, tarfile.XHDTYPE) + body) * 900 + header("a") + END)
    assert refusal(path).startswith("is not a tar archive, or is damaged: bad header (")


@pytest.mark.parametrize(
    "body", [b"x", b"0 a=b\n", b"-5 a=b\n", b"99999999999999999999 a=b\n", b"30 GNU.sparse.major=1\n", b"18 size=notanumb\n"]
)
@pytest.mark.parametrize("name", ["", "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n", "18 GNU.sparse.map=a\n"])
def test_extensions_that_cannot_be_read(tmp_path: Path, body: bytes, name: str) -> None:
    path = tmp_path / "a.tar"
    text = name.encode() + body
    path.write_bytes(
        header("first") + header("x", len(text), tarfile.XHDTYPE) + padded(text) + header("a", 3) + padded(b"1\nx") + END
    )
    within(path)


@pytest.mark.parametrize("size", [-1, -512, -(1 << 40), 1 << 62])
def test_a_size_that_is_a_lie(tmp_path: Path, size: int) -> None:
    raw = bytearray(header("a", 0))
    raw[124:136] = struct.pack(">b", -1 if size < 0 else -128) + (size & ((1 << 88) - 1)).to_bytes(11, "big")
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    path = tmp_path / "a.tar"
    path.write_bytes(header("first") + bytes(raw) + header("b") + END)
    within(path)


def within(path: Path) -> None:
    """Reading ends soon, with members or with an error in plain words."""
    before = time.process_time()
    try:
        read(path)
    except LoadError as error:
        assert PLAIN.fullmatch(error.message), error.message
        assert "Traceback" not in error.message
    assert time.process_time() - before < 5


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_truncated_anywhere(tmp_path: Path, name: str) -> None:
    whole = write_archive(tmp_path / name, files()).read_bytes()
    cut = tmp_path / f"cut-{name}"
    # Behind the last member there is nothing but the end of the archive.
    last = len(whole) - 10_240 if name == "a.tar" else len(whole) - 9
    for length in sorted(random.Random(3).sample(range(last), 150)):
        cut.write_bytes(whole[:length])
        message = refusal(cut)
        assert message.startswith(("is not a tar archive, or is damaged: ", "is damaged: ")), message


def test_xz(tmp_path: Path) -> None:
    whole = write_archive(tmp_path / "a.tar", files()).read_bytes()
    packed = lzma.compress(whole)
    path = tmp_path / "a.tar.xz"
    path.write_bytes(packed)
    assert is_archive(str(path))
    assert read(path) == read(tmp_path / "a.tar")
    for broken in (packed[: len(packed) // 2], packed[:100], packed[:6]):
        path.write_bytes(broken)
        assert refusal(path) == "is damaged: its compressed data cannot be read to the end"
    damaged = packed[:200] + bytes(50) + packed[250:]
    greedy = lzma.compress(whole, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}])
    for broken in (damaged, greedy):
        path.write_bytes(broken)
        assert refusal(path) == "is damaged, or needs more than 128 MiB of memory to decompress"


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_damaged_anywhere(tmp_path: Path, name: str) -> None:
    whole = write_archive(tmp_path / name, files()).read_bytes()
    chance = random.Random(4)
    damaged = tmp_path / f"damaged-{name}"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        damaged.write_bytes(data)
        within(damaged)


def test_damaged_headers(tmp_path: Path) -> None:
    """Each field of a header holds noise, with a checksum that is right."""
    chance = random.Random(5)
    path = tmp_path / "a.tar"
    for _ in range(600):
        raw = bytearray(header("namespaces/shop/shop.yaml", 5, chance.choice(b"0125678SLKxgVMDN").to_bytes(1, "big")))
        for _ in range(chance.randint(1, 30)):
            raw[chance.randrange(512)] = chance.choice((0, 32, 48, 49, 55, 128, 255, chance.randrange(256)))
        raw[148:156] = b" " * 8
        raw[148:156] = b"%06o\0 " % sum(raw)
        path.write_bytes(header("first") + bytes(raw) + padded(b"12345") + bytes(chance.randrange(3) * 512) + END)
        within(path)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not a tar archive, or is damaged: it ends early"),
        (b"kind: List\n", "is not a tar archive, or is damaged: truncated header"),
        (b"x" * 10_240, "is not a tar archive, or is damaged: "),
        (gzip.compress(b"kind: List\n" * 100, mtime=0), "is not a tar archive, or is damaged: "),
        (b"\x1f\x8bxx", "is damaged: "),
    ],
)
def test_no_archive_at_all(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(data)
    assert refusal(path).startswith(why)


# The layout of dumps.


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("must-gather/quay-io/namespaces/shop/shop.yaml", "namespaces/shop/shop.yaml"),
        ("namespaces/shop/pods/web-1/web-1.yaml", "namespaces/shop/pods/web-1/web-1.yaml"),
        ("namespaces/shop/pods/web-1/web/web/logs/current.log", ""),
        ("namespaces/shop/core/pods.yaml", "namespaces/shop/core/pods.yaml"),
        ("namespaces/shop/core/pods.yaml.gz", "namespaces/shop/core/pods.yaml"),
        ("namespaces/shop/core/secrets.yaml", ""),
        (
            "namespaces/shop/rbac.authorization.k8s.io/rolebindings/x:y.yaml",
            "namespaces/shop/rbac.authorization.k8s.io/rolebindings/x:y.yaml",
        ),
        ("cluster-scoped-resources/core/namespaces/shop.yaml", "cluster-scoped-resources/core/namespaces/shop.yaml"),
        ("cluster-scoped-resources/core/nodes.yaml", "cluster-scoped-resources/core/nodes.yaml"),
        ("cluster-scoped-resources/machineconfiguration.openshift.io/machineconfigs/rendered-a-1.yaml", ""),
        ("cluster-scoped-resources/core/componentstatuses/x.yaml", ""),
        ("namespaces/x/cluster-scoped-resources/core/nodes/a.yaml", "cluster-scoped-resources/core/nodes/a.yaml"),
        ("namespaces", ""),
        ("namespaces/shop", ""),
        ("namespaces//", ""),
        ("namespaces/shop/pods", ""),
        ("namespaces/sh\u00f6p/sh\u00f6p.yaml", ""),
        ("namespaces/a\nb/a\nb.yaml", ""),
        ("deploy/shop.yaml", ""),
    ],
)
def test_places(path: str, place: str) -> None:
    assert place_in_dump(path) == place


def test_a_folder_of_manifests_is_no_dump(tmp_path: Path) -> None:
    write_folder(tmp_path, {WANTED: "kind: Namespace\n", "namespaces/shop/rolebindings.yaml": "kind: RoleBinding\n"})
    assert not holds_dump(str(tmp_path))
    write_folder(tmp_path, {"down/there/namespaces/shop/core/pods.yaml": "kind: PodList\n"})
    assert holds_dump(str(tmp_path))


def link(folder: Path) -> None:
    (folder / WANTED).symlink_to("/etc/passwd")


def fifo(folder: Path) -> None:
    os.mkfifo(folder / WANTED)


def text(folder: Path) -> None:
    (folder / f"{WANTED}.gz").write_bytes(b"no gzip")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (link, "is a link, which is not followed"),
        (fifo, "is not a regular file, and is not read"),
        (text, "is damaged: its compressed data cannot be read to the end"),
    ],
)
def test_what_is_not_read_is_the_same_in_both_forms(tmp_path: Path, make: Callable[[Path], None], why: str) -> None:
    folder = write_folder(tmp_path / "dump", {"namespaces/shop/core/pods.yaml": "kind: PodList\n"})
    make(folder)
    with tarfile.open(tmp_path / "dump.tar", "w") as made:
        made.add(folder, "dump")
    results = [[*read_dump(str(tmp_path / name), name)] for name in ("dump", "dump.tar")]
    for result in results:
        pods, broken = result
        assert isinstance(pods, DumpFile) and pods.text == "kind: PodList\n"
        assert isinstance(broken, LoadError) and (broken.file, broken.message) == (WANTED, why)


def test_more_text_than_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scclint.files.dump.MAX_DUMP", 1 << 20)
    found = {f"namespaces/n{i}/n{i}.yaml": "x" * 100_000 for i in range(20)}
    for path in (write_folder(tmp_path / "dump", found), write_archive(tmp_path / "dump.tgz", found)):
        with pytest.raises(LoadError, match="has more than 1 MiB of objects, which are not read"):
            [*read_dump(str(path), "dump")]


def test_nothing_is_kept_of_a_stream(tmp_path: Path) -> None:
    """A large log before the one file that counts."""
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header("log", 1 << 26))
        for _ in range(64):
            file.write(bytes(1 << 20))
        file.write(header(WANTED, 16) + padded(b"kind: Namespace\n") + END)
    tracemalloc.start()
    (found,) = read_dump(str(path), "a")
    assert isinstance(found, DumpFile) and found.text == "kind: Namespace\n"
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
