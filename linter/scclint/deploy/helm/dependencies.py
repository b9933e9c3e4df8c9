"""Dependencies of charts that are not in their `charts/`: taken from elsewhere in the repository, as `helm dependency build` would."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from operator import ge, gt, le, lt, ne
from typing import Any

from scclint.deploy.deployers import laid_over
from scclint.deploy.helm import CHART_FILE, Charts, DependencyEntry
from scclint.deploy.helm.precheck import chart_problem
from scclint.limits import MAX_DEPENDENCIES
from scclint.objects.documents import data_of, data_of_file
from scclint.record import record
from scclint.text import and_more, whole_number
from scclint.yaml.untyped import as_mapping, value_at

FILE = "file://"
_RANGE = re.compile(r"(?:(>=|<=|!=|>|<|=|\^|~>?)\s*)?v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+][\w.+-]*)?")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NUMBERS = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")


_COMPARED = {">": gt, ">=": ge, "<": lt, "<=": le, "!=": ne}


@record
class Dependency:
    """A dependency that a chart names and does not have, and the `source` that it names: a URL, an alias such as `@stable` or a `file://`.

    `folder` is where the repository has it; empty if it does not, or `off` is True, because a condition switches the dependency off.
    """

    name: str
    version: str
    source: str
    folder: str = ""
    off: bool = False


def missing(chart: str, charts: Charts, values: Iterable[str], settings: Iterable[str] = ()) -> list[Dependency]:
    """The dependencies that the chart in a folder does not have. `charts` are those of the repository.

    `values` are texts of values, later ones laid over the earlier, and `settings` options of helm for single values.
    """
    named = charts.at(chart).dependencies
    present = set(_names(os.path.join(chart, "charts"), charts)) if named else set()
    absent = [entry for entry in named if entry.name not in present]
    if not absent:
        return []
    merged: Mapping[str, Any] = as_mapping(data_of_file(os.path.join(chart, "values.yaml")))
    for text in values:
        merged = laid_over(merged, as_mapping(data_of(text)))
    return [_resolved(chart, entry, charts, off=_is_off(entry, merged, set(settings))) for entry in absent]


def _resolved(chart: str, entry: DependencyEntry, charts: Charts, *, off: bool) -> Dependency:
    name = entry.name
    if off:
        return Dependency(name, entry.version, entry.source, off=True)
    if entry.source.startswith(FILE):
        places = [os.path.normpath(os.path.join(chart, entry.source.removeprefix(FILE)))]
    else:
        beside = os.path.join(os.path.dirname(os.path.abspath(chart)), name)
        # A chart may lie in a folder of any other name; one that is called like its folder goes first.
        so_called = sorted(charts.called(name), key=lambda folder: os.path.basename(folder) != name)
        places = [*([beside] if charts.at(beside).name == name else []), *so_called]
    fitting = (folder for folder in places if satisfies(charts.at(folder).version, entry.version))
    return Dependency(name, entry.version, entry.source, next(fitting, ""))


def _is_off(entry: DependencyEntry, values: Mapping[str, Any], settings: set[str]) -> bool:
    """Whether the first condition that the values decide, or else all tags, switch a dependency off."""
    for condition in entry.condition.split(","):
        for value in ("true", "false"):
            if f"--set={condition.strip()}={value}" in settings:
                return value == "false"
        decided = value_at(values, condition.strip().split("."))
        if isinstance(decided, bool):
            return not decided
    tags = [value_at(values, ("tags", tag)) for tag in entry.tags]
    return bool(tags) and all(tag is False for tag in tags)


def add(chart: str, dependencies: Iterable[Dependency], charts: Charts, root: str) -> list[Dependency]:
    """Copy dependencies into the `charts/` of a copy of their chart, and theirs into theirs: empty charts in place of those that are off, or
    that the repository, the folder `root`, does not have. Return the latter. Raises OSError.
    """
    lacking: list[Dependency] = []
    pending = [(chart, dependency) for dependency in dependencies]
    for done, (parent, dependency) in enumerate(pending):
        target = os.path.join(parent, "charts", dependency.name)
        if done > MAX_DEPENDENCIES or not _PLAIN.fullmatch(dependency.name):
            raise OSError(f"{dependency.name} is no dependency that can be added")
        if os.path.exists(target):
            # One chart, named several times with an alias each.
            continue
        if dependency.folder and not chart_problem(dependency.folder, root):
            # As helm does, this follows links. The list grows while it is read.
            shutil.copytree(dependency.folder, target)
            pending += [(target, inner) for inner in missing(dependency.folder, charts, ())]
        else:
            lacking += [] if dependency.off else [dependency]
            os.makedirs(target)
            with open(os.path.join(target, CHART_FILE), "w", encoding="utf-8") as file:
                file.write(f'{{"apiVersion": "v2", "name": "{dependency.name}", "version": "0.0.0"}}')
    return lacking


def how_to_get(lacking: Iterable[Dependency], chart: str) -> str:
    """Return which dependencies of a chart are missing, and the commands of helm that get them.

    `helm dependency build` takes charts from a repository only if `helm repo add` made it known, and no command gets a missing folder.
    """
    names = {f"{one.name} {one.version}{f' from {one.source}' if one.source.startswith(FILE) else ''}": one for one in lacking}
    text = f"the repository does not have its dependencies ({and_more(names, 5)})"
    folders = (os.path.join(chart, one.source.removeprefix(FILE)) for one in names.values() if one.source.startswith(FILE))
    if outside := [os.path.normpath(folder) for folder in folders if os.path.isdir(folder)]:
        text += f": {and_more(outside, 3)} is outside of the folder that is read, so name one that has both charts"
    remote = dict.fromkeys(one.source for one in names.values() if one.source and not one.source.startswith(FILE))
    if not remote:
        return text
    unknown = [source for source in remote if not source.startswith("oci://")]
    first = f"`helm repo add` for {and_more(unknown, 3)}, and then " if unknown else ""
    return f"{text}: run {first}`helm dependency build {chart}`"


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version is one that a dependency asks for: `1.2.3`, `2.x.x`, `^1.2`, `~1.2`, `>=1, <2`, `1 || 2`."""
    match = _NUMBERS.match(version)
    if match is None:
        return False
    numbers = tuple(whole_number(part or "0") for part in match.groups())
    return any(all(_within(numbers, constraint) for constraint in _RANGE.finditer(part)) for part in wanted.split("||"))


