"""`scclint explain --message`: what a pasted message means, and the findings about its workload."""

from scclint.message.read import ClusterError, Message, facts, without_links
from scclint.report import Options, render
from scclint.report.text import Json, dump, from_template, visible_line
from scclint.run.report import Report


def render_text(message: Message, report: Report | None, options: Options) -> str:
    """Return the reasons of the SCC that is the cause, each error with its fix, what the message reveals, and the findings of the report."""
    text = from_template(
        "message",
        options.color,
        options.width,
        message=message,
        others=[f"{name} ({len(reasons)})" for name, reasons in message.rejections.items() if name not in ("", message.scc)],
        errors=[_texts(error) for error in message.errors],
        facts=list(facts(message)),
        admitted=report is not None and not report.findings,
    )
    return f"{text}\n{render(report, 'full', options)}" if report and report.findings else text


def render_json(message: Message, report: Report | None) -> str:
    """Return an object with `version` 1, what the message says, its `errors`, and the `findings` about its workload."""
    document = {
        "version": 1,
        "pod": message.pod,
        "namespace": message.namespace,
        "scc": message.scc,
        "rejections": {name: list(reasons) for name, reasons in message.rejections.items()},
        "denied": list(message.denied),
        "uidRange": list(message.uid_range),
        "level": message.level,
        "policy": message.policy,
        "since": message.since,
        "until": message.until,
        "cut": message.cut,
        "errors": [_texts(error) for error in message.errors],
        "findings": [
            {
                "rule": finding.rule_id,
                "message": visible_line(finding.message),
                "help": visible_line(finding.help),
                "file": visible_line(finding.span.file),
                "line": finding.span.line,
                "fix": visible_line(finding.fix.title) if finding.fix else None,
            }
            for finding in (report.findings if report else ())
        ],
    }
    return dump(document) + "\n"


def _texts(error: ClusterError) -> Json:
    meaning = [without_links(text) for text in error.meaning]
    return {"title": error.title, "meaning": meaning, "fix": without_links(error.fix), "rules": list(error.rules)}
