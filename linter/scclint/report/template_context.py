"""What a user's template gets: the object of the `json` format, and the rules, units and verdicts of the run."""

from typing import Any

from scclint.outcome.rows import WorkloadRow
from scclint.report.help_address import help_addresses
from scclint.report.json_v1 import document
from scclint.report.options import Options
from scclint.report.sanitize import visible, visible_line
from scclint.rule import AnyRule
from scclint.run.report import Report

Json = dict[str, Any]


def context(report: Report, options: Options) -> Json:
    """Return the values by name. schemas/json_v1.json describes those of `json`, and schemas/template.json the others."""
    reported = {finding.rule_id for finding in report.live if not options.hides(finding)}
    rules = [rule for rule in report.rules if rule.id in reported]
    addresses = help_addresses(rules)
    return {
        **document(report, options),
        "rules": [_rule(rule, addresses.get(rule.id, "")) for rule in rules],
        "units": [
            {"name": visible_line(unit.name), "kind": unit.kind, "unrendered": visible_line(unit.unrendered)}
            for unit in report.units
        ],
        "workloads": [_workload(row, release) for release, some in report.outcomes.items() for row in some],
    }


def _rule(rule: AnyRule, page: str) -> Json:
    return {
        "id": visible_line(rule.id),
        "name": visible_line(rule.name),
        "title": visible_line(rule.title),
        "severity": rule.severity.value,
        "page": visible_line(page),
    }


def _workload(row: WorkloadRow, release: str) -> Json:
    outcome = row.outcome
    workload, verdict, security = outcome.workload, outcome.verdict, outcome.pod_security
    return {
        "kind": visible_line(workload.kind),
        "namespace": visible_line(workload.namespace or ""),
        "name": visible_line(workload.name),
        "part": visible_line(workload.part),
        "file": visible_line(row.place.file),
        "line": row.place.line,
        "unit": visible_line(row.unit),
        "release": release,
        "scc": visible_line(verdict.scc) if verdict and verdict.scc else None,
        "message": visible(verdict.message) if verdict and verdict.message else "",
        "created": outcome.created,
        "rejectedBy": outcome.rejected_by,
        "podSecurity": security.meets if security else None,
        "unknown": visible_line(outcome.unknown),
        "containers": [
            {
                "name": visible_line(container.name),
                "type": container.type,
                "localhostProfile": visible_line(container.profile.get("localhostProfile", "")) if container.type else "",
            }
            for container in outcome.seccomp
        ],
    }
