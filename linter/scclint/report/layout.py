"""Render the package's own Jinja templates, which tools/compile_templates.py compiles to the modules beside them.

This module replaces the parts of Jinja that compiled templates use, because to import Jinja costs a fifth of a run over one
file (60 of 300 ms). Values are sanitised before: the templates escape nothing.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["TemplateRuntimeError", "Undefined", "internalcode", "missing", "str_join"]

missing: Any = object()

Undefined = None
"""The value of an `if` without `else`; the templates have none."""

TemplateRuntimeError = RuntimeError


def internalcode(function: Any) -> Any:
    """Do nothing: Jinja marks functions that its tracebacks leave out."""
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
    """Return templates/`name`.j2 rendered with `values`. Raises NameError or AttributeError for a missing value."""
    root = import_module(f"scclint.report.templates.{name}").root
    return "".join(root(_Context(values), environment=_Environment(filters)))
