"""Judges one unit: load, render, model and check it, and yield its findings."""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from scclint.admission.rbac import reference
from scclint.admission.verdict import ObjectRef, User
from scclint.deploy.unit import Deployment, Unit
from scclint.finding import Crash, Finding, Ignore, Notice
from scclint.limits import MIN_SPLIT
from scclint.objects.documents.document import Document
from scclint.objects.types import AdmissionPolicy, ApiObject, RoleBinding, SecurityContextConstraints, Workload
from scclint.other_units import OtherUnits, Question, Reply
from scclint.outcome.manifests import manifests
from scclint.outcome.rows import grant_rows, workload_row
from scclint.outcome.selinux import mounts
from scclint.outcome.world import World
from scclint.platform.releases import shown_release
from scclint.record import EMPTY, record, replace
from scclint.rule import Checked
from scclint.run.check import Found, apply_rules, joined, look, nothing_more, order
from scclint.run.load import Inputs, guard, model_objects, with_distinct_names
from scclint.run.notices import judged_files, tallies, unjudged
from scclint.run.options import cores
from scclint.run.report import JudgementGap, UnitResult
from scclint.run.shared import Run, load_documents
from scclint.run.worlds import acting, make_worlds
from scclint.source import Span
from scclint.suppress import syntax
from scclint.yaml.untyped import Object

if TYPE_CHECKING:
    from scclint.deploy.origins.tracer import Tracer
    from scclint.outcome.rows import GrantRow, WorkloadRow

__all__ = ["OpenUnit", "UnitView", "judge", "open_unit", "open_units"]

T = TypeVar("T")

_REJECTIONS = ("SCC101", "SCC107")
"""Rules about a pod that an SCC rejects, which a patch of the pod commonly prevents."""
_PARTS_OF_A_PROCESS = 4
"""Parts of the objects of a unit for each process: some parts take longer than others."""
_UNPATCHED = "the kustomization's patches are not applied, and may change this"


@record
class OpenUnit:
    """A unit with its documents, its objects, and a world for each release asked for, by name.

    `ours` are the objects to report on, and `subjects` what rules look at. `tracer` returns what moves places to the files that
    people edit. `others` is what the unit takes from other units, and has answered about them.
    """

    unit: Unit
    inputs: Inputs
    objects: Sequence[ApiObject]
    worlds: Mapping[str, World]
    subjects: Sequence[Document | ApiObject]
    ours: Sequence[ApiObject]
    tracer: "Callable[[], Tracer]"
    others: OtherUnits

    @property
    def workloads(self) -> list[Workload]:
        """The workloads to report on, in the order of the input."""
        return [s for s in self.subjects if isinstance(s, Workload)]

    @property
    def world(self) -> World:
        """The world of the oldest release."""
        return next(iter(self.worlds.values()))

    @property
    def platform(self) -> str:
        """What the unit is judged for: `OpenShift 4.16, 4.20`."""
        return ", ".join([self.world.cluster.platform_name, *map(shown_release, list(self.worlds)[1:])])

    def edited(self, span: Span) -> Span:
        """Return the place in the file that people edit."""
        return self.tracer().span(span)

    def edited_field(self, span: Span) -> Span:
        """Return the place of the value that sets a field, or else of the line that writes it, in the file that people edit."""
        return self.tracer().field(span)

    def row(self, world: World, workload: Workload) -> "WorkloadRow":
        """Return what a workload gets in one of the worlds."""
        return workload_row(world, workload, self.unit.name, self.edited(workload.place.span), self.unit.title)


class UnitView(NamedTuple, Generic[T]):
    """What a command has of a unit.

    `make` makes it from the opened unit in a run. `stored` returns what is stored of it, of values that JSON can express and records of
    these; None if it does not hold for later runs. `restore` returns the same from what JSON makes of that, and raises ValueError,
    TypeError or KeyError for anything else. Views with one `name` are the same. `nothing` returns what a command has of a unit whose
    process died, given the notice about that. `by_rules` says that it depends on the rules and their settings. `costs_little` returns
    whether to make it as well of a unit that is judged, given the values of views that are made already.
    """

    name: str
    make: Callable[[OpenUnit, Run], T]
    restore: Callable[[Any], T]
    nothing: Callable[[Unit, Notice], T]
    by_rules: bool = False
    stored: Callable[[T], object] = lambda value: value
    costs_little: Callable[[OpenUnit, Mapping[str, Any]], bool] = lambda opened, values: True


