"""How the input was treated: each document counts once in the tally, and notices name what was not judged."""

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from scclint.cluster.addons import addons
from scclint.cluster.installed import PatchChange, patch_changes
from scclint.config.model import Config
from scclint.config.selection import patches_of
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.unit import Unit
from scclint.files import folders_above
from scclint.finding import Finding, Notice, Tally
from scclint.objects.documents import is_helm_template, load_text
from scclint.objects.documents.document import Document, text_at
from scclint.objects.documents.host_access import access_words
from scclint.objects.kinds import CSV, SUBSCRIPTION, WORKLOADS
from scclint.objects.types import AdmissionPolicy, ApiObject, Namespace, RoleBinding, TektonConfig, UnknownKind, Workload
from scclint.objects.unknown import is_open
from scclint.outcome.chain import Outcome
from scclint.outcome.world import World
from scclint.platform.pod_names import owns_pod
from scclint.platform.releases import MUTATING_POLICIES
from scclint.platform.terms import SCC_ROLE_PREFIX
from scclint.record import Memo, grouped
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


class Judged(NamedTuple):
    """A unit that was judged, what was read for it, its objects and the workloads among them, in the first of its worlds."""

    unit: Unit
    inputs: Inputs
    objects: Sequence[ApiObject]
    workloads: Sequence[Workload]
    world: World
    config: Config


def unjudged(
    unit: Unit, inputs: Inputs, objects: Sequence[ApiObject], worlds: Mapping[str, World], config: Config
) -> Iterator[JudgementGap]:
    """What no finding reports of the targets of a unit, whose objects these are. That helm failed is said of the unit, with its reason."""
    judged = Judged(unit, inputs, objects, _workloads(objects), next(iter(worlds.values())), config)
    for found in _LOOKS:
        yield from found(judged)


def _is_other_text(document: Document, unit: Unit) -> bool:
    """Whether a document is no object and may have manifests as text."""
    return (
        isinstance(document.root, MappingNode) and not document.kind and unit.kind != "chart" and "apiVersion:" in document.text
    )


def _documents(judged: Judged) -> Iterator[JudgementGap]:
    """Templates that nothing rendered, and documents that hold manifests as text."""
    unit = judged.unit
    # That helm failed is said of the unit.
    is_told = bool(unit.unrendered) and not unit.unrendered.endswith((" not found", " off"))
    for document in judged.inputs.targets:
        if document.status == "template":
            words = access_words(document.text) if document.is_template else ()
            if words or not is_told:
                why = "helm" * is_helm_template(document.file)
                yield JudgementGap("template", document.file, why, words, document.file, document.line)
        elif _is_other_text(document, unit) and (words := access_words(document.text)):
            yield JudgementGap("text", document.file, "", words, document.file, document.line)


def _objects(judged: Judged) -> Iterator[JudgementGap]:
    """Objects of kinds that are not known or not read, and parts of objects."""
    lines_of = Memo()

    def words_of(obj: ApiObject) -> tuple[str, ...]:
        first, last = (line - obj.document.line for line in obj.lines)
        lines = lines_of((_objects, id(obj.document)), partial(obj.document.text.split, "\n"))
        return access_words("\n".join(lines[first : last + 1]))

    for obj in judged.objects:
        if isinstance(obj, UnknownKind):
            yield from _unknown_kind(judged.unit, obj, words_of)
        elif obj.partial:
            words = words_of(obj)
            if obj.manifest.get("$patch") != "delete" and (words or not _is_completed(obj)):
                yield JudgementGap("partial", f"{obj.file}: {obj.named}", obj.partial, words, obj.file, obj.place.span.line)
        elif isinstance(obj, RoleBinding) and obj.role[1].startswith(SCC_ROLE_PREFIX) and is_open(obj.role[1]):
            yield JudgementGap("open grant", f"{_place(judged.unit, obj.file, obj.place.span.line)}: {obj.named}")


