"""The `json` format, version 1: published, described by schemas/json_v1.json, and the context of users' templates.

Fields may be added within a version; none is renamed, removed or given another meaning.
"""

from collections import Counter
from collections.abc import Iterable

from scclint.causes.consequences import related_places
from scclint.causes.reach import REACHES, by_reach, reach
from scclint.finding import Append, Cause, Finding, Operation, Related, Rename, Set, Subject
from scclint.report import Options
from scclint.report.text import Json, by_severity, dump, rows, visible, visible_line
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import field_path


def render(report: Report, options: Options) -> str:
    """The object of `document`, with one cause or finding a line."""
    value = document(report, options)
    lists = "".join(f'"{name}":[{rows(value[name])}],\n' for name in ("causes", "findings"))
    return f'{{"version":{value["version"]},\n{lists}"summary":{dump(value["summary"])}}}\n'


def render_cause(cause: Cause) -> str:
    """One cause, as it stands in the list of all."""
    return dump({"version": 1, "cause": _cause(cause)}) + "\n"


def document(report: Report, options: Options) -> Json:
    """The report as JSON values, suppressed findings among the others, with what suppresses them.

    Texts are made visible, since `jq -r` and templates show them as they are.
    """
    return {
        "version": 1,
        "causes": [
            _cause(cause)
            for cause in sorted(report.causes, key=lambda cause: by_reach(cause.finding))
            if not options.hides(cause.finding)
        ],
        "findings": [_finding(finding) for finding in report.findings if not options.hides(finding)],
        "summary": _summary(report, options),
    }


def _cause(cause: Cause) -> Json:
    finding = cause.finding
    return {
        "name": cause.name,
        "rule": finding.rule_id,
        "severity": finding.severity.value,
        "reach": REACHES[reach(finding)],
        "message": visible(finding.message),
        "applied": cause.applied,
        "restsOn": visible(finding.rests_on),
        "places": [{**_span(place.span), "label": visible(place.label)} for place in cause.places],
        "consequences": [_consequence(one) for one in cause.consequences],
        "remedy": _remedy(finding),
        "alternative": _alternative(finding),
        "suppressed": _suppressed(finding),
    }


def _consequence(finding: Finding) -> Json:
    return {
        "rule": finding.rule_id,
        "severity": finding.severity.value,
        "message": visible(finding.message),
        **_span(finding.span),
        "subject": _subject(finding.subject),
        "opens": sorted(map(visible_line, finding.opens)),
        "for": list(map(visible_line, finding.subjects)),
        "units": list(map(visible_line, finding.units)),
        "releases": list(finding.releases),
    }


def _remedy(finding: Finding) -> Json:
    """What to do first: the proved fix, the best remedy, or the help where there is none of these."""
    best = finding.remedies[0] if finding.remedies else None
    if fix := finding.first_fix:
        operations = best.operations if best is not None and best.title == fix.title else ()
        return _to_do(fix.title, [fix.effect, fix.beside], operations, tried=True)
    if best is not None:
        return _to_do(best.title, best.effects, best.operations)
    return _to_do(finding.help)


def _alternative(finding: Finding) -> Json | None:
    """What to do else: the proved fix, if it carries the second remedy out, or that remedy."""
    second = finding.other_remedy
    if finding.fix is not None and finding.fix.second:
        return _to_do(
            finding.fix.title, [finding.fix.effect, finding.fix.beside], second.operations if second else (), tried=True
        )
    return _to_do(second.title, second.effects, second.operations) if second else None


def _to_do(text: str, effects: Iterable[str] = (), operations: Iterable[Operation] = (), *, tried: bool = False) -> Json:
    return {
        "text": visible(text),
        "effects": [visible(effect) for effect in effects if effect],
        "operations": [_operation(operation) for operation in operations],
        "tried": tried,
    }


def _operation(operation: Operation) -> Json:
    named = {"operation": type(operation).__name__.lower(), "path": visible_line(field_path(operation.path))}
    if isinstance(operation, Set | Append):
        return {**named, "value": visible(operation.value) if isinstance(operation.value, str) else operation.value}
    return {**named, "key": visible_line(operation.key)} if isinstance(operation, Rename) else named


def _subject(subject: Subject) -> Json:
    return {
        "apiVersion": visible_line(subject.api_version),
        "kind": visible_line(subject.kind),
        "namespace": visible_line(subject.namespace),
        "name": visible_line(subject.name),
        "container": visible_line(subject.container),
    }


def _finding(finding: Finding) -> Json:
    return {
        "rule": finding.rule_id,
        "name": finding.rule_name,
        "severity": finding.severity.value,
        "message": visible(finding.message),
        "help": visible(finding.help),
        **_span(finding.span),
        "subject": _subject(finding.subject),
        "path": visible_line(field_path(finding.path)),
        "related": [_related(related) for related in related_places(finding)],
        "flow": [_related(step) for step in finding.flow],
        "releases": list(finding.releases),
        "suppressed": _suppressed(finding),
        "notes": [visible(note) for note in finding.notes],
        "units": [visible_line(unit) for unit in finding.units],
        "fix": _fix(finding),
        "noFix": visible(finding.no_fix),
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


def _summary(report: Report, options: Options) -> Json:
    live, tally = report.live, report.tally
    return {
        "findings": {severity.value: number for severity, number in by_severity(live).items()},
        "rules": dict(sorted(Counter(finding.rule_id for finding in live).items())),
        "suppressed": report.suppressed,
        "hidden": sum(options.hides(finding) for finding in live),
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
