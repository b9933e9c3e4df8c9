"""The project's own checks: the same Pythons everywhere, hooks that are valid, actions that are pinned."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pythons() -> list[str]:
    """The Pythons that scclint claims to support."""
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in PROJECT["classifiers"])
    return [match[1] for match in found if match]


def sessions(*options: str) -> list[str]:
    """The sessions of nox, in the order in which it runs them."""
    pytest.importorskip("nox")
    listing = json.loads(
        subprocess.check_output([sys.executable, "-m", "nox", "--list", "--json", *options], cwd=ROOT, text=True)
    )
    return [entry["session"] for entry in listing]


@pytest.fixture(scope="module")
def run_by_workflow() -> list[tuple[str, list[str]]]:
    """The Python and the sessions of each job for a change."""
    jobs = read_yaml(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    included = jobs["checks"]["strategy"]["matrix"]["include"]
    return [(entry["python"], entry["sessions"].split()) for entry in included]


def test_every_supported_python_runs_the_tests_once(run_by_workflow: list[tuple[str, list[str]]]) -> None:
    assert PROJECT["requires-python"] == f">={pythons()[0]}"
    on = [(python, name) for python, names in run_by_workflow for name in names if name.startswith("tests-")]
    assert on == [(python, f"tests-{python}") for python in pythons()]


def test_the_workflow_runs_each_session_once(run_by_workflow: list[tuple[str, list[str]]]) -> None:
    """`nox`, `.ci/run` and the workflow run the same."""
    selected = sessions()
    run = [name for _, names in run_by_workflow for name in names]
    assert sorted(run) == sorted(selected)
    assert selected[-1] == f"tests-{pythons()[0]}", "the last line of .ci/run is that of these tests"


def test_what_runs_by_schedule_is_a_session() -> None:
    (named,) = re.findall(r'- run: \.ci/run "(.+)"$', WORKFLOW.read_text(encoding="utf-8"), re.MULTILINE)
    assert sessions("--session", named) == [named]


@pytest.mark.parametrize("file", [*sorted(WORKFLOW.parent.glob("*.yml")), ROOT / "action.yml"], ids=lambda path: path.name)
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


@pytest.mark.parametrize(
    "part",
    [
        "--require-hashes -r requirements/release.txt",
        'SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"',
        "python -m build --no-isolation --outdir dist .",
        "SHA256SUMS",
    ],
)
def test_the_page_on_releases_builds_as_the_workflow_does(part: str) -> None:
    for file in ("docs/releasing.md", ".github/workflows/release.yml"):
        assert part in (ROOT / file).read_text(encoding="utf-8"), file


def test_the_workflow_of_a_release_publishes_what_the_page_names() -> None:
    jobs = read_yaml((WORKFLOW.parent / "release.yml").read_text(encoding="utf-8"))["jobs"]
    assert list(jobs) == ["packages", "archive", "draft", "pypi"]
    assert set(jobs["draft"]["needs"]) == {"packages", "archive"}
    assert f"environment `{jobs['pypi']['environment']}`" in (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
