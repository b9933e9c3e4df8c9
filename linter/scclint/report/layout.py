"""Runs the package's own Jinja templates, which tools/compile_templates.py has compiled to the modules beside them.

What those import, and the little that they ask of an environment, stands in here for Jinja's own: to load that takes longer
than all else a run over one file does. Values come sanitised: escaping is not left to the layout.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["TemplateRuntimeError", "Undefined", "internalcode", "missing", "str_join"]

missing: Any = object()

Undefined = None
"""What an `if` without `else` would give; the templates have none."""

TemplateRuntimeError = RuntimeError


def internalcode(function: Any) -> Any:
    """Marks for Jinja's tracebacks what is not the template's own."""
    return function


def str_join(parts: tuple[object, ...]) -> str:
    """The operator `~`."""
    return "".join(map(str, parts))


class _Environment:
    """The filters, and strict ways to look things up."""

    concat = "".join
    getattr = staticmethod(getattr)

    def __init__(self, filters: Mapping[str, Callable[..., str]]) -> None:
        self.filters = filters

    def undefined(self, name: str) -> object:
        raise NameError(f"the template asks for {name}, which it is not given")


class _Context:
    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def resolve_or_missing(self, name: str) -> object:
        return self._values.get(name, missing)


def render(name: str, filters: Mapping[str, Callable[..., str]], **values: object) -> str:
    """What templates/`name`.j2 makes of `values`. NameError or AttributeError where it asks for what is not there."""
    root = import_module(f"scclint.report.templates.{name}").root
    return "".join(root(_Context(values), environment=_Environment(filters)))
