"""The `checkstyle` format: the XML of Checkstyle, which Jenkins and many other tools read.

Checkstyle has no schema. Source: its XMLLogger writes `checkstyle/file/error` with these attributes.
"""

from itertools import groupby

from scclint.engine.report import Report
from scclint.finding import Finding
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.paths import RepositoryPaths
from scclint.report.summary import sentences
from scclint.report.xml_text import attribute

_VERSION = "4.3"
"""The version of Checkstyle whose format this is. Readers want the attribute and ignore its value."""


def render(report: Report, options: Options) -> str:
    """Return a `file` element for each file with findings, with an `error` for each of them. Paths start at the repository's root."""
    lines, paths = SourceLines(report.texts), RepositoryPaths()
    findings = [finding for finding in report.findings if options.shows(finding)]
    files = [
        f'<file name="{attribute(file)}">\n{"".join(_error(finding, lines) for finding in group)}</file>\n'
        for file, group in groupby(findings, key=lambda finding: paths.path(finding.span.file))
    ]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="{_VERSION}">\n{"".join(files)}</checkstyle>\n'


def _error(finding: Finding, lines: SourceLines) -> str:
    """Readers take the part of `source` after the last dot for the type of the problem, and group by it."""
    region = lines.region(finding.span)
    message = attribute(sentences(finding.message, finding.settle) or finding.rule_name)
    return (
        f'<error line="{region.line}" column="{region.start}" severity="{finding.severity.value}" '
        f'message="{message}" source="scclint.{attribute(finding.rule_id)}"/>\n'
    )
