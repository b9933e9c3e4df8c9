"""The templates on the site work, also on hostile text, and the page describes every field that a template gets."""

import csv
import importlib.util
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from scclint.config.schema import load_schema
from scclint.finding import Finding, Severity
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.template_context import context
from scclint.run.report import Report
from tests.running import report_on

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "docs" / "templates"
HOSTILE = '=1+1,"a"\n</li><script>x</script> & <!channel> \' {{ 1 }}'


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_template_page", ROOT / "docs" / "_site" / "template_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(ROOT / "fixtures")
    return report_on(["demo"], review=True)


@pytest.fixture
def hostile(demo: Report) -> Report:
    return replace(demo, findings=tuple(_hostile(finding) for finding in demo.findings))


def _hostile(finding: Finding) -> Finding:
    return replace(finding, message=HOSTILE, help=HOSTILE, rule_name=HOSTILE)


def rendered(report: Report, name: str) -> str:
    return render(report, "full", Options(template=str(TEMPLATES / name)))


def test_the_spreadsheet(demo: Report, hostile: Report) -> None:
    header, *rows = csv.reader(io.StringIO(rendered(demo, "findings.csv.j2")))
    assert header == ["file", "line", "kind", "rule", "object", "text", "help"]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        (f.span.file, str(f.span.line), f.rule_id) for f in (*demo.problems, *demo.access)
    ]
    for row in list(csv.reader(io.StringIO(rendered(hostile, "findings.csv.j2"))))[1:]:
        assert row[5] == row[6] == f"'{HOSTILE}"


def test_the_message_in_slack(demo: Report, hostile: Report) -> None:
    message = json.loads(rendered(demo, "slack.json.j2"))
    head, *sections = message["blocks"]
    assert message["text"] == head["text"]["text"] == "scclint: 3 errors, 0 warnings on OpenShift 4.22"
    errors = [finding for finding in demo.live if finding.severity is Severity.ERROR]
    assert [block["text"]["text"].split("\n")[1] for block in sections] == [finding.message for finding in errors]
    many = replace(hostile, findings=tuple(replace(f, message=HOSTILE * 999) for f in hostile.live) * 9)
    blocks = json.loads(rendered(many, "slack.json.j2"))["blocks"]
    # Slack takes at most 50 blocks, and 3,000 characters in a section.
    assert len(blocks) == 11 and all(len(block["text"]["text"]) < 3000 for block in blocks)
    assert not any("<" in block["text"]["text"] for block in blocks)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def test_the_page(demo: Report, hostile: Report) -> None:
    text = rendered(demo, "page.html.j2")
    assert "<li>Deployment shell in .: restricted-v2, shell RuntimeDefault</li>" in text
    assert "<h3>SCC101: No SCC that the pod may use admits it</h3>" in text
    plain, with_markup = _Tags(), _Tags()
    plain.feed(text)
    with_markup.feed(rendered(hostile, "page.html.j2"))
    assert plain.tags == with_markup.tags


def test_the_context_has_the_described_fields_and_no_others(demo: Report) -> None:
    values = context(demo, Options())
    described: set[str] = set()
    for name in ("json_v1", "template"):
        schema = load_schema(name)
        jsonschema.validate(values, schema)
        described |= set(schema["properties"])
    assert set(values) == described
    definitions = load_schema("template")["$defs"]
    workload = values["workloads"][0]
    for entry, kind in (
        (values["rules"][0], "rule"),
        (values["units"][0], "unit"),
        (workload, "workload"),
        (workload["containers"][0], "container"),
    ):
        assert list(entry) == definitions[kind]["required"] == list(definitions[kind]["properties"])
    assert {one["id"] for one in values["rules"]} == {finding.rule_id for finding in demo.live if finding.kind != "advice"}


def test_the_page_describes_every_field(page: ModuleType) -> None:
    text = page.template_page(ROOT / "docs")
    for name in ("json_v1", "template"):
        schema = load_schema(name)
        for node in (schema, *schema["$defs"].values()):
            for field in node.get("properties", {}):
                assert f"| `{field}` |" in text or f".{field}` |" in text
    assert text.count("```jinja title=") == len(list(TEMPLATES.iterdir()))


def _missing(node: dict[str, Any], path: str) -> list[str]:
    """The fields without a description of their own, or of the definition that they refer to."""
    return [f"{path}.{name}" for name, found in node["properties"].items() if not {"description", "$ref"} & set(found)]


def test_every_field_for_templates_has_a_meaning() -> None:
    schema = load_schema("template")
    nodes = [("", schema), *((name, found) for name, found in schema["$defs"].items())]
    assert [missing for path, node in nodes for missing in _missing(node, path)] == []
