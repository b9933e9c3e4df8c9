"""The page with every name of the Python API, generated from the docstrings."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import scclint
import scclint.api

INTRODUCTION = """# Names of the Python API

These tables list every name that `scclint` and `scclint.api` export, with the signature of each function and the public fields, properties
and methods of each class. [Python API](api.md) shows how to use the important ones."""

MODULES = {
    "scclint": (scclint, "For programs that judge manifests."),
    "scclint.api": (scclint.api, "For rules of your own. Such a rule imports nothing else of scclint."),
}


def names_page() -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION]
    for name, (module, about) in MODULES.items():
        rows = [f"| `{exported}` | {_meaning(module, exported)} |" for exported in sorted(module.__all__, key=str.lower)]
        parts += [f"## `{name}`", about, "\n".join(["| Name | Meaning |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _meaning(module: Any, name: str) -> str:
    value = getattr(module, name)
    if inspect.isclass(value):
        base = next((base for base in value.__mro__[1:] if base.__name__ in module.__all__), None)
        members = ", ".join(f"`{member}`" for member in _members(value, base))
        also = f"those of `{base.__name__}`" if base else ""
        listed = ", ".join(filter(None, (also, members)))
        return _sentence(inspect.getdoc(value) or "") + (f" Members: {listed}" if listed else "")
    if inspect.isfunction(value):
        return f"{_sentence(inspect.getdoc(value) or '')} Call: `{name}{_parameters(value)}`"
    return _sentence(_constants(module).get(name, ""))


def _members(owner: type, above: type | None) -> Iterator[str]:
    """Yield the public members that the class or a base in scclint defines, without those of the base `above`."""
    found: dict[str, str] = {}
    for base in reversed(owner.__mro__):
        if not base.__module__.startswith("scclint") or (above and issubclass(above, base)):
            continue
        # A record has a slot for each field, so its fields are among these names.
        for name in base.__dict__:
            if not name.startswith("_"):
                call = inspect.isroutine(inspect.getattr_static(base, name, None))
                found[name] = f"{name}()" if call else name
    yield from sorted(found.values())


def _parameters(function: Any) -> str:
    """Return the parameters without their types, which would need the names of other modules."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


@cache
def _constants(module: Any) -> Mapping[str, str]:
    """Return the docstring below each constant that the module imports, by the name under which it exports the constant."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            documented = _documented(statement.module)
            found |= {alias.asname or alias.name: documented.get(alias.name, "") for alias in statement.names}
    return found


@cache
def _documented(module: str) -> Mapping[str, str]:
    """Return the text below each assignment of a module."""
    source = Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8")
    body = ast.parse(source).body
    texts = {}
    for statement, following in pairwise(body):
        text = following.value if isinstance(following, ast.Expr) else None
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(target, ast.Name) and isinstance(text, ast.Constant) and isinstance(text.value, str):
            texts[target.id] = inspect.cleandoc(text.value)
    return texts


def _sentence(text: str) -> str:
    """Return the first paragraph of a docstring on one line, for a cell of a table."""
    first = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    code = re.sub(r"(?<!`)<", "&lt;", first)
    return code.replace("|", "\\|")
