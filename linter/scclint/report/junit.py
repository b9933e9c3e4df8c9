"""The `junit` format: a test suite a file, a failed test case a finding, for CI systems that show test reports."""

import os
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from scclint.report import Options
from scclint.report.brief import brief
from scclint.report.help_address import help_addresses
from scclint.report.text import one_line, place
from scclint.run.report import Report


def render(report: Report, options: Options) -> str:
    """XML in ASCII. A run without findings has one passing test case, since importers take an empty file for a broken job."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    crashes, pages = len(report.crashes), help_addresses(report.rules)
    counts = {"tests": max(len(findings) + crashes, 1), "failures": len(findings), "errors": crashes}
    root = Element("testsuites", {"name": "scclint", **_texts(counts)})
    for file, group in groupby(findings, key=lambda finding: finding.span.file):
        same = list(group)
        suite = _suite(root, file, tests=len(same), failures=len(same))
        for finding in same:
            name, folder = f"{finding.rule_id} {finding.rule_name}", os.path.splitext(file)[0]
            line = str(max(finding.span.line, 1))
            case = SubElement(
                suite, "testcase", name=one_line(name), classname=one_line(folder), file=one_line(file), line=line
            )
            said = brief(finding, pages)
            failure = SubElement(case, "failure", message=said.headline, type=finding.severity.value)
            failure.text = "\n".join(
                filter(None, (place(finding.span), said.headline, said.evidence, said.fix, said.effect, said.link))
            )
    if crashes:
        suite = _suite(root, "scclint", tests=crashes, errors=crashes)
        for crash in report.crashes:
            case = SubElement(suite, "testcase", name=one_line(crash.rule_id), classname="scclint")
            SubElement(case, "error", message=one_line(crash.error), type="crash")
    if not len(root):
        SubElement(_suite(root, "scclint", tests=1), "testcase", name="no findings", classname="scclint")
    return document(root)


def _suite(root: Element, name: str, *, tests: int, failures: int = 0, errors: int = 0) -> Element:
    counts = {"tests": tests, "failures": failures, "errors": errors, "skipped": 0}
    return SubElement(root, "testsuite", {"name": one_line(name), **_texts(counts)})


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {name: str(number) for name, number in counts.items()}


def document(root: Element) -> str:
    """Return an XML document in ASCII with an element on each line.

    Its texts are safe to show. Such a text has nothing that XML 1.0 cannot contain: it does not print, so `visible` replaced it.
    """
    indent(root, space="")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root).decode("ascii")}\n'
