"""Exports follow the schemas of those who read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scclint.apps.fleet import export
from scclint.apps.fleet.export import EXPORTS
from scclint.apps.fleet.query import opened_database
from scclint.apps.fleet.store import Store
from scclint.apps.fleet.targets import FleetTarget
from tests.apps.fleet.conftest import FIXTURES, scan

Json = dict[str, Any]


def only(properties: Json, *required: str) -> Json:
    """The schema of an object with these fields and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT: Json = {"type": "string", "minLength": 1}
COUNT: Json = {"type": "integer", "minimum": 0}
REFERENCE = only(dict.fromkeys(("apiVersion", "kind", "namespace", "name", "fieldPath", "resourceVersion", "uid"), TEXT))
RESULT = only(
    {
        **dict.fromkeys(("category", "message", "policy", "rule", "source"), TEXT),
        "properties": {"type": "object", "additionalProperties": {"type": "string"}},
        "resources": {"type": "array", "items": REFERENCE},
        "result": {"enum": ["pass", "fail", "warn", "error", "skip"]},
        "scored": {"type": "boolean"},
        "severity": {"enum": ["critical", "high", "low", "medium", "info"]},
        "timestamp": only({"seconds": {"type": "integer"}, "nanos": {"type": "integer"}}, "seconds", "nanos"),
    },
    "policy",
)
NAME: Json = {"type": "string", "maxLength": 253, "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}


def report_schema(api_version: str, kind: str, **more: Json) -> Json:
    """The fields of a report, from the CRDs: `PolicyReport` in config/crds/policyreport of kyverno/kyverno, and `Report` in
    config/crd of openreports/reports-api v0.2.1. They have the same results; the second has a `source`.
    """
    metadata = only({"name": NAME, "labels": {"type": "object"}, "annotations": {"type": "object"}}, "name")
    return only(
        {
            "apiVersion": {"const": api_version},
            "kind": {"const": kind},
            "metadata": metadata,
            "results": {"type": "array", "items": RESULT},
            "summary": only(dict.fromkeys(("pass", "fail", "warn", "error", "skip"), COUNT)),
            **more,
        },
        "apiVersion",
        "kind",
        "metadata",
    )


OCSF = only(
    {
        "activity_id": {"enum": [0, 1, 2, 3, 99]},
        "category_uid": {"const": 2},
        "class_uid": {"const": 2003},
        "type_uid": {"const": 200301},
        "time": {"type": "integer", "minimum": 1_500_000_000_000},
        "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        "status_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        **dict.fromkeys(("activity_name", "category_name", "class_name", "type_name", "severity", "status", "message"), TEXT),
        "metadata": only(
            {"version": TEXT, "product": only(dict.fromkeys(("name", "vendor_name", "version"), TEXT), "name")},
            "version",
            "product",
        ),
        "finding_info": only({"uid": TEXT, "title": TEXT, "desc": TEXT, "created_time": {"type": "integer"}}, "uid", "title"),
        "compliance": only(
            {
                "control": TEXT,
                "checks": {"type": "array", "items": only({"uid": TEXT, "name": TEXT})},
                "standards": {"type": "array", "items": TEXT, "minItems": 1},
                "requirements": {"type": "array", "items": TEXT},
                "status_id": {"enum": [0, 1, 2, 3, 99]},
                "status": TEXT,
            }
        ),
        "remediation": only({"desc": TEXT}, "desc"),
        "resources": {
            "type": "array",
            "items": only(
                {"name": TEXT, "type": TEXT, "namespace": TEXT, "group": only({"name": TEXT}), "data": {"type": "object"}}
            ),
        },
    },
    *("activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata", "finding_info", "compliance"),
)
"""The attributes of class 2003 that are used, from events/findings and objects of ocsf/ocsf-schema, v1.8.0. The required ones are
those that `base_event`, `finding` and `compliance_finding` require."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    hostile = folder / "hostile"
    hostile.mkdir()
    (hostile / "web.yaml").write_text(
        'apiVersion: v1\nkind: Pod\nmetadata: {name: "a\\n##[error]b"}\n'
        'spec: {containers: [{name: "c\\e[1m", image: x, securityContext: {privileged: true}}]}\n---\nkind: [\n'
    )
    targets = [FleetTarget(str(path), "shop") for path in (FIXTURES / "demo", FIXTURES / "upgrade", hostile)]
    scan(folder / "fleet", targets, openshift=["4.22", "5.0"])
    return folder / "fleet"


def exported(fleet: Path, form: str) -> str:
    with opened_database(Store(str(fleet))) as database:
        return EXPORTS[form](database)


def asked(fleet: Path, sql: str) -> Any:
    with opened_database(Store(str(fleet))) as database:
        return database.ask(sql).rows


SCHEMAS = {
    "policyreport": report_schema("wgpolicyk8s.io/v1alpha2", "PolicyReport"),
    "openreports": report_schema("openreports.io/v1alpha1", "Report", source=TEXT),
}


def reports(text: str) -> Iterator[Json]:
    found = json.loads(text)
    assert (found["apiVersion"], found["kind"]) == ("v1", "List")
    yield from found["items"]


@pytest.mark.parametrize("form", SCHEMAS)
def test_reports_follow_their_schema(fleet: Path, form: str) -> None:
    found = list(reports(exported(fleet, form)))
    for report in found:
        jsonschema.validate(report, SCHEMAS[form])
    assert len({report["metadata"]["name"] for report in found}) == len(found) == 3
    ((number,),) = asked(fleet, "SELECT count(*) FROM findings WHERE suppressed_by <> 'finding'")
    assert sum(len(report["results"]) for report in found) == number > 5
    for report in found:
        assert sum(report["summary"].values()) == len(report["results"])


def test_large_targets_have_several_reports(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(reports(exported(fleet, "openreports")))
    monkeypatch.setattr(export, "RESULTS_IN_REPORT", 2)
    parts = list(reports(exported(fleet, "openreports")))
    assert max(len(report["results"]) for report in parts) == 2
    assert len({report["metadata"]["name"] for report in parts}) == len(parts)
    assert [r for report in parts for r in report["results"]] == [r for report in whole for r in report["results"]]


def test_events_follow_their_schema(fleet: Path) -> None:
    text = exported(fleet, "ocsf")
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        jsonschema.validate(event, OCSF)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert len({event["finding_info"]["uid"] for event in events}) == len(events) > 5
    assert {event["resources"][0]["group"]["name"] for event in events} == {"shop"}


@pytest.mark.parametrize("form", EXPORTS)
def test_no_control_characters(fleet: Path, form: str) -> None:
    text = exported(fleet, form)
    assert "##[error]" not in text
    assert "\\u001b" not in text


@pytest.mark.parametrize("form", EXPORTS)
def test_nothing_found(tmp_path: Path, form: str) -> None:
    scan(tmp_path / "fleet", [])
    assert exported(tmp_path / "fleet", form).split() in ([], ['{"apiVersion":"v1","kind":"List","items":[', "]}"])
