"""The `github` format: workflow commands, which GitHub's runner shows as annotations."""

from collections import Counter

from scclint.report import Options
from scclint.report.brief import brief
from scclint.report.help_address import help_addresses
from scclint.report.paths import RepositoryPaths
from scclint.report.text import SourceLines, sentences, summary_line, units_phrase, visible_line
from scclint.run.report import Report
from scclint.text import capitalized

_COMMANDS = {"error": "error", "warning": "warning", "access": "warning", "gap": "notice", "advice": "notice"}
"""The command for each kind of fact, and for problems each severity."""
_SHOWN_PER_COMMAND = 10


def render(report: Report, options: Options) -> str:
    """A command a finding, most severe first, then the summary as plain text for the log.

    The runner shows the first ten of each command in a step; where there are more, a last `notice` says how many.
    """
    findings = [finding for finding in report.findings if options.shows(finding)]
    lines, paths = SourceLines(report.texts), RepositoryPaths()
    units, pages = units_phrase(report), help_addresses(report.rules)
    out = []
    for finding in sorted(findings, key=lambda f: f.rank):
        region = lines.region(finding.span)
        properties = {"file": visible_line(paths.path(finding.span.file)), "line": str(region.line), "col": str(region.start)}
        if region.end is not None:
            properties |= {"endLine": str(region.line), "endColumn": str(region.end)}
        properties["title"] = f"{finding.rule_id} {finding.rule_name}"
        said = brief(finding, pages)
        parts = (said.headline, said.evidence, said.fix, said.effect, sentences(capitalized(units(finding))), said.link)
        message = " ".join(filter(None, parts))
        out.append(_command(_COMMANDS[finding.heading], properties, message))
    summary = summary_line(report, options)
    if any(number > _SHOWN_PER_COMMAND for number in Counter(_COMMANDS[finding.heading] for finding in findings).values()):
        out.append(_command("notice", {"title": "scclint"}, f"Not every finding is annotated; the log has all. {summary}"))
    return "\n".join([*out, summary]) + "\n"


def _command(name: str, properties: dict[str, str], message: str) -> str:
    pairs = ",".join(f"{key}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties.items())
    return f"::{name} {pairs}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
