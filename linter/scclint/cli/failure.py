"""Reports of runs that fail before there is anything to report."""

from argparse import Namespace
from contextlib import suppress

from scclint.errors import LoadError, ScclintError
from scclint.finding import Notice
from scclint.report import Options, render
from scclint.report.output import write
from scclint.run.report import Report

_TOLD_BY = ("sarif", "markdown", "html")
"""Formats that can say that a run failed. In the others, a report without findings would look like a clean run."""


def write_failure(args: Namespace, error: Exception) -> None:
    """Write the files that the command line asks for in these formats. Each says that the run failed, and why."""
    formats, outputs = getattr(args, "format", []), getattr(args, "output", [])
    if len(formats) != len(outputs) or len(set(outputs)) != len(outputs):
        return
    text = str(error) if isinstance(error, ScclintError) else f"internal error: {type(error).__name__}: {error}"
    notice = Notice("error", error.message, error.file, error.line) if isinstance(error, LoadError) else Notice("error", text)
    report = Report(notices=(notice,))
    options = Options(sarif_category=getattr(args, "sarif_category", ""))
    for form, output in zip(formats, outputs, strict=True):
        if form in _TOLD_BY and output != "-":
            # The error that ended the run is the one to report.
            with suppress(ScclintError):
                write(render(report, form, options), output)
