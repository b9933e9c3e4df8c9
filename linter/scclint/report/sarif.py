"""The `sarif` format: SARIF 2.1.0 as GitHub code scanning takes it, one run a file.

A finding's fingerprint is a digest of its key: it survives moved lines and files, and reworded messages.
`primaryLocationLineHash` is how GitHub recognises an alert whose line has moved. Its algorithm is that of github/codeql-action's
upload-sarif, which adds the hash where a SARIF file lacks it and keeps a file's own otherwise; uploads by the REST API rely on the file's. A
value that differed would split alerts in two.
"""

import re
import zlib
from collections.abc import Collection, Mapping
from typing import Any

from scclint import __version__
from scclint.about import SITE, site_page, with_addresses
from scclint.causes.consequences import related_places
from scclint.facts.keys import fingerprints
from scclint.finding import Finding
from scclint.limits import MAX_QUOTED_LINE
from scclint.report import Options
from scclint.report.brief import brief, fitting
from scclint.report.help_address import help_addresses
from scclint.report.paths import RepositoryPaths
from scclint.report.text import (
    Json,
    SourceLines,
    crash_label,
    dump,
    judged_summary,
    place,
    present,
    sentences,
    visible,
    visible_line,
)
from scclint.rule import AnyRule
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import capitalized, counted, field_path

MOST_RESULTS = 25_000
LARGEST_GZIP = 10_000_000
_MOST_RELATED = 100
_MOST_STEPS = 1_000


def render(report: Report, options: Options) -> str:
    """The report within GitHub's limits, beyond which it would refuse the whole file.

    When there is too much, the least severe findings are left out and a notification says how many.
    """
    run = _Run(report, options)
    most = MOST_RESULTS
    while True:
        text = dump(run.log(most)) + "\n"
        size = _gzip_size(text)
        if size <= LARGEST_GZIP or most <= 1:
            return text
        most = min(most, len(run.shown)) * LARGEST_GZIP // size * 9 // 10


def _gzip_size(text: str) -> int:
    if len(text) <= LARGEST_GZIP * 9 // 10:
        return 0

    return len(zlib.compress(text.encode("ascii")))


