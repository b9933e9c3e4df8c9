"""The whole run: scan the files, split them into units, judge each unit, merge what they yield."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scclint.config.model import Config
from scclint.engine.merge import merge
from scclint.engine.neighbours import all_units
from scclint.engine.report import Report
from scclint.engine.scan import reach, scan
from scclint.engine.store import RunStore
from scclint.engine.texts import FileTexts
from scclint.errors import LoadError
from scclint.files.sources import Sources
from scclint.finding import Finding, Notice
from scclint.judge import OpenUnit, judge, open_unit
from scclint.judge.part import Part
from scclint.judge.render import plain, render, restored, unit_renderer
from scclint.judge.session import DEFAULTS, RunOptions, Session, texts_on_disk
from scclint.limits import MIN_CACHED, MIN_PARALLEL
from scclint.other_units import Question
from scclint.record import replace
from scclint.registry import Registry
from scclint.units.all_units import names_of
from scclint.units.detect import Split
from scclint.units.unit import Unit

if TYPE_CHECKING:
    from scclint.engine.unit_keys import UnitKeys
    from scclint.files.changes import Changes
    from scclint.judge.cluster_state import ClusterState
    from scclint.units.render import RendererOutput


class Run:
    """The units of one run that are to be judged, sorted by name. `notices` concern files that belong to no unit, and rendering.

    `outline` has the files as the run reads them, and `config` the settings in force: those of the user, with the release and the
    kind of cluster that a dump shows.
    """

    def __init__(self, sources: Sources, config: Config, registry: Registry, options: RunOptions = DEFAULTS) -> None:
        state = _state(sources, config)
        config = state.in_force(config) if state else config
        self._store = RunStore(options.cache_scope, registry)
        outline, notices = scan(sources, config, options.overlay, self._store)
        split = Split(outline, config)
        texts = texts_on_disk(outline, options.overlay)
        renderer = unit_renderer(split, config)

        def cached(unit: Unit, make: "Callable[[], RendererOutput]") -> "RendererOutput":
            key = renderer.key(unit) if renderer and self._store.scope else ""
            return self._store.get("renderings", key, make, restored, plain)

        rendered = render(split, renderer, cached, texts, options.progress)
        self._all: Sequence[Unit] = rendered.units
        self.session = Session(outline, sources, config, registry, rendered, options, state)
        self._all_units = all_units(self._all, split.closures, self.session)
        self.outline = outline
        self.config = config
        self.units = self._chosen()
        self.notices = (*notices, *split.notices(self.units), *rendered.notices(self.units, config))

    def report(self) -> Report:
        """Judge each unit and merge the results."""
        parts = self._parts()
        self._store.save()
        return merge(parts, self.units, self.session, self.notices, whole=self.whole)

    def with_fixes(self, report: Report, shown: Sequence[Finding]) -> Report:
        """Return the report in which each of the `shown` findings has a proved fix, or the reason why it has none."""
        from scclint.engine.proofs import proved

        outcomes, crashes = proved(
            *(shown, report.findings, self._all, self.open, self.session),
            *(self._store, self._keys, self._all_units, self._jobs(self._all)),
        )
        findings = [outcomes[finding].stamped(finding) if finding in outcomes else finding for finding in report.findings]
        fixed = {edit.file for finding in findings if finding.fix for edit in finding.fix.edits} - report.texts.keys()
        texts = FileTexts((), {file: self.outline.text(file) for file in sorted(fixed)}, report.texts)
        return replace(report, findings=tuple(findings), crashes=(*report.crashes, *crashes), texts=texts)

    def with_texts(self, overlay: Mapping[str, str | LoadError]) -> "Run":
        """Return the run over the same units with these texts in place of files, by path as displayed.

        What was read of the other files is kept, and so is what units render to: a renderer reads saved files only.
        """
        from copy import copy

        made = copy(self)
        made.session = self.session.with_overlay(overlay)
        made._all_units = all_units(self._all, self.session.rendered.closures, made.session)
        made.outline = made.session.outline
        return made

    def units_with_context(self) -> list[Unit]:
        """The units, each with the names of what it takes from others."""
        return [replace(unit, context=names_of(self._all_units.of(unit))) for unit in self.units]

    def touched(self, files: Set[str], units: Iterable[Unit]) -> list[Unit]:
        """Those of the units that have one of the files as input, or that could take an object from one."""
        from scclint.engine.changed import touched

        return touched(units, self._all_units.of, files)

    def open(self, unit: Unit) -> OpenUnit:
        """Return one of the units with its objects and worlds."""
        return open_unit(unit, self._all_units.of(unit), self.session)

    def open_units(self) -> Iterator[OpenUnit]:
        """Each unit with its objects and worlds, for commands that ask for verdicts rather than findings."""
        yield from map(self.open, self.units)

    def judge(self, opened: OpenUnit) -> Part:
        """The findings about the subjects of an opened unit."""
        return judge(opened, self.session)

    def merge(self, parts: Sequence[Part], units: Sequence[Unit]) -> Report:
        """The report on some units, whose parts come in the same order."""
        return merge(parts, units, self.session)

    @property
    def whole(self) -> bool:
        """Whether all units of the input are judged."""
        return len(self.units) == len(self._all)

    def _chosen(self) -> Sequence[Unit]:
        """The units to judge. The others give context to them."""
        options = self.session.options
        units = self._all if options.changes is None else self._changed(options.changes)
        if options.units:
            from scclint.engine.choose import named

            units = named(units, options.units)
        return units

    def _changed(self, changes: "Changes") -> Sequence[Unit]:
        """The units that the changes concern, before or after them."""
        from scclint.engine.changed import reach_all, successors, touched, with_deleted

        session = self.session
        if reach_all(changes, self.outline, session.sources, self.config):
            return self._all
        unrendered = replace(self.config, render="never")
        sources = with_deleted(session.sources, changes)
        earlier = Run(sources, unrendered, session.registry, RunOptions(overlay=changes.before))
        then = touched(earlier.units, earlier._all_units.of, changes.files)
        now = touched(self._all, self._all_units.of, changes.files)
        there = {unit.name for unit in self._all}
        now += successors([unit for unit in then if unit.name not in there], self._all)
        names = {unit.name for unit in (*then, *now)}
        return [unit for unit in self._all if unit.name in names]

    def _parts(self) -> list[Part]:
        """The parts of the units, those of an earlier run where it had the same unit with the same answers about others."""
        keys = dict.fromkeys((unit.name for unit in self.units), "")
        # To look into the store for little input costs no less than judging it.
        if self.session.options.cache_scope and reach(self.outline.files.values(), MIN_CACHED):
            keys = {unit.name: self._keys.of(unit) for unit in self.units}
        if not any(keys.values()):
            return [part for part, _ in self._judged(self.units)]
        from scclint.engine.restored import fields_of, part_of

        def stored(unit: Unit) -> Part | None:
            def restored(value: Any) -> Part | None:
                key, asked, fields = value
                same = key == keys[unit.name] and self._all_units.of(unit).same_answers(asked)
                return part_of(unit.name, fields) if same else None

            return self._store.find("parts", unit.name if keys[unit.name] else "", restored)

        known = {unit.name: part for unit in self.units if (part := stored(unit))}
        judged = self._judged([unit for unit in self.units if unit.name not in known])
        parts = []
        for unit in self.units:
            part, asked = (known[unit.name], None) if unit.name in known else next(judged)
            if keys[unit.name] and asked is not None and not part.crashes:
                self._store.keep("parts", unit.name, [keys[unit.name], list(asked.items()), fields_of(part)])
            parts.append(part)
        if not self.whole:
            self._store.keep_others("parts")
        return parts

    def _judge(self, unit: Unit) -> tuple[Part, Mapping[Question, bool]]:
        """Return the part of a unit, and what it asked about other units, with the answers."""
        opened = self.open(unit)
        return judge(opened, self.session), opened.others.asked

    def _judged(self, units: Sequence[Unit]) -> Iterator[tuple[Part, Mapping[Question, bool] | None]]:
        """Judge units, in processes of their own if that pays. Without answers, a part says that its unit was not judged."""
        jobs = self._jobs(units)
        if jobs < 2:
            yield from map(self._judge, units)
            return
        from scclint.engine.pool import Died, in_processes_of

        results = in_processes_of(self.session, "judged", lambda index: self._judge(units[index]), len(units), jobs)
        for unit, result in zip(units, results, strict=True):
            if isinstance(result, Died):
                text = f"unit {unit.name} is not judged: the process that judged it {result.how}"
                yield Part(unit.name, notices=(Notice("error", text),), files=unit.files), None
            else:
                yield result

    def _jobs(self, units: Sequence[Unit]) -> int:
        """The number of processes to judge units in: one for little input, where starting more costs more than it saves."""
        jobs = self.session.options.jobs
        if len(units) < 2 or jobs == 1 or (not jobs and not reach(self.outline.files.values(), MIN_PARALLEL)):
            return 1
        from scclint.engine.pool import can_fork, cores

        return min(jobs or cores(), len(units)) if can_fork() else 1

    @cached_property
    def _keys(self) -> "UnitKeys":
        from scclint.engine.unit_keys import UnitKeys

        return UnitKeys(self.session, self._all_units)


def _state(sources: Sources, config: Config) -> "ClusterState | None":
    if not sources.state:
        return None
    from scclint.judge.cluster_state import read_state

    return read_state(sources, config)
