"""Configuration: found, read, checked, and merged with the command line into one frozen `Config`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scclint.config.discover import discover_config
from scclint.config.model import Config
from scclint.config.selection import Selection, selection
from scclint.rule import AnyRule

if TYPE_CHECKING:
    from scclint.config.raw import Raw

__all__ = ["Config", "Selection", "build_config", "discover_config", "read_config", "selection"]


def read_config(file: str, *, found: bool = False) -> "Raw":
    """A configuration file as it is written; see `scclint.config.raw.read_config`."""
    from scclint.config.raw import read_config

    return read_config(file, found=found)


def build_config(raw: "Raw | None", rules: Sequence[AnyRule], options: Mapping[str, Any]) -> Config:
    """The settings of a run; see `scclint.config.build.build_config`."""
    if raw is None and all(value is None for value in options.values()):
        return Config()
    from scclint.config.build import build_config

    return build_config(raw, rules, options)
