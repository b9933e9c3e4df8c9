import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from scclint.report import Options, render
from scclint.report.json_v1 import document
from scclint.run.report import Report

SCHEMA = json.loads(Path(__file__).parents[2].joinpath("schemas/json_v1.json").read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The schema with unknown keys refused: the published one lets later fields pass, ours must all be described."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if "properties" in result and isinstance(result["properties"], dict) and result.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


VALIDATOR = Draft202012Validator(closed(SCHEMA))


def test_the_schema_is_one_and_describes_the_report(sample: Report) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for options in (Options(), Options(show_suppressed=True)):
        assert list(VALIDATOR.iter_errors(document(sample, options))) == []
    value = document(sample, Options())
    value["problems"][0]["line"] = "15"
    value["problems"][1]["extra"] = 1
    del value["summary"]["platform"]
    assert len(list(VALIDATOR.iter_errors(value))) == 3


def test_every_field_of_a_problem(sample: Report) -> None:
    assert document(sample, Options())["problems"][0] == {
        "key": "SCC101|apps/Deployment shop/web|nginx||",
        "rule": "SCC101",
        "name": "no-scc-admits",
        "severity": "error",
        "object": "apps/Deployment shop/web",
        "cause": "4d54cb1a",
        "text": sample.findings[0].message,
        "help": "Leave runAsUser out.",
        "file": "deploy/web.yaml",
        "line": 15,
        "column": 11,
        "endLine": 15,
        "endColumn": 23,
        "subject": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web", "container": "nginx"},
        "path": "spec.template.spec.containers[0].securityContext.runAsUser",
        "related": [
            {
                "message": "anyuid [of the release] allows no profile",
                "file": "",
                "line": 0,
                "column": 0,
                "endLine": 0,
                "endColumn": 0,
            },
            {
                "message": "the profile [asked] for",
                "file": "deploy/web.yaml",
                "line": 11,
                "column": 9,
                "endLine": 11,
                "endColumn": 47,
            },
        ],
        "flow": [
            {
                "message": "service account shop/web",
                "file": "deploy/web.yaml",
                "line": 9,
                "column": 7,
                "endLine": 9,
                "endColumn": 30,
            },
            {
                "message": "RoleBinding shop/web-anyuid",
                "file": "rbac.yaml",
                "line": 3,
                "column": 3,
                "endLine": 3,
                "endColumn": 19,
            },
        ],
        "releases": ["4.20", "4.21"],
        "suppressed": None,
        "notes": [],
        "units": [],
        "fix": None,
        "noFix": "",
    }


def test_every_kind_has_its_list(kinds: Report) -> None:
    value = document(kinds, Options(advice=True))
    assert list(VALIDATOR.iter_errors(value)) == []
    (access,), (gap,), (advice,) = value["access"], value["gaps"], value["advice"]
    assert access["key"] == "SCC102|apps/DaemonSet shop/agent|agent|privileged|"
    assert {name: access[name] for name in ("reach", "part", "what", "who", "through")} == {
        "reach": "node",
        "part": "agent",
        "what": "privileged",
        "who": "",
        "through": "RoleBinding agent",
    }
    assert (gap["reason"], gap["word"], gap["line"]) == ("a template", "hostNetwork", 7)
    assert (advice["rule"], advice["fix"], "severity" in advice) == ("SCC107", None, False)
    assert document(kinds, Options())["advice"] == []


def test_summary_counts_what_is_left_out(sample: Report) -> None:
    value = document(sample, Options())
    assert [fact["rule"] for fact in value["problems"]] == ["SCC101", "SEC201"]
    summary = value["summary"]
    assert summary["findings"] == {"error": 1, "warning": 1, "access": 0, "gap": 0, "advice": 0}
    assert summary["rules"] == {"SCC101": 1, "SEC201": 1}
    assert summary["suppressed"] == 1
    assert summary["documents"] == {"total": 6, "linted": 3, "other": 1, "unsupported": 1, "unparsable": 1}
    assert summary["notices"][0] == {
        "level": "warning",
        "message": "a Helm template source is passed over",
        "file": "charts/x.yaml",
        "line": 3,
    }


def test_suppressed_facts_are_listed_on_request_and_say_by_what(sample: Report) -> None:
    value = document(sample, Options(show_suppressed=True))
    assert value["problems"][2]["suppressed"] == {"by": "comment", "reason": "until the audit"}


def test_text_is_ascii_json_with_a_fact_a_line(sample: Report) -> None:
    text = render(sample, "json")
    assert text.isascii()
    assert json.loads(text) == document(sample, Options())
    assert sum(line.startswith('{"key":') for line in text.splitlines()) == 2
    assert json.loads(render(Report(), "json"))["problems"] == []
