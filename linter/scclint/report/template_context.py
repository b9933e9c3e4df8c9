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
    found = {finding.rule_id for finding in report.live if not options.hides(finding)}
    rules = [rule for rule in report.rules if rule.id in found]
    addresses = help_addresses(rules)
    return {
        **document(report, options),
        "rules": [_rule(rule, addresses.get(rule.id, "")) for rule in rules],
        "units": [
            {"name": visible_line(unit.name), "kind": unit.kind, "unrendered": visible_line(unit.unrendered)}
            for unit in report.units
        ],
        "workloads": [_workload(one, release) for release, some in report.outcomes.items() for one in some],
    }


def _rule(rule: AnyRule, page: str) -> Json:
    return {
        "id": visible_line(rule.id),
        "name": visible_line(rule.name),
        "title": visible_line(rule.title),
        "severity": rule.severity.value,
        "page": visible_line(page),
    }


def _workload(one: WorkloadRow, release: str) -> Json:
    outcome = one.outcome
    workload, verdict, security = outcome.workload, outcome.verdict, outcome.pod_security
    return {
        "kind": visible_line(workload.kind),
        "namespace": visible_line(workload.namespace or ""),
        "name": visible_line(workload.name),
        "part": visible_line(workload.part),
        "file": visible_line(one.place.file),
        "line": one.place.line,
        "unit": visible_line(one.unit),
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
