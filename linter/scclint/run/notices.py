"""How the input was treated: each document counts once in the tally, and notices name what was not judged."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from scclint.cluster.addons import addons
from scclint.cluster.installed import PatchChange, patch_changes
from scclint.config.model import Config
from scclint.config.selection import patches_of
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.unit import Unit
from scclint.finding import Finding, Notice, Tally
from scclint.load import is_helm_template, load_text
from scclint.load.document import Document, text_at
from scclint.load.host_access import host_access
from scclint.model.kinds import CSV, SUBSCRIPTION, WORKLOADS
from scclint.model.object import AdmissionPolicy, ApiObject, Namespace, RoleBinding, TektonConfig, UnknownKind, Workload
from scclint.model.pod_names import owns_pod
from scclint.model.releases import MUTATING_POLICIES
from scclint.model.terms import SCC_ROLE_PREFIX
from scclint.model.unknown import is_open
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.record import Memo
from scclint.run.load import Inputs
from scclint.run.report import JudgementGap
from scclint.text import and_more, listed
from scclint.yaml.nodes import MappingNode, to_data
from scclint.yaml.untyped import mappings, value_at

if TYPE_CHECKING:
    from scclint.cluster.observed import Observed


def tallies(inputs: Inputs, objects: Sequence[ApiObject]) -> dict[str, Tally]:
    """Count the documents of each file, each document once. A parsed document counts as linted if it gave an object."""
    partial = {id(o.document) for o in objects if o.partial}
    linted = {id(o.document) for o in objects} - partial
    workloads = Counter(workload.file for workload in _workloads(objects))
    by_file: dict[str, list[Document]] = {file: [] for file in (*inputs.read, *inputs.passed)}
    for document in inputs.targets:
        if document.status != "empty":
            by_file.setdefault(document.file, []).append(document)
    return {
        file: _tally(documents, sum(inputs.passed.get(file, {}).values()), linted, partial, workloads[file])
        for file, documents in by_file.items()
    }


def judged_files(unit: Unit, inputs: Inputs, counts: Mapping[str, Tally]) -> tuple[str, ...]:
    """Return the files of a unit of which something was judged, or all there is bears on no verdict; `counts` are their tallies.

    A kustomization or chart is judged as a whole, or not at all.
    """
    judged = {
        file
        for file in inputs.holders
        if file in counts and (counts[file].linted or not (counts[file].unsupported or counts[file].unparsable))
    }
    if unit.needs_renderer:
        return unit.files if judged else ()
    return tuple(sorted(judged))


def _tally(documents: Sequence[Document], passed: int, linted: set[int], partial: set[int], workloads: int) -> Tally:
    number = len(documents) + passed
    judged = sum(id(d) in linted for d in documents)
    unsupported = sum(d.status == "template" or id(d) in partial for d in documents)
    unparsable = sum(d.status == "unparsable" for d in documents)
    return Tally(
        documents=number,
        linted=judged,
        other=number - judged - unsupported - unparsable,
        unsupported=unsupported,
        unparsable=unparsable,
        workloads=workloads,
    )


def unjudged(
    unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], worlds: Mapping[str, World], config: Config
) -> Iterator[JudgementGap]:
    """What no finding reports of the targets of a unit, whose objects these are. That helm failed is said of the unit, with its reason."""
    world = next(iter(worlds.values()))
    targets, lines_of = inputs.targets, Memo()

    def access_of(obj: ApiObject) -> str:
        first, last = (line - obj.document.line for line in obj.lines)
        lines = lines_of((unjudged, id(obj.document)), partial(obj.document.text.split, "\n"))
        return host_access("\n".join(lines[first : last + 1]))

    for document in targets:
        if document.status == "template":
            access = host_access(document.text) if document.is_template else ""
            if access or not unit.unrendered or unit.unrendered.endswith((" not found", " off")):
                yield JudgementGap("template", f"{document.file}{_asking(access)}", "helm" * is_helm_template(document.file))
        elif (
            isinstance(document.root, MappingNode)
            and not document.kind
            and unit.kind != "chart"
            and "apiVersion:" in document.text
            and (access := host_access(document.text))
        ):
            yield JudgementGap("text", f"{document.file}{_asking(access)}")
    for obj in objects:
        if isinstance(obj, UnknownKind) and (is_open(obj.kind) or is_open(obj.api_version)):
            yield JudgementGap("open kind", f"{_place(unit, obj.file, obj.place.span.line)}: {obj.named}")
        elif isinstance(obj, UnknownKind) and obj.provenance.partial:
            yield JudgementGap("unread", f"{obj.file}: {obj.named}", obj.provenance.partial)
        elif isinstance(obj, UnknownKind):
            if "." in obj.group or obj.group in _OWN_GROUPS or obj.kind in WORKLOADS:
                yield JudgementGap("unknown kind", f"{obj.file}: {obj.named}{_asking(access_of(obj))}", obj.kind)
        elif obj.partial:
            access = access_of(obj)
            is_known = unit.applied == "shown" or _is_completed(obj)
            if obj.manifest.get("$patch") != "delete" and (access or not is_known):
                yield JudgementGap("partial", f"{obj.file}: {obj.named}{_asking(access)}", obj.partial)
        elif isinstance(obj, RoleBinding) and obj.role[1].startswith(SCC_ROLE_PREFIX) and is_open(obj.role[1]):
            yield JudgementGap("open grant", f"{_place(unit, obj.file, obj.place.span.line)}: {obj.named}")
    workloads = _workloads(objects)
    yield from _unknown(world, workloads)
    yield from _granted(world, workloads)
    yield from _assumed(world, workloads)
    yield from _patched(world, workloads, patches_of(config).get(world.cluster.release))
    yield from _addons(unit, inputs, objects, world)
    yield from _lacking(world, workloads)
    if workloads:
        policies = (policy for policy in world.of(AdmissionPolicy) if _may_decide(policy, world))
        yield from (JudgementGap("policy", f"{policy.file}: {policy.named}") for policy in policies)
    for workload in workloads:
        if why := world.outcomes.injection(workload):
            yield JudgementGap("mutated", f"{workload.file}: {workload.named}", f"a webhook ({why})")
    yield from (JudgementGap("unfollowed", name) for name in world.unfollowed)
    if config.origins.get("params") == "command line":
        yield from _parameters(targets)


def _may_decide(policy: AdmissionPolicy, world: World) -> bool:
    """Return whether a policy may change or refuse pods, and scclint does not evaluate it."""
    if policy.group == "admissionregistration.k8s.io":
        return policy.kind == "MutatingAdmissionPolicy" and MUTATING_POLICIES.holds(world.cluster.kubernetes_minor)
    return True


def _place(unit: Unit, file: str, line: int) -> str:
    """A place as people read it: the unit, if the file is what it renders to, which people do not have."""
    return unit.title if unit.rendered else f"{file}:{line}"


def _asking(asked: str) -> str:
    """Return what follows the name of something that was not judged: the access to the node that it asks for, if any."""
    return f"{_ASKS}{asked})" if asked else ""


def _workloads(objects: Iterable[ApiObject]) -> list[Workload]:
    return [obj for obj in objects if isinstance(obj, Workload) and not obj.partial]


def _unknown(world: World, workloads: Iterable[Workload]) -> Iterator[JudgementGap]:
    """Workloads without a verdict, which no rule about verdicts speaks of."""
    for workload in workloads:
        # A failure was reported by the rules that asked for the outcome.
        with suppress(Exception):
            if (why := world.outcomes.why_unknown(workload)) is not None:
                # What lies elsewhere is nobody's mistake; what is beyond a limit must not pass for judged.
                provenance = workload.provenance
                sort = "elsewhere" if provenance.elsewhere else "unknown"
                if provenance.beyond:
                    sort = "beyond a limit"
                of_template = sort == "unknown" and provenance.template
                access = host_access(json.dumps(world.outcomes.as_decoded(workload))) if of_template else ""
                what = f"{workload.file}: {workload.named}{_asking(access)}"
                yield JudgementGap("open pod" if of_template else sort, what, why.text)


def _granted(world: World, workloads: Iterable[Workload]) -> Iterator[JudgementGap]:
    """Grants in namespaces that a workload without a namespace may be applied to, and that would change its SCC there."""
    for workload in (workload for workload in workloads if not world.namespace_known(workload)):
        # A failure was reported by the rules that asked for the outcome.
        with suppress(Exception):
            verdict = world.outcome(workload).verdict
            namespaces = world.cluster.grants.accounts.namespaces_of(workload.pod.service_account) if verdict else ()
            for namespace in sorted(namespaces):
                there = world.outcomes.chosen_in(workload, namespace)
                if verdict and there is not None and there.grant is not None and there.scc != verdict.scc:
                    binding = there.grant.binding
                    giver = f"{binding.kind} {binding.name}" if binding else f"the list of users in SCC {there.scc}"
                    text = f"in namespace {namespace}, {giver} would give {workload.named} SCC {there.scc}"
                    yield JudgementGap("granted", text, namespace)


def _assumed(world: World, workloads: Iterable[Workload]) -> Iterator[JudgementGap]:
    """What verdicts rest on that is neither in the input nor a part of OpenShift itself."""
    if any(workload.group == "tekton.dev" for workload in workloads) and world.cluster.platform != "kubernetes":
        from scclint.cluster.pipelines import SCC

        if world.scc(SCC) is None and SCC not in world.cluster.own_sccs and not any(world.of(TektonConfig)):
            yield JudgementGap("pipelines", SCC)
    for pool in world.cluster.node_pools:
        if pool.lacks_runtime:
            yield JudgementGap("no runtime", pool.name)


def _patched(world: World, workloads: Sequence[Workload], patch: int | None) -> Iterator[JudgementGap]:
    """The workloads that are admitted because of what only newer patch releases have. `patch` is the one that was asked for."""
    changes = [c for c in patch_changes(world.cluster.release, world.cluster.platform) if not c.is_sure(patch)]
    for workload in workloads if changes else ():
        # A failure was reported by the rules that asked for the outcome.
        with suppress(Exception):
            decisive = [change for change in changes if _rests_on(change, world.outcome(workload), world)]
            if decisive:
                last = max(decisive, key=lambda change: change.since)
                release = last.release
                asked = "" if patch is None else f"; it is not known whether {release}.{patch} has it"
                why = f"{last.words}, which OpenShift {release} surely has from {release}.{last.since} on (merged on {last.merged}){asked}"
                yield JudgementGap("patch", f"{workload.file}: {workload.named}", why)


def _rests_on(change: PatchChange, outcome: Outcome, world: World) -> bool:
    """Return whether an SCC of the platform admits the pods because of what a patch release changed."""
    if outcome.scc not in world.cluster.own_sccs or world.scc(outcome.scc) is not None:
        return False
    if change.volume:
        volumes = mappings(value_at(outcome.judged.pod, ("spec", "volumes")))
        return any(change.volume in volume for volume in volumes)
    binding = outcome.grant.binding if outcome.grant else None
    return change.scc == outcome.scc or (binding is not None and binding.name == f"{SCC_ROLE_PREFIX}{change.everyone}")


def _addons(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], world: World) -> Iterator[JudgementGap]:
    """The add-ons whose SCCs the cluster lacks although the input shows that they are installed."""
    groups = {document.api_version.partition("/")[0] for document in inputs.targets} | inputs.first_of.keys()
    custom = inputs.own_groups or any("." in group and not group.endswith(".k8s.io") for group in groups)
    if world.cluster.platform != "kubernetes" and (custom or any(isinstance(obj, Namespace) for obj in objects)):
        yield from missing_addons(unit, inputs, objects, world)


def _lacking(world: World, workloads: Iterable[Workload]) -> Iterator[JudgementGap]:
    """The namespaces of workloads of which the dump of the cluster lacks the namespace itself, or its grants."""
    if world.observed is None or not world.observed.is_dump or world.cluster.platform == "kubernetes":
        return
    for namespace in sorted(set(map(world.namespace_known, workloads))):
        if namespace and namespace not in world.cluster.namespaces:
            yield JudgementGap("dump", namespace, "namespace")
        if not world.knows_grants_in(namespace):
            yield JudgementGap("dump", namespace, "RBAC")


def _parameters(targets: Sequence[Document]) -> Iterator[JudgementGap]:
    """The parameters that Templates have."""
    from scclint.expand.template import declared

    for document in targets:
        if document.kind == "Template" and document.root is not None:
            yield from (JudgementGap("parameter", name) for name in declared(to_data(document.root)))


_TEXTS: Mapping[str, tuple[str, str]] = {
    "template": (
        "note",
        "{names}: not judged, because {templates}; check {renderings}",
    ),
    "text": ("note", "{names}: not judged, because a variable has manifests as text"),
    "open kind": ("note", "{first}: not judged, because its kind has a placeholder"),
    "open grant": ("note", "{names}: not judged, because the name of the SCC that it grants has a placeholder"),
    "unread": ("warning", "{names}: not judged: {why}"),
    "unknown kind": (
        "note",
        "{names}: not judged, because scclint does not know which pods {create}; add the path of its pod template to `pod-templates` in "
        "the configuration",
    ),
    "partial": ("note", "{first}: not judged, because {why}"),
    "beyond a limit": ("error", "{first}: no verdict, because {why}"),
    "open pod": ("note", "{names}: no verdict, because {why}"),
    "unknown": ("warning", "{first}: no verdict, because {why}"),
    "elsewhere": ("note", "{first}: no verdict, because {why}"),
    "ambiguous": ("note", "{what} differs in {kinds}, and these fit equally well, so scclint uses none of them"),
    "patch": ("note", "{first}: the verdict rests on {why}"),
    "no runtime": (
        "warning",
        "MachineConfigPool {first}: the machine config operator does not roll it out, because RHEL 10 has no runc and the pool's CRI-O is "
        "set to runc: set defaultRuntime: crun in its ContainerRuntimeConfig",
    ),
    "granted": ("note", "{first}; the manifest sets no namespace: pass `-n {why}` to judge it there"),
    "pipelines": (
        "note",
        "Tekton tasks are judged as OpenShift Pipelines runs them, unless the input says otherwise: as service account pipeline, which "
        "may use SCC {names}, by a controller that may use SCC nonroot",
    ),
    "add-on": ("note", "{why} shows that an add-on is installed; `--addon {what}` judges with its SCCs and grants"),
    "policy": (
        "note",
        "{names} may change or refuse pods: scclint does not evaluate such policies, and its verdicts are about the pods as written",
    ),
    "mutated": ("note", "{names}: {why} changes the pods before SCC admission; the verdicts are about the pods as written"),
    "dump": ("warning", "{dump}"),
    "unfollowed": (
        "warning",
        "ClusterRole {names} aggregates more roles than scclint follows, so that verdicts may miss a grant",
    ),
}
"""The level and text of the notice about each sort. `_fields` returns the texts for the names in braces."""

_SORTED = ("template", "open pod", "unknown kind", "partial")
"""The sorts whose notices name the items in order, those that ask for access to the node first, and all of these."""

_OWN_GROUPS = frozenset(("", "apps", "autoscaling", "batch", "extensions", "policy"))
"""API groups of Kubernetes without a dot. A CustomResourceDefinition needs one, so that others are files of tools such as skaffold."""


def _is_completed(obj: ApiObject) -> bool:
    """Whether a part of an object, which the API server refuses, is a patch, or what the templates of a chart complete."""
    file = Path(obj.file)
    charts = [folder / CHART_FILE for folder in file.parents if obj.provenance.template]
    by_tools = (*charts, *(folder / name for folder in file.parents[:2] for name in NAMES))
    return file.is_file() and any(map(Path.is_file, by_tools))


_ASKS = " (with "
"""Between the name of something that was not judged and the access to the node that it asks for."""

_EACH: Mapping[str, Callable[[JudgementGap], str]] = {
    "unread": lambda item: item.why,
    "mutated": lambda item: item.why,
    "add-on": lambda item: item.what,
    "ambiguous": lambda item: item.what,
    "patch": lambda item: item.why,
}
"""The sorts with a notice for each value of a field."""


def notices(items: Sequence[JudgementGap], config: Config) -> list[Notice]:
    """What was seen in all units and not judged, in words, said once for each sort."""
    of: dict[str, dict[str, list[JudgementGap]]] = {}
    for item in dict.fromkeys(items):
        key = _EACH[item.sort](item) if item.sort in _EACH else ""
        of.setdefault(item.sort, {}).setdefault(key, []).append(item)
    own = {item.what for item in of.pop("own API", {}).get("", ())}
    for item in of.pop("API", {}).get("", ()):
        if item.what not in own:
            of.setdefault("add-on", {}).setdefault(item.what, []).append(item)
    texts = [
        Notice(level, text.format_map(_fields(groups[key])), access=tuple(_accesses(groups[key])))
        for sort, (level, text) in _TEXTS.items()
        if (groups := of.get(sort))
        for key in sorted(groups)
    ]
    return texts + _needless({item.what for item in of.get("parameter", {}).get("", ())}, config)


def _accesses(items: Iterable[JudgementGap]) -> Iterator[str]:
    """Yield the access to the node that each item asks for, if any."""
    return (item.what.partition(_ASKS)[2].rstrip(")") for item in items if _ASKS in item.what)


_RENDERINGS = {
    True: "what they render to: `helm template . --namespace NAME | scclint check -`",
    False: "what a program makes of it",
}
"""How to check templates that nothing rendered, by whether some are those of a chart."""


def _fields(items: Sequence[JudgementGap]) -> Mapping[str, str]:
    """The texts about items of one sort."""
    if items[0].sort in _SORTED:
        items = sorted(items, key=lambda item: (_ASKS not in item.what, item.what))
    names, kinds = [item.what for item in items], sorted({item.why for item in items})
    return {
        "names": and_more(names, max(1, sum(_ASKS in name for name in names))),
        "first": f"{names[0]} (and {len(names) - 1:,} more like it)" if len(names) > 1 else names[0],
        "what": items[0].what,
        "why": items[0].why,
        "kinds": and_more(kinds, 3),
        "renderings": _RENDERINGS[any(item.why for item in items)],
        "templates": "they are templates" if len(names) > 1 else "it is a template",
        "create": f"kinds {listed(kinds)} create" if len(kinds) > 1 else f"kind {kinds[0]} creates",
        "dump": _dump(items) if items[0].sort == "dump" else "",
    }


def lacking(world: World, objects: Sequence[ApiObject]) -> Iterator[JudgementGap]:
    """Yield what the dump of the cluster lacks for the workloads among these objects of a world."""
    return _lacking(world, _workloads(objects))


def gaps_of_dump(gaps: Iterable[JudgementGap]) -> list[Notice]:
    """Return what `lacking` yields for all units, in words."""
    items = list(dict.fromkeys(gaps))
    return [Notice("warning", _dump(items))] if items else []


def _dump(items: Sequence[JudgementGap]) -> str:
    """Return what a dump lacks, with the commands that collect it."""
    namespaces = sorted({item.what or "NAME" for item in items})
    absent = sorted({item.what for item in items if item.why == "namespace"})
    lacks = ["the roles and role bindings that grant SCCs"] if any(item.why == "RBAC" for item in items) else []
    if absent:
        noun = "namespaces" if len(absent) > 1 else "namespace"
        lacks.append(f"{noun} {and_more(absent, 3)}")
    of_all = " ".join(f"ns/{name}" for name in namespaces)
    scope = f"-n {namespaces[0]}" if len(namespaces) == 1 else "-A"
    return (
        f"the cluster dump lacks {listed(lacks)}, and verdicts use defaults instead: collect them with `oc adm inspect {of_all} "
        f"scc,clusterroles,clusterrolebindings` and `oc adm inspect {scope} roles,rolebindings,serviceaccounts`, and pass the folders that "
        "these commands write with --cluster-state"
    )


def _needless(names: set[str], config: Config) -> list[Notice]:
    """Values given on the command line for parameters that no Template has; `oc process` refuses them."""
    if config.origins.get("params") != "command line":
        return []
    text = "was given a value, but no Template has a parameter of that name"
    return [Notice("warning", f"parameter {name} {text}") for name in sorted(config.params.keys() - names)]


CONFLICTS = "SEC218"
"""The rule about pods whose SELinux labels exclude each other on a volume."""


def reported_conflicts(observed: "Observed", findings: Iterable[Finding]) -> Iterator[Notice]:
    """Say which pods of a dump the cluster reports because of the SELinux labels of their volumes, and which of them no finding explains."""
    subjects = [finding.subject for finding in findings if finding.rule_id == CONFLICTS]
    owners = {(pod.namespace, pod.name): pod.owner for pods in observed.by_namespace.values() for pod in pods}
    texts: dict[bool, list[str]] = {True: [], False: []}
    for conflict in observed.conflicts:
        explained = any(
            subject.namespace in ("", conflict.namespace)
            and owns_pod(subject.kind, subject.name, name, owners.get((conflict.namespace, name), ("", "")))
            for name in filter(None, (conflict.pod, conflict.other))
            for subject in subjects
        )
        other = f" with pod {conflict.other}" if conflict.other else ""
        texts[explained].append(f"pod {conflict.namespace}/{conflict.pod}{other}")
    start = "the cluster dump has events about conflicting SELinux labels of volumes"
    if texts[True]:
        yield Notice("note", f"{start}: {CONFLICTS} explains those of {and_more(texts[True], 3)}")
    if texts[False]:
        why = "the input lacks the manifests of these pods, or has others than the cluster"
        yield Notice("warning", f"{start}: no finding explains those of {and_more(texts[False], 3)}; {why}")
    elif observed.conflicts_present == "True" and not observed.conflicts:
        yield Notice(
            "warning", f"{_SAYS} that SELinux labels of pods conflict, and the dump has no event about them: {_COLLECT}"
        )
    elif observed.conflicts_present == "False" and subjects:
        yield Notice(
            "note", f"{_SAYS} that no SELinux labels of pods conflict at present: {CONFLICTS} is about pods that do not run"
        )


_SAYS = "ConfigMap openshift-config/selinux-conflicts of the cluster dump says"
_COLLECT = "pass what `oc get events -A -o yaml` writes with --cluster-state, because events expire"

_OLM, _CSV = CSV


def missing_addons(unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], world: World) -> Iterator[JudgementGap]:
    """Yield each add-on that an object shows, if the cluster lacks an SCC of it. `why` is the object and its place.

    An object of the API group of an add-on shows nothing if the input defines the group itself (see `notices`).
    """
    shown: dict[tuple[str, str], str] = {}
    for sort, name, by in _shown(unit, inputs, objects):
        shown.setdefault((name, sort), by)
    for name, sort in sorted(shown):
        if not set(addons()[name].scc_names) <= world.cluster.sccs.keys():
            yield JudgementGap(sort, name, shown[name, sort])
    groups = _signs()[1]
    yield from (JudgementGap("own API", groups[group]) for group in sorted(inputs.own_groups & groups.keys()))


Addons = dict[str, str]
"""Names of add-ons, by what shows them."""


@cache
def _signs() -> tuple[Addons, Addons, Addons]:
    """The add-ons by OLM package, by API group and by namespace."""
    all_addons = addons().values()
    return (
        {package: addon.name for addon in all_addons for package in addon.packages},
        {group: addon.name for addon in all_addons for group in addon.groups},
        {name: addon.name for addon in all_addons for name in addon.namespaces},
    )


def _shown(unit: Unit, inputs: Inputs, objects: Iterable[ApiObject]) -> Iterator[tuple[str, str, str]]:
    """Yield the sort of the gap, the add-on, and what shows it."""
    packages, groups, namespaces = _signs()
    for document in (*inputs.targets, *inputs.first_of.values()):
        sign = group = document.api_version.partition("/")[0]
        addon = groups.get(group)
        if addon is None and group == _OLM and document.kind in (SUBSCRIPTION, _CSV):
            sign = _package(document, packages)
            addon = packages.get(sign)
        if addon is not None and document.kind:
            yield (
                "API" if sign == group else "add-on",
                addon,
                f"{_place(unit, document.file, document.line)}: {document.kind} of {sign}",
            )
    for obj in objects:
        if isinstance(obj, Namespace) and obj.name in namespaces:
            yield "add-on", namespaces[obj.name], f"{_place(unit, obj.file, obj.place.span.line)}: {obj.named}"


def _package(document: Document, packages: Collection[str]) -> str:
    """The OLM package that a Subscription names or a ClusterServiceVersion (`PACKAGE.v1.2.3`) is of; empty if neither can be read."""
    root = document.root
    if root is None and any(package in document.text for package in packages):
        root = load_text(document.file, document.text, frozenset())[0].root
    key = "metadata" if document.kind == _CSV else "spec"
    part = root.get(key) if isinstance(root, MappingNode) else None
    name = text_at(part, "name")
    return name.partition(".")[0] if document.kind == _CSV else name
