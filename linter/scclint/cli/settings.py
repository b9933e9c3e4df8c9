"""`scclint config`."""

from argparse import Namespace

from scclint.cli.inputs import settings
from scclint.cli.main import OK
from scclint.config.show import render
from scclint.report.output import write


def run(args: Namespace) -> int:
    """Print the settings in force and where each was set."""
    config, _ = settings(args)
    write(render(config), None)
    return OK
