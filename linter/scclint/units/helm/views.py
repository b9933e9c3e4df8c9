"""The views of a chart: the values that it is rendered with, as far as the files beside it name them."""

import os
import re
from collections.abc import Set
from fnmatch import fnmatchcase

from scclint.errors import LoadError
from scclint.files.discover import display, is_below
from scclint.files.read import read
from scclint.files.walk import walk
from scclint.load import load_text
from scclint.load.document import first_root, text_at
from scclint.units.helm import CHART_FILE
from scclint.units.unit import DEFAULT, Deployment
from scclint.yaml.nodes import to_data

_BESIDE = ("values[-._]*.yaml", "*[-._]values.yaml")
_CI = "ci"
_IN_CI = "*-values.yaml"
"""As chart-testing names them."""
_FOLDERS = ("", "ci", "env", "envs", "environments", "values")
"""Folders of a chart in which any file may hold values."""
_STAGE = re.compile(r"\.Release\b(?!\.(?:Name|Namespace|Service)\b)|IsUpgrade|IsInstall")
"""What a template may ask of the release that is not the same for an installation and an upgrade."""
_VALUES = "values.yaml"
_OWN_FOLDERS = ("templates", "crds", "charts")
_OWN_FILES = (
    CHART_FILE,
    "Chart.lock",
    "requirements.yaml",
    "requirements.lock",
    _VALUES,
    "values.schema.json",
    ".helmignore",
)
_LONGEST_RELEASE_NAME = 53


def views(chart: str, root: str, rendered_elsewhere: Set[str] = frozenset()) -> dict[str, Deployment]:
    """Return the views of the chart in a folder by name, the defaults first; none if the chart is not deployed by itself.

    The name of the defaults is empty. The others are named by the path of their values file from the chart, without suffix. A library
    chart, a chart below the `charts/` of another one, and a chart that a kustomization renders are not deployed by themselves.
    `rendered_elsewhere` are the folders of the latter, relative to the root and with `/`.
    """
    inside = os.path.relpath(os.path.realpath(chart), os.path.realpath(root)).replace(os.sep, "/")
    if inside in rendered_elsewhere or _is_dependency(chart, root) or _text_of(chart, "type") == "library":
        return {}
    found = {"": DEFAULT}
    for pattern, folder in ((_BESIDE, ""), ((_IN_CI,), _CI)):
        for name in _files(os.path.join(chart, folder), pattern):
            path = os.path.join(chart, folder, name)
            if is_below(os.path.realpath(path), os.path.realpath(root)):
                found["/".join(filter(None, (folder, os.path.splitext(name)[0])))] = Deployment(values=(path,))
    own = _keys(os.path.join(chart, _VALUES)) - {"global"}
    for folder in _FOLDERS if own else ():
        for name in _files(os.path.join(chart, folder), ("*.yaml", "*.yml")):
            path, called = os.path.join(chart, folder, name), "/".join(filter(None, (folder, os.path.splitext(name)[0])))
            if (
                is_below(os.path.realpath(path), os.path.realpath(root))
                and name not in _OWN_FILES
                and called not in found
                and not own.isdisjoint(_keys(path))
            ):
                found[called] = Deployment(values=(path,))
    return found


def differs_when_upgraded(chart: str) -> bool:
    """Whether the templates of the chart in a folder may render to something else in an upgrade than in an installation."""
    for at, _, files in walk(chart):
        if "templates" in at.split(os.sep):
            for name in files:
                try:
                    if _STAGE.search(read(os.path.join(at, name))):
                        return True
                except LoadError:
                    continue
    return False


def belongs_to_chart(path: str) -> bool:
    """Whether a path relative to a chart's folder, with `/`, is part of the chart: templates, CRDs, dependencies, values.

    Whatever else lies below the folder, as rendered examples do, is not.
    """
    first, _, rest = path.partition("/")
    if rest:
        return first in _OWN_FOLDERS or (first == _CI and "/" not in rest and fnmatchcase(rest, _IN_CI))
    return first in _OWN_FILES or any(fnmatchcase(first, pattern) for pattern in _BESIDE)


def release_name(chart: str) -> str:
    """Return the name of the chart in a folder as a release name that helm takes, or that of the folder if the chart has none.

    The name of a folder would change the objects of a chart that is a whole repository with each clone.
    """
    name = (_text_of(chart, "name") or os.path.basename(os.path.abspath(chart))).lower()
    return re.sub(r"[^a-z0-9]+", "-", name)[:_LONGEST_RELEASE_NAME].strip("-") or "release"


def _is_dependency(chart: str, root: str) -> bool:
    """Whether the folder lies below the `charts/` of another chart within the root."""
    top = os.path.realpath(root)
    folder = os.path.realpath(chart)
    while folder != top and is_below(folder, top):
        folder, name = os.path.split(folder)
        if name == "charts" and os.path.isfile(os.path.join(folder, CHART_FILE)):
            return True
    return False


def _keys(file: str) -> set[str]:
    """The top-level keys of a file of values; none of a manifest, or of what is no mapping."""
    try:
        data = to_data(first_root(load_text(file, read(file), frozenset())))
    except LoadError:
        return set()
    return set() if not isinstance(data, dict) or {"apiVersion", "kind"} <= data.keys() else set(data)


def _text_of(chart: str, key: str) -> str:
    """Return a text of the file that describes a chart; empty if there is none."""
    file = os.path.join(chart, CHART_FILE)
    shown = display(file)
    try:
        return text_at(first_root(load_text(shown, read(file, shown), frozenset())), key)
    except LoadError:
        # helm says what is wrong with it.
        return ""


def _files(folder: str, patterns: tuple[str, ...]) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    matching = (name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))
    return [name for name in matching if os.path.isfile(os.path.join(folder, name))]
