"""Whether a chart may be given to helm, which follows links wherever they lead and takes values from URLs."""

import os
from collections.abc import Iterable
from contextlib import suppress

from scclint.deploy.helm import CHART_FILE
from scclint.files import display, is_below, is_folder, is_text
from scclint.limits import MAX_CHART_ENTRIES


def chart_problem(chart: str, root: str, values: Iterable[str] = ()) -> str:
    """Return the reason why helm must not render the chart with these values files, empty if it may.

    `root` is the folder that none of them may leave.
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
                path, real = os.path.join(way, entry.name), entry.path
                if entry.is_symlink():
                    real = os.path.realpath(real)
                    if not is_below(real, top):
                        return f"{named(path)} is a link out of the root"
                    if is_below(folder, real):
                        return f"{named(path)} is a link to a folder that contains it"
                if is_folder(entry):
                    pending.append((path, real))
    return ""
