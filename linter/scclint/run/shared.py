"""What all units of a run share: settings, rules, files, the cluster that is described, and what units render to."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from weakref import proxy

from scclint.admission.verdict import ObjectRef
from scclint.cluster import Cluster
from scclint.config import Selection, selection
from scclint.config.model import Config
from scclint.deploy.facts import AllUnits, Facts, facts_of, together
from scclint.deploy.images import Images
from scclint.deploy.kustomize.surroundings import Surroundings
from scclint.deploy.outline import Outline
from scclint.deploy.unit import Rendering, Unit
from scclint.errors import LoadError
from scclint.files.sources import Sources
from scclint.finding import Finding, Ignore, Notice
from scclint.objects.documents import commands_in_yaml, load_file, load_text
from scclint.objects.documents.document import Document
from scclint.objects.kinds import CLUSTER_SCOPED, TEKTON
from scclint.objects.types import OperatorInstallation
from scclint.other_units import BorrowedObject, Question
from scclint.platform.releases import DEFAULT, release_of
from scclint.podsecurity.defaults import enforces
from scclint.record import EMPTY, Frozen, Memo, replace, set_fields
from scclint.registry import Registry
from scclint.run.deploy import Rendered, texts_on_disk
from scclint.run.load import Inputs, described_objects, guard, left_out, unread
from scclint.run.options import RunOptions, silent
from scclint.run.store import RunStore
from scclint.run.worlds import ClusterDescription, describe, make_clusters
from scclint.yaml.untyped import Object

if TYPE_CHECKING:
    from scclint.cluster.observed import Observed
    from scclint.deploy.helm.values import ViewValues
    from scclint.deploy.images import Images
    from scclint.deploy.origins.unit_tracer import TracedDocuments
    from scclint.deploy.rbac_markers import RbacMarkers
    from scclint.run.cluster_state import ClusterState

MountsIn = Callable[[Unit, "Run"], Mapping[Question, list[Any]]]
"""The mounts of claims by the pods of a unit: see `scclint.run.judge.mounts_in`."""


class Run(Frozen):
    """One run: `outline` has its files, `sources` and `state` describe the cluster for all units, and `rendered` is what units
    render to. `config` are the settings in force: those of the user, with the release and the kind of cluster that a dump shows. `units` are
    those to judge, sorted by name, and `notices` concern files that belong to no unit, and rendering. `last_applied` are the manifests
    that an earlier state of each unit applied, by its name. `mounts_in` judges the pods of a unit that others share claims with.
    What is worked out of the run is kept in `memo` and by its properties.
    """

    def __init__(
        self,
        outline: Outline,
        sources: Sources,
        config: Config,
        registry: Registry,
        rendered: Rendered,
        options: RunOptions,
        state: "ClusterState | None",
        store: RunStore,
        mounts_in: "MountsIn",
    ) -> None:
        self.state: ClusterState | None
        self.outline: Outline
        self.sources: Sources
        self.config: Config
        self.registry: Registry
        self.options: RunOptions
        self.rendered: Rendered
        self.store: RunStore
        self.mounts_in: MountsIn
        self.memo: Memo
        self.units: Sequence[Unit]
        self.notices: Sequence[Notice]
        self.last_applied: Mapping[str, Mapping[ObjectRef, Object]]
        set_fields(
            self,
            state=state,
            outline=outline,
            sources=sources,
            config=config,
            registry=registry,
            options=options,
            rendered=rendered,
            store=store,
            mounts_in=mounts_in,
            memo=Memo(),
            units=rendered.units,
            notices=(),
            last_applied=EMPTY,
        )

    def _with(self, **fields: object) -> "Run":
        """Return the run with some fields changed. What it worked out stays, and so does the run, to which `others` refers."""
        made = copy(self)
        set_fields(made, **{"_made_from": self, **fields})
        return made

    def judging(self, units: Sequence[Unit], notices: Sequence[Notice]) -> "Run":
        """Return the run that judges these units and has these notices."""
        return self._with(units=units, notices=notices)

    def in_process(self) -> "Run":
        """Return the run in a process that another one started: it starts none and reports no progress."""
        return self._with(options=replace(self.options, jobs=1, progress=silent))

    def after(self, applied: Mapping[str, Mapping[ObjectRef, Object]]) -> "Run":
        """Return the run whose units are applied after manifests of an earlier state of them, by the name of the unit."""
        return self._with(last_applied=applied)

    def with_overlay(self, overlay: Mapping[str, str | LoadError]) -> "Run":
        """Return the run with these texts in place of files, by path as displayed. What units render to stays the same."""
        outline, options = self.outline.with_overlay(overlay), replace(self.options, overlay=overlay)
        made = self._with(outline=outline, options=options, memo=Memo(), _made_from=None)
        for name in ("others", "surroundings", "images"):
            made.__dict__.pop(name, None)
        return made

    def with_rendering(self, unit: Unit, rendering: Rendering) -> "Run":
        """Return the run in which a unit renders to something else. What the other units are and take stays the same."""
        rendered = replace(self.rendered, renderings={**self.rendered.renderings, unit.name: rendering})
        return self._with(rendered=rendered, memo=Memo())

    @cached_property
    def select(self) -> Callable[[str], Selection]:
        """Returns for a file the rules that hold there, with their severities."""
        return selection(self.registry.rules, self.config)

    @cached_property
    def surroundings(self) -> Surroundings:
        """The kustomizations beside files."""
        return Surroundings(self.outline)

    @property
    def whole(self) -> bool:
        """Whether all units of the input are judged."""
        return len(self.units) == len(self.rendered.units)

    @cached_property
    def others(self) -> AllUnits:
        """What the units take from one another and know of one another. A run with one unit asks for nothing."""
        units, config = self.rendered.units, self.config
        # A reference of its own would keep the run, and all that was read for it, until the garbage collector comes.
        this: Run = proxy(self)

        def told(question: Question) -> list[Any] | None:
            if question[0] == "image":
                return list(this.images.of(*question[1:]) or ())
            if question[0] == "named":
                return [file for file in question[1:] if file in this.outline.named]
            return this.markers.of(*question[1:]) if question[0] == "marker" else this.outline.told.get(question)

        if len(units) == 1:
            return AllUnits(units, told=told)

        facts = {unit.name: self._facts(unit) for unit in units}
        shared = {unit.name: together(map(self.outline.facts, unit.shared)) for unit in units if unit.shared}
        closures = self.rendered.closures
        folders = {name: frozenset(closure.folders) - frozenset(closure.components) for name, closure in closures.items()}
        releases = map(release_of, config.openshift or (DEFAULT,))
        synced = any(enforces(release.kubernetes, config.platform) for release in releases)
        operators = any(unit.kind == "operator" for unit in units)
        operators = operators or any(isinstance(o, OperatorInstallation) for of in facts.values() for o in of.objects)
        bundles = [made for unit in units if operators and unit.kind == "bundle" for made in self._of_bundle(unit)]

        def mounts(name: str) -> Mapping[Question, list[Any]]:
            return this.memo(("mounts", name), lambda: this.mounts_in(this.by_name[name], this))

        return AllUnits(units, facts, shared, folders, synced=synced, bundles=bundles, mounts=mounts, told=told)

    def _of_bundle(self, unit: Unit) -> Iterator[BorrowedObject]:
        """The accounts, roles and bindings that OLM creates of a bundle, in the namespace that it suggests."""
        for obj in (obj for file in unit.files for obj in self.outline.facts(file).objects if obj.implied):
            yield BorrowedObject(obj.with_provenance(home=unit.namespace or obj.provenance.home), unit.name)

    def _facts(self, unit: Unit) -> Facts:
        """What a unit defines; nothing of a bundle, which neither gives nor takes."""
        if not unit.gives and not unit.takes:
            return Facts()
        if rendering := self.rendering(unit):
            objects = self.outline.objects(self.documents(rendering))
            return facts_of(objects).within(unit.namespace)
        if unit.kind == "chart":
            return Facts()
        return together(map(self.outline.facts, unit.files)).within(unit.namespace)

    @cached_property
    def by_name(self) -> Mapping[str, Unit]:
        """All units, by name."""
        return {unit.name: unit for unit in self.rendered.units}

    @cached_property
    def clusters(self) -> tuple[Cluster, ...]:
        """A cluster as installed for each release asked for."""
        return make_clusters(self.config, self.observed)

    @cached_property
    def cluster(self) -> tuple[list[Document], list[Notice]]:
        """The documents that describe the cluster for all units, read once, and notices on what could not be read."""
        documents: list[Document] = []
        notices: list[Notice] = []
        for item in self.sources.context:
            try:
                if isinstance(item, LoadError):
                    raise item
                # What is reported on is part of a unit.
                if item.display not in self.outline.files:
                    documents += load_file(item.display, self.outline.reader.text(item), self.outline.kinds)
            except LoadError as error:
                notices.append(unread(error, self.sources.named))
        notices += [left_out(d.error.message, d.file, d.error.line) for d in documents if d.status == "unparsable" and d.error]
        if self.state is not None:
            return [*self.state.documents, *documents], [*self.state.notices, *notices]
        return documents, notices

    @cached_property
    def images(self) -> "Images":
        """What the settings and the files say of images."""
        files = [*self.outline.files, *(file.display for file in self.sources.texts)]
        return Images(self.config.images, self.config.root, self.outline, files)

    @cached_property
    def markers(self) -> "RbacMarkers":
        """The RBAC markers in code."""
        from scclint.deploy.rbac_markers import RbacMarker, RbacMarkers

        return RbacMarkers(RbacMarker(*fields) for fields in self.outline.told.get(("markers",), ()))

    @cached_property
    def described_documents(self) -> list[Document]:
        """The documents of `cluster` that mean the same in all units."""
        return [document for document in self.cluster[0] if document.kind not in TEKTON]

    def described(self, namespace: str) -> tuple[ClusterDescription, Inputs]:
        """What all units share, for a unit whose namespace is `namespace`, and what became of the documents that describe it."""
        last = self._last_described
        if not last or last[0][0] not in ("", namespace):
            objects, inputs = described_objects(self.described_documents, self.config, namespace)
            made = describe(self.config, self.clusters, objects, namespace)
            placed = all(obj.namespace or obj.kind in CLUSTER_SCOPED for obj in objects)
            placed = placed and not any(document.release_namespace for document in self.described_documents)
            last[:] = [("" if placed else namespace, made, inputs)]
        return last[0][1:]

    @cached_property
    def _last_described(self) -> list[tuple[str, ClusterDescription, Inputs]]:
        """The last answer of `described`, with the namespace that it holds for, empty for all: one for each namespace takes memory."""
        return []

    @property
    def observed(self) -> "Observed | None":
        """What a dump of the cluster shows beside objects; None without one."""
        return self.state.observed if self.state is not None else None

    def select_for(self, unit: Unit) -> Callable[[str], Selection]:
        """The rules that hold for what is read for a unit. What is rendered lies in no file: there the rules of any source hold,
        until its findings are in their sources and `selected` looks at them.
        """
        if not unit.rendered or not self.config.per_path:
            return self.select
        chosen = {rule for file in unit.files for rule in self.select(file)}
        any_of: Selection = {rule.id: None for rule in self.registry.rules if rule.id in chosen}
        return lambda file: any_of

    def selected(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return the findings that the settings of their paths select, with the severity that these settings give them."""
        if not self.config.per_path:
            return list(findings)
        selected_findings = []
        for finding in findings:
            chosen = self.select(finding.span.file)
            if finding.rule_id not in chosen:
                continue
            severity = chosen[finding.rule_id]
            is_set = finding.kind == "problem" and severity is not None
            selected_findings.append(replace(finding, severity=severity) if is_set else finding)
        return selected_findings

    def suppressed(self, findings: Iterable[Finding], written: Iterable[Ignore]) -> tuple[list[Finding], list[Ignore]]:
        """The findings with those marked that `written` suppressions cover, and these with what they cover."""
        from scclint.suppress.apply import apply

        def ran(rule_id: str, file: str) -> bool:
            return rule_id in self.select(file)

        return apply(findings, written, self.registry.rules, self.options.today, root=self.config.root, ran=ran)

    def rendering(self, unit: Unit) -> Rendering | None:
        """What the unit renders to; None where it is judged by its files."""
        return self.rendered.renderings.get(unit.name)

    def traced(self, unit: Unit) -> "TracedDocuments":
        """The documents of a unit that a tracer looks at."""
        from scclint.deploy.origins.unit_tracer import TracedDocuments

        inputs = load_documents(unit, self)
        return TracedDocuments(inputs.targets, inputs.origins)

    def shown_rendered(self, name: str) -> str:
        """The path, as displayed, of the file that a rendering names relative to the rendered tree."""
        return self.outline.shown(os.path.join(self.rendered.tree, name))

    def values(self, unit: Unit) -> "ViewValues":
        """The values of a view of a chart."""
        from scclint.deploy.helm.values import ViewValues

        charts = self.rendered.renderer.charts if self.rendered.renderer is not None else None
        return self.memo((ViewValues, unit.name), lambda: ViewValues(unit, self.outline, self.config.helm_values, charts))

    def edited_rendering(self, unit: Unit, texts: Mapping[str, str]) -> Rendering:
        """What a unit renders to with these texts in place of files, by path as displayed."""
        key = unit.name, tuple(sorted(texts.items()))
        made = self.memo((Run.edited_rendering, key), lambda: self.rendered.output(unit, texts_on_disk(self.outline, texts)))
        return replace(self.rendered.renderings[unit.name], text=made.text, error=made.error, notices=made.notices)

    def is_saved(self, unit: Unit) -> bool:
        """Whether the unit was rendered from the texts that the run has."""
        overlay = {file: text for file, text in self.options.overlay.items() if file in unit.files}
        return all(self.rendered.texts.get(path) == text for path, text in texts_on_disk(self.outline, overlay).items())

    def documents(self, rendering: Rendering) -> list[Document]:
        """The documents of a rendering."""
        documents = load_text(rendering.file, rendering.text, self.outline.kinds)
        documents += commands_in_yaml(rendering.file, rendering.text, documents)
        return [replace(document, marker=rendering.marker) for document in documents] if rendering.marker else documents