def open_unit(unit: Unit, run: Run, last_applied: Mapping[str, Mapping[ObjectRef, Object]] | None = None) -> OpenUnit:
    """Load and model a unit, with what it takes from others. `last_applied` are in place of those of the run."""
    applied = run.last_applied if last_applied is None else last_applied
    others = run.others.of(unit)
    givers = {borrowed.unit for borrowed in others.borrowed}
    others.last_applied = ChainMap(*(dict(applied.get(name, EMPTY)) for name in (unit.name, *sorted(givers))))
    inputs = load_documents(unit, run)
    inputs.unjudged += (
        JudgementGap("ambiguous", of.name, run.by_name[name].title) for of in others.ambiguous for name in of.units
    )
    run.options.lap("load")
    described, cluster_inputs = run.described(unit.namespace)
    borrowed = with_distinct_names((borrowed.obj for borrowed in others.borrowed), described.objects)
    objects = model_objects(unit, inputs, run.config, run.surroundings, run.sources.folders, borrowed, others.homes)
    objects = with_distinct_names(objects, (*described.objects, *borrowed))
    inputs.notices += cluster_inputs.notices
    inputs.crashes += cluster_inputs.crashes
    params: Sequence[Object] = ()
    if any(isinstance(obj, AdmissionPolicy) for obj in (*borrowed, *objects)):
        from scclint.run.policies import parameters

        params = parameters((*borrowed, *objects), unit, run)
    worlds = make_worlds(
        [*borrowed, *objects],
        run.config,
        described,
        namespace=unit.namespace,
        why_there=unit.placed.why,
        other_units=others,
        observed=run.observed,
        params=params,
        creator=_creator(unit.deployment),
    )
    run.options.lap("model")
    targets = {id(document) for document in inputs.targets}
    ours = [o for o in objects if id(o.document) in targets]
    subjects: list[Document | ApiObject] = [*inputs.targets, *(o for o in ours if isinstance(o, Workload) or not o.partial)]

    @cache
    def trace() -> "Tracer":
        if not inputs.origins and not run.rendered.renderings:
            from scclint.deploy.origins.tracer import Tracer

            return Tracer()
        from scclint.deploy.origins.unit_tracer import TracedDocuments, tracer

        return tracer(unit, TracedDocuments(inputs.targets, inputs.origins), ours, givers, run)

    return OpenUnit(unit, inputs, [*described.objects, *objects], worlds, subjects, ours, trace, others)


def mounts_in(unit: Unit, run: Run) -> Mapping[Question, list[Any]]:
    """Return the mounts of claims by the pods of a unit, by release, namespace and claim, in the files that people edit."""
    opened = open_unit(unit, run)
    return {
        (release, *claim): [mount.plain(opened.edited(mount.span)) for mount in claim_mounts]
        for release, world in opened.worlds.items()
        for claim, claim_mounts in mounts(world).of_claim.items()
    }


def open_units(run: Run) -> Iterator[OpenUnit]:
    """Each unit of a run, for commands that ask for verdicts rather than findings."""
    return (open_unit(unit, run) for unit in run.units)


def judge(opened: OpenUnit, run: Run) -> UnitResult:
    """The findings about the subjects of a unit, and how its input was treated.

    It depends on nothing but the unit's files, what the unit takes from others and asks about them, and the settings.
    """
    inputs = opened.inputs
    crashes = list(inputs.crashes)
    rows: dict[str, list[WorkloadRow]] = {release: [] for release in opened.worlds} if run.options.review else {}
    findings, ignores = _findings(opened, run, crashes, rows)
    left_out = list(inputs.unjudged)
    with guard("check", "looking at what is not judged", crashes):
        left_out += unjudged(opened.unit, inputs, opened.ours, opened.worlds, run.config)
    grants: dict[str, tuple[GrantRow, ...]] = {}
    if run.options.review:
        with guard("check", "listing the grants of SCCs", crashes):
            grants = {release: _grants(world, opened) for release, world in opened.worlds.items()}
    run.options.lap("check")
    counts = tallies(inputs, opened.ours)
    return UnitResult(
        opened.unit.name,
        findings=tuple(findings),
        ignores=tuple(ignores),
        crashes=tuple(crashes),
        notices=tuple(inputs.notices),
        unjudged=tuple(left_out),
        tallies=counts,
        files=tuple(inputs.read),
        platform=opened.platform,
        texts=inputs.texts,
        nothing=inputs.nothing,
        judged=judged_files(opened.unit, inputs, counts),
        outcomes={release: tuple(of_release) for release, of_release in rows.items()},
        grants=grants,
        applied=applied_by(opened) if run.options.with_applied else {},
    )


def _creator(deployment: Deployment) -> User | None:
    """Who creates the bare Pods that a controller deploys; None if no object of the input says that one does."""
    return acting(deployment.user, deployment.groups) if deployment.user else None


def applied_by(opened: OpenUnit) -> Mapping[ObjectRef, Object]:
    """Return the manifests that deciding objects of a unit are applied from, by reference."""
    namespace = next(iter(opened.worlds.values())).namespace_asked
    return {reference(item): item for item in manifests((o for o in opened.ours if not o.partial), namespace)}