def _unknown_kind(unit: Unit, obj: UnknownKind, words_of: Callable[[ApiObject], tuple[str, ...]]) -> Iterator[JudgementGap]:
    if is_open(obj.kind) or is_open(obj.api_version):
        yield JudgementGap("open kind", f"{_place(unit, obj.file, obj.place.span.line)}: {obj.named}")
    elif obj.provenance.partial:
        yield JudgementGap("unread", f"{obj.file}: {obj.named}", obj.provenance.partial)
    elif "." in obj.group or obj.group in _OWN_GROUPS or obj.kind in WORKLOADS:
        yield JudgementGap("unknown kind", f"{obj.file}: {obj.named}", obj.kind, words_of(obj), obj.file, obj.place.span.line)


def _policies(judged: Judged) -> Iterator[JudgementGap]:
    """What may change or refuse the pods of the workloads and is not evaluated."""
    policies = judged.world.of(AdmissionPolicy) if judged.workloads else ()
    for policy in (policy for policy in policies if _may_decide(policy, judged.world)):
        yield JudgementGap("policy", f"{policy.file}: {policy.named}")
    for workload in judged.workloads:
        if why := judged.world.outcomes.injection(workload):
            yield JudgementGap("mutated", f"{workload.file}: {workload.named}", f"a webhook ({why})")


def _may_decide(policy: AdmissionPolicy, world: World) -> bool:
    """Return whether a policy may change or refuse pods, and scclint does not evaluate it."""
    if policy.group == "admissionregistration.k8s.io":
        return policy.kind == "MutatingAdmissionPolicy" and MUTATING_POLICIES.holds(world.cluster.kubernetes_minor)
    return True


def _place(unit: Unit, file: str, line: int) -> str:
    """A place as people read it: the unit, if the file is what it renders to, which people do not have."""
    return unit.title if unit.rendered else f"{file}:{line}"


def _workloads(objects: Iterable[ApiObject]) -> list[Workload]:
    return [obj for obj in objects if isinstance(obj, Workload) and not obj.partial]


def _unknown(judged: Judged) -> Iterator[JudgementGap]:
    """Workloads without a verdict, which no rule about verdicts speaks of."""
    world = judged.world
    for workload in judged.workloads:
        # A failure was reported by the rules that asked for the outcome.
        with suppress(Exception):
            if (why := world.outcomes.why_unknown(workload)) is not None:
                # What lies elsewhere is nobody's mistake; what is beyond a limit must not pass for judged.
                provenance = workload.provenance
                sort = "elsewhere" if provenance.elsewhere else "unknown"
                if provenance.beyond:
                    sort = "beyond a limit"
                of_template = sort == "unknown" and provenance.template
                words = access_words(json.dumps(world.outcomes.as_decoded(workload))) if of_template else ()
                what, at = f"{workload.file}: {workload.named}", (workload.file, workload.place.span.line)
                yield JudgementGap("open pod" if of_template else sort, what, why.text, words, *at)


def _granted(judged: Judged) -> Iterator[JudgementGap]:
    """Grants in namespaces that a workload without a namespace may be applied to, and that would change its SCC there."""
    world = judged.world
    for workload in (workload for workload in judged.workloads if not world.namespace_known(workload)):
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


def _assumed(judged: Judged) -> Iterator[JudgementGap]:
    """What verdicts rest on that is neither in the input nor a part of OpenShift itself."""
    world = judged.world
    if any(workload.group == "tekton.dev" for workload in judged.workloads) and world.cluster.platform != "kubernetes":
        from scclint.cluster.pipelines import SCC

        if world.scc(SCC) is None and SCC not in world.cluster.own_sccs and not any(world.of(TektonConfig)):
            yield JudgementGap("pipelines", SCC)
    for pool in world.cluster.node_pools:
        if pool.lacks_runtime:
            yield JudgementGap("no runtime", pool.name)


def _patched(judged: Judged) -> Iterator[JudgementGap]:
    """The workloads that are admitted because of what only newer patch releases have."""
    world = judged.world
    patch = patches_of(judged.config).get(world.cluster.release)
    changes = [c for c in patch_changes(world.cluster.release, world.cluster.platform) if not c.is_sure(patch)]
    for workload in judged.workloads if changes else ():
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


