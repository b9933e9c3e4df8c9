"""`--template FILE`: a layout of the user's own, a Jinja template over the object of the `json` format, the causes as
the built-in layout shows them, the rules, units and verdicts.

The template may come with the repository that is being linted, so it is rendered in a sandbox and in a process of its
own, with bounds on time, memory and output that hold whatever it does.
"""

import json
import os
import subprocess
import sys

from scclint.errors import LoadError, UsageError
from scclint.files import decode, read_bytes
from scclint.limits import MAX_TEMPLATE, TEMPLATE_SECONDS
from scclint.outcome.rows import WorkloadRow
from scclint.report import Options
from scclint.report.help_address import help_addresses
from scclint.report.json_v1 import document
from scclint.report.text import Json, visible, visible_line
from scclint.report.view import entries
from scclint.rule import AnyRule
from scclint.run.report import Report


def context(report: Report, options: Options) -> Json:
    """Return the values by name. schemas/json_v1.json describes those of `json`, and schemas/template.json the others."""
    reported = {finding.rule_id for finding in report.live if options.shows(finding)}
    rules = [rule for rule in report.rules if rule.id in reported]
    addresses = help_addresses(rules)
    return {
        **document(report, options),
        "entries": entries(report, options),
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
        "kind": rule.kind,
        "severity": rule.severity.value if rule.severity else "",
        "reach": rule.reach or "",
        "page": visible_line(page),
    }


def _workload(row: WorkloadRow, release: str) -> Json:
    verdict = row.verdict
    return {
        "kind": visible_line(row.kind),
        "namespace": visible_line(row.written_namespace or ""),
        "name": visible_line(row.name),
        "part": visible_line(row.part),
        "file": visible_line(row.place.file),
        "line": row.place.line,
        "unit": visible_line(row.unit),
        "release": release,
        "scc": visible_line(row.scc) or None,
        "message": visible(verdict.message) if verdict and verdict.message else "",
        "created": row.created,
        "rejectedBy": row.rejected_by,
        "podSecurity": row.pod_security or None,
        "unknown": visible_line(row.unknown),
        "containers": [
            {
                "name": visible_line(container.name),
                "type": container.type,
                "localhostProfile": visible_line(container.profile.get("localhostProfile", "")) if container.type else "",
            }
            for container in (each.effective for each in row.containers)
        ],
    }


def render(report: Report, options: Options, template: str) -> str:
    """The template's output. Raises UsageError, with the template's line where it is known, for whatever is wrong with it."""
    name = visible_line(template)
    job: dict[str, object] = {"source": _read(template, name), "context": context(report, options)}
    answer = _run(job, name)
    if "error" in answer:
        where = f"{name}:{answer['line']}" if answer.get("line") else name
        what = visible(str(answer["error"])).rstrip(".")
        raise UsageError(f"{where}: {what}")
    text = str(answer["text"])
    # A tab does no harm, and a table may need it.
    return "\t".join(visible(part, None) for part in text.split("\t")) if options.clean else text


def _read(template: str, name: str) -> str:
    try:
        data = read_bytes(template, name)
        if len(data) > MAX_TEMPLATE:
            raise UsageError(f"template {name} is larger than {MAX_TEMPLATE:,} bytes")
        return decode(data, name)
    except LoadError as error:
        raise UsageError(f"cannot read template {name}: {error.message}") from error


def _run(job: dict[str, object], name: str) -> dict[str, object]:
    # The child finds the same modules as this process, however it was started; -P keeps the linted tree off its path.
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if os.path.isabs(path))}
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "scclint.report.template_sandbox"],
            input=json.dumps(job).encode("ascii"),
            capture_output=True,
            timeout=TEMPLATE_SECONDS,
            env=environ,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"template {name} took longer than {TEMPLATE_SECONDS} seconds") from error
    if child.returncode < 0:
        raise UsageError(f"template {name} used more time or memory than a template may (ended by signal {-child.returncode})")
    if child.returncode > 0:
        raise RuntimeError(f"the template process failed: {child.stderr.decode('utf-8', 'replace')[-2000:]}")
    answer: dict[str, object] = json.loads(child.stdout)
    return answer
