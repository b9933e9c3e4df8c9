"""The layers hold: proved over the syntax trees of all modules, imports within functions and for type checkers included."""

import ast
import sys
from collections.abc import Iterator, Set
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "linter" / "scclint"
RULES = ROOT / "rules"

LAYERS = (
    ("source", "errors", "record", "text", "about"),
    ("limits",),
    ("cel",),
    ("finding",),
    ("yaml", "files"),
    ("load",),
    ("model",),
    ("expand", "validation", "podsecurity", "admission", "other_units"),
    ("cluster",),
    ("seccomp",),
    ("profiles",),
    ("outcome",),
    ("advice",),
    ("rule",),
    ("api", "registry", "config"),
    ("suppress", "cel_rules"),
    ("deploy",),
    ("run",),
    ("remedy",),
    ("message",),
    ("change",),
    ("report",),
    ("cli",),
    ("apps",),
    ("__init__", "__main__"),
)
"""Lowest first. A module imports its own package and what stands below it, never what stands beside or above."""

THIRD_PARTY = {
    "ruamel": {"yaml"},
    "jinja2": {"report"},
    "jsonschema": {"config", "profiles"},
    "cel": {"cel"},
    "shtab": {"cli"},
    "distributed": {"apps.fleet"},
    "duckdb": {"apps.fleet"},
    "fsspec": {"apps.fleet"},
    "lsprotocol": {"apps.lsp"},
    "mcp": {"apps.mcp"},
    "pydantic": {"apps.mcp"},
    "pyarrow": {"apps.fleet"},
    "pygls": {"apps.lsp"},
}
"""Who may import what comes from elsewhere, so that each can be replaced in one place."""


class Import(NamedTuple):
    module: str
    line: int


@cache
def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports(file: Path) -> tuple[Import, ...]:
    """Every module that a file imports, by its full name; `from scclint import x` counts as `scclint.x`."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[Import]:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module == "scclint" or not node.module:
                join = "" if module.endswith(".") else "."
                yield from (Import(f"{module}{join}{alias.name}", node.lineno) for alias in node.names)
            else:
                yield Import(module, node.lineno)


@cache
def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if not any(part.startswith(".") for part in path.parts))


def layer(name: str) -> int:
    return next(index for index, names in enumerate(LAYERS) if name in names)


def home(file: Path) -> str:
    """The name by which `LAYERS` knows the module: the first part below the package."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def label(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_every_module_has_its_layer() -> None:
    there = {home(file) for file in modules()}
    known = {name for names in LAYERS for name in names}
    assert there - known == set(), "say in LAYERS where the new module stands"
    assert known - there == set(), "LAYERS names modules that are gone"


def test_imports_point_downward() -> None:
    for file in modules():
        own = home(file)
        for found in imports(file):
            assert not found.module.startswith("."), f"{label(file)}:{found.line}: import {found.module} by its full name"
            parts = found.module.split(".")
            if parts[0] != "scclint" or len(parts) == 1 or parts[1] in (own, "__version__"):
                continue
            assert parts[1] not in ("rules", "schemas"), f"{label(file)}:{found.line}: imports {found.module}"
            assert layer(parts[1]) < layer(own), f"{label(file)}:{found.line}: {own} must not import {found.module}"


def full_name(file: Path) -> str:
    return ".".join(("scclint", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def imported_modules(file: Path, names: Set[str]) -> set[str]:
    """The modules of the linter that a file imports; `from scclint.yaml import json` imports `scclint.yaml.json`."""
    found = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in names else str(node.module) for name in inner}
    return (found & names) - {full_name(file)}


def test_no_imports_go_in_a_circle() -> None:
    """Imports within functions and for type checkers count; the package itself does not, which is asked for the version only."""
    files = {full_name(file): file for file in modules()}
    needs = {name: imported_modules(file, files.keys()) - {"scclint"} for name, file in files.items()}
    try:
        tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_package_itself_is_asked_for_the_version_only() -> None:
    for file in modules():
        for found in imports(file):
            parts = found.module.split(".")
            known = parts[0] != "scclint" or parts[1] == "__version__" or any(parts[1] in names for names in LAYERS)
            assert known, f"{label(file)}:{found.line}: imports {found.module}"


def test_each_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for file in modules():
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{label(file)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_rules_import_the_api_and_their_helpers_only() -> None:
    for file in sorted(RULES.glob("*.py")):
        for found in imports(file):
            allowed = (
                found.module == "scclint.api"
                or found.module.startswith("._")
                or found.module.split(".")[0] in sys.stdlib_module_names
            )
            assert allowed, f"{label(file)}:{found.line}: a rule imports scclint.api, the standard library and rules/_*.py only"


def test_rules_hold_no_state() -> None:
    """What a rule remembers belongs to the world (`World.memo`): a module outlives the run."""
    for file in sorted(RULES.glob("*.py")):
        tree = tree_of(file)
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Global), f"{label(file)}:{node.lineno}: changes a variable of the module"
            if isinstance(node, ast.FunctionDef):
                decorators = {ast.unparse(decorator).split("(")[0].split(".")[-1] for decorator in node.decorator_list}
                assert not decorators & {"cache", "lru_cache"}, f"{label(file)}:{node.lineno}: keeps a cache in the module"
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                empty = ast.unparse(statement.value) in ("{}", "[]", "dict()", "list()", "set()") or "Weak" in ast.unparse(
                    statement
                )
                assert not empty, f"{label(file)}:{statement.lineno}: a value to be filled while rules run"


def test_only_the_registry_knows_where_the_rules_are() -> None:
    told = [
        label(file)
        for file in modules()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("scclint.rules")
    ]
    # The group of entry points has the same name; it names no module.
    assert sorted(told) == ["linter/scclint/registry/__init__.py", "linter/scclint/registry/plugins.py"]


def test_only_the_table_of_commands_names_the_apps() -> None:
    """Nothing imports them: `cli` is below `apps`, and looks the module of a command up by name."""
    told = {
        label(file)
        for file in modules()
        for node in ast.walk(tree_of(file))
        if home(file) != "apps" and isinstance(node, ast.Constant) and str(node.value).startswith("scclint.apps")
    }
    assert told == {"linter/scclint/cli/commands.py"}


def test_what_comes_from_elsewhere_has_one_home() -> None:
    for file in modules():
        for found in imports(file):
            top = found.module.split(".")[0]
            if top in (*sys.stdlib_module_names, "_typeshed", "scclint"):
                continue
            assert top in THIRD_PARTY, f"{label(file)}:{found.line}: {top} is no dependency of scclint"
            assert {home(file), ".".join(full_name(file).split(".")[1:3])} & THIRD_PARTY[top], (
                f"{label(file)}:{found.line}: {top} belongs to {THIRD_PARTY[top]}"
            )


def test_only_the_command_line_and_its_output_print_and_exit() -> None:
    for file in modules():
        if home(file) in ("cli", "__main__") or label(file) == "linter/scclint/report/output.py":
            continue
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "sys.exit", "exit", "quit"), f"{label(file)}:{node.lineno}: calls {called}"


@pytest.mark.parametrize("file", [*modules(), *sorted(RULES.rglob("*.py"))], ids=label)
def test_no_conditional_expression_is_inside_another(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    outer = [node for node in ast.walk(tree) if isinstance(node, ast.IfExp)]
    inside = {inner.lineno for one in outer for inner in ast.walk(one) if isinstance(inner, ast.IfExp) and inner is not one}
    assert inside == set(), "decide one of them in a statement before"
