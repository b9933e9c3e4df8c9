"""What the commands share: settings from file and options, and reading the input."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from scclint.config.model import KEYS, Config
from scclint.engine.inputs import Inputs, load_inputs
from scclint.load.read import read_all
from scclint.registry import Registry, builtin
from scclint.report.output import use_color


def settings(args: Namespace) -> tuple[Config, Registry]:
    """The settings in force for these paths, and the rules they choose from. Raises ConfigError, UsageError."""
    from scclint.config import build_config, discover_config, read_config

    file = getattr(args, "config", None)
    if file is None and not getattr(args, "isolated", False):
        paths = getattr(args, "paths", ["."])
        file = discover_config(paths[0] if paths and paths[0] != "-" else ".")
    registry = builtin()
    return build_config(read_config(file) if file else None, registry.rules, given(args)), registry


def given(args: Namespace) -> Mapping[str, Any]:
    """The options that are settings, by the names of `Config`'s fields."""
    found = {key: value for key, value in vars(args).items() if key in KEYS}
    if hasattr(args, "as_user"):
        found["creator"] = {"user": args.as_user, "groups": getattr(args, "as_group", [])}
    return found


def read_inputs(args: Namespace, config: Config) -> Inputs:
    """Read the paths of the command line and what is to be taken into account beside them."""
    paths = args.paths
    name = getattr(args, "stdin_filename", "") or "<stdin>"
    return load_inputs(
        paths,
        config,
        context=getattr(args, "context", []),
        stdin=read_all(sys.stdin.buffer, name) if "-" in paths else None,
        stdin_filename=name,
    )


def color_wanted(args: Namespace, output: str | None) -> bool:
    import os

    return use_color(getattr(args, "color", "auto"), None if output else sys.stdout, os.environ)
