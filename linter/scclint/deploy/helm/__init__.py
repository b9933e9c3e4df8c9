"""Helm charts, and what they say of themselves: in their Chart.yaml and, for those of the first version, in their requirements.yaml."""

import os
from collections.abc import Iterable, Sequence

from scclint.objects.documents import data_of_file
from scclint.record import Memo, record
from scclint.yaml.untyped import as_mapping, as_text, mappings, texts

CHART_FILE = "Chart.yaml"

NAMESPACE_MARKER = "scclint-unspecified-namespace"
"""Passed as the release's namespace if nothing says which it is. Rendered text with this name has it from `.Release.Namespace`."""
REQUIREMENTS = "requirements.yaml"


@record
class DependencyEntry:
    """An entry of `dependencies`, with an empty text for what it does not say. `source` is its `repository`."""

    name: str
    alias: str
    version: str
    source: str
    condition: str
    tags: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key of its values in those of the chart."""
        return self.alias or self.name


@record
class DescribedChart:
    """What a chart says of itself, with an empty text for what it does not say."""

    name: str
    version: str
    type: str
    dependencies: tuple[DependencyEntry, ...]


def described_chart(folder: str) -> DescribedChart:
    """Return what the chart in a folder says of itself: nothing where its files cannot be read, of which helm says what is wrong."""
    data, requirements = (as_mapping(data_of_file(os.path.join(folder, file))) for file in (CHART_FILE, REQUIREMENTS))
    return DescribedChart(
        *(as_text(data.get("name")), str(data.get("version") or ""), as_text(data.get("type"))),
        tuple(
            DependencyEntry(
                *(as_text(entry.get("name")), as_text(entry.get("alias")), str(entry.get("version") or "*")),
                *(as_text(entry.get("repository")), as_text(entry.get("condition")), tuple(texts(entry.get("tags")))),
            )
            for listed in (data, requirements)
            for entry in mappings(listed.get("dependencies"))
        ),
    )


class Charts:
    """The charts of a repository. What one says of itself is read once, also of one that is not among the `folders`, their real paths."""

    def __init__(self, folders: Iterable[str] = ()) -> None:
        self.folders: Sequence[str] = sorted(folders)
        self._memo = Memo()

    def at(self, folder: str) -> DescribedChart:
        """Return what the chart in a folder says of itself."""
        return self._memo((Charts.at, folder), lambda: described_chart(folder))

    def called(self, name: str) -> list[str]:
        """Return the folders of the charts of the repository with a name."""
        return [folder for folder in self.folders if self.at(folder).name == name]
