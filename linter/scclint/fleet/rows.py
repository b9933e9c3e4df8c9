"""The rows of the tables of what was found in a target."""

from collections.abc import Iterator

from scclint.admission.access import opened_by, used_by
from scclint.admission.verdict import ObjectRef
from scclint.change.facts import ContainerFacts, PodFacts, facts_of, seccomp_words
from scclint.engine.report import Report
from scclint.finding import Crash
from scclint.fleet.tables import Row
from scclint.judge import JudgedWorkload, OpenUnit
from scclint.judge.guard import guard
from scclint.model.roles import Role, RoleBinding
from scclint.model.scc import SecurityContextConstraints
from scclint.model.terms import namespace_name
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.report.fingerprint import fingerprints_v2
from scclint.report.paths import RepositoryPaths

_NOTHING = ContainerFacts("", "", False, "", False, (), (), "", "")


def unit_rows(opened: OpenUnit, crashes: list[Crash]) -> dict[str, list[Row]]:
    """Return the rows of a unit by the name of their table, except those of its findings. Bugs of scclint go to `crashes`."""
    unit = opened.unit
    row: Row = {"unit": unit.name, "kind": unit.kind, "files": len(unit.files), "unrendered": unit.unrendered}
    found: dict[str, list[Row]] = {"units": [row], "workloads": [], "containers": [], "grants": []}
    for release, world in opened.worlds.items():
        about: Row = {"release": release, "unit": unit.name}
        for one in opened.judged:
            with guard("check", f"{one.workload.file}: {one.workload.named}", crashes):
                outcome = world.outcome(one.workload)
                facts = facts_of(world, outcome)
                named = {**about, **_named(one, world)}
                found["workloads"].append({**named, **_workload(one, world, outcome, facts)})
                found["containers"] += ({**named, **row} for row in _containers(outcome, facts))
        with guard("check", f"{unit.name}: grants", crashes):
            found["grants"] += ({**about, **row} for row in _grants(opened, world))
    return found


def _named(one: JudgedWorkload, world: World) -> Row:
    workload = one.workload
    return {
        "kind": workload.kind,
        "namespace": world.namespace_known(workload),
        "name": workload.name,
        "part": workload.part,
    }


def _workload(one: JudgedWorkload, world: World, outcome: Outcome, facts: PodFacts) -> Row:
    place, security = one.place, outcome.pod_security
    verdict = outcome.verdict
    access = used_by(verdict.pod, world.cluster.kubernetes_minor) if verdict is not None and verdict.allowed else ()
    enforced = "" if security is None or security.policy.unknown else str(security.policy.policy.enforce)
    return {
        "file": place.file,
        "line": place.line,
        "result": facts.result,
        "rejected_by": outcome.rejected_by or "",
        "why": facts.why,
        "scc": facts.scc,
        "subject": facts.subject,
        "grant": facts.grant,
        "unconfined": sum(container.type == "Unconfined" for container in outcome.seccomp if outcome.rejected_by is None),
        "access": list(facts.access),
        "takes_node": any(one.takes for one in access),
        "pod_security_enforce": enforced,
        "pod_security_meets": facts.pod_security,
    }


def _containers(outcome: Outcome, facts: PodFacts) -> Iterator[Row]:
    """The rows of the containers. What the SCC would decide is empty for a pod that none admits."""
    by_name = {container.name: container for container in facts.containers}
    for container in outcome.seccomp:
        found = by_name.get(container.name, _NOTHING)
        yield {
            "container": container.name,
            "seccomp": seccomp_words(container),
            "source": container.source,
            "runs": outcome.verdict is not None and outcome.rejected_by is None,
            "uid": found.uid,
            "root": found.root,
            "privileged": found.privileged,
            "added": list(found.added),
            "dropped": list(found.dropped),
            "selinux": found.selinux,
            "root_filesystem": found.root_filesystem,
        }


def _grants(opened: OpenUnit, world: World) -> Iterator[Row]:
    """The grants that objects of the unit make: an SCC, a binding, or the role that it binds."""
    files = {obj.file for obj in opened.ours if isinstance(obj, Role | RoleBinding | SecurityContextConstraints)}
    if not files:
        return
    cluster = world.cluster
    for name, scc in cluster.sccs.items():
        opens = opened_by(scc)
        for holder in cluster.who_can_use(name):
            for grant in holder.grants:
                if cluster.grants.brings(grant, name):
                    continue
                spans = [step.span for step in world.steps.of_grant(grant, name) if step.span.file in files]
                if not spans:
                    continue
                place = opened.tracer().span(spans[0])
                yield {
                    "subject_kind": holder.kind,
                    "subject_namespace": namespace_name(holder.namespace),
                    "subject": holder.name,
                    "scc": name,
                    "opens": [access.words for access in opens],
                    "takes_node": any(access.takes for access in opens),
                    "scope": namespace_name(grant.binding.namespace) if grant.binding else "",
                    "via": grant.via,
                    "binding": _reference(grant.binding),
                    "role": _reference(grant.role),
                    "file": place.file,
                    "line": place.line,
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
            "settle": finding.settle,
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
