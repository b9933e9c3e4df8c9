"""Stage render: what kustomizations and charts make, where the user's own kustomize and helm are installed."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from scclint.config.model import Config
from scclint.files.read import read
from scclint.finding import Notice
from scclint.judge.progress import Progress, silent
from scclint.model.releases import DEFAULT
from scclint.record import EMPTY, record, replace
from scclint.text import and_more
from scclint.units.detect import Split
from scclint.units.unit import Rendering, Unit

if TYPE_CHECKING:
    from scclint.units import render as renderers
    from scclint.units.kustomize.closure import Closure
    from scclint.units.render import Renderer

_MOST_REASONS = 5
_NOT_ISOLATED = (
    "this system gives kustomize and helm no network of their own; scclint checked instead that the files name no URL"
)


@record
class Rendered:
    """The units, with the reason in `unrendered` where one is judged by its files, and what the others render to, by name.

    `closures` are what kustomize units are built from, by name, below the folder `tree`. `texts` were rendered in place of files, by
    real path.
    """

    units: tuple[Unit, ...] = ()
    renderings: Mapping[str, Rendering] = EMPTY
    closures: "Mapping[str, Closure]" = EMPTY
    tree: str = ""
    renderer: "Renderer | None" = None
    config: Config | None = None
    texts: Mapping[str, str] = EMPTY

    def notices(self, units: Iterable[Unit], config: Config) -> list[Notice]:
        """Return what the reader of a report on these units must know about their rendering."""
        units = list(units)
        made = [(unit, self.renderings[unit.name]) for unit in units if unit.name in self.renderings]
        found = [Notice("warning", f"{unit.name}: {text}") for unit, rendering in made for text in rendering.notices]
        level = "error" if config.render == "require" else "note"
        found += _unrendered([unit for unit in units if unit.unrendered], level)
        if made and self.renderer is not None and not self.renderer.isolated:
            found.append(Notice("note", _NOT_ISOLATED))
        return list(dict.fromkeys(found))

    def origins(self, unit: Unit) -> "renderers.RendererOutput":
        """What a kustomize unit renders to, each object annotated with the file that it comes from."""
        return self._made(unit, self.texts, origins=True)

    def text(self, path: str, name: str) -> str:
        """The text of a file as it was rendered. Raises LoadError, which calls it `name`."""
        found = self.texts.get(os.path.realpath(path)) if self.texts else None
        return read(path, name) if found is None else found

    def edited(self, unit: Unit, texts: Mapping[str, str]) -> Rendering:
        """What a unit renders to with these texts in place of files, by real path."""
        made = self._made(unit, {**self.texts, **texts})
        return replace(self.renderings[unit.name], text=made.text, error=made.error, notices=made.notices)

    def _made(self, unit: Unit, texts: Mapping[str, str], *, origins: bool = False) -> "renderers.RendererOutput":
        if self.renderer is None or self.config is None:
            from scclint.units import render as renderers

            return renderers.RendererOutput(error="rendering is switched off")
        making = _Making(self.renderer, self.config, self.tree, self.closures)
        return making.output(unit, texts, origins=origins)


class Kept(Protocol):
    """What units rendered to in an earlier run."""

    def find(self, unit: Unit) -> Rendering | None: ...

    def keep(self, unit: Unit, rendering: Rendering) -> None: ...


def render(
    split: Split,
    config: Config,
    kept: Kept | None = None,
    texts: Mapping[str, str] = EMPTY,
    progress: Progress = silent,
) -> Rendered:
    """Render the units that are kustomizations or charts. A rendering that is `kept` with the same input is taken from there.

    `texts` are rendered in place of files, by real path.
    """
    if not any(unit.needs_renderer for unit in split.units):
        return Rendered(tuple(split.units))
    renderer = None
    if config.render != "never":
        from scclint.units.render import Renderer

        renderer = Renderer()
    units: list[Unit] = []
    renderings: dict[str, Rendering] = {}
    total = sum(unit.needs_renderer for unit in split.units)
    done = 0
    for unit in split.units:
        if not unit.needs_renderer:
            units.append(unit)
            continue
        done += 1
        progress("rendered", done, total)
        other = _texts_of(unit, texts)
        known = kept.find(unit) if kept and not other else None
        made = known or _render(unit, split, renderer, config, other)
        if kept and not known and not other:
            kept.keep(unit, made)
        if not made.error:
            renderings[unit.name] = made
            units.append(unit)
        elif unit.view is None or unit.is_default_view:
            # Without rendering, all views of a chart are the same files.
            units.append(replace(unit, unrendered=made.error))
    return Rendered(tuple(units), renderings, split.closures, split.tree, renderer, config, texts)


def _texts_of(unit: Unit, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the texts, by real path, that replace a file of the unit."""
    return {path: texts[path] for path in {*map(os.path.realpath, unit.files)} & texts.keys()} if texts else EMPTY


