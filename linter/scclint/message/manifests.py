"""The workloads in manifests whose pods incidents are about, the findings that are the cause, and what the manifests say differently."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.config.records import NamespaceFacts
from scclint.finding import Finding
from scclint.message.denial import Reason
from scclint.message.incidents import Incident, release_of
from scclint.objects.types import Workload
from scclint.platform.pod_names import is_pod_of
from scclint.record import record, replace
from scclint.remedy.proofs import with_fixes
from scclint.run.judge import OpenUnit
from scclint.run.report import Report
from scclint.run.run import report_of
from scclint.run.shared import Run
from scclint.source import Span
from scclint.yaml.untyped import value_at

_OF_DENIALS = frozenset(("SCC101", "SCC104", "SCC105", "SCC107", "SEC206"))
"""The rules that report a pod that no SCC admits."""


@record
class Match:
    """The workload of an incident in the manifests, and its place; empty if none makes the pod, or the message does not name the pod.

    `report` has the findings that are the cause of the incident, with their fixes. `differences` are what the message and the manifest
    say differently, as sentences.
    """

    report: Report
    workload: str = ""
    place: Span | None = None
    differences: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that are the cause of the incident."""
        return self.report.findings


Open = Callable[[Config], tuple[Run, list[OpenUnit]]]
"""Loads the manifests with some settings."""


def matches(
    found: Sequence[Incident], config: Config, load: Open, is_meant: Callable[[Workload], bool] = lambda workload: True
) -> tuple[list[Match], Run, list[OpenUnit]]:
    """Return the match of each incident among the workloads that are meant, with the run and its units.

    The release and the ranges of namespaces are those of the incidents, where the settings give none.
    """
    if not config.openshift:
        config = replace(config, openshift=(release_of(found[0]),))
    run, opened = load(config)
    asked = _asked(opened, is_meant)
    namespaces = {id(incident): incident.namespace or _namespace(incident, asked) for incident in found}
    facts = [*_facts(found, namespaces, config)]
    if facts:
        run, opened = load(replace(config, namespaces=(*config.namespaces, *facts)))
        asked = _asked(opened, is_meant)
    report = report_of(run)
    return [_match(incident, asked, run, report) for incident in found], run, opened


def _asked(opened: Sequence[OpenUnit], is_meant: Callable[[Workload], bool]) -> list[tuple[OpenUnit, Workload]]:
    return [(unit, workload) for unit in opened for workload in unit.workloads if is_meant(workload)]


def _namespace(incident: Incident, asked: Sequence[tuple[OpenUnit, Workload]]) -> str:
    """Return the namespace of the workload whose pod an incident is about; empty if it is not there or its namespace is unknown."""
    return next((unit.world.namespace_known(workload) for unit, workload in asked if makes(workload, incident)), "")


def _facts(found: Sequence[Incident], namespaces: Mapping[int, str], config: Config) -> Iterator[NamespaceFacts]:
    """Yield the ranges that incidents show of namespaces of which the settings say nothing."""
    known = {namespace.name for namespace in config.namespaces}
    for incident in found:
        denial, namespace = incident.denial, namespaces[id(incident)]
        if denial is not None and denial.uid_range and namespace and namespace not in known:
            first, last = denial.uid_range
            ids = f"{first}/{last - first + 1}"
            yield NamespaceFacts(namespace, {}, ids, denial.level, ids)
            known.add(namespace)


def _match(incident: Incident, asked: Sequence[tuple[OpenUnit, Workload]], run: Run, report: Report) -> Match:
    names_one = bool(incident.pod or incident.owner[1])
    chosen = [(unit, workload) for unit, workload in asked if not names_one or makes(workload, incident)]
    subjects = {(workload.kind, workload.name) for _, workload in chosen}
    rules = {rule for kind in incident.kinds for rule in kind.rules} | (_OF_DENIALS if incident.denial else frozenset())
    findings = tuple(f for f in report.live if f.rule_id in rules and (f.subject.kind, f.subject.name) in subjects)
    findings = _on_containers(incident, chosen, findings)
    part = joined(replace(report, findings=findings))
    part = replace(part, findings=part.live)
    if part.findings:
        part = with_fixes(run, part, part.findings)
    if not chosen or not names_one:
        return Match(part)
    unit, workload = chosen[0]
    pod = unit.world.outcome(workload).judged.submitted
    return Match(part, workload.named, unit.edited(workload.place.span), () if findings else tuple(differences(incident, pod)))


def _on_containers(
    incident: Incident, chosen: Sequence[tuple[OpenUnit, Workload]], findings: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """Return the findings on the containers whose image needs the path or the port of an incident; all if no image is known to."""
    path, port = incident.facts.get("path", ""), incident.facts.get("port", "")
    needs = [
        workload.pod.field(*misfit.container.path).path
        for unit, workload in chosen
        for misfit in unit.world.misfits(workload)
        if (misfit.need == "port" and port == str(misfit.values[0]))
        or (misfit.need == "directory" and any(f"{path}/".startswith(f"{each}/") for each in misfit.values))
    ]
    return tuple(finding for finding in findings if any(finding.path[: len(at)] == at for at in needs)) or findings


def makes(workload: Workload, incident: Incident) -> bool:
    """Return whether the pod of an incident is one that the controller of a workload makes."""
    kind, name = incident.owner
    if name and kind == workload.kind:
        return name == workload.name
    # The name of a pod may lack what the API server adds at the end, and a ReplicaSet is named like its pods.
    names = (incident.pod, f"{incident.pod}bcdfg" * incident.pod.endswith("-"), f"{name}-bcdfg" * bool(name))
    return any(is_pod_of(workload.kind, workload.name, each) for each in names if each)


def differences(incident: Incident, pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a denial says of the pod that its manifest does not, as sentences."""
    rejections = incident.denial.rejections if incident.denial else ()
    texts = (_difference(reason, pod) for rejection in rejections for reason in rejection.reasons)
    yield from dict.fromkeys(filter(None, texts))


def _difference(reason: Reason, pod: Mapping[str, Any]) -> str:
    if reason.container is None:
        return ""
    kind, index = reason.container
    containers = pod.get("spec", {}).get(kind) or []
    if index >= len(containers):
        return (
            f"The manifest has {len(containers)} {kind}, and the message is about {kind}[{index}]: a webhook, such as that of a "
            "service mesh, or an operator adds it. `oc get pod -o yaml` of a running pod shows it."
        )
    name, field = containers[index].get("name", ""), reason.field.removesuffix(".add")
    written = value_at(containers[index], ("securityContext", *field.split(".")))
    if written is None and field != "hostPort" and reason.value not in ("", "null"):
        return (
            f"The message says {reason.field}: {reason.value} of container {name}, and the manifest does not set it there: the pod "
            "comes from another version of the manifest, or a webhook or an operator changes it."
        )
    return ""
