"""The settings of a scan: those of the command line for all targets, and those of each target's own configuration."""

import os
from functools import cached_property
from typing import Any

from scclint.apps.fleet.content import content_of, digest_of
from scclint.config.discover import NAME, discover_config
from scclint.config.model import Config
from scclint.config.raw import read_config
from scclint.deploy.render import installed
from scclint.record import Memo, record
from scclint.registry import Registry, builtin
from scclint.run.rule_set import configured

_PATHS = ("cluster_state", "profile_dirs", "helm_values", "helm_chart")
"""The fields of `Config` that name files to read."""


@record
class ScanSettings:
    """What the command line says. `options` are fields of `Config`, with absolute paths.

    `file` is the configuration file for all targets, as an absolute path. If it is empty, each target has its own one, if there is
    one and the settings are not `isolated`.
    """

    options: tuple[tuple[str, Any], ...] = ()
    file: str = ""
    isolated: bool = False


@record
class OwnSettings:
    """The settings and rules of one target. `special` is a digest of what is not the same for all targets; empty if nothing is."""

    config: Config
    registry: Registry
    special: str = ""


class TargetSettings:
    """Makes the settings of targets. What several targets have in common is made once."""

    def __init__(self, settings: ScanSettings) -> None:
        self._settings = settings
        self._configured = Memo()

    @cached_property
    def common(self) -> tuple[Config, Registry]:
        """The settings and rules of a target without its own configuration. Raises ConfigError, UsageError or RuleSetError."""
        return self._made(self._settings.file or None)

    @cached_property
    def key(self) -> str:
        """The digest of what the results of all targets depend on: settings, files that they name, and programs."""
        config, registry = self.common
        file = content_of(self._settings.file) if self._settings.file else ""
        return digest_of(self._settings, file, _named(config), _of_packages(registry), installed())

    def of_target(self, *, copied: bool) -> OwnSettings:
        """Return the settings for the target in the working directory. Raises ConfigError or RuleSetError for its own mistakes.

        The folders above a `copied` target are not its own, and no configuration is taken from there.
        """
        file = None if self._settings.file or self._settings.isolated else self._own_file()
        if file is not None and copied and os.path.dirname(file):
            file = None
        if file is None:
            return OwnSettings(*self.common)
        config, registry = self._made(file)
        return OwnSettings(config, registry, digest_of(content_of(file), _named(config), _of_packages(registry)))

    def _own_file(self) -> str | None:
        """The configuration file that applies in the working directory. The folders above it are looked at once."""
        names = os.listdir(".")
        if ".git" not in names and not {NAME}.intersection(names):
            above = os.path.dirname(os.getcwd())
            if not self._configured(above, lambda: discover_config(above) is not None):
                return None
        return discover_config(".")

    def _made(self, file: str | None) -> tuple[Config, Registry]:
        raw = read_config(file, found=not self._settings.file) if file else None
        return configured(raw, dict(self._settings.options), [os.getcwd()])


def _named(config: Config) -> list[tuple[str, str]]:
    """The files and folders that settings name, with their content."""
    values = (getattr(config, field) for field in _PATHS)
    paths = (path for value in values for path in ((value,) if isinstance(value, str) else value))
    return [(path, content_of(path)) for path in paths if path]


def _of_packages(registry: Registry) -> list[tuple[str, str]]:
    """The modules of rules from other packages, with their content."""
    builtin_files = {rule.check.__code__.co_filename for rule in builtin() if hasattr(rule.check, "__code__")}
    all_of = {rule.check.__code__.co_filename for rule in registry if hasattr(rule.check, "__code__")}
    return [(file, content_of(file)) for file in sorted(all_of - builtin_files)]
