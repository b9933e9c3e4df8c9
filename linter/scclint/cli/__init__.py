"""The command line: argparse, exit status, standard error. Nothing else prints."""

from scclint.cli.main import main

__all__ = ["main"]
