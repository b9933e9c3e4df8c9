"""The settings of a run with the rules that they choose from: built in, from rule modules, declared in the configuration."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scclint.config import build_config, read_config
from scclint.config.model import KEYS, Config
from scclint.errors import ConfigError, RuleSetError, UsageError
from scclint.registry import Registry, builtin, registry

if TYPE_CHECKING:
    from scclint.config.raw import Raw

_DEFAULTS = Config()


def load_config(path: str, *, found: bool = False) -> Config:
    """The settings of a configuration file. Raises ConfigError for a mistake in it, and RuleSetError for its rule modules.

    `found` says that nobody named the file: it may then name only files of its own folder or git work tree.
    """
    raw = read_config(path, found=found)
    return build_config(raw, _own_rules(raw.rule_modules, path).rules, {})


def rules_of(config: Config) -> Registry:
    """Return the built-in rules with the rules of rule modules and the rules in the configuration.

    Raises RuleSetError, and UsageError for what is no Config and for a setting that is one text and should be a tuple of texts.
    """
    if not isinstance(config, Config):
        raise UsageError(f"config is what load_config(FILE) returns, or Config(...), and not {config!r:.80}")
    for name in KEYS:
        value = getattr(config, name)
        if isinstance(value, str) and isinstance(getattr(_DEFAULTS, name), tuple):
            raise UsageError(f"the setting {name} is a tuple of texts: write Config({name}=({value!r},))")
    return _with_declared(_own_rules(config.rule_modules, config.file), config)


def configured(raw: "Raw | None", options: Mapping[str, Any], linted: Iterable[str]) -> tuple[Config, Registry]:
    """The settings of a configuration file, None for no file, with the `options` given beside it, and the rules they choose from.

    No rule module is taken from the `linted` folders. Raises ConfigError, UsageError, RuleSetError.
    """
    registry = _with_modules(raw.rule_modules, raw.file, linted) if raw is not None else builtin()
    config = build_config(raw, registry.rules, options)
    return config, _with_declared(registry, config)


def _own_rules(modules: Sequence[str], file: str) -> Registry:
    try:
        return _with_modules(modules, file, [os.curdir, os.path.dirname(file) or os.curdir])
    except ConfigError as error:
        raise RuleSetError(str(error)) from error


def _with_modules(modules: Sequence[str], file: str, linted: Iterable[str]) -> Registry:
    """The rules that come with scclint and those of the rule modules that a configuration file names."""
    if not modules:
        return builtin()
    from scclint.registry.plugins import load_rules

    return registry((*builtin(), *load_rules(modules, linted, file)))


def _with_declared(registry: Registry, config: Config) -> Registry:
    if not config.rules:
        return registry
    from scclint.cel_rules.rules import with_declared

    return with_declared(registry, config)
