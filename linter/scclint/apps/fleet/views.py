"""The views of a fleet: the tables of each scan, and answers to the questions that platform teams ask."""

from collections.abc import Iterator

from scclint.apps.fleet.tables import RESULTS, TARGETS, Column
from scclint.record import record

SCANS = "scans"
"""The table of the finished scans: `scan`, `finished`, and `latest`, which is true for the newest one."""


@record
class FleetView:
    """A view that answers a question about the latest scan, or about all. `title` heads it on a page.

    `release` is the one that it is about, if it is about one: it says nothing of targets that were not judged for it.
    """

    name: str
    title: str
    meaning: str
    sql: str
    release: str = ""


_LATEST = "scan = (SELECT scan FROM scans WHERE latest)"

VIEWS = (
    FleetView(
        "trend",
        "Trend over scans",
        "For each scan and release: workloads, those that are rejected, those that can take over their node, and unconfined containers. "
        "Findings count for all releases of the scan together.",
        """
        SELECT scan, release, coalesce(workloads, 0) AS workloads, coalesce(rejected, 0) AS rejected,
          coalesce(take_node, 0) AS take_node, coalesce(unconfined, 0) AS unconfined, targets, failed,
          coalesce(errors, 0) AS errors, coalesce(warnings, 0) AS warnings
        FROM (SELECT DISTINCT scan, unnest(releases) AS release FROM targets)
        JOIN (SELECT scan, count(*) AS targets, count(*) FILTER (status = 'failed') AS failed FROM targets GROUP BY ALL) USING (scan)
        LEFT JOIN (
          SELECT scan, release, count(*) AS workloads, count(*) FILTER (result = 'rejected') AS rejected,
            count(*) FILTER (takes_node) AS take_node, sum(unconfined)::BIGINT AS unconfined
          FROM workloads GROUP BY ALL
        ) USING (scan, release)
        LEFT JOIN (
          SELECT scan, count(*) FILTER (severity = 'error') AS errors, count(*) FILTER (severity = 'warning') AS warnings
          FROM findings WHERE suppressed_by = '' GROUP BY ALL
        ) USING (scan)
        ORDER BY scan, release
        """,
    ),
    FleetView(
        "newly_unconfined",
        "Newly unconfined",
        "Containers that run without a seccomp profile in the latest scan, and did not in the scan before in which their target was judged.",
        f"""
        WITH unconfined AS (
          SELECT * FROM containers WHERE runs AND seccomp = 'Unconfined'
        ), before AS (
          SELECT target, max(scan) AS scan FROM targets WHERE NOT {_LATEST} AND status <> 'failed' GROUP BY target
        )
        SELECT now.target, now.team, now.release, now.unit, now.kind, now.namespace, now.name, now.part, now.container, now.source
        FROM unconfined AS now
        WHERE now.{_LATEST}
          AND (SELECT count(*) FROM scans) > 1
          AND NOT EXISTS (
            FROM unconfined AS old JOIN before USING (target, scan)
            WHERE old.target = now.target AND old.release = now.release AND old.unit = now.unit AND old.kind = now.kind
              AND old.namespace = now.namespace AND old.name = now.name AND coalesce(old.part, '') = now.part AND old.container = now.container
          )
        ORDER BY ALL
        """,
    ),
    FleetView(
        "refused_on_5_0",
        "Rejected on 5.0",
        "Workloads of the latest scan that OpenShift 5.0 rejects, with the other releases that admit them. Judge with `--openshift 4.22,5.0`.",
        f"""
        SELECT target, team, unit, kind, namespace, name, part, rejected_by, why, file, line, coalesce(admitted_on, []) AS admitted_on
        FROM workloads
        LEFT JOIN (
          SELECT scan, target, unit, kind, namespace, name, part, list(release ORDER BY release) AS admitted_on
          FROM workloads WHERE result = 'admitted' AND release <> '5.0' GROUP BY ALL
        ) USING (scan, target, unit, kind, namespace, name, part)
        WHERE {_LATEST} AND release = '5.0' AND result = 'rejected'
        ORDER BY len(admitted_on) = 0, target, unit, kind, namespace, name, part, file, line
        """,
        release="5.0",
    ),
    FleetView(
        "findings_by_rule",
        "Findings by rule",
        "How many findings of a rule the latest scan has that nothing suppresses, and in how many targets and teams.",
        f"""
        SELECT severity, rule, rule_name, count(*) AS findings, count(DISTINCT target) AS targets,
          count(DISTINCT nullif(team, '')) AS teams
        FROM findings WHERE {_LATEST} AND suppressed_by = '' GROUP BY ALL
        ORDER BY min(list_position(['error', 'warning', 'info'], severity)), targets DESC, findings DESC, rule
        """,
    ),
    FleetView(
        "grants_that_open_the_node",
        "Grants that open the node",
        "Who may use SCCs with which a container can take over its node, in the latest scan. A row is a grant to a subject, with all such "
        "SCCs that it grants.",
        f"""
        SELECT target, team, release, unit, subject_kind, subject_namespace, subject, list(scc ORDER BY scc) AS sccs, scope, binding, role,
          list_sort(list_distinct(flatten(list(opens)))) AS opens, file, line
        FROM grants WHERE {_LATEST} AND takes_node GROUP BY ALL ORDER BY ALL
        """,
    ),
    FleetView(
        "scc_share_by_team",
        "SCC share by team",
        "How many workloads of a team each SCC admits in the latest scan, and their share. A workload without an SCC counts by its result.",
        f"""
        SELECT team, release, scc, workloads, round(workloads / sum(workloads) OVER (PARTITION BY team, release), 3) AS share
        FROM (
          SELECT team, release, CASE WHEN scc = '' THEN result ELSE scc END AS scc, count(*) AS workloads
          FROM workloads WHERE {_LATEST} GROUP BY ALL
        )
        ORDER BY team, release, workloads DESC, scc
        """,
    ),
    FleetView(
        "problem_targets",
        "Targets with problems",
        "Targets of the latest scan that could not be judged, or not as a whole.",
        f"SELECT target, team, status, error FROM targets WHERE {_LATEST} AND status IN ('failed', 'incomplete') ORDER BY ALL",
    ),
)

OF_TARGET = (
    Column("scan", "text", "The scan: when it began, in UTC."),
    Column("target", "text", "Address of the target, as it was given."),
    Column("team", "text", "Team that owns the target; empty if the file of targets does not say so."),
)
"""The columns that come before those of each table in the views of tables."""


def stored(name: str) -> str:
    """Return what SQL calls the stored rows of a table."""
    return f"stored_{name}"


def statements() -> Iterator[str]:
    """Yield the SQL that makes the views, from the stored tables and the table of scans."""
    columns_of_targets = ", ".join(column.name for column in TARGETS.columns)
    yield f"CREATE VIEW targets AS SELECT scan, {columns_of_targets} FROM {stored('targets')} WHERE scan IN (SELECT scan FROM {SCANS})"
    for table in RESULTS:
        columns = ", ".join(f"result.{column.name}" for column in table.columns)
        yield (
            f"CREATE VIEW {table.name} AS SELECT targets.scan, targets.target, targets.team, {columns} "
            f"FROM targets JOIN {stored(table.name)} AS result USING (key)"
        )
    for view in VIEWS:
        yield f"CREATE VIEW {view.name} AS {view.sql}"
