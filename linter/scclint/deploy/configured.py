"""What the settings say is judged together."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scclint.deploy.helm import CHART_FILE
from scclint.deploy.helm.units import chart_unit
from scclint.deploy.kustomize.units import kustomize_unit
from scclint.deploy.unit import Deployment, Unit
from scclint.errors import ConfigError
from scclint.record import replace

if TYPE_CHECKING:
    from scclint.config.records import UnitSettings
    from scclint.deploy.split import Split


def units(split: "Split") -> Iterator[Unit]:
    """The units that the configuration names. Raises ConfigError for one that does not exist."""
    for entry in split.config.units:
        path = os.path.normpath(os.path.join(split.config.root, entry.path))
        missing = [] if os.path.lexists(path) else [f"the path {entry.path}"]
        missing += (f"the values file {value}" for value in entry.values if not os.path.isfile(os.path.join(path, value)))
        if missing:
            where = (entry.span.file, entry.span.line, entry.span.column)
            raise ConfigError("{}:{}:{}: units: {} does not exist".format(*where, missing[0]))
        if unit := _configured_unit(split, entry, path):
            yield replace(unit, takes=entry.context)


def _configured_unit(split: "Split", entry: "UnitSettings", path: str) -> Unit | None:
    name = split.outline.name(path) + (f"#{entry.name}" if entry.name else "")
    reason = f"the configuration says so ({entry.span.file}:{entry.span.line})"
    if os.path.realpath(path) in split.kustomizations:
        return kustomize_unit(split, name, path, reason, Deployment(namespace=entry.namespace))
    shown = split.outline.shown(path)
    if os.path.isfile(os.path.join(path, CHART_FILE)):
        values = tuple(os.path.join(path, value) for value in entry.values)
        settings = tuple(f"--set={setting}" for setting in entry.set)
        deployment = Deployment(namespace=entry.namespace, values=values, settings=settings, release=entry.release)
        return chart_unit(split, name, shown, reason, deployment)
    files = split.take(split.below(shown))
    if not files:
        return None
    deployment = Deployment(namespace=entry.namespace)
    return Unit(name, "configured", shown, files, reason, deployment=deployment)
