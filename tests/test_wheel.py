"""The wheel holds the whole tree: a package or data file that setuptools is not told of works editable and is absent there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = {"linter/scclint": "scclint", "rules": "scclint/rules", "schemas": "scclint/schemas"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("dist")
    # A copy of what git would give a fresh clone, so that no stale build/ takes part.
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    copy = tmp_path_factory.mktemp("clone")
    for name in listed:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy)],
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_wheel_has_the_whole_tree(wheel: zipfile.ZipFile) -> None:
    expected = set()
    for source, package in SOURCES.items():
        for path in (ROOT / source).rglob("*"):
            relative = path.relative_to(ROOT / source)
            if path.is_file() and "__pycache__" not in relative.parts:
                expected.add(f"{package}/{relative.as_posix()}")
    got = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert got == expected


def test_wheel_names_its_command_and_licence(wheel: zipfile.ZipFile) -> None:
    info = {name.rpartition("/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert b"scclint = scclint.cli:main" in wheel.read(info["entry_points.txt"])
    assert "LICENSE" in info
