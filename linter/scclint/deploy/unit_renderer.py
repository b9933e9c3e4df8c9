"""Renders units: kustomizations and charts as what deploys them says, with the texts of an editor or of a fix in place of files."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from scclint.config.model import Config
from scclint.deploy.copies import copied, files_below
from scclint.deploy.deployers import laid_over
from scclint.deploy.helm import NAMESPACE_MARKER, Charts
from scclint.deploy.helm.capabilities import api_versions, kube_version
from scclint.deploy.helm.chart import release_name
from scclint.deploy.helm.dependencies import add, folders, how_to_get, missing
from scclint.deploy.helm.post import post_rendered
from scclint.deploy.helm.precheck import chart_problem, unused_links
from scclint.deploy.kustomize.edits import changed_texts
from scclint.deploy.kustomize.substitute import substituted
from scclint.deploy.origins.template_lines import MarkedRendering, marked
from scclint.deploy.render import ChartRelease, RendererOutput, can_skip_schemas
from scclint.deploy.unit import Unit
from scclint.errors import LoadError
from scclint.files import display, is_below, read
from scclint.files.store import digest, digest_of_bytes
from scclint.objects.documents import data_of
from scclint.platform.releases import DEFAULT
from scclint.record import EMPTY, record, replace
from scclint.yaml.untyped import as_mapping

if TYPE_CHECKING:
    from scclint.deploy.helm.dependencies import Dependency
    from scclint.deploy.kustomize.kustomization import Closure
    from scclint.deploy.origins.template_lines import MarkedRendering
    from scclint.deploy.render import Renderer, RendererOutput


@record
class UnitRenderer:
    """How units are rendered: with which programs and settings. `installed` identifies the programs, without starting any.

    `closures` and `tree` are those of `Rendered`, and `charts` those that may be dependencies of others.
    """

    programs: "Renderer"
    installed: tuple[str, ...]
    config: Config
    closures: "Mapping[str, Closure]"
    tree: str
    charts: Charts

    def key(self, unit: Unit) -> str:
        """Return the key of everything that a rendering depends on; empty if a file cannot be read."""
        config = self.config
        settings = (unit.path, unit.namespace, unit.deployment, config.openshift, config.helm_values, config.helm_set)
        try:
            # A copy of the tree renders to the same.
            read = [(os.path.relpath(name, self.tree), _digest_of(name)) for name in sorted(self.inputs(unit))]
        except OSError:
            return ""

        return digest(repr((self.installed, settings, read)))

    @property
    def trusted(self) -> frozenset[str]:
        """The real paths of the values files that the user names on the command line, wherever they lie."""
        is_named = self.config.origins.get("helm-values") == "command line"
        return frozenset(map(os.path.realpath, self.config.helm_values)) if is_named else frozenset()

    def _checked(self, values: Iterable[str]) -> list[str]:
        """Those of the values files that must lie in the tree."""
        return [path for path in values if os.path.realpath(path) not in self.trusted]

    def inputs(self, unit: Unit) -> Iterator[str]:
        """The paths of all files that the renderer of a unit can read."""
        deployment = unit.deployment
        yield from deployment.files
        if unit.kind == "kustomize":
            yield from (os.path.join(self.tree, name) for name in self.closures[unit.name].files)
            return

        for folder in (unit.path, *folders(unit.path, self.charts)):
            yield from files_below(folder)
        yield from (*deployment.values, *self.config.helm_values)

    def output(self, unit: Unit, texts: Mapping[str, str], *, origins: bool = False) -> "RendererOutput":
        """Render a unit with these texts in place of files, by real path.

        With `origins`, each object of a kustomization is annotated with the file that it comes from.
        """
        unit_texts = {**texts_of(unit, texts)}
        if unit.kind == "kustomize":
            unit_texts |= changed_texts(self.closures[unit.name], self.tree, unit.deployment.kustomization, _reader(unit_texts))
        made = self._made(unit, unit_texts, origins=origins)
        return self._after(unit, made) if made.text else made

    def changed(self, unit: Unit, texts: Mapping[str, str]) -> "RendererOutput":
        """What the renderer of a unit makes with these texts in place of any files of its folder, by real path."""
        return self._made(unit, texts, origins=False)

    def with_values(self, unit: Unit, values: Mapping[str, Any], texts: Mapping[str, str]) -> str:
        """What a chart renders to with values laid over its own, without the check of their types; empty if it does not render so."""
        deployment = unit.deployment
        inline = json.dumps(laid_over(as_mapping(data_of(deployment.inline)), values))
        unchecked = ("--skip-schema-validation",) if can_skip_schemas(self.programs.helm.version) else ()
        changed = replace(deployment, inline=inline, settings=(*deployment.settings, *unchecked))
        return self.output(replace(unit, deployment=changed), texts).text

    def _made(self, unit: Unit, unit_texts: Mapping[str, str], *, origins: bool) -> "RendererOutput":
        """What the renderer of a unit makes, with these texts in place of files."""
        if not unit_texts and unit.kind == "kustomize":
            closure = self.closures[unit.name]
            return self.programs.build_kustomize(unit.path, self.tree, origins=origins, checked=closure)
        if not unit_texts:
            return self._templated(unit, self.tree, str)

        top = os.path.realpath(self.tree)
        try:
            outside = {path for path in self.trusted if not is_below(path, top)}
            inputs = [path for path in self.inputs(unit) if os.path.realpath(path) not in outside]
            with copied(inputs, self.tree, unit_texts) as folder:
                if unit.kind == "kustomize":
                    entry = os.path.join(folder, self.closures[unit.name].folder)
                    return self.programs.build_kustomize(entry, folder, origins=origins)

                def moved(path: str) -> str:
                    real = os.path.realpath(path)
                    return path if real in outside else os.path.join(folder, os.path.relpath(real, top))

                return self._templated(unit, folder, moved)
        except OSError as error:
            return RendererOutput(error=f"its files cannot be copied: {error}")

    def _after(self, unit: Unit, made: "RendererOutput") -> "RendererOutput":
        """What is applied of a rendering: after the variables and post-renderers of what deploys it."""
        deployment = unit.deployment
        if deployment.variables is not None:
            made = replace(made, text=substituted(made.text, dict(deployment.variables), whole=deployment.all_variables))
        if deployment.post:
            made = post_rendered(made, deployment.post, self.programs)
        return made

    def marked(self, unit: Unit, texts: Mapping[str, str]) -> "MarkedRendering":
        """What the chart of a unit renders to with marks in its templates, with these texts in place of files, by real path; nothing
        where helm makes nothing of it.
        """
        files: list[str] = []
        with suppress(OSError), self._copy(unit) as (home, moved):
            chart = moved(unit.path)
            for copy in sorted(os.path.join(folder, name) for folder, _, names in os.walk(chart) for name in names):
                inside = os.path.relpath(copy, chart)
                file = os.path.join(unit.path, inside)
                text = texts.get(os.path.realpath(file))
                with suppress(LoadError):
                    if "templates" in inside.split(os.sep):
                        text = marked(read(file) if text is None else text, len(files))
                        files.append(display(file))
                if text is not None:
                    with open(copy, "w", encoding="utf-8", newline="") as stream:
                        stream.write(text)
            return MarkedRendering(files, self._templated(unit, home, moved).text)
        return MarkedRendering()

    @contextmanager
    def _copy(self, unit: Unit) -> "Iterator[tuple[str, Callable[[str], str]]]":
        """Yield a folder with a copy of the chart of a unit, and what gives the path there for the path of a file or folder.

        Raises OSError if the chart must not be given to helm.
        """
        left_out = unused_links(unit.path, self.tree)
        values = self._checked((*unit.deployment.values, *self.config.helm_values))
        if problem := chart_problem(unit.path, self.tree, values, left_out):
            raise OSError(problem)
        with tempfile.TemporaryDirectory(prefix="scclint-", ignore_cleanup_errors=True) as home:

            def unused(folder: str, names: list[str]) -> list[str]:
                return [name for name in names if name == ".git" or os.path.join(folder, name) in left_out]

            # As helm does, this follows links.
            chart = shutil.copytree(unit.path, os.path.join(home, "chart"), ignore=unused)

            def moved(path: str) -> str:
                if path == unit.path:
                    return chart
                if is_below(os.path.realpath(path), os.path.realpath(unit.path)):
                    return os.path.join(chart, os.path.relpath(os.path.realpath(path), os.path.realpath(unit.path)))
                return shutil.copy(path, tempfile.mkdtemp(dir=home))

            yield home, moved

    def _missing(self, unit: Unit) -> "list[Dependency]":
        """The dependencies that the chart of a unit names and does not have."""
        deployment, config = unit.deployment, self.config
        files = [file for file in (*deployment.values, *config.helm_values) if os.path.isfile(file)]
        settings = (*deployment.settings, *(f"--set={setting}" for setting in config.helm_set))
        try:
            return missing(unit.path, self.charts, (*map(read, files), deployment.inline), settings)
        except LoadError:
            return []

    def _templated(self, unit: Unit, root: str, moved: Callable[[str], str]) -> "RendererOutput":
        """Render a view of a chart. `moved` gives the path to read for the path of a file or folder."""
        lacking: list[Dependency] = []
        if root == self.tree and unused_links(unit.path, root):
            try:
                with self._copy(unit) as (home, copied):
                    return self._templated(unit, home, copied)
            except OSError as error:
                return RendererOutput(error=str(error))
        if absent := self._missing(unit):
            try:
                if root == self.tree:
                    with self._copy(unit) as (home, copied):
                        return self._templated(unit, home, copied)
                lacking = add(moved(unit.path), absent, self.charts, self.tree)
            except OSError as error:
                return RendererOutput(error=str(error))
        config, deployment = self.config, unit.deployment
        release = (config.openshift or (DEFAULT,))[-1]
        chart_release = ChartRelease(
            deployment.release or release_name(unit.path),
            namespace=unit.namespace or NAMESPACE_MARKER,
            kube_version=kube_version(release),
            api_versions=api_versions(release),
            values=tuple(map(moved, (*deployment.values, *config.helm_values))),
            inline=deployment.inline,
            settings=(
                *(["--is-upgrade"] if deployment.upgrade else []),
                *deployment.settings,
                *(f"--set={setting}" for setting in config.helm_set),
            ),
            by_helm=deployment.kind in ("HelmRelease", "release"),
        )
        made = self.programs.template_chart(moved(unit.path), chart_release, root=root, trusted=self.trusted)
        if not lacking:
            return made

        text = how_to_get(lacking, display(unit.path))
        return replace(made, error=text) if made.error else replace(made, left_out=text)


def texts_of(unit: Unit, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the texts, by real path, that replace a file of the unit."""
    return {path: texts[path] for path in {*map(os.path.realpath, unit.files)} & texts.keys()} if texts else EMPTY


def _reader(texts: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return what reads a file: one of these texts, by real path, or else from the disk; None if there is no such file."""
    return lambda path: texts.get(path) or (read(path) if os.path.isfile(path) else None)


def _digest_of(path: str) -> str:
    if not os.path.isfile(path):
        # To open a FIFO would wait for a writer.
        raise OSError(f"{path} is no regular file")
    with open(path, "rb") as file:
        return digest_of_bytes(file.read())
