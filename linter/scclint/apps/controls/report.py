"""`scclint controls`: the status of each control of a framework, as text, JSON, Markdown and SARIF."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from scclint.apps.controls.assess import Assessment
from scclint.apps.controls.frameworks import Framework, controls_of, frameworks
from scclint.report import Options, html_page, render
from scclint.report.html_page import TableBody, TableCell
from scclint.report.markdown import code, from_template, prose
from scclint.report.table import table_with_remarks
from scclint.report.text import dump, place, visible_line
from scclint.report.view import suppressed_words
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import and_more, counted

Json = dict[str, Any]

_MOST_PLACES = 5
"""How many objects the text names for a control. JSON has all of them."""


def render_json(framework: Framework, assessments: Sequence[Assessment]) -> str:
    """The controls as JSON, which schemas/controls.json describes."""
    counts = _counts(assessments)
    document = {
        "version": 1,
        "framework": {
            "name": framework.name,
            "title": framework.title,
            "version": framework.version,
            "source": framework.source,
        },
        "controls": [
            {
                "id": assessment.control.id,
                "title": assessment.control.title,
                "status": "fail" if assessment.status == "suppressed" else assessment.status,
                "suppressed": assessment.status == "suppressed",
                "why": visible_line(assessment.why),
                "findings": [
                    {"rule": rule, "message": visible_line(text), "file": visible_line(span.file), "line": span.line}
                    for rule, text, span in evidence_of(assessment)
                ],
            }
            for assessment in assessments
        ],
        "summary": {**counts, "fail": counts["fail"] + counts["suppressed"]},
    }
    return dump(document) + "\n"


def evidence_of(assessment: Assessment) -> Iterator[tuple[str, str, Span]]:
    """Yield what fails a control: the rule (empty for a check of the control's own), what it says with its suppression, and where."""
    yield from (("", evidence.message, evidence.span) for evidence in assessment.evidence)
    yield from ((f.rule_id, f"{f.message}{suppressed_words(f)}", f.span) for f in assessment.findings)


def _counts(assessments: Sequence[Assessment]) -> Json:
    return {
        status: sum(assessment.status == status for assessment in assessments)
        for status in ("pass", "fail", "suppressed", "not assessable")
    }


def full_title(framework: Framework) -> str:
    """Return the title of a framework with its version."""
    return f"{framework.title} {framework.version}".rstrip()


def summary(assessments: Sequence[Assessment]) -> str:
    """Return how many controls have each status: `1 pass, 2 fail, 3 not assessable`. None suppressed is not said."""
    return ", ".join(f"{n} {status}" for status, n in _counts(assessments).items() if n or status != "suppressed")


def render_text(framework: Framework, assessments: Sequence[Assessment], columns: int | None = None) -> str:
    """A table of the controls for a terminal of so many `columns`, and below each what fails it."""
    rows = [
        ((assessment.control.id, assessment.status, assessment.control.title), _remarks(assessment))
        for assessment in assessments
    ]
    table = table_with_remarks(("CONTROL", "STATUS", "TITLE"), rows, columns)
    return f"{full_title(framework)}: {summary(assessments)}\n\n{table}\n"


def _remarks(assessment: Assessment) -> Iterator[str]:
    if assessment.why:
        yield assessment.why
    against = [
        f"{place(span)}: {f'{rule} ' if rule else ''}{visible_line(text)}" for rule, text, span in evidence_of(assessment)
    ]
    yield from against[:_MOST_PLACES]
    if len(against) > _MOST_PLACES:
        yield f"and {len(against) - _MOST_PLACES:,} more"


def render_markdown(framework: Framework, assessments: Sequence[Assessment]) -> str:
    """A page to print: the framework, and a table of its controls."""
    return from_template(
        "controls",
        title=full_title(framework),
        summary=summary(assessments),
        framework=framework,
        signs={"pass": "🟢", "fail": "🔴", "suppressed": "🟡", "not assessable": "⚪"},
        controls=[
            (
                assessment,
                and_more((f"{code(place(span))} {prose(text)}" for _, text, span in evidence_of(assessment)), _MOST_PLACES),
            )
            for assessment in assessments
        ],
    )


def render_html(framework: Framework, assessments: Sequence[Assessment], about: str) -> str:
    """A page with the status of each control, and below the table what fails it. `about` says what was assessed."""
    evidence = [
        [(place(span), f"{rule} {visible_line(text)}".lstrip()) for rule, text, span in evidence_of(assessment)]
        for assessment in assessments
    ]
    return html_page.render(
        "controls",
        title=full_title(framework),
        lead=summary(assessments),
        about=about,
        framework=framework,
        controls=[
            TableBody([_cells(assessment, len(items))], assessment.control.id)
            for assessment, items in zip(assessments, evidence, strict=True)
        ],
        failed=[
            {"id": assessment.control.id, "title": assessment.control.title, "evidence": items}
            for assessment, items in zip(assessments, evidence, strict=True)
            if items
        ],
    )


def _cells(assessment: Assessment, objects: int) -> list[TableCell]:
    tones = {"fail": "error", "suppressed": "warning", "not assessable": "quiet"}
    return [
        TableCell("Title", assessment.control.title),
        TableCell("Status", assessment.status, tones.get(assessment.status, "")),
        TableCell("Evidence", f"{counted(objects, 'object')}, see below")
        if objects
        else TableCell("Evidence", assessment.why, "quiet"),
    ]


def render_sarif(report: Report) -> str:
    """The findings as SARIF, with each framework as a taxonomy and a relationship from each rule to its controls."""
    log = json.loads(render(report, "sarif", Options(show_suppressed=True)))
    driver = log["runs"][0]["tool"]["driver"]
    position = {framework.name: index for index, framework in enumerate(frameworks())}
    index_of = {
        (framework.name, control.id): index for framework in frameworks() for index, control in enumerate(framework.controls)
    }
    log["runs"][0]["taxonomies"] = [
        {
            "name": framework.name,
            "fullName": full_title(framework),
            **({"version": framework.version} if framework.version else {}),
            "organization": framework.organization,
            "taxa": [{"id": control.id, "name": control.title} for control in framework.controls],
        }
        for framework in frameworks()
    ]
    for rule in driver["rules"]:
        relationships = [
            {
                "target": {
                    "id": control,
                    "index": index_of[name, control],
                    "toolComponent": {"name": name, "index": position[name]},
                },
                "kinds": ["relevant"],
            }
            for name, control in controls_of(rule["id"])
        ]
        if relationships:
            rule["relationships"] = relationships
    driver["supportedTaxonomies"] = [{"name": name, "index": index} for name, index in position.items()]
    return dump(log) + "\n"
