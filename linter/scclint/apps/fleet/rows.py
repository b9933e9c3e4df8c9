"""The rows of the tables of what was found in a target."""

from collections.abc import Iterator

from scclint.admission.verdict import ObjectRef
from scclint.apps.fleet.tables import Row
from scclint.finding import Crash
from scclint.model.object import Role, RoleBinding, SecurityContextConstraints
from scclint.model.terms import namespace_name
from scclint.outcome.rows import ContainerRow, GrantRow, WorkloadRow, grant_rows, workload_row
from scclint.report.fingerprint import fingerprints_v2
from scclint.report.paths import RepositoryPaths
from scclint.run.judge import OpenUnit
from scclint.run.load import guard
from scclint.run.report import Report


def unit_rows(opened: OpenUnit, crashes: list[Crash]) -> dict[str, list[Row]]:
    """Return the rows of a unit by the name of their table, except those of its findings. Bugs of scclint go to `crashes`."""
    unit = opened.unit
    about: Row = {"unit": unit.name, "kind": unit.kind, "files": len(unit.files), "unrendered": unit.unrendered}
    found: dict[str, list[Row]] = {"units": [about], "workloads": [], "containers": [], "grants": []}
    files = {obj.file for obj in opened.ours if isinstance(obj, Role | RoleBinding | SecurityContextConstraints)}
    for release, world in opened.worlds.items():
        for workload in opened.workloads:
            with guard("check", f"{workload.file}: {workload.named}", crashes):
                row = workload_row(world, workload, unit.name, opened.edited(workload.place.span))
                named: Row = {"release": release, "unit": row.unit, "kind": row.kind}
                named |= {"namespace": row.namespace, "name": row.name, "part": row.part}
                found["workloads"].append({**named, **_workload(row)})
                found["containers"] += ({**named, **_container(container, row)} for container in row.containers)
        with guard("check", f"{unit.name}: grants", crashes):
            grants = grant_rows(world, unit.name, opened.edited, files) if files else ()
            found["grants"] += ({"release": release, **_grant(grant)} for grant in grants)
    return found


def _workload(row: WorkloadRow) -> Row:
    security = row.outcome.pod_security
    return {
        "file": row.place.file,
        "line": row.place.line,
        "result": row.result,
        "rejected_by": row.outcome.rejected_by or "",
        "why": row.why,
        "scc": row.scc,
        "subject": row.subject,
        "grant": row.grant,
        "unconfined": row.unconfined,
        "access": [access.words for access in row.access],
        "takes_node": any(access.takes for access in row.access),
        "pod_security_enforce": "" if security is None or security.policy.unknown else str(security.policy.policy.enforce),
        "pod_security_meets": row.pod_security,
    }


def _container(container: ContainerRow, row: WorkloadRow) -> Row:
    return {
        "container": container.name,
        "seccomp": container.seccomp,
        "source": container.effective.source,
        "runs": row.runs,
        "uid": container.uid,
        "root": container.root,
        "privileged": container.privileged,
        "added": list(container.added),
        "dropped": list(container.dropped),
        "selinux": container.selinux,
        "root_filesystem": container.root_filesystem,
    }


def _grant(row: GrantRow) -> Row:
    return {
        "unit": row.unit,
        "subject_kind": row.kind,
        "subject_namespace": namespace_name(row.namespace),
        "subject": row.name,
        "scc": row.scc,
        "opens": [access.words for access in row.opens],
        "takes_node": row.takes_node,
        "scope": row.scope,
        "via": row.grant.via,
        "binding": _reference(row.grant.binding),
        "role": _reference(row.grant.role),
        "file": row.place.file if row.place else "",
        "line": row.place.line if row.place else 0,
    }


def _reference(ref: ObjectRef | None) -> str:
    if ref is None:
        return ""
    namespace = namespace_name(ref.namespace)
    return f"{ref.kind} {namespace + '/' if namespace else ''}{ref.name}"


def finding_rows(report: Report) -> Iterator[Row]:
    """Yield the rows of the findings of a report."""
    charts = {unit.name for unit in report.units if unit.kind == "chart"}
    prints = fingerprints_v2(report.findings, RepositoryPaths("."), charts)
    for finding, fingerprint in zip(report.findings, prints, strict=True):
        subject, suppression = finding.subject, finding.suppression
        yield {
            "rule": finding.rule_id,
            "rule_name": finding.rule_name,
            "severity": finding.severity.value,
            "message": finding.message,
            "settle": finding.help,
            "file": finding.span.file,
            "line": finding.span.line,
            "column": finding.span.column,
            "api_version": subject.api_version,
            "kind": subject.kind,
            "namespace": subject.namespace,
            "name": subject.name,
            "container": subject.container,
            "releases": list(finding.releases),
            "units": list(finding.units),
            "suppressed_by": suppression.by if suppression else "",
            "suppression_reason": suppression.reason if suppression else "",
            "fingerprint": fingerprint,
        }
