"""Entry point: parse the command line, run the command, return the exit status."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from scclint import __version__
from scclint.cli.commands import COMMANDS, build
from scclint.console.status import BUG, OK, USAGE
from scclint.errors import ScclintError, UsageError
from scclint.report.output import say, write
from scclint.text import how_to_install

_READ_NO_YAML = ("completion", "rule", "rules")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. Raises only SystemExit, from argparse."""
    try:
        return _run(argv)
    except ScclintError as error:
        _say(f"scclint: {error}")
        return USAGE
    except BrokenPipeError:
        # The reader of standard output has gone away, and wants no message either.
        return USAGE
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # a user sees a traceback only with SCCLINT_DEBUG
        if os.environ.get("SCCLINT_DEBUG"):
            raise
        _say(
            f"scclint: internal error: {type(error).__name__}: {error}\n"
            "This is a bug of scclint. Run again with SCCLINT_DEBUG=1 for the details to report."
        )
        return BUG


def run_and_exit() -> NoReturn:
    """Run the command line of this process and end it with the exit status.

    The process ends without freeing the objects of the run, which takes up to a tenth of the time. What was printed is flushed.
    """
    status = main()
    try:
        # A stream that was closed before the start is None.
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        # The interpreter reports it on its own way out.
        sys.exit(status)
    os._exit(status)


def _run(argv: Sequence[str] | None) -> int:
    if argv is None:
        # The objects of a run are in use until the process ends. The collector would take up to a tenth of the time and free nothing
        # before (measured with 1,000 workloads: the same peak memory).
        gc.disable()
        argv = sys.argv[1:]
    match list(argv):
        case ["help", *words]:
            argv = [*words, "--help"]
        case ["version"]:
            argv = ["--version"]
    parser = build(argv[0] if argv else "")
    args = parser.parse_args(argv)
    if args.version:
        write(f"scclint {__version__}", None)
        return OK
    if args.command is None:
        parser.print_help()
        return USAGE
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UsageError("the working directory does not exist any more") from None
    # A module is imported only if its command runs.
    described = COMMANDS[args.command]
    module = described.module or f"scclint.cli.{args.command.replace('-', '_')}"
    if args.command not in _READ_NO_YAML and not getattr(args, "quiet", False):
        from scclint.yaml.events import IN_C, IN_PYTHON

        if not IN_C:
            _say(f"scclint: {IN_PYTHON}")
    try:
        status: int = import_module(module).run(args)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not described.extra or package in ("", "scclint"):
            raise
        raise UsageError(f"{args.command} needs {package}: {how_to_install(described.extra)}") from None
    return status


def _say(text: str) -> None:
    say(text)
