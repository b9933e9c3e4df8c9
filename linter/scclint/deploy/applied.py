"""Who applies what: the one place that decides it, by evidence in the content of files."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scclint.deploy.facts import NO_FACTS
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.deploy.unit import COMMENTED, OF_BUNDLE, Shown, Unit
from scclint.record import replace

if TYPE_CHECKING:
    from scclint.deploy.split import Split

FRAGMENT = "each is a part or a patch that no kustomization includes"
DELETED = "each only names objects, for tasks and scripts to delete"


def with_evidence(split: "Split", unit: Unit) -> Unit:
    """The unit with the evidence that nobody applies it, if there is any."""
    is_known = unit.shown is not None or os.path.realpath(unit.path) in split.configured_paths
    if is_known or unit.kind not in ("kustomize", "chart", "bundle", "directory"):
        return unit
    describing = {"kustomize": NAMES, "chart": (CHART_FILE,)}.get(unit.kind, ())
    paths = (os.path.normpath(os.path.join(unit.path, name)) for name in describing)
    csvs = [file for file in unit.files if unit.kind == "bundle" and "clusterserviceversion" in file]
    described = next((file for file in (*paths, *csvs) if file in unit.files), "")
    shown = split.evidence.of_unit(unit, described)
    if shown is None and unit.kind == "kustomize" and not unit.deployment.reason and is_commented_out(split, unit.path):
        shown = COMMENTED
    if csvs and os.path.basename(unit.path) == "bases":
        from scclint.deploy.bundle import is_base

        shown = OF_BUNDLE if is_base(split, csvs) else shown
    return replace(unit, shown=shown, gives=False) if shown is not None else unit


def is_commented_out(split: "Split", folder: str) -> bool:
    """Whether a kustomization names a folder, by its path, only in a comment: what includes it would have it in its build."""
    real = os.path.realpath(folder)
    return (
        split.evidence.is_commented_out(real, split.kustomizations) and split.outline.shown(folder) not in split.outline.named
    )


def shown_of(split: "Split", file: str) -> Shown | None:
    """The evidence that nobody applies a file, which nothing takes; None without any, and for a file that the user named."""
    if not split.may_show or file in split.outline.named:
        return None
    of_object = split.outline.facts(file) != NO_FACTS
    return split.evidence.of_file(file) or (split.evidence.of_unlisted(file, split.kustomizations) if of_object else None)


def with_names(split: "Split", files: Iterable[str]) -> Iterator[str]:
    """Yield those of the files whose objects have nothing but a name, which is enough to delete them."""
    for file in (file for file in files if file in split.left):
        keys = split.outline.tells_of_objects(
            file, "keys", lambda objects: sorted({key for o in objects for key in o.manifest})
        )
        if keys == ["apiVersion", "kind", "metadata"]:
            yield file
