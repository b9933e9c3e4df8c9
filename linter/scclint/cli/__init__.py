"""The command line: argparse, exit status, standard error. Nothing else prints."""

from scclint.cli.main import main, run_and_exit

__all__ = ["main", "run_and_exit"]
