"""`scclint cache`."""

from argparse import Namespace

from scclint.console.status import OK
from scclint.files.store import clear
from scclint.report.output import write
from scclint.text import counted


def run(args: Namespace) -> int:
    """Remove what is stored between runs, and say how much that was."""
    number, size = clear()
    write(f"Removed {counted(number, 'file')} ({size / 1_000_000:.1f} MB).\n", None)
    return OK
