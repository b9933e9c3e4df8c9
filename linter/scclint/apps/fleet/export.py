"""The findings of the latest scan in formats of other programs: policy reports for Kubernetes, and OCSF for a SIEM."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import groupby, islice
from typing import Any

from scclint import __version__
from scclint.apps.fleet.query import Database
from scclint.report.text import visible, visible_line

Json = dict[str, Any]
SOURCE = "scclint"
OCSF_VERSION = "1.8.0"
"""The release of the schema that the events follow, of March 2026."""

RESULTS_IN_REPORT = 1000
"""Results of one policy report. etcd takes no object above 1.5 MiB, and a result takes up to a kilobyte."""

_FINDINGS = """
SELECT f.*, t.judged_at, t.version
FROM findings AS f JOIN targets AS t USING (scan, target) JOIN scans USING (scan)
WHERE latest AND f.suppressed_by <> 'finding'
ORDER BY f.target, f.file, f.line, f."column", f.rule, f.fingerprint
"""
_LONGEST_NAME = 200
_RESULTS = {"error": "fail", "warning": "warn", "access": "warn", "gap": "warn", "advice": "warn"}
_POLICY_SEVERITIES = {"error": "high", "warning": "medium", "access": "medium", "gap": "info", "advice": "info"}
_INFORMATIONAL = (1, "Informational")
_OCSF_SEVERITIES = {
    "error": (4, "High"),
    "warning": (3, "Medium"),
    "access": (3, "Medium"),
    "gap": _INFORMATIONAL,
    "advice": _INFORMATIONAL,
}


def export_policy_reports(database: Database) -> str:
    """Return a List of PolicyReports of `wgpolicyk8s.io/v1alpha2`, for `kubectl apply -f -`.

    A target has one report, or several if it has more results than `RESULTS_IN_REPORT`.
    Source: the CRD in config/crds/policyreport of kyverno/kyverno.
    """
    return _listed(_reports(_findings(database), "wgpolicyk8s.io/v1alpha2", "PolicyReport", {}))


def export_open_reports(database: Database) -> str:
    """Return a List of Reports of `openreports.io/v1alpha1`. Source: config/crd of openreports/reports-api, v0.2.1."""
    return _listed(_reports(_findings(database), "openreports.io/v1alpha1", "Report", {"source": SOURCE}))


def export_ocsf(database: Database) -> str:
    """Return the findings as events of OCSF class 2003, Compliance Finding, one a line.

    Source: events/findings/compliance_finding.json of ocsf/ocsf-schema.
    """
    events = map(_event, _findings(database))
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


EXPORTS: Mapping[str, Callable[[Database], str]] = {
    "policyreport": export_policy_reports,
    "openreports": export_open_reports,
    "ocsf": export_ocsf,
}


def _findings(database: Database) -> Iterator[Json]:
    answer = database.ask(_FINDINGS)
    return (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)


def _listed(reports: Iterable[Json]) -> str:
    items = ",\n".join(json.dumps(report, separators=(",", ":")) for report in reports)
    return f'{{"apiVersion":"v1","kind":"List","items":[\n{items}\n]}}\n'


def _reports(findings: Iterable[Json], api_version: str, kind: str, more: Json) -> Iterator[Json]:
    for target, of_target in groupby(findings, key=lambda finding: str(finding["target"])):
        number = 0
        while results := [_result(finding) for finding in islice(of_target, RESULTS_IN_REPORT)]:
            number += 1
            yield {
                "apiVersion": api_version,
                "kind": kind,
                "metadata": {
                    "name": _object_name(target, number),
                    "labels": {"app.kubernetes.io/managed-by": SOURCE},
                    "annotations": {"scclint/target": visible_line(target)},
                },
                **more,
                "summary": _counts(results),
                "results": results,
            }


def _object_name(target: str, number: int) -> str:
    """A name for the report on a target that Kubernetes takes: readable, and another one for each target."""
    words = re.sub(r"[^a-z0-9]+", "-", target.lower()).strip("-")[-_LONGEST_NAME:].strip("-")
    digest = sha256(target.encode("utf-8", "backslashreplace")).hexdigest()[:10]
    return "-".join(filter(None, (SOURCE, words, digest, str(number) if number > 1 else "")))


def _counts(results: Iterable[Json]) -> Json:
    return {**dict.fromkeys(("pass", "fail", "warn", "error", "skip"), 0), **Counter(result["result"] for result in results)}


def _result(finding: Json) -> Json:
    judged: datetime = finding["judged_at"]
    properties = {
        "target": finding["target"],
        "team": finding["team"],
        "file": finding["file"],
        "line": str(finding["line"]),
        "container": finding["container"],
        "fingerprint": finding["fingerprint"],
        "suppressed by": finding["suppressed_by"],
    }
    result: Json = {
        "source": SOURCE,
        "policy": finding["rule"],
        "rule": finding["rule_name"],
        "result": "skip" if finding["suppressed_by"] else _RESULTS[finding["severity"]],
        "severity": _POLICY_SEVERITIES[finding["severity"]],
        "scored": finding["severity"] == "error",
        "message": visible(finding["message"]),
        "timestamp": {"seconds": int(judged.timestamp()), "nanos": 0},
        "properties": {name: visible_line(value) for name, value in properties.items() if value},
    }
    if finding["kind"]:
        names = {"apiVersion": "api_version", "kind": "kind", "namespace": "namespace", "name": "name"}
        result["resources"] = [{name: visible_line(finding[column]) for name, column in names.items() if finding[column]}]
    return result


def _event(finding: Json) -> Json:
    severity_id, severity = _OCSF_SEVERITIES[finding["severity"]]
    milliseconds = int(finding["judged_at"].timestamp() * 1000)
    uid = sha256(f"{finding['target']}\0{finding['fingerprint']}".encode("utf-8", "backslashreplace")).hexdigest()
    event: Json = {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "type_name": "Compliance Finding: Create",
        "time": milliseconds,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 3 if finding["suppressed_by"] else 1,
        "status": "Suppressed" if finding["suppressed_by"] else "New",
        "message": visible(finding["message"]),
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": SOURCE, "vendor_name": SOURCE, "version": __version__},
        },
        "finding_info": {
            "uid": uid,
            "title": f"{finding['rule']} {finding['rule_name']}",
            "desc": visible(finding["message"]),
            "created_time": milliseconds,
        },
        "compliance": _compliance(finding),
        "resources": [_resource(finding)],
    }
    if finding["help"]:
        event["remediation"] = {"desc": visible(finding["help"])}
    return event


def _compliance(finding: Json) -> Json:
    return {
        "control": finding["rule"],
        "checks": [{"uid": finding["rule"], "name": finding["rule_name"]}],
        "status_id": 3,
        "status": "Fail",
    }


def _resource(finding: Json) -> Json:
    """The object that a finding is about, or else the file."""
    place = {"target": finding["target"], "file": finding["file"], "line": finding["line"], "container": finding["container"]}
    resource: Json = {
        "name": visible_line(finding["name"] or finding["file"]),
        "type": visible_line(finding["kind"] or "File"),
        "data": {name: visible_line(value) if isinstance(value, str) else value for name, value in place.items() if value},
    }
    if finding["namespace"]:
        resource["namespace"] = visible_line(finding["namespace"])
    if finding["team"]:
        resource["group"] = {"name": visible_line(finding["team"])}
    return resource
