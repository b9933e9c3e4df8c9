"""The command line: the table of commands, their parser, and a module for each. Only this package and `console` print."""

from scclint.cli.main import main, run_and_exit

__all__ = ["main", "run_and_exit"]
