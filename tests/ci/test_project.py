"""The project's own checks: the same Pythons everywhere, hooks that are valid, actions that are pinned."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pythons() -> list[str]:
    """The Pythons that scclint claims to support."""
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in PROJECT["classifiers"])
    return [match[1] for match in found if match]


def jobs() -> dict[str, Any]:
    jobs: dict[str, Any] = read_yaml(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return jobs


def test_every_supported_python_runs_the_tests() -> None:
    oldest, *others = pythons()
    assert PROJECT["requires-python"] == f">={oldest}"
    assert jobs()["tests"]["strategy"]["matrix"]["python"] == others
    (setup,) = (step["with"] for step in jobs()["checks"]["steps"] if "setup-python" in step.get("uses", ""))
    assert setup["python-version"] == oldest
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert sorted(re.findall(r"tests-(3\.\d+)", script)) == pythons()


def test_every_session_that_is_run_exists() -> None:
    pytest.importorskip("nox")
    listing = [sys.executable, "-m", "nox", "--list", "--json"]
    there = {entry["session"] for entry in json.loads(subprocess.check_output(listing, cwd=ROOT, text=True))}
    for file in (ROOT / ".ci" / "run", WORKFLOW):
        commands = re.findall(r"nox -s (.*?)(?: -- .*)?$", file.read_text(encoding="utf-8"), re.MULTILINE)
        named = {name for command in commands for name in shlex.split(command)} - {"tests-$PYTHON"}
        assert named and named <= there, f"{file.name} names sessions that noxfile.py lacks: {named - there}"


@pytest.mark.parametrize("file", [WORKFLOW, ROOT / "action.yml"], ids=lambda path: path.name)
def test_actions_are_pinned_by_hash(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
    others = [action for action in used if not action.startswith("./")]
    assert others
    assert [action for action in others if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


def test_the_hooks_of_the_project_are_valid() -> None:
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(ROOT / ".pre-commit-config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
