"""The `sonarqube` format is what SonarQube documents. `test_properties.py` shows that hostile text does not change this."""

import json

from jsonschema import Draft202012Validator

from scclint.finding import Severity
from scclint.record import replace
from scclint.report import render
from scclint.run.report import Report

SCHEMA = {
    "$defs": {
        "text": {"type": "string", "minLength": 1},
        "location": {
            "type": "object",
            "additionalProperties": False,
            "required": ["message", "filePath"],
            "properties": {
                "message": {"$ref": "#/$defs/text"},
                "filePath": {"$ref": "#/$defs/text"},
                "textRange": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["startLine"],
                    "dependentRequired": {"startColumn": ["endColumn"], "endColumn": ["startColumn"]},
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "endLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 0},
                        "endColumn": {"type": "integer", "minimum": 1},
                    },
                },
            },
        },
    },
    "type": "object",
    "additionalProperties": False,
    "required": ["rules", "issues"],
    "properties": {
        "rules": {
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "name", "description", "engineId", "cleanCodeAttribute", "impacts"],
                "properties": {
                    **{key: {"$ref": "#/$defs/text"} for key in ("id", "name", "description")},
                    "engineId": {"const": "scclint"},
                    "cleanCodeAttribute": {"enum": ["TRUSTWORTHY", "LOGICAL"]},
                    "impacts": {
                        "minItems": 1,
                        "items": {
                            "additionalProperties": False,
                            "required": ["softwareQuality", "severity"],
                            "properties": {
                                "softwareQuality": {"enum": ["SECURITY", "RELIABILITY", "MAINTAINABILITY"]},
                                "severity": {"enum": ["HIGH", "MEDIUM", "LOW"]},
                            },
                        },
                    },
                },
            }
        },
        "issues": {
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["ruleId", "primaryLocation"],
                "properties": {
                    "ruleId": {"$ref": "#/$defs/text"},
                    "primaryLocation": {"$ref": "#/$defs/location"},
                    "secondaryLocations": {"items": {"$ref": "#/$defs/location", "required": ["textRange"]}},
                },
            }
        },
    },
}
"""The generic issue import format as SonarQube 10.3 and later document it."""


def test_sonarqube(sample: Report) -> None:
    value = json.loads(render(sample, "sonarqube"))
    Draft202012Validator(SCHEMA).validate(value)
    assert value["rules"][0] == {
        "id": "SCC101",
        "name": "No SCC admits the pod",
        "description": "No SCC admits the pod. See https://scclint.github.io/scclint/rules/no-scc-admits/.",
        "engineId": "scclint",
        "cleanCodeAttribute": "TRUSTWORTHY",
        "impacts": [{"softwareQuality": "SECURITY", "severity": "HIGH"}],
    }
    first, second = value["issues"]
    assert second == {
        "ruleId": "SEC203",
        "primaryLocation": {
            "message": "Pod b: container 🔥 is privileged.",
            "filePath": "pod.yaml",
            "textRange": {"startLine": 4, "endLine": 4, "startColumn": 55, "endColumn": 71},
        },
    }
    assert [place["textRange"]["startLine"] for place in first["secondaryLocations"]] == [11]
    assert json.loads(render(Report(), "sonarqube")) == {"rules": [], "issues": []}


def test_sonarqube_rules_are_as_severe_as_their_worst_finding(sample: Report) -> None:
    mild = replace(sample.findings[0], severity=Severity.INFO)
    value = json.loads(
        render(replace(sample, findings=(mild, sample.findings[1], replace(mild, severity=Severity.WARNING))), "sonarqube")
    )
    assert {rule["id"]: rule["impacts"][0]["severity"] for rule in value["rules"]} == {"SCC101": "MEDIUM", "SEC203": "MEDIUM"}
