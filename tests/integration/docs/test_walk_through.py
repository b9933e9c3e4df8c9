"""What contributors read is true: it shows the source as it is, and each walk-through works on a copy of the tree.

`SCCLINT_WRITE_GOLDEN=1` writes what it shows instead of comparing it.
"""

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from scclint.run.run import prepare, report_of
from tests.test_architecture import LAYERS

ROOT = Path(__file__).parents[3]
CODE = ROOT / "docs" / "code.md"
GUIDES = (ROOT / "CONTRIBUTING.md", CODE, ROOT / "docs" / "extending.md")
BLOCK = re.compile(
    r'^(?P<fence>```+)(?P<language>\w+) title="(?P<title>[^"]+)"\n(?P<text>.*?)^(?P=fence)$', re.MULTILINE | re.DOTALL
)
FENCED = re.compile(r"^(```+).*?^\1$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"`([\w-]+/[\w/-]*(?:\.\w+)*)`")


class Block(NamedTuple):
    """A fenced block with a title: a file to write, a change to make, or what is shown."""

    language: str
    title: str
    text: str


def guide_of(section: str) -> Path:
    """Return the guide that has a section with this heading."""
    (guide,) = (guide for guide in GUIDES if f"\n## {section}\n" in without_blocks(guide.read_text(encoding="utf-8")))
    return guide


def without_blocks(text: str) -> str:
    """Return the text with its blocks blanked, because they contain headings too."""
    return FENCED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def blocks(section: str) -> list[Block]:
    """Return the titled blocks of the section with this heading."""
    guide = guide_of(section).read_text(encoding="utf-8")
    prose = without_blocks(guide)
    start = prose.index(f"\n## {section}\n")
    end = prose.find("\n## ", start + 1)
    found = BLOCK.finditer(guide, start, end if end >= 0 else len(guide))
    return [Block(match["language"], match["title"], match["text"]) for match in found]


def compare(section: str, title: str, actual: str) -> None:
    """Compare what a block shows with the actual text, or write it there."""
    (shown,) = (block.text for block in blocks(section) if block.title == title)
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        guide = guide_of(section)
        text = guide.read_text(encoding="utf-8")
        guide.write_text(text.replace(f'title="{title}"\n{shown}```', f'title="{title}"\n{actual}```'), encoding="utf-8")
    else:
        assert shown == actual, f"{title}: SCCLINT_WRITE_GOLDEN=1 python -m pytest tests/docs   (then read the changes)"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the files that the tests need, laid out as an installed package."""
    for name in ("linter", "rules", "schemas", "fixtures", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for name in ("rules", "schemas"):
        (tmp_path / "linter" / "scclint" / name).symlink_to(tmp_path / name)
    return tmp_path


def run(tree: Path, *arguments: str, writing: bool = False) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree / "linter")}
    for name in ("SCCLINT_WRITE_GOLDEN", "PYTHONDONTWRITEBYTECODE"):
        env.pop(name, None)
    if writing:
        env["SCCLINT_WRITE_GOLDEN"] = "1"
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)


def passes(tree: Path, *arguments: str) -> None:
    suite = run(tree, "-m", "pytest", *arguments)
    assert suite.returncode == 0, suite.stdout[-4000:]


def scclint(tree: Path, *arguments: str) -> str:
    """Return what scclint prints in the copy."""
    ended = run(tree, "-m", "scclint", *arguments)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.stdout


def write(tree: Path, block: Block) -> None:
    """Write the file that a block contains."""
    file = tree / block.title
    file.parent.mkdir(exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def change(tree: Path, block: Block) -> None:
    """Make the changes of a diff without line numbers: each part must match the file in one place."""
    file = tree / block.title
    text = file.read_text(encoding="utf-8")
    for part in block.text.split("@@\n"):
        before, after = ("\n".join(line[1:] for line in part.splitlines() if line[0] in signs) for signs in (" -", " +"))
        assert text.count(before) == 1, f"{block.title} does not contain once: {before}"
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


def test_the_run_is_shown_as_it_is() -> None:
    actual = "\n\n".join(inspect.getsource(stage) for stage in (prepare, report_of))
    compare("The run", "linter/scclint/run/run.py", actual)


def test_the_layers_are_those_of_the_architecture_test() -> None:
    compare("The tree", "layers", "".join(f"{', '.join(names)}\n" for names in reversed(LAYERS)))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.name))
def test_every_path_exists(guide: Path) -> None:
    prose = FENCED.sub("", guide.read_text(encoding="utf-8"))
    missing = [
        path
        for path in PATH.findall(prose)
        if "NAME" not in path and not any((root / path).exists() for root in (ROOT, ROOT / "linter" / "scclint"))
    ]
    assert missing == []


def test_every_package_is_in_the_tree() -> None:
    guide = CODE.read_text(encoding="utf-8")
    shown = set(re.findall(r"[\w-]+(?:/|\.py)", guide.partition("## The tree")[2].partition("```\n")[0]))
    packages = {f"{path.parent.name}/" for path in (ROOT / "linter" / "scclint").glob("*/__init__.py")}
    assert packages - {"rules/", "schemas/"} <= shown


def test_a_task_names_few_files() -> None:
    table = CODE.read_text(encoding="utf-8").partition("| You want to |")[2].partition("\n\n")[0]
    rows = table.splitlines()[2:]
    assert len(rows) >= 12
    assert {row: files for row in rows if len(files := PATH.findall(row)) > 5} == {}


def test_add_a_rule(tree: Path) -> None:
    module, *fixtures, golden = blocks("Add a rule")
    write(tree, module)
    forgotten = run(tree, "-m", "pytest", "tests/rules/test_fixtures.py", "-k", "SCC199")
    assert "write " in forgotten.stdout and "bad.yaml, a manifest SCC199 fires on" in forgotten.stdout

    for fixture in fixtures:
        write(tree, fixture)
    written = run(tree, "-m", "pytest", "tests/rules", "-k", "SCC199 or runtime or severities", writing=True)
    assert written.returncode == 0, written.stdout
    compare("Add a rule", golden.title, (tree / golden.title).read_text(encoding="utf-8"))
    passes(tree, "tests/rules", "-k", "SCC199 or not test_fixtures")
    page = run(tree, "-m", "scclint", "rule", "runtime-socket-mounted")
    assert page.stdout.startswith("# SCC199 runtime-socket-mounted\n"), page.stderr


def test_add_a_report_format(tree: Path) -> None:
    module, register, schema, shown = blocks("Add a report format")
    write(tree, module)
    change(tree, register)
    forgotten = run(tree, "-m", "pytest", "tests/config/test_schema.py", "-k", "every_format")
    assert "add the format to schemas/config.json" in forgotten.stdout
    change(tree, schema)
    passes(tree, "tests/config/test_schema.py", "tests/integration/properties/test_formats.py::test_no_text_breaks_a_format")
    compare("Add a report format", shown.title, scclint(tree, *shlex.split(shown.title)[1:]))
    assert "tap" in scclint(tree, "check", "--help")


def test_add_a_setting(tree: Path) -> None:
    schema, model, use = blocks("Add a setting")
    change(tree, schema)
    forgotten = run(tree, "-m", "pytest", "tests/config/test_schema.py", "-k", "every_key")
    assert "quiet" in forgotten.stdout
    change(tree, model)
    change(tree, use)
    passes(tree, "tests/config/test_schema.py", "tests/config/test_show.py", "tests/cli/test_check.py")
    clean = str(tree / "fixtures" / "runtime.yaml")
    Path(clean).write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n", encoding="utf-8")
    assert "1 document" in scclint(tree, "check", "--isolated", clean)
    (tree / ".scclint.yaml").write_text("quiet: true\n", encoding="utf-8")
    assert scclint(tree, "check", "--config", ".scclint.yaml", clean) == ""
    assert re.search(r"^quiet: true +# .scclint.yaml:1$", scclint(tree, "config", "--config", ".scclint.yaml"), re.MULTILINE)


def test_add_an_openshift_release(tree: Path) -> None:
    (names,) = blocks("Add an OpenShift release")
    change(tree, names)
    passes(tree, "tests/cluster/test_installed.py", "-k", "every_installation and 5.2")
    assert "OpenShift 5.2;" in scclint(tree, "check", "--isolated", "--openshift", "5.2", "fixtures/demo")
