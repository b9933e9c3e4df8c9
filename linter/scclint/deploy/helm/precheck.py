"""Whether a chart may be given to helm, which follows links wherever they lead and takes values from URLs."""

import os
from collections.abc import Iterable, Set
from contextlib import suppress
from glob import glob

from scclint.deploy.helm import CHART_FILE
from scclint.errors import LoadError
from scclint.files import display, is_below, is_folder, is_text, read
from scclint.limits import MAX_CHART_ENTRIES


def chart_problem(chart: str, root: str, values: Iterable[str] = (), left_out: Set[str] = frozenset()) -> str:
    """Return the reason why helm must not render the chart with these values files, empty if it may.

    `root` is the folder that none of them may leave. `left_out` are links that helm does not get.
    """
    top = os.path.realpath(root)

    def named(path: str) -> str:
        return display(os.path.relpath(path, root))

    if not is_below(os.path.realpath(chart), top):
        return f"{named(chart)} is outside the root"
    if not os.path.isfile(os.path.join(chart, CHART_FILE)):
        return f"{named(chart)} has no {CHART_FILE}"
    for path in values:
        if not is_text(path) or not is_below(os.path.realpath(path), top):
            return f"the values file {named(path)} is outside the root"
        if not os.path.isfile(path):
            return f"the values file {named(path)} does not exist"
    count = 0
    # Each folder by the way to it and by where it is, so that no link is resolved twice.
    pending = [(chart, os.path.realpath(chart))]
    while pending:
        way, folder = pending.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                count += 1
                if count > MAX_CHART_ENTRIES:
                    return f"{named(chart)} has more than {MAX_CHART_ENTRIES:,} files and folders, links followed"
                path, is_link = os.path.join(way, entry.name), entry.is_symlink()
                if path in left_out:
                    continue
                real = os.path.realpath(entry.path) if is_link else entry.path
                if is_link and not is_below(real, top):
                    return f"{named(path)} is a link out of the root"
                if is_link and is_below(folder, real):
                    return f"{named(path)} is a link to a folder that contains it"
                if is_folder(entry):
                    pending.append((path, real))
    return ""


_READ = (CHART_FILE, "values.yaml", "values.schema.json", "requirements.yaml", ".helmignore")
"""Files beside the templates that helm reads for itself."""


def unused_links(chart: str, root: str) -> frozenset[str]:
    """The links beside the templates of a chart that lead out of the folder `root`, such as that of a licence, if nothing renders them."""
    top = os.path.realpath(root)
    with suppress(OSError), os.scandir(chart) as entries:
        links = {entry.path for entry in entries if entry.is_symlink() and entry.name not in _READ}
        outward = {path for path in links if os.path.isfile(path) and not is_below(os.path.realpath(path), top)}
        if outward and not any(".Files" in text for text in map(_text, glob(os.path.join(chart, "**", "*"), recursive=True))):
            return frozenset(outward)
    return frozenset()


def _text(path: str) -> str:
    """The text of a file in the folder of a template; empty for any other."""
    if "templates" not in path.split(os.sep) or not os.path.isfile(path) or os.path.islink(path):
        return ""
    with suppress(LoadError):
        return read(path)
    return ".Files"
