"""Whatever stands in a manifest, every format stays what it is."""

import json
import re
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scclint.finding import REACHES, Crash, Finding, Notice, Related, Severity, Subject, Suppression
from scclint.record import replace
from scclint.report import FORMATS, Options, render
from scclint.report.json_v1 import document
from scclint.report.template_sandbox import render as render_template
from scclint.run.report import Report
from scclint.source import Span
from tests.running import facts_of

PIECES = [
    *("\r", "\x1b[31m", "\x7f", "\x9b", "\u202e", "\u2028", "\ud800", "\ufffe", "\n", "\r\n", "\t", " "),
    *("::error::", "##[error]", "%0A", "](1)", "[x](2)", "<b>", "]]>", "&", "|", "`", '"', "\\", "{{ 1 }}", "{0}"),
    *("a", "é", "🔥"),
]
hostile = st.one_of(
    st.text(st.characters(codec=None), max_size=30),
    st.lists(
        st.sampled_from(PIECES),
        max_size=8,
    ).map("".join),
)
numbers = st.integers(0, 6)
spans = st.builds(Span, hostile, numbers, numbers, numbers, numbers)
related = st.lists(st.builds(Related, hostile, spans), max_size=2).map(tuple)
subjects = st.builds(Subject, hostile, hostile, hostile, hostile, hostile)
ids = st.sampled_from(["SCC101", "SEC201"])
kinds = st.sampled_from(
    [
        *({"kind": "problem", "severity": severity} for severity in Severity),
        *({"kind": "access", "severity": None, "reach": reach} for reach in REACHES),
        *({"kind": kind, "severity": None} for kind in ("gap", "advice")),
    ]
)
facts = st.builds(
    Finding,
    rule_id=ids,
    rule_name=st.just("a-name"),
    kind=st.just("problem"),
    severity=st.just(Severity.ERROR),
    message=hostile,
    span=spans,
    subject=subjects,
    path=st.lists(hostile | numbers, max_size=3).map(tuple),
    related=related,
    help=hostile,
    flow=related,
    releases=st.just(()) | st.just(("4.20",)),
    suppression=st.none() | st.builds(Suppression, st.sampled_from(["comment", "accepted"]), hostile, st.none() | spans),
    notes=st.lists(hostile, max_size=1).map(tuple),
    what=hostile,
    who=hostile,
    through=hostile,
    turns_on=hostile,
)
findings = st.builds(lambda fact, kind: replace(fact, **kind), facts, kinds)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    found = draw(st.lists(findings, max_size=4).map(tuple))
    files = {finding.span.file for finding in found}
    return Report(
        found,
        draw(st.lists(st.builds(Crash, ids, subjects, hostile), max_size=1).map(tuple)),
        draw(st.lists(st.builds(Notice, st.sampled_from(["error", "note"]), hostile, hostile, numbers), max_size=1).map(tuple)),
        platform=draw(hostile),
        texts={file: draw(hostile) for file in sorted(files) if draw(st.booleans())},
    )


options = st.builds(Options, show_suppressed=st.booleans(), advice=st.booleans(), sarif_category=hostile)


@settings(max_examples=150)
@given(reports(), options)
def test_no_text_breaks_a_format(report: Report, options: Options) -> None:
    texts = {name: render(report, name, options) for name in FORMATS}
    assert texts == {name: render(report, name, options) for name in FORMATS}, "the same report gives the same bytes"
    check_every_format(report, options, texts)
    check_links(json.loads(texts["sarif"]))


def check_every_format(report: Report, options: Options, texts: Mapping[str, str]) -> None:
    shown = [finding for finding in report.findings if options.shows(finding)]
    for text in texts.values():
        assert text.endswith("\n")
        text.encode("utf-8")
        assert all(c.isprintable() or c in "\n\u3000" for c in text)
    for name in ("json", "sarif", "gitlab"):
        assert texts[name].isascii()
    assert len(facts_of(json.loads(texts["json"]))) == len(shown)
    (run,) = json.loads(texts["sarif"])["runs"]
    assert len(run["results"]) == len(shown)
    assert len(json.loads(texts["gitlab"])) == len(shown)
    commands = [line for line in texts["github"].split("\n") if line.lstrip().startswith("::")]
    assert len(commands) == len(shown)
    assert texts["github"].count("\n") == len(shown) + 1
    assert texts["concise"].count("\n") == len(shown) + 1
    for name in ("full", "concise", "markdown", "html"):
        assert not any(line.lstrip().startswith("::") for line in texts[name].split("\n"))
        assert "##[" not in texts[name]


def check_links(sarif: Any) -> None:
    for result in sarif["runs"][0]["results"]:
        # Each link of ours ends in its own number, in order; nothing else has the shape of one.
        unescaped = re.sub(r"\\.", "", result["message"]["text"])
        assert unescaped.count("](") == len(result.get("relatedLocations", []))
        for location in result["locations"] + result.get("relatedLocations", []):
            assert location["physicalLocation"]["region"]["startLine"] >= 1
            assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()


@settings(max_examples=50)
@given(reports())
def test_values_are_no_templates(report: Report) -> None:
    template = "{% for fact in problems + access + gaps + advice %}{{ fact.text }}\n{% endfor %}"
    context = document(report, Options())
    expected = "".join(f"{fact['text']}\n" for fact in facts_of(context))
    assert render_template(template, context) == {"text": expected}
