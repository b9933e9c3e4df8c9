"""`scclint completion`."""

import argparse
from argparse import Namespace
from collections.abc import Iterator

from scclint.cli.commands import build
from scclint.cluster import Cluster
from scclint.console.status import OK
from scclint.platform.releases import DEFAULT, RELEASES
from scclint.registry import builtin
from scclint.report.output import write

FILES = ("FILE", "PATH", "WHAT", "WORKLOAD")
"""The metavars of options that take paths."""


def run(args: Namespace) -> int:
    """Print the script for a shell. What it completes is fixed when it is made: completing starts no process."""
    import shtab

    parser = build()
    rules = [rule.id for rule in builtin().rules]
    choices = {"RULE": rules, "RULES": rules, "RELEASE": [*RELEASES], "SCC": sorted(Cluster.openshift(DEFAULT).sccs)}
    for action in _actions(parser):
        if action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in choices:
            action.choices = choices[str(action.metavar)]
    write(shtab.complete(parser, shell=args.shell), None)
    return OK


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
