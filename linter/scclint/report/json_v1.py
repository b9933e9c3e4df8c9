"""The `json` format, version 1: published, described by schemas/json_v1.json, and the context of users' templates.

Fields may be added within a version; none is renamed, removed or given another meaning.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from scclint.causes.consequences import related_places
from scclint.facts.keys import causes_of
from scclint.finding import KINDS, Cause, Finding, Related, Subject
from scclint.record import EMPTY
from scclint.report import Options
from scclint.report.text import Json, by_severity, dump, rows, visible, visible_line
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import field_path

LISTS = {"problem": "problems", "access": "access", "gap": "gaps", "advice": "advice"}
"""The name of the list of each kind."""


def render(report: Report, options: Options) -> str:
    """The object of `document`, with one fact a line."""
    value = document(report, options)
    lists = "".join(f'"{name}":[{rows(value[name])}],\n' for name in LISTS.values())
    return f'{{"version":{value["version"]},\n{lists}"summary":{dump(value["summary"])}}}\n'


def render_cause(cause: Cause) -> str:
    """One cause: its name, and the facts that it makes."""
    first, *others = cause.consequences
    return dump({"version": 1, "cause": cause.name, "facts": [fact(first, cause.name), *map(fact, others)]}) + "\n"


def document(report: Report, options: Options) -> Json:
    """The report as JSON values: a list for each kind of fact, and the summary.

    Problems that are lines of another one are facts as well. Texts are made visible, since `jq -r` and templates show them as they are.
    """
    names = {cause.finding: cause.name for cause in causes_of(report.findings)}
    return {"version": 1, **lists_of(filter(_shown(options), report.findings), names), "summary": _summary(report)}


def _shown(options: Options) -> Callable[[Finding], bool]:
    """Return whether a fact is listed: also as a line of another one."""
    return lambda finding: options.shows(finding) or (finding.suppression is not None and finding.suppression.by == "finding")


def lists_of(findings: Iterable[Finding], causes: Mapping[Finding, str] = EMPTY) -> Json:
    """Return facts in a list for each kind. `causes` has the names of the causes that some stand for."""
    lists: Json = {name: [] for name in LISTS.values()}
    for finding in findings:
        lists[LISTS[finding.kind]].append(fact(finding, causes.get(finding, "")))
    return lists


def fact(finding: Finding, cause: str = "") -> Json:
    """Return a fact as the schema describes its kind."""
    return {
        "key": visible_line(str(finding.key)),
        "rule": finding.rule_id,
        "name": finding.rule_name,
        "object": visible_line(finding.key.object),
        **_span(finding.span),
        "text": visible(finding.message),
        "help": visible(finding.help),
        "subject": _subject(finding.subject),
        "path": visible_line(field_path(finding.path)),
        "related": [_related(related) for related in related_places(finding)],
        "flow": [_related(step) for step in finding.flow],
        "releases": list(finding.releases),
        "suppressed": _suppressed(finding),
        "notes": [visible(note) for note in finding.notes],
        "units": [visible_line(unit) for unit in finding.units],
        **_of_kind(finding, cause),
    }


def _of_kind(finding: Finding, cause: str) -> Json:
    """Return what only facts of its kind have."""
    if finding.kind == "access":
        return {
            "reach": finding.reach,
            "part": visible_line(finding.key.part),
            "what": visible_line(finding.what),
            "who": visible_line(finding.who),
            "through": visible_line(finding.through),
        }
    if finding.kind == "gap":
        return {"reason": visible(finding.turns_on), "word": visible_line(finding.what)}
    fix = {"fix": _fix(finding), "noFix": visible(finding.no_fix)}
    return fix if finding.severity is None else {"severity": finding.severity.value, "cause": cause, **fix}


def _subject(subject: Subject) -> Json:
    return {
        "apiVersion": visible_line(subject.api_version),
        "kind": visible_line(subject.kind),
        "namespace": visible_line(subject.namespace),
        "name": visible_line(subject.name),
        "container": visible_line(subject.container),
    }


def _fix(finding: Finding) -> Json | None:
    fix = finding.fix
    if fix is None:
        return None
    # The text is to be written to a file, so it stays as it is.
    edits = [
        {"file": visible_line(edit.file), "line": edit.line, "endLine": edit.end_line, "text": edit.text} for edit in fix.edits
    ]
    return {"title": visible(fix.title), "effect": visible(fix.whole_effect), "safety": fix.safety, "edits": edits}


def _span(span: Span) -> Json:
    return {
        "file": visible_line(span.file),
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _related(related: Related) -> Json:
    return {"message": visible(related.message), **_span(related.span)}


def _suppressed(finding: Finding) -> Json | None:
    suppression = finding.suppression
    if suppression is None:
        return None
    return {"by": suppression.by, "reason": visible(suppression.reason)}


def _summary(report: Report) -> Json:
    live, tally = report.live, report.tally
    return {
        "findings": {
            **{severity.value: number for severity, number in by_severity(report.problems).items()},
            **{kind: len(report.of(kind)) for kind in KINDS if kind != "problem"},
        },
        "rules": dict(sorted(Counter(finding.rule_id for finding in live).items())),
        "suppressed": report.suppressed,
        "known": report.known,
        "platform": visible_line(report.platform),
        "units": len(report.units),
        "files": tally.files,
        "documents": {
            "total": tally.documents,
            "linted": tally.linted,
            "other": tally.other,
            "unsupported": tally.unsupported,
            "unparsable": tally.unparsable,
        },
        "workloads": tally.workloads,
        "notices": [
            {"level": notice.level, "message": visible(notice.message), "file": visible_line(notice.file), "line": notice.line}
            for notice in report.notices
        ],
        "crashes": [
            {"rule": crash.rule_id, "subject": visible_line(str(crash.subject)), "error": visible(crash.error)}
            for crash in report.crashes
        ],
    }
