"""Whatever stands in a manifest, every format stays what it is."""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from scclint.finding import Crash, Finding, Notice, Related, Severity, Subject, Suppression
from scclint.report import FORMATS, Options, render
from scclint.report.json_v1 import document
from scclint.report.paths import RepositoryPaths
from scclint.report.template_sandbox import render as render_template
from scclint.report.text import visible_line
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
findings = st.builds(
    Finding,
    rule_id=ids,
    rule_name=st.just("a-name"),
    severity=st.sampled_from(Severity),
    message=hostile,
    span=spans,
    subject=subjects,
    path=st.lists(hostile | numbers, max_size=3).map(tuple),
    related=related,
    help=hostile,
    flow=related,
    releases=st.just(()) | st.just(("4.20",)),
    suppression=st.none() | st.builds(Suppression, st.sampled_from(["comment", "baseline"]), hostile, st.none() | spans),
    notes=st.lists(hostile, max_size=1).map(tuple),
)


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


options = st.builds(Options, show_suppressed=st.booleans(), sarif_category=hostile)


@settings(max_examples=150)
@given(reports(), options)
def test_no_text_breaks_a_format(report: Report, options: Options) -> None:
    texts = {name: render(report, name, options) for name in FORMATS}
    assert texts == {name: render(report, name, options) for name in FORMATS}, "the same report gives the same bytes"
    check_every_format(report, options, texts)
    check_links(json.loads(texts["sarif"]))
    check_sonarqube(report, json.loads(texts["sonarqube"]))


def check_every_format(report: Report, options: Options, texts: Mapping[str, str]) -> None:
    shown = [finding for finding in report.findings if options.shows(finding)]
    for text in texts.values():
        assert text.endswith("\n")
        text.encode("utf-8")
        assert all(c.isprintable() or c in "\n\u3000" for c in text)
    for name in ("json", "sarif", "gitlab", "rdjson", "junit", "checkstyle", "sonarqube"):
        assert texts[name].isascii()
    assert len(facts_of(json.loads(texts["json"]))) == sum(f.severity not in options.hide for f in report.findings)
    (run,) = json.loads(texts["sarif"])["runs"]
    assert len(run["results"]) == len(shown)
    assert len(json.loads(texts["gitlab"])) == len(shown)
    assert len(json.loads(texts["rdjson"])["diagnostics"]) == len(shown)
    root = ElementTree.fromstring(texts["junit"])
    assert len(list(root.iter("failure"))) == len(shown)
    assert len(list(ElementTree.fromstring(texts["checkstyle"]).iter("error"))) == len(shown)
    assert len(json.loads(texts["sonarqube"])["issues"]) == len(shown)
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


def check_sonarqube(report: Report, value: Any) -> None:
    """What its importer checks: fields that are not empty, rules that exist, and regions that are within their line."""
    rules = {rule["id"] for rule in value["rules"]}
    assert len(rules) == len(value["rules"])
    texts = {repository_path(file): text for file, text in report.texts.items()}
    for issue in value["issues"]:
        assert issue["ruleId"] in rules
        for place in (issue["primaryLocation"], *issue.get("secondaryLocations", ())):
            assert place["message"] and place["filePath"]
            region = place.get("textRange", {"startLine": 1, "endLine": 1})
            assert region["startLine"] == region["endLine"] >= 1
            if "startColumn" in region:
                line = texts[place["filePath"]].removeprefix("\ufeff").split("\n")[region["startLine"] - 1]
                assert "\r" not in line.removesuffix("\r")
                length = len(line.removesuffix("\r").encode("utf-16-le", "surrogatepass")) // 2
                assert 0 <= region["startColumn"] < region["endColumn"] <= length
        assert all("textRange" in place for place in issue.get("secondaryLocations", ()))


def repository_path(file: str) -> str:
    return visible_line(RepositoryPaths().path(file))


@settings(max_examples=50)
@given(reports())
def test_values_are_no_templates(report: Report) -> None:
    template = "{% for f in findings %}{{ f.message }}\n{% endfor %}"
    context = document(report, Options())
    expected = "".join(f"{finding['message']}\n" for finding in facts_of(context))
    assert render_template(template, context) == {"text": expected}
