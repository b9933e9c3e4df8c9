"""Stage index: what the units of a run define for one another."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from scclint.config.model import Config
from scclint.judge.session import Session
from scclint.model.releases import DEFAULT, release_of
from scclint.units.all_units import AllUnits
from scclint.units.facts import Facts, facts_of, together

if TYPE_CHECKING:
    from scclint.units.kustomize.closure import Closure
    from scclint.units.unit import Unit


def all_units(units: "Sequence[Unit]", closures: "Mapping[str, Closure]", session: Session) -> AllUnits:
    """What the units of a run take from one another and know of one another. A run with one unit asks for nothing."""
    if len(units) == 1:
        return AllUnits(units)
    facts = {unit.name: _facts(unit, session) for unit in units}
    shared = {unit.name: together(map(session.outline.facts, unit.shared)) for unit in units if unit.shared}
    folders = {name: frozenset(closure.folders) - frozenset(closure.components) for name, closure in closures.items()}
    return AllUnits(units, facts, shared, folders, synced=_is_synced(session.config))


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
