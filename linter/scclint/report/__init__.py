"""The report stage: a `Report` in, text out. Nothing here judges, and only `write` touches anything outside.

Every format is a module of this package with a `render(report, options)`, imported when it is asked for.
"""

from collections.abc import Callable

from scclint.engine.report import Report
from scclint.report.options import Options
from scclint.report.output import use_color, write

__all__ = ["FORMATS", "Options", "render", "use_color", "write"]


def _format(module: str) -> Callable[[Report, Options], str]:
    def call(report: Report, options: Options) -> str:
        from importlib import import_module

        text: str = import_module(f"scclint.report.{module}").render(report, options)
        return text

    return call


FORMATS: dict[str, Callable[[Report, Options], str]] = {
    "full": _format("full"),
    "concise": _format("concise"),
    "json": _format("json_v1"),
    "sarif": _format("sarif"),
    "github": _format("github"),
    "gitlab": _format("gitlab"),
    "junit": _format("junit"),
    "rdjson": _format("rdjson"),
    "checkstyle": _format("checkstyle"),
    "sonarqube": _format("sonarqube"),
    "markdown": _format("markdown"),
    "html": _format("html"),
}


def render(report: Report, format: str, options: Options | None = None) -> str:
    """The report as one document that ends in a newline. The same report and options give the same text.

    Raises UsageError for a format that is not in `FORMATS`, or a template of the user's that does not work.
    """
    if format not in FORMATS:
        from scclint.errors import UsageError

        raise UsageError(f"unknown format {format!r}; choose from {', '.join(FORMATS)}")
    return FORMATS[format](report, options or Options())
