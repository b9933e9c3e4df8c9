"""The report stage: a `Report` in, text out. Nothing here judges, and only `write` of `report.output` touches anything outside.

Every format is a module of this package with a `render(report, options)`. It and all that it needs are imported when it is asked for.
"""

from typing import TYPE_CHECKING

from scclint.report.options import Options

if TYPE_CHECKING:
    from scclint.run.report import Report

__all__ = ["FORMATS", "Options", "render"]

FORMATS = {
    "full": "full",
    "concise": "concise",
    "json": "json_v1",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
    "checkstyle": "checkstyle",
    "sonarqube": "sonarqube",
    "markdown": "markdown",
    "html": "html",
}
"""The module of each format."""


def render(report: "Report", format: str, options: Options | None = None) -> str:
    """The report as one document that ends in a newline. The same report and options give the same text.

    Raises UsageError for a template of the user's that does not work.
    """
    from importlib import import_module

    text: str = import_module(f"scclint.report.{FORMATS[format]}").render(report, options or Options())
    return text
