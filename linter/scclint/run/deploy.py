"""Stage deploy: what is deployed, and what kustomizations and charts render to, where the user's own kustomize and helm are installed."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from scclint.config.model import Config
from scclint.deploy.deployed import DEPLOYING, may_deploy
from scclint.deploy.deployers import HOLDING, may_hold
from scclint.deploy.detect import detect
from scclint.deploy.helm import NAMESPACE_MARKER
from scclint.deploy.kustomize import NO_EXCLUSIONS, UNRESTRICTED
from scclint.deploy.outline import Outline
from scclint.deploy.split import Split
from scclint.deploy.unit import Rendering, Unit
from scclint.errors import LoadError
from scclint.files import display, read
from scclint.finding import Notice
from scclint.limits import MAX_DEPLOYMENT_ROUNDS
from scclint.objects.documents import load_text
from scclint.objects.documents.document import Document
from scclint.record import EMPTY, grouped, record, replace
from scclint.run.options import RunOptions, cores
from scclint.run.store import RunStore
from scclint.text import and_more, counted, listed

if TYPE_CHECKING:
    from scclint.deploy.helm.unrendered import UnrenderedAccess
    from scclint.deploy.kustomize.kustomization import Closure
    from scclint.deploy.render import RendererOutput
    from scclint.deploy.unit_renderer import UnitRenderer

_NAMESPACE_DEFAULT = r"(?m)^[^#\n]*[nN]amespace[\"']?:[ ]{1,9}[\"']?default(?![\w.-])"
_UNRESTRICTED = (f"--load-restrictor={UNRESTRICTED}",)
_ENDLESS = "{} still deployed something else after {} rounds of rendering; what they deploy last is not judged"
_NOT_ISOLATED = (
    "this system gives kustomize and helm no network of their own; scclint checked instead that the files name no URL"
)


@record
class Rendered:
    """The units, with the reason in `unrendered` where one is judged by its files, and what the others render to, by name.

    `texts` were rendered in place of files, by real path. `renderer` is None if nothing was rendered. `failed` are views of charts that
    are not judged, because helm renders another view of the chart and not this one. `endless` says what was not followed to its end.
    `unrendered_access` is the access to the node that files of charts ask for and no view renders.
    """

    units: tuple[Unit, ...]
    split: Split
    renderings: Mapping[str, Rendering] = EMPTY
    texts: Mapping[str, str] = EMPTY
    renderer: "UnitRenderer | None" = None
    failed: tuple[Unit, ...] = ()
    endless: tuple[Notice, ...] = ()
    unrendered_access: "tuple[UnrenderedAccess, ...]" = ()

    @property
    def closures(self) -> "Mapping[str, Closure]":
        """What kustomize units are built from, by name, below the folder `tree`."""
        return self.split.closures

    @property
    def tree(self) -> str:
        """The folder that no build may leave."""
        return self.split.tree

    def notices(self, units: Sequence[Unit], config: Config) -> list[Notice]:
        """Return what the reader of a report on these units must know about their deployment and rendering."""
        level = "error" if config.render == "require" else "note"
        rendered = [unit for unit in units if unit.name in self.renderings]
        told = dict.fromkeys(
            (
                *self._rendered_notices(rendered),
                *self._unrendered_notices(units, level),
                *self._isolation_notices(rendered),
                *self._values_notices(config),
                *self._access_notices({unit.path for unit in units}),
            )
        )
        return [*self.split.notices(units), *self.endless, *told]

    def _rendered_notices(self, units: Iterable[Unit]) -> Iterator[Notice]:
        for unit in (unit for unit in units if not unit.deployment.upgrade):
            for text in self.renderings[unit.name].notices:
                yield Notice("warning", f"{unit.title}: {text}", is_partial=True)

    def _unrendered_notices(self, units: Sequence[Unit], level: str) -> Iterator[Notice]:
        """Name what is judged by its files, or not at all."""
        paths = {unit.path for unit in units}
        failed = [unit for unit in self.failed if unit.path in paths]
        reasons = {(unit.path, unit.unrendered) for unit in units}
        alike = [unit for unit in failed if (unit.path, unit.unrendered) in reasons]
        unrendered = [*(unit for unit in units if unit.unrendered), *alike]
        yield from _counted("judged unrendered", {_named(unit): unit.unrendered for unit in unrendered}, level)
        yield from _counted("judged without a part", {unit.title: unit.left_out for unit in units if unit.left_out}, "note")
        for unit in (unit for unit in failed if unit not in alike):
            is_missing = not unit.is_default_view
            how = "not judged" if is_missing else "judged only with the values of its other views"
            yield Notice(level, f"{_named(unit)}: {how}: {unit.unrendered}", is_partial=is_missing)

    def _isolation_notices(self, rendered: Sequence[Unit]) -> Iterator[Notice]:
        if rendered and self.renderer is not None and not self.renderer.programs.isolated:
            yield Notice("note", _NOT_ISOLATED)

    def _values_notices(self, config: Config) -> Iterator[Notice]:
        """Name files of values that are not there, and options for values that changed nothing."""
        for path in (path for path in config.helm_values if not os.path.isfile(path)):
            yield Notice("error", "is no file" if os.path.exists(path) else "no such file or directory", display(path))
        options = [option for option in ("helm-values", "helm-set") if config.origins.get(option) == "command line"]
        if options and not any(unit.kind == "chart" and unit.rendered for unit in self.units):
            yield Notice("warning", f"--{' and --'.join(options)} changed nothing, because no chart was rendered")

    def _access_notices(self, paths: Collection[str]) -> Iterator[Notice]:
        """Name each place that no view of a chart renders, and what decides whether it counts."""
        for access in (one for one in self.unrendered_access if one.chart in paths):
            if access.condition:
                text = f"{listed(access.what)}: not judged, because no view of the chart renders it, and `{access.condition}` depends on "
                yield Notice(
                    "note",
                    f"{text}the cluster or the release",
                    access.file,
                    access.line,
                    reason="a condition",
                    words=access.what,
                )
            else:
                text = f"{listed(access.what)}: only other values of chart {access.chart} than those in the input render it"
                yield Notice("note", text, access.file, access.line, reason="other values", words=access.what)

    def text(self, path: str, name: str) -> str:
        """The text of a file as it was rendered. Raises LoadError, which calls it `name`."""
        text = self.texts.get(os.path.realpath(path)) if self.texts else None
        return read(path, name) if text is None else text

    def output(self, unit: Unit, texts: Mapping[str, str] = EMPTY, *, origins: bool = False) -> "RendererOutput":
        """What a rendered unit renders to with these texts in place of files as well, by real path (see `UnitRenderer.output`)."""
        assert self.renderer is not None
        return self.renderer.output(unit, {**self.texts, **texts}, origins=origins)

    def with_values(self, unit: Unit, values: Mapping[str, Any]) -> str:
        """What a chart renders to with values laid over its own, without the check of their types; empty if it does not render so."""
        assert self.renderer is not None
        return self.renderer.with_values(unit, values, self.texts)


def deploy(outline: Outline, config: Config, options: RunOptions, store: RunStore) -> Rendered:
    """The units that the files make up, each with its namespace, and what they render to: in an earlier run with the same input, or now.

    What renders to objects that deploy folders, such as the Applications of a chart, may make other units: the files are split again with
    these objects, until the units render to no others. Without a renderer, kustomizations and charts are judged by their files.
    """
    split = detect(outline, config)
    if not any(unit.needs_renderer for unit in split.units):
        return Rendered(tuple(split.units), split)
    from scclint.deploy.kustomize.units import exclusions

    texts = texts_on_disk(outline, options.overlay)
    renderer = None
    if config.render != "never":
        from scclint.deploy.render import Renderer, installed
        from scclint.deploy.unit_renderer import UnitRenderer

        options_of_builds = _UNRESTRICTED if ("unrestricted",) in outline.told else ()
        renderer = UnitRenderer(
            Renderer(options_of_builds),
            (*installed(), *options_of_builds),
            config,
            split.closures,
            split.tree,
            split.charts,
        )
    made: dict[Unit, Rendering] = {}
    notices: tuple[Notice, ...] = ()
    hidden = NO_EXCLUSIONS
    for rounds_left in reversed(range(MAX_DEPLOYMENT_ROUNDS)):
        _render_new(split.units, renderer, made, store, texts, options)
        done = {unit: made[unit] for unit in split.units if unit.needs_renderer}
        documents = _deploying(done, split)
        before, hidden_before = {(document.file, document.text) for document in split.rendered}, hidden
        built = {unit.name: rendering for unit, rendering in done.items() if unit.kind == "kustomize"}
        hidden = exclusions(split, {name: rendering.text for name, rendering in built.items() if not rendering.error})
        if {(document.file, document.text) for document in documents} == before and hidden == hidden_before:
            break
        if not rounds_left:
            old = {text for _, text in before}
            files = and_more(dict.fromkeys(document.file for document in documents if document.text not in old), 3)
            notices = (Notice("warning", _ENDLESS.format(files, MAX_DEPLOYMENT_ROUNDS), is_partial=True),) if files else ()
            break
        split = detect(outline, config, documents, hidden)
        renderer = renderer and replace(renderer, closures=split.closures)
    renderings = {unit.name: made[unit] for unit in split.units if unit.needs_renderer}
    parts = _parts_of_others(split, renderings)
    units, failed = _judged_units(split, [unit for unit in split.units if unit not in parts], renderings)
    units = tuple(_with_parts(unit, parts) for unit in units)
    notices += tuple(
        Notice("note", f"{part.title}: judged only as a dependency of {whole.title}: {renderings[part.name].error}")
        for part, whole in parts.items()
    )
    renderings = {name: rendering for name, rendering in renderings.items() if not rendering.error}
    access = tuple(_unrendered_access(renderer, split.units, made, store)) if renderer else ()
    return Rendered(units, split, renderings, texts, renderer, failed, notices, access)


def _unrendered_access(
    renderer: "UnitRenderer", units: Iterable[Unit], made: Mapping[Unit, Rendering], store: RunStore
) -> "Iterator[UnrenderedAccess]":
    """The access to the node that files of charts ask for and no view renders, as an earlier run found it, or now."""
    views: dict[str, list[Unit]] = {}
    for unit in (unit for unit in units if unit.kind == "chart"):
        views.setdefault(unit.path, []).append(unit)
    for path, several in views.items():
        rendered = [unit for unit in several if not made[unit].error]
        if not rendered:
            continue
        from scclint.deploy.helm.unrendered import ChartSources, unrendered_access

        sources = ChartSources(path)
        if not sources.places:
            continue
        keys = [renderer.key(unit) for unit in rendered] if store.scope else [""]
        key = "+".join(keys) if all(keys) else ""
        found = store.find("unrendered access", key, _restored_access)
        if found is None:
            texts = {unit: made[unit].text for unit in rendered}
            found = unrendered_access(sources, rendered, texts, lambda unit, changed: renderer.changed(unit, changed).text)
            store.keep("unrendered access", key, found)
        yield from found


def _render_new(
    units: Iterable[Unit],
    renderer: "UnitRenderer | None",
    made: dict[Unit, Rendering],
    store: RunStore,
    texts: Mapping[str, str],
    options: RunOptions,
) -> None:
    """Render the units that `made` does not have yet, into it: as an earlier run did, or else as many at once as there are `jobs`."""
    wanted = [unit for unit in units if unit.needs_renderer and unit not in made]
    if renderer is None:
        made |= {unit: Rendering(_called(unit), error="rendering is switched off") for unit in wanted}
        return
    from scclint.deploy.unit_renderer import texts_of

    texts_by_unit = {unit: texts_of(unit, texts) for unit in wanted}
    keys = {unit: renderer.key(unit) if store.is_used and not texts_by_unit[unit] else "" for unit in wanted}
    stored_outputs = {unit: store.find("renderings", keys[unit], _restored) for unit in wanted}
    outputs = {unit: output for unit, output in stored_outputs.items() if output is not None}
    new = [unit for unit in wanted if unit not in outputs]
    for done, (unit, output) in enumerate(zip(new, _outputs(renderer, new, texts_by_unit, options.jobs), strict=True), 1):
        options.progress("rendered", done, len(new))
        store.keep("renderings", keys[unit], _plain(output))
        outputs[unit] = output
    for unit, output in outputs.items():
        marker = NAMESPACE_MARKER if NAMESPACE_MARKER in output.text else ""
        if unit.kind == "chart":
            # Without a marker, namespace `default` counts as not given.
            marker = NAMESPACE_MARKER if marker or unit.deployment.kind or not _gives_default(unit) else ""
        made[unit] = Rendering(_called(unit), output.text, output.error, output.notices, marker, output.left_out)


def _gives_default(unit: Unit) -> bool:
    """Whether the values of a chart name the namespace `default`, in place of which who installs the chart gives another."""
    try:
        return re.search(_NAMESPACE_DEFAULT, read(os.path.join(unit.path, "values.yaml"))) is not None
    except (OSError, LoadError):
        return False


def _outputs(
    renderer: "UnitRenderer", units: Sequence[Unit], texts: Mapping[Unit, Mapping[str, str]], jobs: int
) -> "Iterator[RendererOutput]":
    """Yield what each unit renders to. The threads wait for programs that work."""

    def output(unit: Unit) -> "RendererOutput":
        return renderer.output(unit, texts[unit])

    jobs = min(jobs or cores(), len(units))
    if jobs < 2:
        yield from map(output, units)
        return
    from concurrent.futures import ThreadPoolExecutor

    # Asked once, for all threads.
    renderer.programs.isolated  # noqa: B018
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(output, units)


def _called(unit: Unit) -> str:
    return f"{unit.name} as rendered"


def _deploying(done: Mapping[Unit, Rendering], split: Split) -> list[Document]:
    """The documents of renderings that may deploy a folder, or hold what such an object refers to.

    What a chart deploys with its default values counts only if no other chart has it as a dependency, with values of its own.
    """
    likely = {
        unit: rendering
        for unit, rendering in done.items()
        if may_deploy(rendering.text) or (split.deployed.repository.refers and may_hold(rendering.text))
    }
    if any(unit.is_default_view for unit in likely):
        from scclint.deploy.helm.dependencies import folders

        paths = {os.path.realpath(unit.path) for unit, made in done.items() if unit.kind == "chart" and not made.error}
        parts = {os.path.realpath(folder) for path in paths for folder in folders(path, split.charts)}
        likely = {
            unit: made for unit, made in likely.items() if not (unit.is_default_view and os.path.realpath(unit.path) in parts)
        }
    documents = [
        document for rendering in likely.values() for document in load_text(rendering.file, rendering.text, DEPLOYING | HOLDING)
    ]
    return [document for document in documents if document.root]


def _judged_units(
    split: Split, all_units: Sequence[Unit], made: Mapping[str, Rendering]
) -> tuple[tuple[Unit, ...], tuple[Unit, ...]]:
    """The units that are judged, by what they render to or by their files, and the views of charts that are not."""
    views = [unit for unit in all_units if unit.kind == "chart"]
    paths = {unit.path for unit in views if not made[unit.name].error}
    by_files = _views_by_files(views, paths, made)
    installed = {(unit.path, unit.deployment): made[unit.name] for unit in views}
    upgrades = [unit for unit in all_units if unit.deployment.upgrade]
    same_as_installed = {
        unit.name
        for unit in upgrades
        if made[unit.name].text == installed[unit.path, replace(unit.deployment, upgrade=False)].text
    }
    units: list[Unit] = []
    failed: list[Unit] = []
    for unit in (unit for unit in all_units if unit.name not in same_as_installed):
        rendering = made[unit.name] if unit.needs_renderer else None
        if rendering is None:
            units.append(unit)
        elif not rendering.error:
            units.append(replace(unit, left_out=rendering.left_out or unit.left_out))
        elif unit.kind != "chart" or unit.name in by_files:
            # What is remote is the reason, whatever then fails without it.
            units.append(replace(unit, unrendered=unit.left_out or rendering.error, left_out=""))
        elif unit.path in paths or unit.deployment.by_controller:
            failed.append(replace(unit, unrendered=rendering.error))
    return tuple(units), tuple(failed)


def _views_by_files(views: Iterable[Unit], paths: Set[str], made: Mapping[str, Rendering]) -> set[str]:
    """The names of the views of charts that are judged by their files. `paths` are the charts with a view that helm renders.

    Without rendering, all views of a chart are the same files: they are judged once, as a controller deploys them or with the default
    values. Where other views are rendered, only what a controller deploys is missing.
    """
    order = sorted(
        views, key=lambda unit: (unit.deployment.upgrade, not unit.is_default_view, not unit.deployment.by_controller)
    )
    unrendered = [unit for unit in order if made[unit.name].error]
    missing = [unit for unit in unrendered if unit.path not in paths or unit.deployment.by_controller]
    return {unit.name for unit in {unit.path: unit for unit in reversed(missing)}.values()}


def _with_parts(unit: Unit, parts: Mapping[Unit, Unit]) -> Unit:
    """The unit with the files of the charts that are judged only as parts of it."""
    files = {file for part, whole in parts.items() if whole.name == unit.name for file in part.files}
    return replace(unit, files=tuple(sorted(files.union(unit.files)))) if files else unit


def _parts_of_others(split: Split, made: Mapping[str, Rendering]) -> dict[Unit, Unit]:
    """The charts that do not render alone, each with the view of another chart that has what they render to."""
    charts = [unit for unit in split.units if unit.kind == "chart"]
    alone = [unit for unit in charts if made[unit.name].error and not unit.deployment.reason]
    parts: dict[Unit, Unit] = {}
    if not alone or len(alone) == len(charts):
        return parts
    from scclint.deploy.helm.dependencies import folders

    for whole in (unit for unit in charts if not made[unit.name].error):
        inside = {os.path.realpath(folder) for folder in folders(whole.path, split.charts)}
        for unit in (unit for unit in alone if os.path.realpath(unit.path) in inside):
            if f"/charts/{os.path.basename(os.path.realpath(unit.path))}/" in made[whole.name].text:
                parts.setdefault(unit, whole)
    return parts


def _restored_access(value: Any) -> "list[UnrenderedAccess]":
    """Return what `_unrendered_access` kept."""
    from scclint.deploy.helm.unrendered import UnrenderedAccess

    return [UnrenderedAccess(chart, file, line, tuple(what), condition) for chart, file, line, what, condition in value]


def _restored(value: Any) -> "RendererOutput":
    """Return the output that `_plain` returned the parts of."""
    from scclint.deploy.render import RendererOutput

    text, notices, left_out = value
    return RendererOutput(str(text), notices=tuple(map(str, notices)), left_out=str(left_out))


def _plain(output: "RendererOutput") -> object:
    """Return what is stored of an output. An error is not stored, because what is missing can be installed."""
    return None if output.error else [output.text, output.notices, output.left_out]


def texts_on_disk(outline: Outline, texts: Mapping[str, str | LoadError]) -> dict[str, str]:
    """The texts that hold in place of files, by the real path of the file, given them by the path as displayed."""
    by_path = {}
    for file, text in texts.items():
        source = outline.source(file)
        if isinstance(text, str) and source.path != "-" and os.path.isfile(source.path):
            by_path[os.path.realpath(source.path)] = text
    return by_path


def _named(unit: Unit) -> str:
    """How a notice calls a unit: with the object that deploys it, if there is one."""
    deployment = unit.deployment
    return f"{unit.title} of {deployment.kind} {deployment.name}" if deployment.by_controller else unit.title


def _counted(judged: str, reasons: Mapping[str, str], level: str) -> Iterator[Notice]:
    """How units are judged, given the reason for each by name: one notice, with the reason that most of them have."""
    by_reason = grouped((reason, name) for name, reason in reasons.items())
    for reason, names in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))[:1]:
        others = len(reasons) - len(names)
        more = f"; {counted(others, 'more unit')} for other reasons, which `scclint units` lists" if others else ""
        yield Notice(level, f"{counted(len(names), 'unit')} {judged} ({and_more(names, 2)}): {reason}{more}")
