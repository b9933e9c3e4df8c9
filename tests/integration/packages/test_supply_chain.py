"""What a release is made of: pinned requirements that fit what is asked for, and a wheel whose bytes anyone can make again."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
METADATA = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = METADATA["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pinned(file: str) -> dict[str, str]:
    """The version of each package in a file of requirements, all of them with hashes."""
    found = {}
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        entry = re.fullmatch(r"([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(\S+)((?: +; .*?)?)((?: +--hash=sha256:[0-9a-f]{64})+)", line)
        assert entry is not None, line
        found[entry[1]] = entry[2]
    return found


@pytest.mark.parametrize(("file", "extras"), [("run.txt", ()), ("dev.txt", ("dev", "docs")), ("archive.txt", ("archive",))])
def test_requirements_fit(file: str, extras: tuple[str, ...]) -> None:
    requirements = pytest.importorskip("packaging.requirements")
    versions = pinned(file)
    for asked in (*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])):
        requirement = requirements.Requirement(asked)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in versions, f"{file} lacks {asked}; run the command at its head"
        assert requirement.specifier.contains(versions[name]), f"{file} has {name} {versions[name]}, not {asked}"


@pytest.mark.parametrize("group", ["build", "release"])
def test_requirements_of_a_group_fit(group: str) -> None:
    requirements = pytest.importorskip("packaging.requirements")
    versions, groups = pinned(f"{group}.txt"), METADATA["dependency-groups"]
    included = [
        line for entry in groups[group] for line in (groups[entry["include-group"]] if isinstance(entry, dict) else [entry])
    ]
    assert set(METADATA["build-system"]["requires"]) <= set(included)
    for requirement in map(requirements.Requirement, included):
        assert requirement.specifier.contains(versions[requirement.name]), f"{group}.txt lacks {requirement}"


def test_two_builds_give_the_same_wheel(tmp_path: Path) -> None:
    """Neither the time, the folder nor the order of files in it may show in the wheel."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    kept = [name for name in listed if name.startswith(("linter/", "rules/", "schemas/")) or "/" not in name]
    digests = []
    for number, order in enumerate((kept, kept[::-1])):
        clone = tmp_path / ("a" * (number + 1)) / "clone"
        for name in order:
            if (ROOT / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, clone / name)
                os.utime(clone / name, (10**9 + number, 10**9 + number))
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / str(number)), str(clone)],
            check=True,
            capture_output=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1764028800"},
        )
        (wheel,) = (tmp_path / str(number)).glob("*.whl")
        digests.append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert digests[0] == digests[1]
