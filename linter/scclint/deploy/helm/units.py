"""The units that helm renders: charts as something deploys them, and the views that values files make of them."""

import os
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING

from scclint.deploy.helm import CHART_FILE
from scclint.deploy.helm.chart import VALUES, belongs_to_chart, differs_when_upgraded, keys_of_file, keys_of_text, views
from scclint.deploy.unit import Deployment, Unit
from scclint.files import is_below
from scclint.record import replace

if TYPE_CHECKING:
    from scclint.deploy.split import Split


def units(split: "Split") -> Iterator[Unit]:
    """The charts, as something deploys them and as their values files say, and as an upgrade renders them."""
    return (stage for unit in _views(split) for stage in _stages(unit))


def _views(split: "Split") -> Iterator[Unit]:
    inflated = {chart for closure in split.closures.values() for chart in closure.charts}
    folders = {os.path.dirname(file) for file in split.outline.files if os.path.basename(file) == CHART_FILE}
    for folder in sorted(folders):
        real = os.path.realpath(folder or os.curdir)
        if real not in split.configured_paths:
            yield from _views_of_chart(split, folder, real, inflated)


def _views_of_chart(split: "Split", folder: str, real: str, inflated: Set[str]) -> Iterator[Unit]:
    """The views of the chart in a folder, given as displayed and by its real path. `inflated` are the charts that kustomizations render."""
    deployed = split.deployed.with_tool(real, "chart")
    for deployment in deployed:
        yield chart_unit(split, split.unit_name(real, deployment), folder, deployment.reason, deployment)
    named = {os.path.realpath(value) for deployment in deployed for value in deployment.values}
    by_controller = any(deployment.by_controller for deployment in deployed)
    has_default = any(deployment.is_default for deployment in deployed)
    # As in Argo CD, what has both is a kustomization.
    all_views = {} if real in split.kustomizations else views(folder or os.curdir, split.tree, inflated)
    all_views |= dict(_views_elsewhere(split, real, all_views))
    # A chart can render the Application that deploys it.
    rendered = f"{split.outline.name(folder)} as rendered"
    is_root = any(path == real and file == rendered for path, _, file in split.deployed.sources)
    for called, view in all_views.items():
        # Beside what a controller deploys, only what is called a values file is one.
        is_new = named.isdisjoint(map(os.path.realpath, view.values)) if called else not has_default
        if is_new and (not by_controller or (belongs_to_chart(f"{called}.yaml") if called else is_root)):
            name = split.outline.name(folder) + (f"#{called}" if called else "")
            reason = f"a chart with the values of {called}" if called else "a chart with its default values"
            yield chart_unit(split, name, folder, reason, view)


def _views_elsewhere(split: "Split", chart: str, views: Mapping[str, Deployment]) -> Iterator[tuple[str, Deployment]]:
    """The views of the only chart, by its real path, with files beside its folder whose keys are mostly those of its values."""
    if not views or not all(is_below(other, chart) for other in split.charts.folders):
        return
    keys = keys_of_file(os.path.join(chart, VALUES)) - {"global"}
    named = {os.path.realpath(value) for view in views.values() for value in view.values}
    for file in split.left:
        name, path = os.path.splitext(split.outline.name(file))[0], os.path.realpath(split.outline.source(file).path)
        # A chart that is the whole repository has everything in its folder.
        is_old = is_below(path, chart) and (
            chart != split.tree or path in named or belongs_to_chart(os.path.relpath(path, chart).replace(os.sep, "/"))
        )
        may_be_values = not is_old and file.endswith((".yaml", ".yml"))
        written = split.outline.tells(file, "keys", keys_of_text) if may_be_values else []
        if 2 * len(keys.intersection(written)) > len(written):
            yield name, Deployment(values=(path,))


def chart_unit(split: "Split", name: str, folder: str, reason: str, deployment: Deployment) -> Unit:
    prefix = "" if folder in ("", ".") else folder + "/"
    inside = {f for f in split.outline.files if f.startswith(prefix) and belongs_to_chart(f[len(prefix) :])}
    named = (*deployment.values, *deployment.files)
    files = tuple(sorted(inside | {split.outline.shown(file) for file in named}))
    split.take(set(files) - {split.outline.shown(file) for file in deployment.files})
    return Unit(name, "chart", folder or ".", files, reason, deployment=deployment)


def _stages(unit: Unit) -> Iterator[Unit]:
    """A view of a chart, and the same as an upgrade renders it, if that may differ. Argo CD never upgrades."""
    yield unit
    if unit.deployment.kind != "Application" and differs_when_upgraded(unit.path):
        name = f"{unit.name}{'-' if '#' in unit.name else '#'}upgrade"
        yield replace(unit, name=name, reason=f"{unit.reason}, upgraded", deployment=replace(unit.deployment, upgrade=True))