def _addons(judged: Judged) -> Iterator[JudgementGap]:
    """The add-ons whose SCCs the cluster lacks although the input shows that they are installed."""
    unit, inputs, objects, world = judged.unit, judged.inputs, judged.objects, judged.world
    groups = {document.api_version.partition("/")[0] for document in inputs.targets} | inputs.first_of.keys()
    custom = inputs.own_groups or any("." in group and not group.endswith(".k8s.io") for group in groups)
    if world.cluster.platform != "kubernetes" and (custom or any(isinstance(obj, Namespace) for obj in objects)):
        yield from missing_addons(unit, inputs, objects, world)


def lacking(world: World, objects: Sequence[ApiObject]) -> Iterator[JudgementGap]:
    """Yield the namespaces of the workloads among these objects of which the dump of the cluster lacks the namespace or its grants."""
    if world.observed is None or not world.observed.is_dump or world.cluster.platform == "kubernetes":
        return
    for namespace in sorted(set(map(world.namespace_known, _workloads(objects)))):
        if namespace and namespace not in world.cluster.namespaces:
            yield JudgementGap("dump", namespace, "namespace")
        if not world.knows_grants_in(namespace):
            yield JudgementGap("dump", namespace, "RBAC")


def _parameters(judged: Judged) -> Iterator[JudgementGap]:
    """The parameters that Templates have, if the command line gives values to some."""
    if judged.config.origins.get("params") != "command line":
        return
    from scclint.objects.expand.template import declared

    for document in judged.inputs.targets:
        if document.kind == "Template" and document.root is not None:
            yield from (JudgementGap("parameter", name) for name in declared(to_data(document.root)))


_LOOKS: tuple[Callable[[Judged], Iterator[JudgementGap]], ...] = (
    _documents,
    _objects,
    _unknown,
    _granted,
    _assumed,
    _patched,
    _addons,
    lambda judged: lacking(judged.world, judged.objects),
    _policies,
    lambda judged: (JudgementGap("unfollowed", name) for name in judged.world.unfollowed),
    _parameters,
)
"""What looks for gaps, in the order in which they are told."""


class NoticeKind(NamedTuple):
    """How gaps of one sort are told: the level and the text, in which `_fields` fills the names in braces.

    `each` is the field of a gap whose values have a notice each. `several` is the text about more than one gap, if it is another one.
    """

    level: str
    text: str
    each: str = ""
    several: str = ""


_KINDS: Mapping[str, NoticeKind] = {
    "template": NoticeKind("note", "{names}: not judged, because {templates}; check {renderings}"),
    "text": NoticeKind("note", "{names}: not judged, because a variable has manifests as text"),
    "open kind": NoticeKind("note", "{first}: not judged, because its kind has a placeholder"),
    "open grant": NoticeKind("note", "{names}: not judged, because the name of the SCC that it grants has a placeholder"),
    "unread": NoticeKind("warning", "{names}: not judged: {why}", each="why"),
    "unknown kind": NoticeKind(
        "note",
        "{names}: not judged, because scclint does not know which pods {create}; add the path of its pod template to `pod-templates` in "
        "the configuration",
    ),
    "partial": NoticeKind("note", "{first}: not judged, because {why}"),
    "beyond a limit": NoticeKind("error", "{first}: no verdict, because {why}"),
    "open pod": NoticeKind("note", "{names}: no verdict, because {why}"),
    "unknown": NoticeKind("warning", "{first}: no verdict, because {why}"),
    "elsewhere": NoticeKind("note", "{first}: no verdict, because {why}"),
    "ambiguous": NoticeKind(
        "note", "{what} differs in {kinds}, and these fit equally well, so scclint uses none of them", each="what"
    ),
    "patch": NoticeKind("note", "{first}: the verdict rests on {why}", each="why"),
    "no runtime": NoticeKind(
        "warning",
        "MachineConfigPool {first}: the machine config operator does not roll it out, because RHEL 10 has no runc and the pool's CRI-O is "
        "set to runc: set defaultRuntime: crun in its ContainerRuntimeConfig",
    ),
    "granted": NoticeKind("note", "{first}; the manifest sets no namespace: pass `-n {why}` to judge it there"),
    "pipelines": NoticeKind(
        "note",
        "Tekton tasks are judged as OpenShift Pipelines runs them, unless the input says otherwise: as service account pipeline, which "
        "may use SCC {names}, by a controller that may use SCC nonroot",
    ),
    "add-on": NoticeKind(
        "note",
        "{why} shows that an add-on is installed; `--addon {what}` judges with its SCCs and grants",
        several="{count} add-ons are installed, as the input shows ({why} shows {what}): `{options}` judges with their SCCs and grants",
    ),
    "policy": NoticeKind(
        "note",
        "{names} may change or refuse pods: scclint does not evaluate such policies, and its verdicts are about the pods as written",
    ),
    "mutated": NoticeKind(
        "note",
        "{names}: {why} changes the pods before SCC admission; the verdicts are about the pods as written",
        each="why",
    ),
    "dump": NoticeKind("warning", "{dump}"),
    "unfollowed": NoticeKind(
        "warning", "ClusterRole {names} aggregates more roles than scclint follows, so that verdicts may miss a grant"
    ),
}
"""The kinds of notices, in the order in which they are told."""

