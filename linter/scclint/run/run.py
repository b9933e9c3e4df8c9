"""The whole run: scan the files, find out what is deployed, judge each unit, merge what they yield."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.deploy.unit import Unit
from scclint.files.sources import Sources
from scclint.record import replace
from scclint.registry import Registry
from scclint.run.deploy import deploy
from scclint.run.judge import mounts_in
from scclint.run.merge import merge
from scclint.run.options import DEFAULTS, RunOptions
from scclint.run.report import Report
from scclint.run.scan import scan
from scclint.run.shared import Run
from scclint.run.store import RunStore
from scclint.run.views import unit_results

if TYPE_CHECKING:
    from scclint.files.revision import Changes


def run(sources: Sources, config: Config, registry: Registry, options: RunOptions = DEFAULTS) -> Report:
    """The report on the files of `sources`."""
    return report_of(prepare(sources, config, registry, options))


def prepare(
    sources: Sources, config: Config, registry: Registry, options: RunOptions = DEFAULTS, store: RunStore | None = None
) -> Run:
    """What there is to judge, and what all units share. No unit is judged yet.

    `store` is one that other runs use as well, in place of one of its own.
    """
    store = store or RunStore(options.cache_scope, registry)
    outline, notices = scan(sources, config, options.overlay, store, by_time=bool(options.cache_scope))
    state = None
    if sources.state:
        from scclint.run.cluster_state import read_state

        state = read_state(sources, config)
        config = state.in_force(config)
    rendered = deploy(outline, config, options, store)
    run = Run(outline, sources, config, registry, rendered, options, state, store, mounts_in)
    units = _chosen(run)
    notices = [*notices, *rendered.notices(units, config)]
    if options.changes is not None:
        # What is not followed elsewhere is nothing that the changed files are about.
        files = {file for unit in units for file in unit.files}
        notices = [notice for notice in notices if notice.level == "error" or notice.file in ("", *files)]
    return run.judging(units, notices)


def report_of(run: Run) -> Report:
    """Judge each unit and merge the results."""
    results = unit_results(run)
    run.store.save()
    return merge(results, run.units, run, run.notices, whole=run.whole)


def _chosen(run: Run) -> Sequence[Unit]:
    """The units to judge. The others give context to them."""
    options = run.options
    units = run.rendered.units if options.changes is None else _changed(run, options.changes)
    if options.units:
        from scclint.run.changed import named

        units = named(units, options.units)
    return units


def _changed(run: Run, changes: "Changes") -> Sequence[Unit]:
    """The units that the changes concern, before or after them."""
    from scclint.run.changed import reach_all, successors, touched, with_deleted

    units = run.rendered.units
    if reach_all(changes, run.outline, run.sources, run.config):
        return units
    unrendered = replace(run.config, render="never")
    sources = with_deleted(run.sources, changes)
    earlier = prepare(sources, unrendered, run.registry, RunOptions(overlay=changes.before))
    then = touched(earlier, changes.files, earlier.units)
    now = touched(run, changes.files, units)
    there = {unit.name for unit in units}
    now += successors([unit for unit in then if unit.name not in there], units)
    names = {unit.name for unit in (*then, *now)}
    return [unit for unit in units if unit.name in names]
