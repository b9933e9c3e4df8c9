"""The parts of an earlier run: a part is a function of what its unit is made of, and need not be worked out twice.

A part is taken from there only if every text that judging the unit would read has the hash of the one that was read then, and
nothing else differs on which findings depend: settings, the day, the code, what the unit takes from others and asks about them.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import import_module

from scclint.engine.index import Neighbours
from scclint.engine.kept import KeptValues
from scclint.engine.part_json import fields_of, part_of
from scclint.errors import LoadError
from scclint.files.discover import SourceFile
from scclint.files.read import read
from scclint.files.store import StoredFile, digest, of_others, stored_file
from scclint.judge.part import Part
from scclint.judge.session import Session
from scclint.registry import Registry
from scclint.units.elsewhere import Asked
from scclint.units.unit import Unit

_ELSEWHERE = ("# Source:", "config.kubernetes.io/origin")
"""Texts of rendered manifests, whose findings may be placed in any file of the tree."""


class Cache:
    """The parts for one scope: what is linted, and from which folder. `find` raises nothing, and comes before `keep`."""

    def __init__(self, file: StoredFile, session: Session, neighbours: Neighbours, *, whole: bool) -> None:
        self._session = session
        self._neighbours = neighbours
        self._settings = digest(repr((session.config, date.today(), session.options.ignores, self._cluster())))
        self._kept = KeptValues(file, whole=whole)
        self._keys: dict[str, str] = {}

    def find(self, unit: Unit) -> Part | None:
        """Return the part of an earlier run that had the same unit; None if there is none."""
        key = self.key(unit)
        try:
            known_key, asked, fields = self._kept[unit.name]
            if not key or known_key != key or not self._neighbours.elsewhere(unit).same_answers(asked):
                return None
            part = part_of(unit.name, fields)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # No run of ours wrote that.
            return None
        self._kept.take_over(unit.name)
        return part

    def keep(self, unit: Unit, part: Part, asked: Asked) -> None:
        """Keep the part of this run, if it depends on nothing that cannot be looked at again."""
        key = self.key(unit)
        if key and not part.crashes:
            self._kept[unit.name] = [key, list(asked.items()), fields_of(part)]

    def save(self) -> None:
        """Write what is to be kept, if anything is new."""
        self._kept.save()

    def key(self, unit: Unit) -> str:
        """Return the key of everything that the findings of a unit depend on; empty if that is not known."""
        if unit.name not in self._keys:
            self._keys[unit.name] = self._made_key(unit)
        return self._keys[unit.name]

    def _made_key(self, unit: Unit) -> str:
        session, outline = self._session, self._session.outline
        try:
            read = [(file, outline.digest(file)) for file in (*unit.files, *unit.shared)]
        except LoadError:
            return ""
        rendering = session.rendering(unit)
        if rendering is None and any(outline.tells(file, "elsewhere", _names_sources) for file, _ in read):
            return ""
        around = [] if rendering else [(path, self._digest_of(path)) for path in session.surroundings.beside(unit.files)]
        taken = [(t.unit, t.obj.file, t.obj.place.span, t.obj.manifest) for t in self._neighbours.context(unit).taken]
        # Findings point into the sources of what other units render to.
        givers = [session.units[name] for name in {name for name, *_ in taken} if name in session.rendered.renderings]
        sources = sorted((file, self._digest_of(file)) for giver in givers for file in giver.files)
        return digest(repr((self._settings, unit, read, rendering and digest(rendering.text), around, taken, sources)))

    def _digest_of(self, file: str) -> str:
        """Return the hash of a file; empty if it cannot be read."""
        try:
            return self._session.outline.digest(file)
        except LoadError:
            return ""

    def _cluster(self) -> tuple[object, ...]:
        """What describes the cluster for all units."""
        context = [item for item in self._session.sources.context if isinstance(item, SourceFile)]
        state = self._session.state
        objects = [(document.file, digest(document.text)) for document in state.documents] if state else []
        return *objects, self._session.observed, *((file.display, _digest_of(file.path)) for file in context)


def cache_for(scope: Iterable[str], session: Session, neighbours: Neighbours, version: str, *, whole: bool) -> Cache | None:
    """Return the cache for a scope; None if there can be none, or if findings depend on more than the key contains."""
    config = session.config
    if config.helm_chart or config.profile_dirs or config.rule_modules or session.options.overlay or session.options.review:
        return None
    file = stored_file(scope, "parts", version, code_of(session.registry))
    return Cache(file, session, neighbours, whole=whole) if file else None


def code_of(registry: Registry) -> Iterator[str]:
    """Yield the modules, and folders of modules and data, that findings depend on."""
    package = os.path.dirname(os.path.dirname(__file__))
    schemas = str(import_module("scclint.schemas").__file__)
    rules = {rule.check.__code__.co_filename for rule in registry if hasattr(rule.check, "__code__")}
    yield from of_others()
    for root in sorted({package, *map(os.path.dirname, [schemas, *rules])}):
        yield from (folder for folder, _, _ in os.walk(root))


def _names_sources(text: str) -> bool:
    return any(mark in text for mark in _ELSEWHERE)


def _digest_of(path: str) -> str:
    try:
        return digest(read(path))
    except LoadError:
        return ""
