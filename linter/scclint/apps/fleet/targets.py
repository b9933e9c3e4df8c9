"""The targets of a fleet: what they are called, where they are, and which team owns each."""

import csv
import os
from collections.abc import Iterable, Iterator

from scclint.errors import LoadError
from scclint.files import read
from scclint.record import record

HEADER = ("target", "team")
"""The columns of a file of targets. A first line with a cell `team`, or with `target` in front, names the columns."""


@record
class FleetTarget:
    """`address` is a path, as the user wrote it, or a URL that fsspec opens. `team` is empty if nothing says who owns it.

    A path is relative to the folder `base`, or to the working directory if that is empty.
    """

    address: str
    team: str = ""
    base: str = ""

    @property
    def path(self) -> str:
        """The absolute path of a target that is not a URL."""
        return os.path.abspath(os.path.join(self.base, self.address.removeprefix("file://")))


def read_targets(file: str) -> list[FleetTarget]:
    """Return the targets of a file: one a line, in CSV, with the team in the second column.

    If the first line names columns, whatever their case, the target is in the column `target`, or else in the first that is not `team`.
    Other columns are ignored. Empty lines and lines that start with `#` are left out. Raises LoadError for a file that cannot be read.
    """
    lines = [line for line in read(file).splitlines() if line.strip() and not line.startswith("#")]
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True)]
    except csv.Error as error:
        raise LoadError(f"is not CSV: {error}", file) from None
    names = [name.lower() for name in rows[0]] if rows else []
    if "team" in names or names[:1] == ["target"]:
        del rows[0]
    else:
        names = list(HEADER)
    address = min(names, key=lambda name: (name != "target", name == "team"))
    records = [dict(zip(names, row, strict=False)) for row in rows]
    return [FleetTarget(record[address], record.get("team", "")) for record in records if record.get(address)]


def unique(targets: Iterable[FleetTarget]) -> Iterator[FleetTarget]:
    """Yield the targets, each address once. The first team that is named for an address counts."""
    teams: dict[str, str] = {}
    for target in targets:
        teams[target.address] = teams.get(target.address) or target.team
    for address, team in teams.items():
        yield FleetTarget(address, team)
