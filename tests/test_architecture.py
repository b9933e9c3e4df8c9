"""The layers hold: proved over the syntax trees of all modules, imports within functions and for type checkers included."""

import ast
import re
import sys
from collections.abc import Set
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
    ("platform",),
    ("objects",),
    ("validation", "podsecurity", "admission", "other_units"),
    ("cluster",),
    ("seccomp",),
    ("profiles",),
    ("outcome",),
    ("advice",),
    ("rule",),
    ("api", "registry", "config"),
    ("facts",),
    ("suppress", "cel_rules"),
    ("deploy",),
    ("run",),
    ("causes",),
    ("remedy",),
    ("message",),
    ("change",),
    ("report",),
    ("linting",),
    ("workloads",),
    ("console",),
    ("apps",),
    ("cli",),
    ("__init__", "__main__"),
)
"""Lowest first. A module imports its own package and what stands below it, never what stands beside or above."""

THIRD_PARTY = {
    "ruamel": {"yaml"},
    "_ruamel_yaml": {"yaml"},
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


class Facts(NamedTuple):
    """What the tests ask of a module. Its syntax tree is not kept: all of them together would fill the memory.

    `imports` are the modules that it imports; `from scclint import x` counts as `scclint.x`, and so does a text `"scclint.x"`, by which a
    module is looked up. `names` are all that it imports by their full names, each after its module. `classes`, `texts` that begin with
    `scclint.` and `ends` are followed by their line.
    """

    imports: list[Import]
    names: list[tuple[str, str]]
    classes: list[tuple[str, int]]
    texts: list[tuple[str, int]]
    ends: list[tuple[str, int]]
    nested: list[int]


@cache
def facts(file: Path) -> Facts:
    found = Facts([], [], [], [], [], [])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.imports.extend(Import(alias.name, node.lineno) for alias in node.names)
            found.names.extend((alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            join = "" if module.endswith(".") else "."
            full = [f"{module}{join}{alias.name}" for alias in node.names]
            found.names.extend((module, name) for name in full)
            of_package = module == "scclint" or not node.module
            found.imports.extend(Import(name, node.lineno) for name in (full if of_package else [module]))
        elif isinstance(node, ast.ClassDef):
            found.classes.append((node.name, node.lineno))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("scclint."):
            found.texts.append((node.value, node.lineno))
            if (looked_up := LOOKED_UP.match(node.value)) and looked_up[1] in PACKAGES:
                found.imports.append(Import(node.value, node.lineno))
                if not node.value.endswith("."):
                    found.names.append((node.value.rpartition(".")[0], node.value))
        elif isinstance(node, ast.Call) and (called := ENDING.get(ast.dump(node.func))):
            found.ends.append((called, node.lineno))
        elif isinstance(node, ast.IfExp):
            inside = (inner for inner in ast.walk(node) if isinstance(inner, ast.IfExp) and inner is not node)
            found.nested.extend(inner.lineno for inner in inside)
    return found


def imports(file: Path) -> list[Import]:
    return facts(file).imports


LOOKED_UP = re.compile(r"scclint\.(\w+)(\.\w+)*\.?\Z")
"""The text of a name in the package, or the beginning of one."""

PACKAGES = {name for names in LAYERS for name in names}

ENDING = {ast.dump(ast.parse(call, mode="eval").body): call for call in ("print", "sys.exit", "exit", "quit")}
"""What prints or ends the program, by the syntax tree of its name."""


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
    found = {name if name in names else module for module, name in facts(file).names}
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
        for name, line in facts(file).classes:
            places.setdefault(name, []).append(f"{label(file)}:{line}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_rules_import_the_api_and_what_is_below_them() -> None:
    """What the API has comes from there, so that a rule of the project reads as one of others."""
    below = {name for layer in LAYERS[: LAYERS.index(("rule",))] for name in layer}
    api = {name.rpartition(".")[2] for module, name in facts(PACKAGE / "api.py").names if module.startswith("scclint.")}
    for file in sorted(RULES.glob("*.py")):
        for module, name in facts(file).names:
            room = module.split(".")[1] if module.startswith("scclint.") else ""
            of_api = module == "scclint.api"
            allowed = of_api or module.startswith("._") or module.split(".")[0] in sys.stdlib_module_names or room in below
            assert allowed, f"{label(file)}: {name}: a rule imports scclint.api, what is below rules, and rules/_*.py"
            assert of_api or not room or name.rpartition(".")[2] not in api, f"{label(file)}: {name} is in scclint.api"


def test_rules_hold_no_state() -> None:
    """What a rule remembers belongs to the world (`World.memo`): a module outlives the run."""
    for file in sorted(RULES.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
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
    told = [label(file) for file in modules() for text, _ in facts(file).texts if text.startswith("scclint.rules")]
    # The group of entry points has the same name; it names no module.
    assert sorted(told) == ["linter/scclint/registry/__init__.py", "linter/scclint/registry/plugins.py"]


def test_only_the_table_of_commands_names_the_apps() -> None:
    """Nothing else imports them: the table has the module of each command by name, so that only the one that runs is imported."""
    others = (file for file in modules() if home(file) != "apps")
    told = {label(file) for file in others for text, _ in facts(file).texts if text.startswith("scclint.apps")}
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
        assert facts(file).ends == [], f"{label(file)}: prints or exits"


def test_no_conditional_expression_is_inside_another() -> None:
    for file in (*modules(), *sorted(RULES.rglob("*.py"))):
        assert facts(file).nested == [], f"{label(file)}: decide one of them in a statement before"


def test_only_the_table_of_releases_compares_a_release_with_a_number() -> None:
    """What differs between releases stands in `platform/releases.py`, or in a table of data with a minor for each entry."""
    for file in (*modules(), *sorted(RULES.rglob("*.py"))):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = [node for node in tree.body if isinstance(node, ast.Assign) and _is_number(node.value)]
        numbers = {ast.unparse(target) for node in constants for target in node.targets}
        for node in ast.walk(tree) if file.name != "releases.py" else ():
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                fixed = any(_is_number(side) or ast.unparse(side) in numbers for side in sides)
                of_release = any(ast.unparse(side).endswith("minor") for side in sides)
                assert not (fixed and of_release), f"{label(file)}:{node.lineno}: add a Difference to platform/releases.py"


DECIDES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.With, ast.IfExp, ast.comprehension, ast.Assert, ast.match_case)
"""Each of these is something that a reader has to decide, and so is every further operand of `and` and `or`."""

MOST_DECISIONS = 25


def test_no_function_decides_too_much() -> None:
    """What is decided earlier, a table or a type makes a function simpler. A helper that is called once hides how much there is."""
    for file in (*modules(), *sorted(RULES.glob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                own = [inner for inner in ast.walk(node) if inner is not node]
                decisions = sum(len(one.values) - 1 for one in own if isinstance(one, ast.BoolOp))
                decisions += sum(isinstance(one, DECIDES) for one in own)
                assert decisions < MOST_DECISIONS, f"{label(file)}:{node.lineno}: {node.name} decides {decisions + 1} things"


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)
