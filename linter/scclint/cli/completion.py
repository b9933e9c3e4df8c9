"""`scclint completion`."""

import argparse
from argparse import Namespace
from collections.abc import Iterator

from scclint.cli.commands import build
from scclint.cli.status import OK
from scclint.errors import UsageError
from scclint.registry import builtin
from scclint.report.output import write

FILES = ("FILE", "PATH", "WORKLOAD")
"""The metavars of options that take paths."""


def run(args: Namespace) -> int:
    """Print the script for a shell. What it completes is fixed when it is made: completing starts no process."""
    try:
        import shtab
    except ImportError:
        raise UsageError("completion needs shtab: pip install 'scclint[completion]', or pipx inject scclint shtab") from None
    parser = build()
    rules = [rule.id for rule in builtin().rules]
    for action in _actions(parser):
        if action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in ("RULE", "RULES"):
            action.choices = rules
    write(shtab.complete(parser, shell=args.shell), None)
    return OK


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
