"""The report stage: a `Report` in, text out. Nothing here judges, and only `write` of `report.output` touches anything outside.

Every format is a module of this package with a `render(report, options)`. It and all that it needs are imported when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from scclint.finding import Finding
from scclint.record import record

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
    "markdown": "markdown",
    "html": "html",
}
"""The module of each format."""

UNPARSABLE = "MAN001"
"""The rule that reports documents that cannot be parsed."""


@record
class Options:
    """Choices of the caller; each format takes what concerns it.

    `color` concerns `full` and `concise`, `template` (a path) replaces the layout of `full`;
    `clean` is True if the template belongs to the checked folder, which must not control the terminal that shows its output.
    `width` is the number of columns of the terminal that the report is for, None if it is for none. `sarif_category` becomes the
    run's `automationDetails.id`. `paths` are those of the command line and `revision` the commit of their work tree, for a page to name.
    `verbose` shows all places, evidence and consequences in `full`.
    `advice` shows advice, which the summary else only counts, and `show_suppressed` takes suppressed facts in; both hold for every format.
    """

    color: bool = False
    width: int | None = None
    template: str | None = None
    clean: bool = False
    sarif_category: str = ""
    paths: tuple[str, ...] = ()
    revision: str = ""
    show_suppressed: bool = False
    verbose: bool = False
    advice: bool = False

    def shows(self, finding: Finding) -> bool:
        """Whether the formats show a fact."""
        return (self.advice or finding.kind != "advice") and (self.show_suppressed or finding.suppression is None)


def render(report: "Report", format: str, options: Options | None = None) -> str:
    """The report as one document that ends in a newline. The same report and options give the same text.

    Raises UsageError for a template of the user's that does not work.
    """
    text: str = import_module(f"scclint.report.{FORMATS[format]}").render(report, options or Options())
    return text