class _Run:
    """What the parts of one SARIF run share: file texts, paths, rule indices, line hashes."""

    def __init__(self, report: Report, options: Options) -> None:
        self._report = report
        self._options = options
        self._lines = SourceLines(report.texts)
        self._paths = RepositoryPaths()
        self._places = SarifPlaces(self._lines, self._paths)
        self._pages = help_addresses(report.rules)
        self._rules = descriptors(report, self._pages)
        self._rule_index = {rule["id"]: index for index, rule in enumerate(self._rules)}
        self._prints = [{"scclint/v1": text} for text in fingerprints(report.findings)]
        self.shown = [index for index, finding in enumerate(report.findings) if options.shows(finding)]
        self._hashes = self._line_hashes()

    def log(self, most: int) -> Json:
        """The whole file, with at most `most` results."""
        findings = self._report.findings
        indices = self.shown
        if len(indices) > most:
            indices = sorted(sorted(indices, key=lambda index: findings[index].rank)[:most])
        notifications = self._notifications(len(self.shown) - len(indices))
        driver = {
            "name": "scclint",
            "fullName": f"scclint {__version__}",
            "semanticVersion": __version__,
            "informationUri": SITE,
            "rules": self._rules,
        }
        succeeded = not (self._report.failed or self._report.judged_nothing)
        run: Json = {
            "tool": {"driver": driver},
            "invocations": [{"executionSuccessful": succeeded, "toolExecutionNotifications": notifications}],
            "columnKind": "utf16CodeUnits",
            "results": [self._result(findings[index], self._prints[index]) for index in indices],
        }
        category = self._options.sarif_category.strip("/") or "scclint"
        run["automationDetails"] = {"id": visible_line(category) + "/"}
        return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}

    def _result(self, finding: Finding, prints: Json) -> Json:
        links = []
        locations: list[Json] = []
        for related in related_places(finding)[:_MOST_RELATED]:
            text = visible(related.message).strip() or place(related.span)
            if related.span.file:
                number = len(locations) + 1
                locations.append({"id": number, **self._places.location(related.span), "message": {"text": unlinked(text)}})
                shown = place(related.span).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
                links.append(f"See [{shown}]({number}).")
            else:
                links.append(unlinked(sentences(text)))
        steps = [
            {"location": {**self._places.location(step.span), "message": {"text": unlinked(visible(step.message))}}}
            for step in finding.flow[:_MOST_STEPS]
            if step.span.file
        ]
        line_hash = self._hashes.get((finding.span.file, max(finding.span.line, 1)))
        return {
            "ruleId": finding.rule_id,
            "ruleIndex": self._rule_index[finding.rule_id],
            "level": LEVELS[finding.heading],
            "message": {"text": self._message(finding, links)},
            "locations": [{**self._places.location(finding.span), **_logical(finding)}],
            **present(
                relatedLocations=locations,
                codeFlows=[{"threadFlows": [{"locations": steps}]}] if steps else [],
                fixes=[fix] if (fix := self._fix(finding)) else [],
            ),
            "partialFingerprints": {**present(primaryLocationLineHash=line_hash), **prints},
            # SARIF wants the array in all results or in none.
            **({"suppressions": self._suppressions(finding)} if self._options.show_suppressed else {}),
            **present(properties=self._properties(finding)),
        }

    def _properties(self, finding: Finding) -> Json:
        properties: Json = {"kind": finding.kind, **present(reach=finding.reach, releases=list(finding.releases))}
        if len(self._report.units) > 1:
            properties["units"] = [visible_line(unit) for unit in finding.units]
        return properties

    def _message(self, finding: Finding, links: list[str]) -> str:
        """Plain sentences. Hosts show only the first one where there is little room, and a related place only if the message links to it."""
        said = brief(finding, self._pages)
        return fitting((*map(unlinked, (said.headline, said.fix, said.evidence, said.effect)), *links), _LONGEST_MESSAGE)

    def _fix(self, finding: Finding) -> Json | None:
        """The proved fix, in whole lines: tools that count columns in other units still find them."""
        if finding.fix is None:
            return None
        changes: dict[str, list[Json]] = {}
        for edit in finding.fix.edits:
            whole = self._lines.whole_lines(edit)
            if whole is None:
                return None
            region = {"startLine": whole.first, "startColumn": 1, "endLine": whole.last + 1, "endColumn": 1}
            if not whole.ended:
                last = self._lines.line(edit.file, whole.last) or ""
                region |= {"endLine": whole.last, "endColumn": len(last.encode("utf-16-le")) // 2 + 1}
            changes.setdefault(edit.file, []).append({"deletedRegion": region, "insertedContent": {"text": whole.text}})
        return {
            "description": {"text": unlinked(sentences(finding.fix.title, finding.fix.whole_effect))},
            "artifactChanges": [
                {"artifactLocation": {"uri": self._paths.uri(file)}, "replacements": replacements}
                for file, replacements in changes.items()
            ],
        }

    def _suppressions(self, finding: Finding) -> list[Json]:
        suppression = finding.suppression
        if suppression is None:
            return []
        kind = "inSource" if suppression.by in ("comment", "annotation") else "external"
        span = suppression.span
        where = self._places.location(span) if span is not None and span.file else {}
        return [{"kind": kind, "status": "accepted", **present(justification=visible(suppression.reason), location=where)}]

    def _notifications(self, left_out: int) -> list[Json]:
        report = self._report
        notifications: list[Json] = []
        for notice in report.notices:
            span = Span(notice.file, notice.line, 1, notice.line, 1)
            where = self._places.location(span) if notice.line > 0 else self._places.file(notice.file)
            text = unlinked(visible(notice.message))
            notifications.append(
                {"level": notice.level, "message": {"text": text}, **present(locations=notice.file and [where])}
            )
        for crash in report.crashes:
            what = crash_label(crash)
            text = f"{capitalized(what)} on {crash.subject}: {crash.error}. This is a bug of scclint."
            index = self._rule_index.get(crash.rule_id)
            rule = {} if index is None else {"id": crash.rule_id, "index": index}
            notifications.append(
                {"level": "error", "message": {"text": unlinked(visible(text))}, **present(associatedRule=rule)}
            )
        if left_out:
            text = f"{counted(left_out, 'finding')} that matter least left out to stay within the limits of code scanning."
            notifications.append({"level": "warning", "message": {"text": text}})
        notifications.append({"level": "note", "message": {"text": unlinked(judged_summary(report))}})
        return notifications

    def _line_hashes(self) -> dict[tuple[str, int], str]:
        """The line hash of every finding shown, each file read once."""
        wanted: dict[str, set[int]] = {}
        for index in self.shown:
            span = self._report.findings[index].span
            wanted.setdefault(span.file, set()).add(max(span.line, 1))
        return {
            (file, line): value
            for file, numbers in wanted.items()
            if file in self._report.texts
            for line, value in line_hashes(self._report.texts[file], numbers).items()
        }


def unlinked(text: str) -> str:
    """`text` without SARIF's link syntax, `[text](target)`: only links of our own may lead anywhere."""
    return text.replace("](", "] (")


def _logical(finding: Finding) -> Json:
    """The object and the field that the finding is about, as logical locations; nothing for a whole document."""
    subject = finding.subject
    if not (subject.kind and subject.name):
        return {}
    full = "/".join(visible_line(part) for part in (subject.kind, subject.namespace, subject.name) if part)
    locations = [{"name": visible_line(subject.name), "fullyQualifiedName": full, "kind": "resource"}]
    if finding.path:
        path = visible_line(field_path(finding.path))
        name = visible_line(str(finding.path[-1]))
        locations.append({"name": name, "fullyQualifiedName": f"{full}:{path}", "kind": "property"})
    return {"logicalLocations": locations}


_AROUND = 2
"""Lines of context before and after the region."""


class SarifPlaces:
    """Turns spans into locations. Columns count UTF-16 code units. `lines` has the texts, `paths` knows the repository."""

    def __init__(self, lines: SourceLines, paths: RepositoryPaths) -> None:
        self._lines = lines
        self._paths = paths

    def location(self, span: Span) -> Json:
        """A region on one line, with its text and the lines around it if the text is at hand."""
        line, start, end, text = self._lines.region(span)
        first, last = self._lines.utf16(span)
        region: Json = {"startLine": line, "startColumn": first}
        if last is not None:
            region |= {"endLine": line, "endColumn": last}
        place: Json = {"artifactLocation": {"uri": self._paths.uri(span.file)}, "region": region}
        if text is not None and len(text) <= MAX_QUOTED_LINE:
            if quoted := text[start - 1 : (end or len(text) + 1) - 1]:
                region["snippet"] = {"text": visible_line(quoted)}
            place |= self._context(span.file, line)
        return {"physicalLocation": place}

    def file(self, name: str) -> Json:
        """A whole file."""
        return {"physicalLocation": {"artifactLocation": {"uri": self._paths.uri(name)}}}

    def _context(self, file: str, line: int) -> Json:
        """The lines around a line. SARIF wants more than the region, so a file of one line has none."""
        numbers = [line]
        for step in (-1, 1):
            for number in range(line + step, line + step * (_AROUND + 1), step):
                text = self._lines.line(file, number)
                if text is None or len(text) > MAX_QUOTED_LINE:
                    break
                if not text and self._lines.line(file, number + 1) is None:
                    # What follows the last line end is no line.
                    break
                numbers.append(number)
        if len(numbers) == 1:
            return {}
        numbers.sort()
        texts = [visible_line(self._lines.line(file, number) or "") for number in numbers]
        region = {"startLine": numbers[0], "endLine": numbers[-1], "snippet": {"text": "\n".join(texts)}}
        return {"contextRegion": region}


LEVELS = {"error": "error", "warning": "warning", "access": "warning", "gap": "note", "advice": "note"}
"""The level for each kind of fact, and for problems each severity."""

_PROBLEM_SEVERITIES = {
    "error": "error",
    "warning": "warning",
    "access": "warning",
    "gap": "recommendation",
    "advice": "recommendation",
}
_LONGEST_DESCRIPTION = 1024
_LINK = r"\[([^\]]+)\]\(([^)]*)\)"
_LONGEST_MESSAGE = 300
_ENOUGH = 20
"""Findings to read before a rule counts as very precise. If all of 20 are right, at least 86 % are with 95 % confidence."""
_MOST_TAGS = 20


def descriptors(report: Report, pages: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rules that have findings or failed, sorted by ID.

    A finding's rule that the run has no record of is listed with what the finding says about it.
    """
    found = {finding.rule_id: finding for finding in report.findings}
    used = found.keys() | {crash.rule_id for crash in report.crashes}
    by_id = {rule.id: _descriptor(rule, pages.get(rule.id, "")) for rule in report.rules if rule.id in used}
    by_id |= {rule_id: _bare_descriptor(finding) for rule_id, finding in found.items() if rule_id not in by_id}
    return [by_id[rule_id] for rule_id in sorted(by_id)]


def _descriptor(rule: AnyRule, page: str) -> dict[str, Any]:
    title = _sentence(rule.title)
    links = "".join(f"\n- {reference}" for reference in rule.references)
    manual = _plain(with_addresses(rule.page or title)) + (f"\n{links}" if links else "")
    return {
        "id": rule.id,
        "name": _pascal_case(rule.name),
        "shortDescription": {"text": _cut(title)},
        "fullDescription": {"text": _cut(_first_paragraph(rule.page) or title)},
        **({"helpUri": page} if page else {}),
        "help": {"text": manual},
        "defaultConfiguration": {"level": LEVELS[rule.heading]},
        "properties": {
            "precision": precision(rule),
            "problem.severity": _PROBLEM_SEVERITIES[rule.heading],
            **({} if rule.security_severity is None else {"security-severity": str(rule.security_severity)}),
            "tags": _tags(rule),
        },
    }


def _bare_descriptor(finding: Finding) -> dict[str, Any]:
    text = _sentence(finding.rule_name)
    return {
        "id": finding.rule_id,
        "name": _pascal_case(finding.rule_name),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "helpUri": f"{site_page('managing-findings')}#kinds-of-facts",
        "help": {"text": text},
        "defaultConfiguration": {"level": LEVELS[finding.heading]},
        "properties": {"precision": "high", "problem.severity": _PROBLEM_SEVERITIES[finding.heading]},
    }


def precision(rule: AnyRule) -> str:
    """Return how often a finding of the rule is right, in GitHub's words, from the study on real manifests.

    A rule without findings in the study had no wrong one either.
    """
    read, right = rule.study
    if right < read:
        return "medium" if right * 2 >= read else "low"
    return "very-high" if read >= _ENOUGH else "high"


def _tags(rule: AnyRule) -> list[str]:
    """GitHub heeds a security severity only under the tag `security`, and knows CWEs by CodeQL's tags."""
    security = () if rule.security_severity is None else ("security",)
    tags = (*security, rule.kind, *rule.tags, *(f"external/cwe/cwe-{number:03d}" for number in rule.cwe))
    return list(dict.fromkeys(tags))[:_MOST_TAGS]


def _first_paragraph(page: str) -> str:
    """The first prose of a manual page without headings and links, on one line."""
    for paragraph in page.split("\n\n"):
        text = " ".join(line for line in paragraph.split("\n") if not line.startswith("#")).strip()
        if text:
            return re.sub(_LINK, r"\1", " ".join(text.split()))
    return ""


def _plain(page: str) -> str:
    """A manual page without the marks of Markdown."""
    text = re.sub(_LINK, r"\1 (\2)", page)
    return re.sub(r"\A# |^##+ |^```\w*\n|`", "", text, flags=re.MULTILINE)


def _pascal_case(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 1] + "…"


_WINDOW = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END_OF_FILE = "\uffff"


def line_hashes(text: str, wanted: Collection[int]) -> dict[int, str]:
    """The hash of each wanted line (from 1) that `text` has, as `<lowercase hex>:<ordinal among equal hashes>`.

    `text` is the whole file, its byte order mark included. A line's hash covers the 100 UTF-16 code units from its start
    on, across line ends, spaces and tabs left out. Here, other than for `Span`, a lone CR ends a line too.
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "") + _END_OF_FILE
    if not text.isascii():
        kept = _as_utf16_units(kept)
    kept += "\0" * (_WINDOW - 1)
    last = max(wanted, default=0)
    # Equal windows have equal hashes, so ordinals need no arithmetic: that is for the wanted lines alone.
    counts: dict[str, int] = {}
    by_line: dict[int, str] = {}
    start, number = 0, 1
    while number <= last:
        window = kept[start : start + _WINDOW]
        ordinal = counts[window] = counts.get(window, 0) + 1
        if number in wanted:
            by_line[number] = f"{_polynomial(window):x}:{ordinal}"
        end = kept.find("\n", start)
        if end < 0:
            break
        start, number = end + 1, number + 1
    return by_line


def _polynomial(window: str) -> int:
    value = 0
    for unit in window:
        value = (value * _FACTOR + ord(unit)) & _MASK
    return value


def _as_utf16_units(text: str) -> str:
    """`text` with each character beyond the BMP as its two surrogates."""
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(low | high << 8) for low, high in zip(data[::2], data[1::2], strict=True))
