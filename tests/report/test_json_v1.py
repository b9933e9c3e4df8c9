import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from scclint.finding import Append, Deduplicate, Fix, Refusal, Remedy, Remove, Rename, Set, Severity, Suppression
from scclint.record import replace
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
    value["findings"][0]["line"] = "15"
    value["findings"][1]["extra"] = 1
    del value["summary"]["platform"]
    assert len(list(VALIDATOR.iter_errors(value))) == 3


def test_every_field_of_a_cause(sample: Report) -> None:
    web, pod, *_ = sample.findings
    operations = (Set(("spec", "x"), "a\x1b"), Append(("l", 0), 1), Rename(("a",), "b"), Remove(("a",)), Deduplicate(("a",)))
    refusal = Refusal("restricted-v2: (the whole error)", "restricted-v2: must be higher")
    remedies = (Remedy("remove runAsUser: 0", ("the pods are admitted",), operations), Remedy("grant anyuid"))
    web = replace(web, refusal=refusal, rests_on="assumed: x", others=(pod,), remedies=remedies, suppression=None)
    lost = replace(pod, suppression=Suppression("finding", "SCC101 has the same cause", web.span))
    causes = document(replace(sample, findings=(lost, web)), Options())["causes"]
    assert [cause["rule"] for cause in causes] == ["SCC101"]
    (cause,) = causes
    assert re.fullmatch("[0-9a-f]{8}", cause.pop("name"))
    consequences = cause.pop("consequences")
    assert [(one["rule"], one["line"]) for one in consequences] == [("SCC101", 15), ("SEC203", 4)]
    to_do = {"text": "Remove runAsUser: 0.", "effects": ["the pods are admitted"], "tried": False}
    assert cause == {
        "rule": "SCC101",
        "severity": "error",
        "reach": "rejected",
        "message": web.message,
        "applied": "unknown",
        "restsOn": "assumed: x",
        "places": [
            {
                "file": "deploy/web.yaml",
                "line": 15,
                "column": 11,
                "endLine": 15,
                "endColumn": 23,
                "label": "restricted-v2: must be higher",
            }
        ],
        "remedy": {
            **to_do,
            "operations": [
                {"operation": "set", "path": "spec.x", "value": "a\\x1b"},
                {"operation": "append", "path": "l[0]", "value": 1},
                {"operation": "rename", "path": "a", "key": "b"},
                {"operation": "remove", "path": "a"},
                {"operation": "deduplicate", "path": "a"},
            ],
        },
        "alternative": {"text": "Grant anyuid.", "effects": [], "operations": [], "tried": False},
        "suppressed": None,
    }
    assert list(VALIDATOR.iter_errors(document(replace(sample, findings=(web,)), Options()))) == []


def test_a_fix_that_carries_the_second_remedy_out_is_the_alternative(sample: Report) -> None:
    remedies = (Remedy("grant a copy of anyuid"), Remedy("remove runAsUser: 0", (), (Remove(("a",)),)))
    fix = Fix("Remove runAsUser: 0.", "The pods are admitted.", "unsafe", (), second=True)
    web = replace(sample.findings[0], remedies=remedies, fix=fix)
    (cause,) = document(replace(sample, findings=(web,)), Options())["causes"]
    assert (cause["remedy"]["text"], cause["remedy"]["tried"]) == ("Grant a copy of anyuid.", False)
    assert (cause["alternative"]["text"], cause["alternative"]["tried"]) == ("Remove runAsUser: 0.", True)
    assert cause["alternative"]["operations"] == [{"operation": "remove", "path": "a"}]


def test_every_field_of_a_finding(sample: Report) -> None:
    assert document(sample, Options())["findings"][0] == {
        "rule": "SCC101",
        "name": "no-scc-admits",
        "severity": "error",
        "message": sample.findings[0].message,
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


def test_summary_counts_what_is_left_out(sample: Report) -> None:
    value = document(sample, Options(hide=frozenset({Severity.WARNING})))
    assert [(finding["rule"], finding["suppressed"] is None) for finding in value["findings"]] == [
        ("SCC101", True),
        ("SCC301", False),
    ]
    summary = value["summary"]
    assert summary["findings"] == {"error": 1, "warning": 1, "info": 0}
    assert summary["rules"] == {"SCC101": 1, "SEC203": 1}
    assert (summary["suppressed"], summary["hidden"]) == (1, 1)
    assert summary["documents"] == {"total": 6, "linted": 3, "other": 1, "unsupported": 1, "unparsable": 1}
    assert summary["notices"][0] == {
        "level": "warning",
        "message": "a Helm template source is passed over",
        "file": "charts/x.yaml",
        "line": 3,
    }


def test_suppressed_findings_are_listed_and_say_by_what(sample: Report) -> None:
    value = document(sample, Options())
    assert value["findings"][2]["suppressed"] == {"by": "comment", "reason": "until the audit"}


def test_text_is_ascii_json_with_a_finding_a_line(sample: Report) -> None:
    text = render(sample, "json")
    assert text.isascii()
    assert json.loads(text) == document(sample, Options())
    assert sum(line.startswith('{"rule":') for line in text.splitlines()) == 3
    assert json.loads(render(Report(), "json"))["findings"] == []
