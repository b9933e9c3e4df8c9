"""The key of everything that the findings of a unit depend on.

It contains the hash of every text that judging the unit would read, and all else on which findings depend: settings, the day, and
what the unit takes from others. What rules ask about other units is not part of it, and is asked again.
"""

from collections.abc import Iterable
from datetime import date

from scclint.errors import LoadError
from scclint.files.discover import SourceFile, display
from scclint.files.store import digest
from scclint.judge.session import Session
from scclint.units.all_units import AllUnits
from scclint.units.unit import Unit

_ELSEWHERE = ("# Source:", "config.kubernetes.io/origin")
"""Texts of rendered manifests, whose findings may be placed in any file of the tree."""


class UnitKeys:
    """The keys of the units of a session. `all_units` knows what they take from each other."""

    def __init__(self, session: Session, all_units: AllUnits) -> None:
        self._session = session
        self._all_units = all_units
        config, options = session.config, session.options
        more = config.helm_chart or config.profile_dirs or config.rule_modules or options.overlay or options.review
        self._complete = bool(options.cache_scope) and not more
        settings = (session.config, date.today(), session.options.ignores, self._cluster()) if self._complete else ()
        self._settings = digest(repr(settings))
        self._keys: dict[str, str] = {}

    def of(self, unit: Unit) -> str:
        """Return the key of a unit; empty if a file cannot be read, or if it is not known what the findings depend on."""
        if unit.name not in self._keys:
            self._keys[unit.name] = self._made(unit) if self._complete else ""
        return self._keys[unit.name]

    def _made(self, unit: Unit) -> str:
        session, outline = self._session, self._session.outline
        try:
            read = [(file, outline.digest(file)) for file in (*unit.files, *unit.shared)]
        except LoadError:
            return ""
        rendering = session.rendering(unit)
        if rendering is None and any(outline.tells(file, "elsewhere", _names_sources) for file, _ in read):
            return ""
        around = [] if rendering else [(path, self._digest_of(path)) for path in session.surroundings.beside(unit.files)]
        others = self._all_units.of(unit)
        taken = [(t.unit, t.obj.file, t.obj.place.span, t.obj.manifest) for t in others.borrowed]
        # Findings point into the sources of what other units render to.
        givers = [session.units[name] for name in {name for name, *_ in taken} if name in session.rendered.renderings]
        try:
            sources = [self._sources(placed) for placed in (unit, *sorted(givers, key=lambda giver: giver.name))]
        except OSError:
            return ""
        rendered = rendering and digest(rendering.text)
        return digest(repr((self._settings, unit, read, rendered, around, taken, others.ambiguous, sources)))

    def _sources(self, unit: Unit) -> list[tuple[str, str]]:
        """Return the files that findings in what a unit renders to can point to, with their hashes. Raises OSError."""
        files: Iterable[str] = unit.files
        renderer = self._session.rendered.renderer
        if unit.view is not None and renderer is not None:
            # The file of a named template is no file of the unit.
            files = {*files, *map(display, renderer.inputs(unit))}
        return sorted((file, self._digest_of(file)) for file in files)

    def _digest_of(self, file: str) -> str:
        """Return the hash of a file; empty if it cannot be read."""
        try:
            return self._session.outline.digest(file)
        except LoadError:
            return ""

    def _cluster(self) -> tuple[object, ...]:
        """What describes the cluster for all units."""
        session = self._session
        objects = [(d.file, d.line, digest(d.text)) for d in session.state.documents] if session.state else []
        context = [item.display for item in session.sources.context if isinstance(item, SourceFile)]
        return objects, session.observed, [(file, self._digest_of(file)) for file in context]


def _names_sources(text: str) -> bool:
    return any(mark in text for mark in _ELSEWHERE)
