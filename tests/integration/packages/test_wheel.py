"""The wheel holds the whole tree: a package or data file that setuptools is not told of works editable and is absent there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = {"linter/scclint": "scclint", "rules": "scclint/rules", "schemas": "scclint/schemas"}


def tracked() -> list[str]:
    """What git would give a fresh clone, with what is about to be added; no build/ or cache takes part."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in names if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out, copy = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("clone")
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy)]
    subprocess.run(build, check=True, capture_output=True)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_wheel_has_the_whole_tree(wheel: zipfile.ZipFile) -> None:
    expected = {
        f"{package}{name.removeprefix(source)}"
        for source, package in SOURCES.items()
        for name in tracked()
        if name.startswith(source + "/")
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_wheel_names_its_command_and_licence(wheel: zipfile.ZipFile) -> None:
    info = {name.rpartition("/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert b"scclint = scclint.cli:run_and_exit" in wheel.read(info["entry_points.txt"])
    assert "LICENSE" in info