def _findings(
    opened: OpenUnit, run: Run, crashes: list[Crash], rows: "Mapping[str, list[WorkloadRow]]"
) -> tuple[list[Finding], list[Ignore]]:
    """Return what the rules say of a unit, in the files that people edit, and the suppressions that are written there.

    The row of each workload is added to `rows`, where they are asked for.
    """
    unit = opened.unit
    findings, broken = _looked(opened, run, rows)
    crashes += broken
    ignores: list[Ignore] = []
    # kustomize drops comments and moves them: those of its sources count, once the findings are there.
    built = unit.kind == "kustomize" and unit.rendered
    with guard("check", "applying suppressions", crashes):
        findings, ignores = _suppressed(findings, list(written_ignores(opened.subjects, comments=not built)), run)
    with guard("check", "looking for the lines of sources", crashes):
        findings = opened.tracer().findings(findings) if findings else []
        ignores = [replace(ignore, span=opened.tracer().span(ignore.span)) for ignore in ignores]
    if unit.rendered:
        findings = run.selected(findings)
    if unit.rendered:
        with guard("check", "applying suppressions of sources", crashes):
            findings, more = _suppressed(findings, source_ignores(unit, run), run)
            ignores += more
    return sorted(_marked_unpatched(findings, unit, run), key=order), ignores


def _looked(opened: OpenUnit, run: Run, rows: "Mapping[str, list[WorkloadRow]]") -> tuple[list[Finding], list[Crash]]:
    """Return what `apply_rules` returns for a unit: of parts of a large one from several processes."""
    rules, select = run.registry.rules, run.select_for(opened.unit)

    def add_row(release: str, subject: Checked) -> None:
        # A failure was reported by the rules that asked for the outcome, or by what looked for the lines of sources.
        if isinstance(subject, Workload):
            with suppress(Exception):
                rows[release].append(opened.row(opened.worlds[release], subject))

    jobs = run.options.jobs or cores()
    then = add_row if rows else nothing_more
    if jobs < 2 or rows or len(opened.workloads) < MIN_SPLIT:
        return apply_rules(opened.worlds, opened.subjects, rules, select, run.options.progress, then)
    from scclint.run.pool import Died, can_fork, in_processes_of

    if not can_fork():
        return apply_rules(opened.worlds, opened.subjects, rules, select, run.options.progress)
    size = -(-len(opened.subjects) // (jobs * _PARTS_OF_A_PROCESS))
    parts = [opened.subjects[start : start + size] for start in range(0, len(opened.subjects), size)]

    def work(_: Run, index: int) -> tuple[tuple[Found, list[Crash]], dict[Question, Reply]]:
        before = len(opened.others.asked)
        looked = look(opened.worlds, parts[index], rules, select)
        return looked, dict(islice(opened.others.asked.items(), before, None))

    looked = []
    for index, result in enumerate(in_processes_of(run, "judged", work, len(parts), jobs)):
        # What ends a process may not end this one, and otherwise ends the run as it does without the others.
        of_part, asked = work(run, index) if isinstance(result, Died) else result
        opened.others.asked |= asked
        looked.append(of_part)
    return joined(looked, opened.worlds)


def _suppressed(findings: list[Finding], written: Sequence[Ignore], run: Run) -> tuple[list[Finding], list[Ignore]]:
    """What `Run.suppressed` returns; the findings as they are if nothing is to be suppressed."""
    return run.suppressed(findings, written) if written and run.options.ignores else (findings, [])


def _marked_unpatched(findings: list[Finding], unit: Unit, run: Run) -> list[Finding]:
    """Findings of an unrendered kustomization that has patches say that a patch may change the field that the SCC rejects."""
    closure = run.rendered.closures.get(unit.name)
    if not unit.unrendered or closure is None or not closure.changes_objects:
        return findings
    return [
        replace(finding, notes=(_UNPATCHED, *finding.notes)) if finding.rule_id in _REJECTIONS else finding
        for finding in findings
    ]


def written_ignores(subjects: Iterable[Document | ApiObject], *, comments: bool = True) -> Iterator[Ignore]:
    """The suppressions in the comments of documents and the annotations of objects."""
    for subject in subjects:
        if not isinstance(subject, Document):
            yield from syntax.annotation_ignores(subject)
        elif comments:
            yield from syntax.comment_ignores(subject)


def source_ignores(unit: Unit, run: Run) -> list[Ignore]:
    """The suppressions in the comments of the files that a unit is rendered from. Those of templates are in what they render to."""
    files = [file for file in unit.files if syntax.MARK in run.outline.text(file)]
    if unit.kind == "chart" and files:
        values = {layer.file for layer in run.values(unit).layers}
        files = [file for file in files if file in values]
    return [ignore for file in files for d in run.outline.documents(file) for ignore in syntax.comment_ignores(d)]


def _grants(world: World, opened: OpenUnit) -> "tuple[GrantRow, ...]":
    written = any(world.of(RoleBinding)) or any(world.of(SecurityContextConstraints))
    if world.cluster.platform == "kubernetes" or not written:
        return ()
    return tuple(grant_rows(world, opened.unit.name, opened.edited))
