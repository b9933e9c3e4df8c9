"""The `sarif` format: SARIF 2.1.0 as GitHub code scanning takes it, one run a file."""

from typing import Any

from scclint import __version__
from scclint.about import SITE
from scclint.finding import Finding, Related
from scclint.report.fingerprint import fingerprints, fingerprints_v2, fingerprints_v3
from scclint.report.json_text import dump, present
from scclint.report.line_hash import line_hashes
from scclint.report.lines import SourceLines
from scclint.report.options import Options
from scclint.report.paths import RepositoryPaths
from scclint.report.sanitize import one_line, visible, visible_line
from scclint.report.sarif_places import SarifPlaces
from scclint.report.sarif_rules import LEVELS, descriptors
from scclint.report.summary import crash_label, fix_sentences, judged_summary, place, sentences
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import capitalized, counted, field_path

Json = dict[str, Any]

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
    import zlib

    return len(zlib.compress(text.encode("ascii")))


class _Run:
    """What the parts of one SARIF run share: file texts, paths, rule indices, line hashes."""

    def __init__(self, report: Report, options: Options) -> None:
        self._report = report
        self._options = options
        self._lines = SourceLines(report.texts)
        self._paths = RepositoryPaths()
        self._places = SarifPlaces(self._lines, self._paths)
        self._rules = descriptors(report)
        self._rule_index = {rule["id"]: index for index, rule in enumerate(self._rules)}
        charts = {unit.name for unit in report.units if unit.kind == "chart"}
        versions = {
            "scclint/v1": fingerprints(report.findings, self._paths),
            "scclint/v2": fingerprints_v2(report.findings, self._paths, charts),
            "scclint/v3": fingerprints_v3(report.findings, self._paths, charts),
        }
        self._prints = [dict(zip(versions, prints, strict=True)) for prints in zip(*versions.values(), strict=True)]
        self.shown = [index for index, finding in enumerate(report.findings) if options.shows(finding)]
        self._hashes = self._line_hashes()

    def log(self, most: int) -> Json:
        """The whole file, with at most `most` results."""
        findings = self._report.findings
        kept = self.shown
        if len(kept) > most:
            kept = sorted(sorted(kept, key=lambda index: findings[index].severity.rank)[:most])
        notifications = self._notifications(len(self.shown) - len(kept))
        driver = {"name": "scclint", "semanticVersion": __version__, "informationUri": SITE, "rules": self._rules}
        succeeded = not (self._report.failed or self._report.judged_nothing)
        run: Json = {
            "tool": {"driver": driver},
            "invocations": [{"executionSuccessful": succeeded, "toolExecutionNotifications": notifications}],
            "columnKind": "utf16CodeUnits",
            "results": [self._result(findings[index], self._prints[index]) for index in kept],
        }
        if category := self._options.sarif_category.strip("/"):
            run["automationDetails"] = {"id": visible_line(category) + "/"}
        return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}

    def _result(self, finding: Finding, prints: Json) -> Json:
        links = []
        locations: list[Json] = []
        for related in finding.related[:_MOST_RELATED]:
            text = visible(related.message).strip() or place(related.span)
            if related.span.file:
                number = len(locations) + 1
                locations.append({"id": number, **self._places.location(related.span), "message": {"text": unlinked(text)}})
                links.append(f"[{_link_text(text)}]({number})")
            else:
                links.append(unlinked(text))
        steps = [self._step(step) for step in finding.flow[:_MOST_STEPS] if step.span.file]
        line_hash = self._hashes.get((finding.span.file, max(finding.span.line, 1)))
        return {
            "ruleId": finding.rule_id,
            "ruleIndex": self._rule_index[finding.rule_id],
            "level": LEVELS[finding.severity],
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
        properties: Json = {"releases": list(finding.releases)} if finding.releases else {}
        if len(self._report.units) > 1:
            properties["units"] = [visible_line(unit) for unit in finding.units]
        return properties

    def _message(self, finding: Finding, links: list[str]) -> str:
        """Plain sentences. Hosts show only the first one where there is little room."""
        text = (
            unlinked(sentences(finding.message, finding.help, *fix_sentences(finding), *finding.notes))
            or f"{finding.rule_id} {finding.rule_name}."
        )
        return f"{text} See {'; '.join(links)}." if links else text

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
            "description": {"text": unlinked(sentences(finding.fix.title, finding.fix.effect))},
            "artifactChanges": [
                {"artifactLocation": {"uri": self._paths.uri(file)}, "replacements": replacements}
                for file, replacements in changes.items()
            ],
        }

    def _step(self, step: Related) -> Json:
        return {"location": {**self._places.location(step.span), "message": {"text": unlinked(visible(step.message))}}}

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
            text = f"{counted(left_out, 'finding')} of the lowest severity left out to stay within the limits of code scanning."
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


def _link_text(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").rstrip(".")


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
