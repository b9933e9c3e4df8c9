"""The key of everything that the findings of a unit depend on.

It contains the hash of every text that judging the unit would read, and all else on which findings depend: settings, the day, and
what the unit takes from others. What rules ask about other units is not part of it, and is asked again.
"""

from collections.abc import Iterable
from datetime import date

from scclint.errors import LoadError
from scclint.files.discover import SourceFile, display
from scclint.files.store import digest
from scclint.run.shared import Run
from scclint.units.outline import Outline
from scclint.units.unit import Unit

_ELSEWHERE = ("# Source:", "config.kubernetes.io/origin")
"""Texts of rendered manifests, whose findings may be placed in any file of the tree."""


def unit_key(unit: Unit, run: Run) -> str:
    """Return the key of a unit; empty if a file cannot be read, or if it is not known what the findings depend on."""
    return run.memo(("unit key", unit.name), lambda: _unit_key(unit, run))


def _unit_key(unit: Unit, run: Run) -> str:
    outline, config, options = run.outline, run.config, run.options
    more = config.helm_chart or config.profile_dirs or config.rule_modules or options.overlay or options.review
    if more or not options.cache_scope:
        return ""
    try:
        read = [(file, outline.digest(file)) for file in (*unit.files, *unit.shared)]
    except LoadError:
        return ""
    rendering = run.rendering(unit)
    if rendering is None and any(outline.tells(file, "elsewhere", _names_sources) for file, _ in read):
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
    settings = run.memo("settings key", lambda: digest(repr((config, date.today(), options.ignores, _cluster(run)))))
    rendered = rendering and digest(rendering.text)
    return digest(repr((settings, unit, read, rendered, around, borrowed, others.ambiguous, sources)))


def _sources(unit: Unit, session: Run) -> list[tuple[str, str]]:
    """Return the files that findings in what a unit renders to can point to, with their hashes. Raises OSError."""
    files: Iterable[str] = unit.files
    renderer = run.rendered.renderer
    if unit.view is not None and renderer is not None:
        # The file of a named template is no file of the unit.
        files = {*files, *map(display, renderer.inputs(unit))}
    return sorted((file, _digest(file, run.outline)) for file in files)


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
    return objects, run.observed, [(file, _digest(file, run.outline)) for file in context]


def _names_sources(text: str) -> bool:
    return any(mark in text for mark in _ELSEWHERE)
