"""What objects of Argo CD and Flux deploy from the repository, and what of it cannot be followed.

Sources: `reposerver/repository/repository.go` and `util/kustomize/kustomize.go` of argoproj/argo-cd, `kustomize/kustomize_generator.go`
and `chartutil/values.go` of fluxcd/pkg.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.expand.item import Item
from scclint.finding import Path
from scclint.load import load_text
from scclint.load.document import first_root
from scclint.record import record
from scclint.source import Span
from scclint.units.repository import Repository
from scclint.units.unit import Deployment
from scclint.untyped import as_text, value_at
from scclint.yaml.locate import locate
from scclint.yaml.nodes import to_data


@record
class Unfollowed:
    """A field of an object that deploys something, and `why` it is not applied. `span` is its place.

    `path` is the real path of the folder that is judged without it; empty if what the object deploys is not judged, because it lies outside
    the input or is not known.
    """

    by: str
    field: Path
    why: str
    span: Span
    path: str = ""


Deployed = Iterator[Deployment | Unfollowed]


class Deploying:
    """An object of Argo CD or Flux, for functions that say what it deploys. `data` is the object, `at` its path from the root."""

    def __init__(self, item: Item, repository: Repository) -> None:
        self.item = item
        self.data = item.data
        self.repository = repository
        self.namespace = as_text(value_at(item.data, ("metadata", "namespace")))
        self.name = as_text(value_at(item.data, ("metadata", "name")))
        self.by = f"{item.data.get('kind')} {self.name}"

    def span(self, field: Path) -> Span:
        """The place of a field."""
        return locate(self.item.root, (*self.item.path, *field))[0]

    def unfollowed(self, field: Path, why: str, path: str = "") -> Unfollowed:
        """The field, which is not applied to the folder at a path (see `Unfollowed`)."""
        return Unfollowed(self.by, field, why, self.span(field), path)


def parsed(text: str) -> Any:
    """The data of a YAML text; None if it has none or cannot be read."""
    return to_data(first_root(load_text("", text, frozenset())))


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others laid over them, as Helm does: mappings are merged, and everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def patched(data: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Data with a JSON merge patch (RFC 7396) applied: `laid_over`, where null removes a key."""
    found = {key: value for key, value in data.items() if key not in patch or patch[key] is not None}
    for key, value in patch.items():
        if isinstance(value, dict):
            below = found.get(key)
            found[key] = patched(below if isinstance(below, dict) else {}, value)
        elif value is not None:
            found[key] = value
    return found
