"""`scclint config`."""

from argparse import Namespace

from scclint.cli.output import check_paths, settings
from scclint.cli.status import OK
from scclint.config.show import render
from scclint.report.output import write
from scclint.report.text import visible


def run(args: Namespace) -> int:
    """Print the settings, and where each of them is set."""
    check_paths(args.paths)
    config, _ = settings(args)
    write(visible(render(config), longest=None), None)
    return OK
