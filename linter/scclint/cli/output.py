"""Where the output of a command goes, and how wide and colorful it is there."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from itertools import zip_longest

from scclint.errors import UsageError
from scclint.report.output import use_color, write


def write_formats(
    args: Namespace, render: Callable[[str, str | None], str], default: str = "text", *, paged: bool = False
) -> None:
    """Write each requested format to its output, files first; `-` and none are standard output.

    `paged` shows the default format in a pager if standard output is a terminal.
    """
    outputs = [None if output == "-" else output for output in getattr(args, "output", [])]
    pairs = zip_longest(getattr(args, "format", [default]), outputs)
    # The reader of standard output may have gone away.
    for form, output in sorted(pairs, key=lambda pair: pair[1] is None):
        if form is None:
            raise UsageError(f"--output {output} has no --format of its own")
        text = render(form, output)
        if paged and form == default and output is None:
            from scclint.cli.pager import show

            show(text, color=color_wanted(args, output))
        else:
            write(text, output)


def color_wanted(args: Namespace, output: str | None) -> bool:
    """Return whether to color what is written to a file, or to standard output if that is None."""
    return use_color(getattr(args, "color", "auto"), None if output else sys.stdout, os.environ)


def terminal_columns() -> int | None:
    """Return the width of the terminal on standard output, None where that is none."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns
