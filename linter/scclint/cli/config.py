"""`scclint config`."""

from argparse import Namespace

from scclint.config.show import render
from scclint.console.arguments import check_paths, settings
from scclint.console.status import OK
from scclint.report.output import write
from scclint.report.text import visible


def run(args: Namespace) -> int:
    """Print the settings, and where each of them is set."""
    check_paths(args.paths)
    config, _ = settings(args)
    write(visible(render(config), longest=None), None)
    return OK