_OWN_GROUPS = frozenset(("", "apps", "autoscaling", "batch", "extensions", "policy"))
"""API groups of Kubernetes without a dot. A CustomResourceDefinition needs one, so that others are files of tools such as skaffold."""


def _is_completed(obj: ApiObject) -> bool:
    """Whether a part of an object, which the API server refuses, is a patch, or what the templates of a chart complete."""
    folders = [*folders_above(obj.file)]
    charts = [os.path.join(folder, CHART_FILE) for folder in folders if obj.provenance.template]
    by_tools = (*charts, *(os.path.join(folder, name) for folder in folders[:2] for name in NAMES))
    return os.path.isfile(obj.file) and any(map(os.path.isfile, by_tools))


def notices(items: Sequence[JudgementGap], config: Config) -> list[Notice]:
    """What was seen in all units and not judged, in words: said once for each kind, and for each item that has access words."""
    gaps = [item for item in dict.fromkeys(items) if item.words]
    of = grouped((item.sort, item) for item in dict.fromkeys(items) if not item.words)
    own = {item.what for item in of.pop("own API", ())}
    of["add-on"] = _addons_once([*of.get("add-on", ()), *(item for item in of.pop("API", ()) if item.what not in own)])
    told = [_gap(item, _KINDS[item.sort]) for item in gaps]
    for sort, kind in _KINDS.items():
        by_key = grouped((getattr(item, kind.each) if kind.each else "", item) for item in of.get(sort, ()))
        for _, several in sorted(by_key.items()):
            text = kind.several if kind.several and len(several) > 1 else kind.text
            told.append(Notice(kind.level, text.format_map(_fields(several))))
    return told + _needless({item.what for item in of.get("parameter", ())}, config)


def _addons_once(items: Iterable[JudgementGap]) -> list[JudgementGap]:
    """Return one gap for each add-on, sorted by name."""
    first = {item.what: JudgementGap("add-on", item.what, item.why) for item in reversed([*items])}
    return [first[name] for name in sorted(first)]


def _gap(item: JudgementGap, kind: NoticeKind) -> Notice:
    """Return the notice about one item that has access words."""
    text = kind.text.format_map(_fields([item]))
    return Notice(kind.level, text.removeprefix(f"{item.file}: "), item.file, item.line, reason=item.sort, words=item.words)


_RENDERINGS = {
    True: "what they render to: `helm template . --namespace NAME | scclint check -`",
    False: "what a program makes of it",
}
"""How to check templates that nothing rendered, by whether some are those of a chart."""


def _fields(items: Sequence[JudgementGap]) -> Mapping[str, str]:
    """The texts about items of one sort."""
    names, kinds = [item.what for item in items], sorted({item.why for item in items})
    return {
        "names": and_more(names, 1),
        "first": f"{names[0]} (and {len(names) - 1:,} more like it)" if len(names) > 1 else names[0],
        "what": items[0].what,
        "count": f"{len(items):,}",
        "options": " ".join(f"--addon {name}" for name in names),
        "why": items[0].why,
        "kinds": and_more(kinds, 3),
        "renderings": _RENDERINGS[any(item.why for item in items)],
        "templates": "they are templates" if len(names) > 1 else "it is a template",
        "create": f"kinds {listed(kinds)} create" if len(kinds) > 1 else f"kind {kinds[0]} creates",
        "dump": _dump(items) if items[0].sort == "dump" else "",
    }


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
