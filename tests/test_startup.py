"""A run over one file imports what it uses and nothing else: that is what makes a commit hook quick."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

RULES = Path(__file__).parents[1] / "rules"
PACKAGE = Path(__file__).parents[1] / "linter" / "scclint"

MOST_MODULES = 178
"""How many modules of scclint, rules apart, a run over one clean Deployment may import."""

MOST_FOR_FINDINGS = 50
"""How many more modules a run that shows findings and their proved fixes may import."""

NEVER = (
    *("asyncio", "ast", "concurrent.futures", "dataclasses", "difflib", "email", "hashlib", "http", "inspect"),
    "logging",
    *(
        "multiprocessing",
        "pathlib",
        "pickle",
        "pkgutil",
        "pydoc",
        "shutil",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
    ),
    *("threading", "tomllib", "unittest", "urllib", "xml"),
    *("jinja2", "jsonschema", "markupsafe", "referencing", "rpds", "cel", "shtab", "pygls", "lsprotocol", "mcp"),
    *("dask", "distributed", "duckdb", "fsspec", "pyarrow"),
    *(f"scclint.{package}" for package in ("apps", "cel", "cel_rules", "change", "profiles", "remedy")),
    *("scclint.run.pool", "scclint.files.dump", "scclint.files.git", "scclint.report.html", "scclint.report.sarif"),
)
"""What a run over one file without findings never imports: modules of Python, of other packages, and of scclint."""

CLEAN = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: registry.example/web:1
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that `scclint check` has imported when it ends."""
    output, imported = check(tmp_path_factory.mktemp("clean"), CLEAN)
    assert output.startswith("No problems found")
    return imported


def test_the_version_needs_nothing_that_judges() -> None:
    version, modules = of_version()
    assert version.startswith("scclint ")
    judging = ("scclint.run", "scclint.outcome", "scclint.rules.", "ruamel")
    assert [name for name in modules if name.startswith(judging)] == []


def of_version() -> tuple[str, set[str]]:
    """What `scclint -V` prints, and all modules that it imports."""
    code = "import sys; from scclint.cli import main; main(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code, "-V"], capture_output=True, text=True, check=True)
    version, modules = run.stdout.splitlines()
    return version, set(modules.split())


def check(folder: Path, manifest: str, *words: str) -> tuple[str, set[str]]:
    """The output of a run over the file, or of one with other words, and the modules that it imports."""
    (folder / "web.yaml").write_text(manifest, encoding="utf-8")
    # From Python 3.14 on, argparse imports dear modules of its own for the colors of help.
    parser = "import argparse, sys; argparse.ArgumentParser(add_help=False); print(*sys.modules)"
    before = subprocess.run([sys.executable, "-c", parser], cwd=folder, capture_output=True, text=True, check=True)
    code = "import sys; from scclint.cli import main; status = main(); print(*sys.modules, file=sys.stderr); sys.exit(status)"
    command = [sys.executable, "-c", code, "check", *(words or ("web.yaml",))]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout, set(run.stderr.split()) - set(before.stdout.split())


def ours(imported: set[str]) -> set[str]:
    return {name for name in imported if name.startswith("scclint.") and not name.startswith("scclint.rules.")}


def test_number_of_modules(imported: set[str]) -> None:
    assert len(ours(imported)) <= MOST_MODULES, "import modules where they are used, or merge those that every run needs"


def test_all_rules(imported: set[str]) -> None:
    """Every rule is there to be chosen, and of the helpers only what a rule imports at its top."""
    rules = {name.removeprefix("scclint.rules.") for name in imported if name.startswith("scclint.rules.")}
    assert {name for name in rules if not name.startswith("_")} == {file.stem for file in RULES.glob("[a-z]*.py")}


def test_findings_cost_little_more(imported: set[str], tmp_path: Path) -> None:
    output, more = check(tmp_path, CLEAN + "          securityContext: {runAsUser: 1000}\n")
    assert "error[SCC101]" in output
    assert len(ours(more - imported)) <= MOST_FOR_FINDINGS
    # Jinja lays out the findings, and imports much of Python.
    assert [name for name in dear(more) if name.startswith("scclint.")] == ["scclint.remedy"]


def dear(imported: set[str]) -> list[str]:
    return sorted(name for name in NEVER if name in imported)


def test_nothing_dear(imported: set[str]) -> None:
    assert dear(imported) == []


def imports_within_functions(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in functions, but those in a `try`, which work without the module."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        tried = {id(inner) for node in ast.walk(function) if isinstance(node, ast.Try) for inner in ast.walk(node)}
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in tried:
                yield node


def test_imports_within_functions_save_time_at_startup(imported: set[str], tmp_path: Path) -> None:
    """An import belongs to the top of a module, unless a run that imports the module does not need what is imported."""
    (tmp_path / "findings").mkdir()
    (tmp_path / "folder").mkdir()
    text = CLEAN + "          securityContext: {runAsUser: 1000}\n"
    runs = [imported, of_version()[1], check(tmp_path / "findings", text)[1], check(tmp_path / "folder", CLEAN, ".")[1]]
    files = {
        ".".join(("scclint", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file
        for file in sorted(PACKAGE.rglob("*.py"))
    }
    names, useless = files.keys(), []
    for name, file in files.items():
        of_file = [run for run in runs if name in run]
        for node in imports_within_functions(ast.parse(file.read_text(encoding="utf-8"))) if of_file else ():
            wanted = {f"{node.module}.{alias.name}" for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            wanted = {name if name in names else name.rpartition(".")[0] for name in wanted}
            if wanted and wanted <= names and all(wanted <= run for run in of_file):
                useless.append(f"{file.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node)}")
    assert not useless, "\n".join(useless)
