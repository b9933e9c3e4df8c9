"""The numbers of the latest scan: what the first screen of the page shows, and what `scclint fleet run` prints."""

from collections.abc import Iterator

from scclint.apps.fleet.query import Database
from scclint.record import record
from scclint.text import counted


@record
class ReleaseTotals:
    """What a release does with the workloads of the targets that were judged for it.

    `breaks` are the workloads that it rejects and an earlier release admits, if it is the first that does.
    """

    release: str
    targets: int
    workloads: int
    rejected: int
    breaks: int
    containers: int
    unconfined: int


@record
class Totals:
    """The numbers of the latest scan. `problems` are targets that were not judged, or not as a whole."""

    scan: str
    targets: int
    teams: int
    problems: int
    newly_unconfined: int
    grants: int
    releases: tuple[ReleaseTotals, ...]

    @property
    def now(self) -> ReleaseTotals | None:
        """The earliest of the releases that most targets were judged for; None if no target was judged."""
        return max(self.releases, key=lambda one: one.targets, default=None)

    @property
    def later(self) -> tuple[ReleaseTotals, ...]:
        """The releases after `now`."""
        return self.releases[self.releases.index(self.now) + 1 :] if self.now else ()


def latest_totals(database: Database) -> Totals:
    """Return the numbers of the latest scan."""
    ((scan,),) = database.ask("SELECT scan FROM scans WHERE latest").rows
    ((targets, teams, problems, new, grants),) = database.ask(
        "SELECT count(*), count(DISTINCT nullif(team, '')), count(*) FILTER (status IN ('failed', 'incomplete')), "
        "(SELECT count(*) FROM unconfined WHERE new), (SELECT count(*) FROM grants_that_open_the_node) "
        "FROM targets WHERE scan = $1",
        [scan],
    ).rows
    releases = database.ask(
        "SELECT release, targets, workloads, rejected, (SELECT count(*) FROM rejected WHERE breaks_on = release), containers, "
        "unconfined FROM trend WHERE scan = $1 ORDER BY release",
        [scan],
    ).rows
    return Totals(scan, targets, teams, problems, new, grants, tuple(ReleaseTotals(*values) for values in releases))


def lines(totals: Totals) -> Iterator[str]:
    """Yield a line for each release that was judged, and one for the grants."""
    judged = max((one.targets for one in totals.releases), default=0)
    for one in totals.releases:
        some = f" ({one.targets:,} of {counted(judged, 'target')})" if one.targets < judged else ""
        breaks = f" ({one.breaks:,} admitted on an earlier release)" if one.breaks else ""
        yield (
            f"{one.release}{some}: {one.rejected:,} of {counted(one.workloads, 'workload')} rejected{breaks}, "
            f"{one.unconfined:,} of {counted(one.containers, 'container')} unconfined"
        )
    if totals.releases:
        yield f"{counted(totals.grants, 'grant')} of an SCC that opens the node"


def scan_time(scan: str) -> str:
    """Return when a scan began, from its name."""
    return f"{scan[:10]} {scan[11:13]}:{scan[13:15]} UTC"
