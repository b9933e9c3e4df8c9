"""Stage render: what kustomizations and charts make, where the user's own kustomize and helm are installed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from scclint.config.model import Config
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

    `closures` are what kustomize units are built from, by name, below the folder `tree`.
    """

    units: tuple[Unit, ...] = ()
    renderings: Mapping[str, Rendering] = EMPTY
    closures: "Mapping[str, Closure]" = EMPTY
    tree: str = ""
    renderer: "Renderer | None" = None

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
        if self.renderer is None:
            from scclint.units import render as renderers

            return renderers.RendererOutput(error="rendering is switched off")
        return self.renderer.build_kustomize(unit.path, self.tree, origins=True, checked=self.closures[unit.name])


class Kept(Protocol):
    """What units rendered to in an earlier run."""

    def find(self, unit: Unit) -> Rendering | None: ...

    def keep(self, unit: Unit, rendering: Rendering) -> None: ...


def render(split: Split, config: Config, kept: Kept | None = None, progress: Progress = silent) -> Rendered:
    """Render the units that are kustomizations or charts. A rendering that is `kept` with the same input is taken from there."""
    if not any(unit.kind in ("kustomize", "chart") for unit in split.units):
        return Rendered(tuple(split.units))
    renderer = None
    if config.render != "never":
        from scclint.units.render import Renderer

        renderer = Renderer()
    units: list[Unit] = []
    renderings: dict[str, Rendering] = {}
    total = sum(unit.kind in ("kustomize", "chart") for unit in split.units)
    done = 0
    for unit in split.units:
        if unit.kind not in ("kustomize", "chart"):
            units.append(unit)
            continue
        done += 1
        progress("rendered", done, total)
        known = kept.find(unit) if kept else None
        made = known or _render(unit, split, renderer, config)
        if kept and not known:
            kept.keep(unit, made)
        if not made.error:
            renderings[unit.name] = made
            units.append(unit)
        elif unit.kind == "kustomize" or unit.is_default_view:
            # Without rendering, all views of a chart are the same files.
            units.append(replace(unit, unrendered=made.error))
    return Rendered(tuple(units), renderings, split.closures, split.tree, renderer)


def _render(unit: Unit, split: Split, renderer: "Renderer | None", config: Config) -> Rendering:
    called, marker = f"{unit.name} as rendered", ""
    if renderer is None:
        return Rendering(called, "", "rendering is switched off")
    if unit.view is None:
        made = renderer.build_kustomize(unit.path, split.tree, checked=split.closures[unit.name])
    else:
        from scclint.units.helm.capabilities import NAMESPACE_MARKER, api_versions, kube_version
        from scclint.units.helm.views import release_name

        marker = NAMESPACE_MARKER
        release = (config.openshift or (DEFAULT,))[-1]
        made = renderer.template_chart(
            unit.path,
            root=split.tree,
            release_name=unit.view.release or release_name(unit.path),
            namespace=config.namespace or unit.namespace or NAMESPACE_MARKER,
            kube_version=kube_version(release),
            api_versions=api_versions(release),
            values=(*unit.view.values, *config.helm_values),
            settings=(*unit.view.settings, *config.helm_set),
        )
    return Rendering(called, made.text, made.error, made.notices, marker)


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