def load_documents(unit: Unit, run: Run) -> Inputs:
    """The documents of a unit, with those of the files that it shares and of the cluster as context."""
    inputs = Inputs()
    documents, notices = run.cluster
    # What Tekton's objects mean depends on the others of the unit.
    inputs.context += (document for document in documents if document.kind in TEKTON)
    inputs.described = run.described_documents
    inputs.notices += [*notices, *(run.images.notices if run.config.images else ())]
    for file in unit.shared:
        shared = Inputs()
        shared.take_file(run.outline.source(file), run.outline.reader)
        inputs.context += shared.targets
    if rendering := run.rendering(unit):
        inputs.texts[rendering.file] = rendering.text
        inputs.read |= dict.fromkeys(unit.files)
        inputs.take(run.documents(rendering))
    else:
        data = _data_files(unit, run)
        for number, file in enumerate((file for file in unit.files if file not in data), 1):
            # Nobody else looks at a bundle.
            inputs.take_file(run.outline.source(file), run.outline.reader, keep=unit.kind != "bundle", reading=unit.reading)
            run.options.progress("read", number, 0)
    if run.config.helm_chart or any(document.source for document in inputs.targets):
        from scclint.deploy.helm.chart import charts_below, find_origins

        chart = run.config.helm_chart or (unit.path if unit.kind == "chart" else "")
        with guard("load", "looking for Helm's templates", inputs.crashes):
            charts = partial(run.memo, charts_below, partial(charts_below, os.curdir))
            inputs.origins, chart_notices = find_origins(inputs.targets, chart, charts)
            inputs.notices += chart_notices
    return inputs


def _data_files(unit: Unit, run: Run) -> set[str]:
    """The files of a kustomization that hold no objects, such as a script for a ConfigMap, and that the run was not asked for."""
    closure = run.rendered.closures.get(unit.name)
    if closure is None:
        return set()
    outline = run.outline
    objects = {*closure.kustomizations, *closure.resources, *closure.patches}
    data = (outline.shown(os.path.join(run.rendered.tree, name)) for name in closure.files if name not in objects)
    return {file for file in data if file not in outline.files}