def _within(version: tuple[int, ...], constraint: "re.Match[str]") -> bool:
    operator, *parts = constraint.groups()
    numbers = [whole_number(part) for part in parts if part is not None and part.isdecimal()]
    least = (*numbers, 0, 0, 0)[:3]
    if operator in _COMPARED:
        return bool(_COMPARED[operator](version, least))
    precision = len(numbers)
    if operator == "^":
        precision = next((index + 1 for index, number in enumerate(numbers) if number), len(numbers))
    elif operator in ("~", "~>"):
        precision = min(len(numbers), 2)
    return version >= least and version[:precision] == least[:precision]


def folders(chart: str, charts: Charts) -> Iterator[str]:
    """The folders of the repository that the dependencies of a chart may be taken from, each once (see `missing`)."""
    visited: set[str] = set()
    pending = [chart]
    while pending:
        for dependency in missing(pending.pop(), charts, ()):
            if dependency.folder and dependency.folder not in visited:
                visited.add(dependency.folder)
                pending.append(dependency.folder)
                yield dependency.folder


def _names(folder: str, charts: Charts) -> Iterator[str]:
    """The names of the charts in a folder, packed ones included."""
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.endswith(".tgz"):
            yield re.split(r"-v?\d", name, maxsplit=1)[0]
        else:
            yield charts.at(os.path.join(folder, name)).name or name
