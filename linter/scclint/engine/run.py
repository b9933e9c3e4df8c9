"""The whole run: scan the files, split them into units, judge each unit, merge what they yield."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from typing import TYPE_CHECKING, Any

from scclint.config import build_config, read_config
from scclint.config.model import Config
from scclint.engine.index import Neighbours
from scclint.engine.merge import merge
from scclint.engine.report import Report
from scclint.engine.scan import scan
from scclint.engine.texts import FileTexts
from scclint.errors import ConfigError, LoadError, RuleSetError
from scclint.files.discover import SourceFile, display
from scclint.files.sources import Sources, find_sources
from scclint.finding import Finding, Notice
from scclint.judge import OpenUnit, judge, judge_opened, open_unit
from scclint.judge.part import Part
from scclint.judge.progress import silent
from scclint.judge.render import render
from scclint.judge.session import DEFAULTS, RunOptions, Session, texts_on_disk
from scclint.judge.trace import tracer
from scclint.judge.tracer import Tracer
from scclint.limits import MIN_CACHED, MIN_PARALLEL
from scclint.load.document import Document
from scclint.record import replace
from scclint.registry import Registry, builtin
from scclint.units.detect import Split
from scclint.units.unit import Unit

if TYPE_CHECKING:
    from scclint.cluster.observed import Observed
    from scclint.config.raw import Raw
    from scclint.engine.cache import Cache
    from scclint.engine.file_answers import FileAnswers
    from scclint.engine.fix_cache import FixCache
    from scclint.engine.rendering_cache import RenderingCache
    from scclint.files.changes import Changes
    from scclint.judge.state import ClusterState
    from scclint.units.elsewhere import Asked


class Run:
    """The units of one run that are to be judged, sorted by name. `notices` concern files that belong to no unit, and rendering."""

    def __init__(self, sources: Sources, config: Config, registry: Registry, options: RunOptions = DEFAULTS) -> None:
        state = _state(sources, config)
        config = state.in_force(config) if state else config
        self._answers = _file_answers(options.cache_scope, sources, registry)
        outline, notices = scan(sources, config, options.overlay, self._answers)
        split = Split(outline, config)
        kept = _renderings(options.cache_scope, split, config)
        texts = texts_on_disk(outline, options.overlay)
        rendered = render(split, config, kept, texts, options.progress)
        if kept is not None:
            kept.save()
        self._all: Sequence[Unit] = rendered.units
        self._session = Session(outline, sources, config, registry, rendered, options, state)
        self._neighbours = Neighbours(self._all, split.closures, self._session)
        self.units = self._chosen(options, sources, config, registry)
        self.notices = (*notices, *rendered.notices(self.units, config))

    def report(self) -> Report:
        """Judge each unit and merge the results."""
        cache = self._cache(self._session.options.cache_scope)
        known = {unit.name: part for unit in self.units if cache and (part := cache.find(unit))}
        judged = self._judged([unit for unit in self.units if unit.name not in known])
        parts = []
        for unit in self.units:
            part = known.get(unit.name)
            if part is None:
                part, asked = next(judged)
                if cache and asked is not None:
                    cache.keep(unit, part, asked)
            parts.append(part)
        if cache:
            cache.save()
        if self._answers:
            self._answers.save()
        return merge(parts, self.units, self._session, self.notices, whole=self.whole)

    def with_fixes(self, report: Report, shown: Sequence[Finding]) -> Report:
        """Return the report in which each of the `shown` findings has a proved fix, or the reason why it has none."""
        from scclint.engine.proofs import proved

        fix_cache = self._fix_cache()
        outcomes, crashes = proved(
            shown, report.findings, self._all, self.open, self._session, fix_cache, self._jobs(self._all)
        )
        findings = [outcomes[finding].stamped(finding) if finding in outcomes else finding for finding in report.findings]
        fixed = {edit.file for finding in findings if finding.fix for edit in finding.fix.edits} - report.texts.keys()
        texts = FileTexts((), {file: self.text(file) for file in sorted(fixed)}, report.texts)
        return replace(report, findings=tuple(findings), crashes=(*report.crashes, *crashes), texts=texts)

    def with_texts(self, overlay: Mapping[str, str | LoadError]) -> "Run":
        """Return the run over the same units with these texts in place of files, by path as displayed.

        What was read of the other files is kept, and so is what units render to: a renderer reads saved files only.
        """
        made = copy(self)
        made._session = self._session.with_overlay(overlay)
        made._neighbours = Neighbours(self._all, self._session.rendered.closures, made._session)
        return made

    def touched(self, files: Set[str], units: Iterable[Unit]) -> list[Unit]:
        """Those of the units that have one of the files as input, or that take an object from one."""
        from scclint.engine.changed import touched

        return touched(units, self._neighbours.context, files)

    def judge(self, opened: OpenUnit) -> Part:
        """The findings about the subjects of an opened unit."""
        return judge_opened(opened, self._neighbours.context(opened.unit), self._session)

    def tracer(self, opened: OpenUnit) -> Tracer:
        """What moves places in an opened unit to the files that people edit."""
        givers = {taken.unit for taken in self._neighbours.context(opened.unit).taken}
        return tracer(opened.unit, opened.inputs, opened.ours, givers, self._session)

    def merge(self, parts: Sequence[Part], units: Sequence[Unit]) -> Report:
        """The report on some units, whose parts come in the same order."""
        return merge(parts, units, self._session, whole=True)

    @property
    def folders(self) -> Sequence[str]:
        """The folders that the run was asked for."""
        return self._session.sources.folders

    def has(self, file: str) -> bool:
        """Whether the run read a file, by its path as displayed."""
        return file in self._session.outline.files

    def source(self, file: str) -> SourceFile:
        """The file to read for a path as displayed."""
        return self._session.outline.source(file)

    def text(self, file: str) -> str:
        """The text of a file as the run read it."""
        return self._session.outline.text(file)

    def documents(self, file: str) -> list[Document]:
        """The documents of a file as the run read it."""
        return self._session.outline.documents(file)

    def shown(self, path: str) -> str:
        """A path as the run displays it."""
        return self._session.outline.shown(path)

    @property
    def config(self) -> Config:
        """The settings in force: those of the user, with the release and the kind of cluster that a dump shows."""
        return self._session.config

    @property
    def observed(self) -> "Observed | None":
        """What a dump of the cluster shows beside objects; None without one."""
        return self._session.observed

    @property
    def whole(self) -> bool:
        """Whether all units of the input are judged."""
        return len(self.units) == len(self._all)

    def _chosen(self, options: RunOptions, sources: Sources, config: Config, registry: Registry) -> Sequence[Unit]:
        """The units to judge. The others give context to them."""
        units = self._all
        if options.changes is not None:
            units = self._changed(options.changes, sources, config, registry)
        if options.units:
            from scclint.engine.choose import named

            units = named(units, options.units)
        return units

    def _judge(self, unit: Unit) -> "tuple[Part, Asked]":
        """Return the part of a unit, and what it asked about other units, with the answers."""
        elsewhere = self._neighbours.elsewhere(unit)
        return judge(unit, self._neighbours.context(unit), elsewhere, self._session), elsewhere.asked

    def _judged(self, units: Sequence[Unit]) -> "Iterator[tuple[Part, Asked | None]]":
        """Judge units, in processes of their own if that pays. Without answers, a part says that its unit was not judged."""
        jobs = self._jobs(units)
        if jobs < 2:
            yield from map(self._judge, units)
            return
        from scclint.engine.pool import Died, in_processes

        # Read once, for all processes.
        self._session.cluster  # noqa: B018
        progress = self._session.options.progress
        # Only this process writes to the terminal.
        self._session.options = replace(self._session.options, progress=silent)
        for number, result in enumerate(in_processes(lambda index: self._judge(units[index]), len(units), jobs), 1):
            progress("judged", number, len(units))
            if isinstance(result, Died):
                unit = units[number - 1]
                text = f"unit {unit.name} is not judged: the process that judged it {result.how}"
                yield Part(unit.name, notices=(Notice("error", text),), files=unit.files), None
            else:
                yield result
        self._session.options = replace(self._session.options, progress=progress)

    def _jobs(self, units: Sequence[Unit]) -> int:
        """The number of processes to judge units in: one for little input, where starting more costs more than it saves."""
        jobs = self._session.options.jobs
        if len(units) < 2 or jobs == 1 or (not jobs and not _reach(self._session.outline.files.values(), MIN_PARALLEL)):
            return 1
        from scclint.engine.pool import can_fork, cores

        return min(jobs or cores(), len(units)) if can_fork() else 1

    def _changed(self, changes: "Changes", sources: Sources, config: Config, registry: Registry) -> Sequence[Unit]:
        """The units that the changes concern, before or after them."""
        from scclint.engine.changed import reach_all, successors, touched, with_deleted

        if reach_all(changes, self._session.outline, sources, config):
            return self._all
        unrendered = replace(config, render="never")
        earlier = Run(with_deleted(sources, changes), unrendered, registry, RunOptions(overlay=changes.before))
        then = touched(earlier.units, earlier._neighbours.context, changes.files)
        now = touched(self._all, self._neighbours.context, changes.files)
        there = {unit.name for unit in self._all}
        now += successors([unit for unit in then if unit.name not in there], self._all)
        names = {unit.name for unit in (*then, *now)}
        return [unit for unit in self._all if unit.name in names]

    def _cache(self, scope: Sequence[str]) -> "Cache | None":
        """Where parts are kept: for little input to look there costs no less than to judge it."""
        if not scope or not _reach(self._session.outline.files.values(), MIN_CACHED):
            return None
        from scclint import __version__
        from scclint.engine.cache import cache_for

        return cache_for(scope, self._session, self._neighbours, __version__, whole=self.whole)

    def _fix_cache(self) -> "FixCache | None":
        """Where proofs are kept: also for little input, because a proof takes longer than to judge it."""
        scope = self._session.options.cache_scope
        if not scope or self._session.options.force_generated:
            return None
        from scclint import __version__
        from scclint.engine.cache import cache_for, code_of
        from scclint.engine.fix_cache import FixCache
        from scclint.files.store import stored_file
        from scclint.remedy.fixes import SharedFiles

        cache = cache_for(scope, self._session, self._neighbours, __version__, whole=self.whole)
        file = stored_file(scope, "fixes", __version__, code_of(self._session.registry))
        return FixCache(file, cache, SharedFiles(self._all), self._neighbours) if cache and file else None

    def units_with_context(self) -> list[Unit]:
        """The units, each with the names of what it takes from others."""
        return [replace(unit, context=self._neighbours.context(unit).names) for unit in self.units]

    def open_units(self) -> Iterator[OpenUnit]:
        """Each unit with its objects and worlds, for commands that ask for verdicts rather than findings."""
        yield from map(self.open, self.units)

    def open(self, unit: Unit) -> OpenUnit:
        """Return one of the units with its objects and worlds."""
        return open_unit(unit, self._neighbours.context(unit), self._neighbours.elsewhere(unit), self._session)


def _state(sources: Sources, config: Config) -> "ClusterState | None":
    if not sources.state:
        return None
    from scclint.judge.state import read_state

    return read_state(sources, config)


def _renderings(scope: Sequence[str], split: Split, config: Config) -> "RenderingCache | None":
    """Where renderings are kept; None if no unit is rendered or nothing is to be kept."""
    if not scope or config.render == "never" or not any(unit.needs_renderer for unit in split.units):
        return None
    from scclint import __version__
    from scclint.engine.rendering_cache import RenderingCache
    from scclint.files.store import stored_file

    package = os.path.dirname(os.path.dirname(__file__))
    code = [os.path.join(package, *path) for path in (("judge",), ("units",), ("units", "kustomize"), ("units", "helm"))]
    file = stored_file(scope, "renderings", __version__, code)
    return RenderingCache(file, split, config) if file else None


def _file_answers(scope: Sequence[str], sources: Sources, registry: Registry) -> "FileAnswers | None":
    """Where is kept what is found out about files; None for little input, and if nothing is to be kept."""
    if not scope or not _reach((item for item in sources.targets if isinstance(item, SourceFile)), MIN_CACHED):
        return None
    from scclint import __version__
    from scclint.engine.cache import code_of
    from scclint.engine.file_answers import FileAnswers
    from scclint.files.store import stored_file

    file = stored_file(scope, "files", __version__, code_of(registry))
    return FileAnswers(file) if file else None


def _reach(files: Iterable[SourceFile], size: int) -> bool:
    """Whether the files together have so many bytes; False where one cannot be looked at before that is known."""
    found = 0
    try:
        return any((found := found + os.stat(file.path).st_size) >= size for file in files)
    except OSError:
        return False


def run(sources: Sources, config: Config, registry: Registry, options: RunOptions = DEFAULTS) -> Report:
    """The report on the files of `sources`. Raises UsageError or ConfigError for settings that cannot be met."""
    return Run(sources, config, registry, options).report()


def lint(paths: Sequence[str], config: Config | None = None, context: Sequence[str] = ()) -> Report:
    """Lint files and folders with a configuration (the defaults where None).

    `context` are files and folders that inform verdicts and are not reported on. What cannot be read is an error notice in the
    report, what cannot be parsed a finding. Raises UsageError, ConfigError or RuleSetError for settings that cannot be met, such
    as an unknown release or a rule module that cannot be imported.
    """
    config = config or Config()
    return run(find_sources(paths, config, context=context), config, rules_of(config))


def lint_text(text: str, filename: str = "<stdin>", config: Config | None = None, context: Sequence[str] = ()) -> Report:
    """Lint a text as if it were the content of a file called `filename`, which need not exist."""
    return lint_texts({filename: text}, config, context)


def lint_texts(texts: Mapping[str, str], config: Config | None = None, context: Sequence[str] = ()) -> Report:
    """Lint several texts together, each as if it were the content of the file that it is the value for.

    They hold in place of what is on the disk, as the unsaved buffers of an editor do.
    """
    config = config or Config()
    sources = find_sources([], config, context=context)
    files = tuple(SourceFile(name, display(name)) for name in texts)
    overlay = {display(name): text for name, text in texts.items()}
    return run(sources._replace(targets=files), config, rules_of(config), RunOptions(overlay=overlay))


def find_units(paths: Sequence[str], config: Config | None = None) -> list[Unit]:
    """The units that the files and folders make up: what is deployed, and so judged, together."""
    config = config or Config()
    return Run(find_sources(paths, config), config, rules_of(config)).units_with_context()


def load_config(path: str) -> Config:
    """The settings of a configuration file. Raises ConfigError for a mistake in it, and RuleSetError for its rule modules."""
    raw = read_config(path)
    return build_config(raw, _own_rules(raw.rule_modules, path).rules, {})


def rules_of(config: Config) -> Registry:
    """The rules that come with scclint, those of rule modules, and those that the configuration declares. Raises RuleSetError."""
    return _with_declared(_own_rules(config.rule_modules, config.file), config)


def configured(raw: "Raw | None", given: Mapping[str, Any], linted: Iterable[str]) -> tuple[Config, Registry]:
    """The settings of a configuration file, None for no file, with what is `given` beside it, and the rules they choose from.

    No rule module is taken from the `linted` folders. Raises ConfigError, UsageError, RuleSetError.
    """
    found = _with_modules(raw.rule_modules, raw.file, linted) if raw is not None else builtin()
    config = build_config(raw, found.rules, given)
    return config, _with_declared(found, config)


def _own_rules(modules: Sequence[str], file: str) -> Registry:
    try:
        return _with_modules(modules, file, [os.curdir, os.path.dirname(file) or os.curdir])
    except ConfigError as error:
        raise RuleSetError(str(error)) from error


def _with_modules(modules: Sequence[str], file: str, linted: Iterable[str]) -> Registry:
    """The rules that come with scclint and those of the rule modules that a configuration file names."""
    if not modules:
        return builtin()
    from scclint.plugins import load_rules
    from scclint.registry import registry

    return registry((*builtin(), *load_rules(modules, linted, file)))


def _with_declared(found: Registry, config: Config) -> Registry:
    if not config.rules:
        return found
    from scclint.cel.rules import with_declared

    return with_declared(found, config)
