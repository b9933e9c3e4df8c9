"""Admission policies of the input: the objects that they take values from, and those that change pods before SCC admission."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from scclint.deploy.unit import Unit
from scclint.expand.item import Item, items_of
from scclint.load import load_text
from scclint.model.labels import labels_of, selects
from scclint.model.object import AdmissionPolicy, ApiObject, Workload
from scclint.outcome.policies import CreateRequest, matches, requests
from scclint.outcome.world import World
from scclint.run.report import JudgementGap
from scclint.run.shared import Run
from scclint.untyped import Object, as_mapping, as_text, mappings, texts, value_at

_FIRST_MUTATING = 36
"""The first Kubernetes minor that evaluates a MutatingAdmissionPolicy unless a gate is set: OpenShift 4.23."""


def parameters(objects: Iterable[ApiObject], unit: Unit, run: Run) -> list[Object]:
    """Return the objects from which the policies of a unit may take values: those of their kinds in the unit, and those that only other
    units define, if these agree.
    """
    kinds = {
        as_text(value_at(obj.manifest, ("spec", "paramKind", "kind"))) for obj in objects if isinstance(obj, AdmissionPolicy)
    }
    kinds.discard("")
    if not kinds:
        return []
    by_key: dict[tuple[str, str, str], dict[str, list[Object]]] = {}
    for name, data in parameters_of_input(run):
        if data.get("kind") in kinds:
            namespace, called = (as_text(value_at(data, ("metadata", key))) for key in ("namespace", "name"))
            by_key.setdefault((data["kind"], namespace, called), {}).setdefault(name, []).append(data)
    chosen: list[Object] = []
    for by_unit in by_key.values():
        first, *others = by_unit.values()
        chosen += by_unit.get(unit.name, [] if any(other != first for other in others) else first)
    return chosen


def parameters_of_input(run: Run) -> list[tuple[str, Object]]:
    """Return the objects of the kinds that policies in the input name for their parameters, each with the name of its unit."""
    return run.memo("parameters", lambda: list(_parameters_of_input(run)))


def _parameters_of_input(run: Run) -> Iterator[tuple[str, Object]]:
    outline, renderings = run.outline, run.rendered.renderings
    named = any(outline.tells(file, "paramKind", lambda text: "paramKind" in text) for file in outline.files)
    if not named and not any("paramKind" in rendering.text for rendering in renderings.values()):
        return
    texts: list[tuple[str, str]] = []
    for unit in run.rendered.units:
        rendering = renderings.get(unit.name)
        texts += ((unit.name, text) for text in ([rendering.text] if rendering else map(outline.text, unit.files)))
    policy = frozenset(("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"))
    policies = (item.data for _, text in texts if "paramKind" in text for item in _items(text, policy))
    kinds = frozenset(filter(None, (as_text(value_at(data, ("spec", "paramKind", "kind"))) for data in policies)))
    for name, text in texts:
        if any(kind in text for kind in kinds):
            yield from ((name, item.data) for item in _items(text, kinds) if item.data.get("kind") in kinds)


def _items(text: str, kinds: frozenset[str]) -> Iterator[Item]:
    return (item for document in load_text("", text, kinds) for item in items_of(document))


def mutated(world: World, workloads: Iterable[Workload]) -> Iterator[JudgementGap]:
    """Yield the workloads whose pods something in the input changes before SCC admission, with what that is."""
    policies = [obj for obj in world.of(AdmissionPolicy) if not obj.kind.startswith("Validating")]
    bindings = [obj.manifest for obj in policies if obj.kind == "MutatingAdmissionPolicyBinding"]
    bound = {value_at(manifest, ("spec", "policyName")) for manifest in bindings}
    native = world.cluster.kubernetes_minor >= _FIRST_MUTATING
    for workload in workloads:
        namespace = world.namespace_of(workload)
        for request in requests(workload, workload.pod.manifest, namespace, world.cluster, (world.creator, world.creator)):
            for policy in policies:
                spec = as_mapping(policy.manifest.get("spec"))
                if policy.kind == "MutatingAdmissionPolicy":
                    applies = native and policy.name in bound and matches(spec.get("matchConstraints"), request)
                else:
                    here = policy.kind == "ClusterPolicy" or world.namespace_of(policy) == namespace
                    applies = here and any(_kyverno_matches(rule, request) for rule in mappings(spec.get("rules")))
                if applies:
                    yield JudgementGap("mutated", f"{workload.file}: {workload.named}", policy.named)


def _kyverno_matches(rule: Object, request: CreateRequest) -> bool:
    """Return whether a rule of a Kyverno policy mutates the object of a request.

    Source: https://kyverno.io/docs/policy-types/cluster-policy/match-exclude.
    """
    return (
        bool(rule.get("mutate")) and _has_filter(rule.get("match"), request) and not _has_filter(rule.get("exclude"), request)
    )


def _has_filter(clause: Any, request: CreateRequest) -> bool:
    match = as_mapping(clause)
    every = [_is_meant(as_mapping(each.get("resources")), request) for each in mappings(match.get("all"))]
    some = [_is_meant(as_mapping(each.get("resources")), request) for each in mappings(match.get("any"))]
    plain = [_is_meant(as_mapping(match["resources"]), request)] if "resources" in match else []
    return any((*some, *plain)) or bool(every and all(every))


def _is_meant(resources: Object, request: CreateRequest) -> bool:
    name = as_text(value_at(request.obj, ("metadata", "name")))
    kinds = [text.rpartition("/")[2] for text in texts(resources.get("kinds"))]
    return (
        (not kinds or any(fnmatchcase(as_text(request.obj.get("kind")), kind) for kind in kinds))
        and _fits(resources, "namespaces", request.namespace_name)
        and _fits(resources, "names", name)
        and (not resources.get("name") or fnmatchcase(name, as_text(resources.get("name"))))
        and selects(as_mapping(resources.get("selector")), labels_of(request.obj))
        and selects(as_mapping(resources.get("namespaceSelector")), labels_of(request.namespace))
    )


def _fits(resources: Object, field: str, name: str) -> bool:
    patterns = texts(resources.get(field))
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
