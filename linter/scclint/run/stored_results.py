"""The results of units that earlier runs stored, and the keys by which they still hold. They may come from anywhere and have any form.

A key contains the hash of every text that judging the unit would read, and all else on which findings depend: settings, the day, and
what the unit takes from others. What rules ask about other units is not part of it, and is asked again.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar, get_args

from scclint.config.model import KEYS, Config
from scclint.deploy.outline import Outline
from scclint.deploy.unit import Unit
from scclint.errors import LoadError
from scclint.files import SourceFile, display
from scclint.files.store import digest
from scclint.finding import (
    Decision,
    Finding,
    Ignore,
    Notice,
    Operation,
    Refusal,
    Related,
    Remedy,
    Severity,
    Subject,
    Suppression,
    Tally,
)
from scclint.other_units import Question, Reply
from scclint.record import replace
from scclint.run.judge import UnitView
from scclint.run.policies import parameters_of_input
from scclint.run.report import JudgementGap, UnitResult
from scclint.run.shared import Run
from scclint.source import Span

T = TypeVar("T")

_DEFAULTS = Config()
_OF_OUTPUT = ("fail_on", "format", "output", "template", "sarif_category", "show_suppressed")
"""Settings that change only how a report is written."""
_OF_RULES = (
    "select",
    "extend_select",
    "ignore",
    "severity",
    "per_path",
    "ignores",
    "acceptances",
    "rules",
)
"""Settings that change only what rules say."""
_ELSEWHERE = ("# Source:", "config.kubernetes.io/origin")
"""Texts of rendered manifests, whose findings may be placed in any file of the tree."""


def find_stored(unit: Unit, run: Run, view: UnitView[T]) -> T | None:
    """Return a view of a unit as an earlier run stored it, if the unit gets the same answers about others; None without it."""

    def restored(value: Any) -> T | None:
        key, replies, fields = value
        same = key == unit_key(unit, run, by_rules=view.by_rules) and run.others.of(unit).same_answers(replies)
        return view.restore(fields) if same else None

    return run.store.find(sort_of(view, run), unit.name if unit_key(unit, run) else "", restored)


def keep_stored(unit: Unit, run: Run, view: UnitView[T], replies: Mapping[Question, Reply], value: T) -> None:
    """Store a view of a unit, if it depends on nothing that cannot be looked at again. `replies` are what was asked about others."""
    key, stored = unit_key(unit, run, by_rules=view.by_rules), view.stored(value)
    if key and stored is not None:
        run.store.keep(sort_of(view, run), unit.name, [key, list(replies.items()), stored])


def sort_of(view: UnitView[Any], run: Run) -> str:
    """Return the sort of a stored view, so that a run with other rules does not replace those of this one."""
    return view.name


def unit_key(unit: Unit, run: Run, *, by_rules: bool = True) -> str:
    """Return the key of what is stored of a unit; empty if nothing is: see `content_key`."""
    key = content_key(unit, run, by_rules=by_rules) if run.options.cache_scope and not run.options.review else ""
    if not key or not run.last_applied:
        return key
    # What equals the manifests deletes nothing.
    givers = sorted({borrowed.unit for borrowed in run.others.of(unit).borrowed})
    last = [(name, manifests) for name in (unit.name, *givers) if (manifests := run.last_applied.get(name))]
    return digest(repr((key, [(name, {**manifests}) for name, manifests in last]))) if last else key


def content_key(unit: Unit, run: Run, *, by_rules: bool = True) -> str:
    """Return the key of all that a unit's findings depend on, besides what rules ask about others and what was applied before.

    Without `by_rules`, the rules and their settings do not count. It is empty if a file cannot be read, or if it is not known what the
    findings depend on.
    """
    key = run.memo(("unit key", unit.name), lambda: _content_key(unit, run))
    return key and digest(run.memo(("settings key", by_rules), lambda: _settings_key(run, by_rules)) + key)


def _settings_key(run: Run, by_rules: bool) -> str:
    """Return the key of what counts for all units: settings, the day, the cluster that is described."""
    config = run.config
    left_out = {*_OF_OUTPUT, *(() if by_rules else _OF_RULES)}
    keys = {".".join(KEYS[name]) for name in left_out}
    settings, origins = (
        {key: value for key, value in several.items() if key not in keys} for several in (config.settings, config.origins)
    )
    chosen = {name: getattr(_DEFAULTS, name) for name in left_out}
    config = replace(config, **chosen, settings=settings, origins=origins)
    params = parameters_of_input(run)
    return digest(repr((config, date.today(), by_rules and run.options.ignores, _cluster(run), params)))


def _content_key(unit: Unit, run: Run) -> str:
    outline, config = run.outline, run.config
    if config.helm_chart or config.profile_dirs or config.rule_modules:
        return ""
    try:
        read = [(file, outline.digest(file)) for file in (*unit.files, *unit.shared)]
    except LoadError:
        return ""
    rendering = run.rendering(unit)
    elsewhere = (outline.tells(file, "elsewhere", lambda text: any(mark in text for mark in _ELSEWHERE)) for file, _ in read)
    if rendering is None and any(elsewhere):
        return ""
    around = [] if rendering else [(path, _digest(path, outline)) for path in run.surroundings.beside(unit.files)]
    others = run.others.of(unit)
    borrowed = [(b.unit, b.obj.file, b.obj.place.span, b.obj.manifest) for b in others.borrowed]
    # Findings point into the sources of what other units render to.
    givers = [run.by_name[name] for name in {name for name, *_ in borrowed} if name in run.rendered.renderings]
    try:
        sources = [_sources(placed, run) for placed in (unit, *sorted(givers, key=lambda giver: giver.name))]
    except OSError:
        return ""
    rendered = rendering and digest(rendering.text)
    return digest(repr((unit, read, rendered, around, borrowed, others.ambiguous, others.homes, sources)))


def _digest(file: str, outline: Outline) -> str:
    """Return the hash of a file; empty if it cannot be read."""
    try:
        return outline.digest(file)
    except LoadError:
        return ""


def _cluster(run: Run) -> tuple[object, ...]:
    """What describes the cluster for all units."""
    objects = [(d.file, d.line, digest(d.text)) for d in run.state.documents] if run.state else []
    context = [item.display for item in run.sources.context if isinstance(item, SourceFile)]
    context += (os.path.join(run.config.root, image.file) for image in run.config.images if image.file)
    return objects, run.observed, [(file, _digest(file, run.outline)) for file in context]


def _sources(unit: Unit, run: Run) -> list[tuple[str, str]]:
    """Return the files that findings in what a unit renders to can point to, with their hashes. Raises OSError."""
    files: Iterable[str] = unit.files
    renderer = run.rendered.renderer
    if unit.kind == "chart" and renderer is not None:
        # The file of a named template is no file of the unit.
        files = {*files, *map(display, renderer.inputs(unit))}
    return sorted((file, _digest(file, run.outline)) for file in files)


def stored_fields(result: UnitResult) -> list[Any]:
    """Return the fields of a result that are stored: without texts and outcomes."""
    return [getattr(result, name) for name in _STORED]


def restored_result(fields: Any) -> UnitResult:
    """Return the result that has these fields."""
    return UnitResult(**{name: restore(value) for (name, restore), value in zip(_STORED.items(), fields, strict=True)})


def restored_records(kind: type[T], items: Any) -> tuple[T, ...]:
    return tuple(restored_record(kind, fields) for fields in items)


def restored_record(kind: Any, fields: Any, values: Mapping[str, Callable[[Any], Any]] | None = None) -> Any:
    """Return the record of a kind with these fields, in their order, as JSON has them. `values` make fields that are no plain values."""
    values = _VALUES if values is None else values
    named = zip(kind.__match_args__, fields, strict=True)
    return kind(**{name: None if value is None else values.get(name, _frozen)(value) for name, value in named})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


_OPERATIONS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Operation)}

_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "severity": Severity,
    "span": Span._make,
    "region": Span._make,
    "subject": partial(restored_record, Subject),
    "related": partial(restored_records, Related),
    "flow": partial(restored_records, Related),
    "suppression": partial(restored_record, Suppression),
    "remedies": partial(restored_records, Remedy),
    "decision": partial(restored_record, Decision),
    "refusal": partial(restored_record, Refusal),
    "at": partial(restored_record, Related),
    "notices": partial(restored_records, Notice),
    "unjudged": partial(restored_records, JudgementGap),
    "lacking": partial(restored_records, JudgementGap),
    "operations": lambda items: tuple(restored_record(_OPERATIONS[name], fields) for name, *fields in items),
    "until": date.fromisoformat,
}
"""The functions that make the values of fields, for fields that are neither plain values nor lists of them."""

_STORED: Mapping[str, Callable[[Any], Any]] = {
    "unit": str,
    "findings": partial(restored_records, Finding),
    "ignores": partial(restored_records, Ignore),
    "notices": partial(restored_records, Notice),
    "unjudged": partial(restored_records, JudgementGap),
    "tallies": lambda tallies: {file: restored_record(Tally, counts) for file, counts in tallies.items()},
    "files": tuple,
    "platform": str,
    "nothing": bool,
    "judged": tuple,
}
"""The fields of a result that are stored, with the functions that make their values."""