def _render(unit: Unit, split: Split, renderer: "Renderer | None", config: Config, texts: Mapping[str, str]) -> Rendering:
    called = f"{unit.name} as rendered"
    if renderer is None:
        return Rendering(called, "", "rendering is switched off")
    made = _Making(renderer, config, split.tree, split.closures).output(unit, texts)
    marker = ""
    if unit.view is not None:
        from scclint.units.helm.capabilities import NAMESPACE_MARKER

        marker = NAMESPACE_MARKER
    return Rendering(called, made.text, made.error, made.notices, marker)


def inputs(unit: Unit, tree: str, closures: "Mapping[str, Closure]", config: Config) -> Iterator[str]:
    """The paths of all files that the renderer of a unit can read."""
    if unit.view is None:
        yield from (os.path.join(tree, name) for name in closures[unit.name].files)
        return
    from scclint.units.copies import files_below

    yield from (*files_below(unit.path), *unit.view.values, *config.helm_values)


@record
class _Making:
    """How units are rendered: with which renderer and settings, and what they are built from (see `Rendered`)."""

    renderer: "Renderer"
    config: Config
    tree: str
    closures: "Mapping[str, Closure]"

    def output(self, unit: Unit, texts: Mapping[str, str], *, origins: bool = False) -> "renderers.RendererOutput":
        """Render a unit with these texts in place of files, by real path."""
        own = _texts_of(unit, texts)
        if not own:
            return self._built(unit, origins=origins) if unit.view is None else self._templated(unit, self.tree, str)
        from scclint.units import render as renderers
        from scclint.units.copies import copied

        try:
            with copied(inputs(unit, self.tree, self.closures, self.config), self.tree, own) as folder:
                if unit.view is None:
                    entry = os.path.join(folder, self.closures[unit.name].folder)
                    return self.renderer.build_kustomize(entry, folder, origins=origins)
                top = os.path.realpath(self.tree)
                return self._templated(
                    unit, folder, lambda path: os.path.join(folder, os.path.relpath(os.path.realpath(path), top))
                )
        except OSError as error:
            return renderers.RendererOutput(error=f"its files cannot be copied: {error}")

    def _built(self, unit: Unit, *, origins: bool) -> "renderers.RendererOutput":
        checked = self.closures[unit.name]
        return self.renderer.build_kustomize(unit.path, self.tree, origins=origins, checked=checked)

    def _templated(self, unit: Unit, root: str, moved: Callable[[str], str]) -> "renderers.RendererOutput":
        """Render a view of a chart. `moved` gives the path to read for the path of a file or folder."""
        from scclint.units.helm.capabilities import NAMESPACE_MARKER, api_versions, kube_version
        from scclint.units.helm.views import release_name

        assert unit.view is not None
        config = self.config
        release = (config.openshift or (DEFAULT,))[-1]
        return self.renderer.template_chart(
            moved(unit.path),
            root=root,
            release_name=unit.view.release or release_name(unit.path),
            namespace=config.namespace or unit.namespace or NAMESPACE_MARKER,
            kube_version=kube_version(release),
            api_versions=api_versions(release),
            values=tuple(map(moved, (*unit.view.values, *config.helm_values))),
            settings=(*unit.view.settings, *config.helm_set),
        )


def _unrendered(units: Sequence[Unit], level: str) -> Iterator[Notice]:
    """Why units are judged by their files, said once for each reason."""
    by_reason: dict[str, list[str]] = {}
    for unit in units:
        by_reason.setdefault(unit.unrendered, []).append(unit.name)
    reasons = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    for reason, names in reasons[:_MOST_REASONS]:
        number = "1 unit" if len(names) == 1 else f"{len(names)} units"
        yield Notice(level, f"{number} judged unrendered ({and_more(names, 2)}): {reason}")
    if rest := [name for _, names in reasons[_MOST_REASONS:] for name in names]:
        yield Notice(level, f"{len(rest)} more units judged unrendered: `scclint units` lists the reasons")
