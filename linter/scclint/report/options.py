"""How a report is to be shown: the one value every format receives beside the report."""

from scclint.finding import Finding, Severity
from scclint.record import record


@record
class Options:
    """Choices of the caller; each format takes what concerns it.

    `color` concerns `full` and `concise`, `statistics` those and `markdown`, `template` (a path) replaces the layout of `full`;
    `clean` is True if the template belongs to the checked folder, which must not control the terminal that shows its output.
    `width` is the number of columns of the terminal that the report is for, None if it is for none. `sarif_category` becomes the
    run's `automationDetails.id`. `hide` names severities to leave out and `show_suppressed` takes suppressed findings in; both hold for every
    format, and the summary counts what is left out.
    """

    color: bool = False
    width: int | None = None
    template: str | None = None
    clean: bool = False
    sarif_category: str = ""
    show_suppressed: bool = False
    statistics: bool = False
    hide: frozenset[Severity] = frozenset()

    def shows(self, finding: Finding) -> bool:
        return finding.severity not in self.hide and (self.show_suppressed or finding.suppression is None)
