"""The walk-through in CONTRIBUTING.md works: a copy of the tree with its rule passes the tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "CONTRIBUTING.md"
FILE = re.compile(r'^```+\w+ title="([^"]+)"\n(.*?)^```$(?!\n\n## After)', re.MULTILINE | re.DOTALL)
MODULE = re.compile(r'^````python title="(rules/[^"]+)"\n(.*?)^````$', re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the files that the tests of the rules need, laid out as an installed package."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("linter", "rules", "schemas", "fixtures", "tests/rules"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.egg-info"))
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, copy / name)
    for name in ("rules", "schemas"):
        (copy / "linter" / "scclint" / name).symlink_to(copy / name)
    return copy


def run(tree: Path, *arguments: str, writing: bool = False) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree / "linter"), "PYTHONDONTWRITEBYTECODE": "1"}
    env.pop("SCCLINT_WRITE_GOLDEN", None)
    if writing:
        env["SCCLINT_WRITE_GOLDEN"] = "1"
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)


def test_the_walk_through_leads_to_a_rule(tree: Path) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    ((module, source),) = MODULE.findall(guide)
    files = {name: text for name, text in FILE.findall(guide) if name.startswith("fixtures/")}
    (golden,) = (name for name in files if name.endswith(".out"))
    (tree / module).write_text(source, encoding="utf-8")

    forgotten = run(tree, "-m", "pytest", "tests/rules/test_fixtures.py", "-k", "SCC199")
    assert "write " in forgotten.stdout and "bad.yaml, a manifest SCC199 fires on" in forgotten.stdout

    for name, text in files.items():
        if name != golden:
            (tree / name).parent.mkdir(exist_ok=True)
            (tree / name).write_text(text, encoding="utf-8")
    written = run(tree, "-m", "pytest", "tests/rules", "-k", "SCC199 or runtime", writing=True)
    assert written.returncode == 0, written.stdout
    report = (tree / golden).read_text(encoding="utf-8")
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        GUIDE.write_text(
            guide.replace(f'title="{golden}"\n{files[golden]}```', f'title="{golden}"\n{report}```'), encoding="utf-8"
        )
    else:
        assert report == files[golden], "the guide shows another report than the rule gives"

    suite = run(tree, "-m", "pytest", "tests/rules")
    assert suite.returncode == 0, suite.stdout[-4000:]
    page = run(tree, "-m", "scclint", "rule", "runtime-socket-mounted")
    assert page.stdout.startswith("SCC199 runtime-socket-mounted\n"), page.stderr
