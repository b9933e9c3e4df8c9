"""Stage index: what the units of a run define for one another."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.judge.session import Session
from scclint.model.releases import DEFAULT, release_of
from scclint.units.context import Context, Contexts
from scclint.units.elsewhere import Elsewhere, Index
from scclint.units.facts import Facts, facts_of, together

if TYPE_CHECKING:
    from scclint.units.kustomize.closure import Closure
    from scclint.units.unit import Unit


class Neighbours:
    """Answers for each unit what it takes from others, and what others have. A run with one unit asks for nothing."""

    def __init__(self, units: "Sequence[Unit]", closures: "Mapping[str, Closure]", session: Session) -> None:
        self._only = len(units) == 1
        if self._only:
            return
        facts = {unit.name: _facts(unit, session) for unit in units}
        shared = {unit.name: together(map(session.outline.facts, unit.shared)) for unit in units if unit.shared}
        folders = {name: frozenset(closure.folders) - frozenset(closure.components) for name, closure in closures.items()}
        self._contexts = Contexts(units, facts, shared, folders, synced=_is_synced(session.config))
        self._index = Index(facts)
        self._plain = [unit for unit in units if unit.kind == "plain"]

    def context(self, unit: "Unit") -> Context:
        """The objects that the unit takes from others."""
        return Context() if self._only else self._contexts.of(unit)

    def elsewhere(self, unit: "Unit") -> Elsewhere:
        """What rules may ask about other units."""
        if self._only:
            return Elsewhere(incomplete=unit.incomplete)
        shared = frozenset(unit.shared)
        known = [other.name for other in self._plain if shared.issuperset(other.files)] if shared else []
        # As many as all units may define one object, and few units ask.
        alternatives = partial(self._contexts.alternatives, unit.name)
        return Elsewhere(self._index, [unit.name, *known], alternatives, incomplete=unit.incomplete)


def _is_synced(config: Config) -> bool:
    """Whether a release asked for has a label syncer that enforces."""
    from scclint.podsecurity.defaults import enforces

    return any(enforces(release_of(release).kubernetes, config.platform) for release in config.openshift or (DEFAULT,))


def _facts(unit: "Unit", session: Session) -> Facts:
    """What a unit defines; nothing of a bundle, which neither gives nor takes."""
    if not unit.gives and not unit.takes:
        return Facts()
    namespace = session.config.namespace or unit.namespace
    if rendering := session.rendering(unit):
        return facts_of(session.outline.objects(session.documents(rendering))).within(
            namespace, by_account=unit.kind != "chart"
        )
    if unit.kind == "chart":
        return Facts()
    return together(map(session.outline.facts, unit.files)).within(namespace, by_account=True)
