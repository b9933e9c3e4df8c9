"""Which Helm templates on disk the documents of a run were rendered from."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from scclint.errors import LoadError, UsageError
from scclint.files.discover import Reach, display
from scclint.finding import Notice
from scclint.load.document import Document
from scclint.yaml.split import helm_source

if TYPE_CHECKING:
    from scclint.units.helm.chart import Chart, TemplateOrigin

_CRDS = "/crds/"

Origins = Mapping[tuple[str, str], "TemplateOrigin"]
"""The template that a `# Source:` line names, by the file that was read and the path in that line."""


def find_origins(documents: Iterable[Document], chart: str, piped: Set[str]) -> tuple[Origins, list[Notice]]:
    """The templates on disk of the documents that say what Helm rendered them from.

    `chart` is the folder of the chart that was rendered, empty if it is not known. Documents of the files `piped`, which are not on
    the disk, are traced to the charts below the working directory as well, because they can only be fixed there. Raises UsageError
    if `chart` contains no chart.
    """
    from scclint.units.helm.chart import charts_below, find_origin

    given = _given(chart)
    sources = dict.fromkeys((d.file, d.source) for d in documents if has_source(d))
    origins: dict[tuple[str, str], TemplateOrigin] = {}
    ambiguous: dict[str, list[Chart]] = {}
    below: dict[str, list[Chart]] | None = None
    for file, source in sources:
        charts = given
        name = source.partition("/")[0]
        if file in piped and not any(known.name == name for known in given):
            below = _nearest(charts_below(os.curdir)) if below is None else below
            charts = below.get(name, [])
            if len(charts) > 1:
                ambiguous[name] = charts
                continue
        if origin := find_origin(source, charts):
            origins[file, source] = origin
    return origins, [*_unused(given, sources), *_ambiguous(ambiguous)]


def _given(chart: str) -> "list[Chart]":
    if not chart:
        return []
    from scclint.units.helm.chart import chart_at

    here = Reach(os.curdir)
    try:
        return [chart_at(chart, here if here.has(chart) else Reach(chart))]
    except LoadError as error:
        raise UsageError(f"{chart} is no Helm chart: {error.file} {error.message}") from None


def has_source(document: Document) -> bool:
    """Whether Helm rendered it. Of CRDs only the first of a file says so; what else says nothing may have been put behind."""
    return bool(document.source) and (_CRDS in document.source or not document.text or bool(helm_source(document.text)))


def _nearest(charts: "Iterable[Chart]") -> "dict[str, list[Chart]]":
    """Of each name those least deep; a chart within another is a copy of it."""
    found: dict[str, list[Chart]] = {}
    for chart in sorted(charts, key=lambda chart: chart.folder.count(os.sep)):
        alike = found.setdefault(chart.name, [])
        if not alike or alike[0].folder.count(os.sep) == chart.folder.count(os.sep):
            alike.append(chart)
    return found


def _unused(given: "Sequence[Chart]", sources: Iterable[tuple[str, str]]) -> Iterator[Notice]:
    for chart in given:
        if not any(source.startswith(chart.name + "/") for _, source in sources):
            text = f"no document of the input says that it was rendered from the chart {chart.name}"
            yield Notice("warning", text, display(os.path.join(chart.folder, "Chart.yaml")))


def _ambiguous(found: "Mapping[str, Sequence[Chart]]") -> Iterator[Notice]:
    for name, charts in found.items():
        folders = " and ".join(display(chart.folder) for chart in charts[:2])
        text = f"findings stay at rendered lines: the charts {folders} are both called {name}; --helm-chart says which it was"
        yield Notice("note", text)
