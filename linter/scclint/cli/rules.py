"""`scclint rules` and `scclint rule`."""

import os
import sys
from argparse import Namespace

from scclint.cli.inputs import color_wanted
from scclint.cli.main import OK
from scclint.errors import UsageError
from scclint.registry import builtin
from scclint.report.output import write
from scclint.report.rule_pages import page, table, table_json


def run(args: Namespace) -> int:
    """Show the table of all rules, or the page of one."""
    registry = builtin()
    color = color_wanted(args, None)
    if args.command == "rules":
        write(table_json(registry.rules) if args.format == "json" else table(registry.rules, color), None)
        return OK
    rule = registry.find(args.rule)
    if rule is None:
        from difflib import get_close_matches

        known = [word for r in registry for word in (r.id, r.name)]
        near = get_close_matches(args.rule, known, 1, 0.5) or get_close_matches(args.rule.upper(), known, 1, 0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"no rule is called {args.rule!r}.{hint} `scclint rules` lists them.")
    _show(page(rule, color), color)
    return OK


def _show(text: str, color: bool) -> None:
    """Through the user's pager where a person is reading and the page is longer than the screen."""
    import shutil

    rows = shutil.get_terminal_size().lines
    if not sys.stdout.isatty() or text.count("\n") < rows:
        write(text, None)
        return
    import pydoc

    os.environ.setdefault("LESS", "-R" if color else "")
    pydoc.pager(text)
