"""Rules from other packages: Python modules behind entry points of the group `scclint.rules`, where a configuration names them.

Rules are code, so who may bring them matters. Only installed packages can, none is loaded unless the configuration names it,
and nothing is ever loaded from the tree that is being linted, even if Python would find it there.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import ModuleType

from scclint.errors import ConfigError
from scclint.registry import rule_of
from scclint.rule import AnyRule, Rule

GROUP = "scclint.rules"


def load_rules(names: Sequence[str], linted: Iterable[str], file: str = "") -> tuple[AnyRule, ...]:
    """The rules of the entry points with those names, in order.

    An entry point refers to a rule module (with a `check` under `@rule`), to such a `check`, or to a list or tuple of either.
    `linted` are the folders being linted, from which nothing is imported. `file` is the configuration that names them.

    Raises ConfigError for a name that no installed package provides, and for a module that lies in `linted`, cannot be
    imported or holds no rules.
    """
    if not names:
        return ()
    folders = [os.path.realpath(folder) for folder in linted]
    points = {point.name: point for point in entry_points(group=GROUP)}
    rules: list[AnyRule] = []
    for name in names:
        try:
            rules += _load(name, points, folders)
        except ConfigError as error:
            raise ConfigError(f"{file + ': ' if file else ''}rule-modules: {error}") from error
    return tuple(rules)


def _load(name: str, points: dict[str, EntryPoint], linted: Sequence[str]) -> list[AnyRule]:
    point = points.get(name)
    if point is None:
        there = f"installed are {', '.join(sorted(points))}" if points else "no package with such rules is installed"
        raise ConfigError(f"{name!r} is not installed in the environment of scclint; {there}")
    _refuse_linted(point, linted)
    try:
        loaded = point.load()
    except Exception as error:  # whatever foreign code raises while it is imported
        raise ConfigError(f"{name!r} cannot be loaded from {point.value}: {type(error).__name__}: {error}") from error
    rules = list(_rules_in(loaded))
    if not rules:
        raise ConfigError(f"{name!r} ({point.value}) holds no rules; it must be a module with a `check` under @rule, or a list")
    return rules


def _rules_in(loaded: object) -> Iterator[AnyRule]:
    if isinstance(loaded, Rule):
        yield loaded
    elif isinstance(loaded, ModuleType):
        yield rule_of(loaded)
    elif isinstance(loaded, list | tuple):
        for item in loaded:
            yield from _rules_in(item)


def _refuse_linted(point: EntryPoint, linted: Sequence[str]) -> None:
    """Look where Python would import the package from, before it does: importing is running it."""
    package = point.module.partition(".")[0]
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    places: list[str] = []
    if spec is not None:
        places = [*(spec.submodule_search_locations or ()), *filter(None, [spec.origin])]
    for place in places:
        path = os.path.realpath(place)
        if any(_inside(path, folder) for folder in linted) and not any(_inside(path, site) for site in _sites()):
            raise ConfigError(
                f"{point.name!r} would be loaded from {place}, which is part of what is linted; install its package instead"
            )


def _sites() -> list[str]:
    """The folders that packages are installed to; an environment within the linted tree is installed, not linted."""
    paths = sysconfig.get_paths()
    sites = {paths["purelib"], paths["platlib"]}
    if "site" in sys.modules and sys.modules["site"].ENABLE_USER_SITE:
        sites.add(sys.modules["site"].getusersitepackages())
    return [os.path.realpath(site) for site in sites]


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
