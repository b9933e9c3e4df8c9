"""The targets of a fleet: what they are called, where they are, and which team owns each."""

import csv
import os
from collections.abc import Iterable, Iterator

from scclint.errors import LoadError
from scclint.files import read
from scclint.record import record

HEADER = "target"
"""The first cell of a file of targets that names its columns."""


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

    If the first line names columns, with `target` first, the team is in the column `team`, and other columns are ignored.
    Empty lines and lines that start with `#` are left out. Raises LoadError for a file that cannot be read.
    """
    lines = [line for line in read(file).splitlines() if line.strip() and not line.startswith("#")]
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise LoadError(f"is not CSV: {error}", file) from None
    column = 1
    if rows and rows[0][0].strip() == HEADER:
        names = [name.strip() for name in rows.pop(0)]
        column = names.index("team") if "team" in names else 0
    return [FleetTarget(row[0].strip(), row[column].strip() if 0 < column < len(row) else "") for row in rows if row[0].strip()]


def unique(targets: Iterable[FleetTarget]) -> Iterator[FleetTarget]:
    """Yield the targets, each address once. The first team that is named for an address counts."""
    teams: dict[str, str] = {}
    for target in targets:
        teams[target.address] = teams.get(target.address) or target.team
    for address, team in teams.items():
        yield FleetTarget(address, team)
