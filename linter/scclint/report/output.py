"""Write a report to its destination, and decide whether it has colour there."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from scclint.errors import UsageError
from scclint.report.text import folded, prose_width, visible


def use_color(flag: str, stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether to write ANSI colour to `stream`; None means an output file, which never gets any.

    `flag` is `always`, `never` or `auto`. It wins over NO_COLOR, which wins over FORCE_COLOR and CLICOLOR_FORCE,
    which win over what the stream is. An empty variable counts as absent, and a forcing one set to `0` too.
    """
    if stream is None or flag == "never":
        return False
    if flag == "always":
        return True
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def columns_of(stream: TextIO | None) -> int | None:
    """Return the width of the terminal that a stream writes to, None where that is none."""
    if stream is None or not stream.isatty():
        return None

    # It brings the modules of four compressions.
    from shutil import get_terminal_size

    return get_terminal_size().columns


def say(text: str) -> None:
    """Write a line to standard error. Names and values from the input in it are made safe to show, and on a terminal it is wrapped.

    Write nothing if standard error is closed or cannot be written to, because `print` would use standard output instead. The
    exit status also reports the error.
    """
    if sys.stderr is not None:
        try:
            columns = columns_of(sys.stderr)
            print(folded(visible(text), columns and prose_width(columns)), file=sys.stderr, flush=True)
        except OSError:
            _detach(sys.stderr)


def write(text: str, output: str | None) -> None:
    """Write a report to the file `output`, or to standard output for None.

    A file appears whole or not at all, in UTF-8; what the encoding of standard output lacks is written as an escape.
    Raises BrokenPipeError if the reader of standard output has gone away, and UsageError if the report cannot be written.
    """
    text = text if text.endswith("\n") else text + "\n"
    try:
        if output is None:
            if sys.stdout is None:
                raise UsageError("cannot write the report to standard output: it is closed")
            _write_stdout(text)
        else:
            _write_file(text.encode("utf-8", "backslashreplace"), output)
    except BrokenPipeError:
        raise
    except OSError as error:
        target = "standard output" if output is None else output
        raise UsageError(f"cannot write the report to {target}: {error.strerror or error}") from error


def _write_stdout(text: str) -> None:
    stream = sys.stdout
    try:
        stream.flush()
        encoding = getattr(stream, "encoding", None) or "utf-8"
        if hasattr(stream, "buffer"):
            stream.buffer.write(text.encode(encoding, "backslashreplace"))
        else:
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        _detach(stream)
        raise


def _detach(stream: TextIO) -> None:
    """Point a stream that failed at the null device: the interpreter flushes it once more on exit and would complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, stream.fileno())
    finally:
        os.close(null)


def _write_file(data: bytes, output: str) -> None:
    target = os.path.realpath(output)
    if os.path.exists(target) and not os.path.isfile(target):
        # A device, a pipe or /dev/stdout is written to, not replaced by a file. A directory fails here, as it should.
        with open(target, "wb") as file:
            file.write(data)
        return
    from scclint.files.replace import replace_file

    def finish(descriptor: int) -> None:
        if os.path.exists(target) and hasattr(os, "fchmod"):
            os.fchmod(descriptor, os.stat(target).st_mode & 0o7777)

    folder, name = os.path.split(target)
    replace_file(target, data, draft=os.path.join(folder, f".{name}.{os.getpid()}.tmp"), mode=0o666, finish=finish)
