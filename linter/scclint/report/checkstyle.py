"""The `checkstyle` format: the XML of Checkstyle, which Jenkins and many other tools read.

Checkstyle has no schema. Source: its XMLLogger writes `checkstyle/file/error` with these attributes.
"""

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement

from scclint.report import Options
from scclint.report.brief import brief
from scclint.report.help_address import help_addresses
from scclint.report.junit import document
from scclint.report.paths import RepositoryPaths
from scclint.report.text import SourceLines, one_line
from scclint.run.report import Report

_VERSION = "4.3"
"""The version of Checkstyle whose format this is. Readers want the attribute and ignore its value."""


def render(report: Report, options: Options) -> str:
    """Return a `file` element for each file with findings, with an `error` for each of them. Paths start at the repository's root."""
    lines, paths, pages = SourceLines(report.texts), RepositoryPaths(), help_addresses(report.rules)
    root = Element("checkstyle", version=_VERSION)
    findings = [finding for finding in report.findings if options.shows(finding)]
    for name, group in groupby(findings, key=lambda finding: paths.path(finding.span.file)):
        file = SubElement(root, "file", name=one_line(name))
        for finding in group:
            region = lines.region(finding.span)
            SubElement(
                file,
                "error",
                line=str(region.line),
                column=str(region.start),
                severity=finding.severity.value,
                message=brief(finding, pages).text,
                # Readers take the part after the last dot for the type of the problem, and group by it.
                source=f"scclint.{one_line(finding.rule_id)}",
            )
    return document(root)
