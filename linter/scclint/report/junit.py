"""The `junit` format: a test suite a file, a failed test case a finding, for CI systems that show test reports."""

import os
from itertools import groupby

from scclint.engine.report import Report
from scclint.finding import Finding
from scclint.report.options import Options
from scclint.report.sanitize import visible
from scclint.report.summary import place
from scclint.report.xml_text import attribute, characters


def render(report: Report, options: Options) -> str:
    """XML in ASCII. A run without findings has one passing test case, since importers take an empty file for a broken job."""
    findings = [finding for finding in report.findings if options.shows(finding)]
    suites = [_suite(file, list(group)) for file, group in groupby(findings, key=lambda f: f.span.file)]
    if report.crashes:
        cases = "".join(
            _case(crash.rule_id, "scclint", "", f'<error message="{attribute(crash.error)}" type="crash"/>')
            for crash in report.crashes
        )
        suites.append(_element("scclint", len(report.crashes), 0, len(report.crashes), cases))
    if not suites:
        suites.append(_element("scclint", 1, 0, 0, '<testcase name="no findings" classname="scclint"/>\n'))
    counts = f'tests="{max(len(findings) + len(report.crashes), 1)}" failures="{len(findings)}" errors="{len(report.crashes)}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="scclint" {counts}>\n{"".join(suites)}</testsuites>\n'


def _suite(file: str, findings: list[Finding]) -> str:
    cases = []
    for finding in findings:
        where = f' file="{attribute(file)}" line="{max(finding.span.line, 1)}"'
        body = "\n".join(visible(part) for part in (place(finding.span), finding.message, finding.settle) if part)
        failure = (
            f'<failure message="{attribute(finding.message)}" type="{finding.severity.value}">{characters(body)}</failure>'
        )
        cases.append(_case(f"{finding.rule_id} {finding.rule_name}", os.path.splitext(file)[0], where, failure))
    return _element(file, len(findings), len(findings), 0, "".join(cases))


def _element(name: str, tests: int, failures: int, errors: int, cases: str) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="0"'
    return f'<testsuite name="{attribute(name)}" {counts}>\n{cases}</testsuite>\n'


def _case(name: str, classname: str, where: str, outcome: str) -> str:
    return f'<testcase name="{attribute(name)}" classname="{attribute(classname)}"{where}>{outcome}</testcase>\n'
