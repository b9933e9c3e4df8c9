"""The views of a fleet: the tables of each scan, and answers to the questions that platform teams ask."""

from collections.abc import Iterator

from scclint.apps.fleet.tables import RESULTS, TARGETS, Column
from scclint.record import record

SCANS = "scans"
"""The table of the finished scans: `scan`, `finished`, and `latest`, which is true for the newest one."""


@record
class FleetView:
    """A view that answers a question about the latest scan, or about all. `title` heads it on a page."""

    name: str
    title: str
    meaning: str
    sql: str


_LATEST = "scan = (SELECT scan FROM scans WHERE latest)"
_POD = "target, team, kind, namespace, name, part, file, line"
"""What a workload is: it counts once, however many units of its target have it."""

_NUMBERS = """
SELECT scan, target, team, release, coalesce(workloads, 0) AS workloads, coalesce(rejected, 0) AS rejected,
  coalesce(take_node, 0) AS take_node, coalesce(containers, 0) AS containers, coalesce(unconfined, 0) AS unconfined
FROM (SELECT scan, target, team, unnest(releases) AS release FROM targets)
LEFT JOIN (
  SELECT scan, target, release, count(*) AS workloads, count(*) FILTER (rejected) AS rejected, count(*) FILTER (takes_node) AS take_node
  FROM (
    SELECT scan, target, release, bool_or(result = 'rejected') AS rejected, bool_or(takes_node) AS takes_node
    FROM workloads GROUP BY scan, target, release, kind, namespace, name, part, file, line
  )
  GROUP BY ALL
) USING (scan, target, release)
LEFT JOIN (
  SELECT scan, target, release, count(*) AS containers, count(*) FILTER (unconfined) AS unconfined
  FROM (
    SELECT scan, target, release, bool_or(unconfined) AS unconfined
    FROM placed_containers GROUP BY scan, target, release, kind, namespace, name, part, file, line, container
  )
  GROUP BY ALL
) USING (scan, target, release)
"""
"""The numbers of each target in each scan, for the releases that it was judged for."""

_PLACED = """
SELECT containers.*, workloads.file, workloads.line, containers.runs AND containers.seccomp = 'Unconfined' AS unconfined
FROM containers JOIN workloads USING (scan, target, release, unit, kind, namespace, name, part)
"""
"""The containers with the place of their workload."""

_OF_TARGETS = """
  sum(workloads)::BIGINT AS workloads, sum(rejected)::BIGINT AS rejected, sum(take_node)::BIGINT AS take_node,
  sum(containers)::BIGINT AS containers, sum(unconfined)::BIGINT AS unconfined
"""

VIEWS = (
    FleetView(
        "by_team",
        "By team",
        "A row for each team and release. It counts the workloads that are rejected or can take over their node, and the containers that run "
        "without a seccomp profile.",
        f"""
        SELECT team, release, count(*) AS targets, {_OF_TARGETS}
        FROM numbers WHERE {_LATEST} GROUP BY team, release
        ORDER BY max(sum(rejected)) OVER (PARTITION BY team) DESC, max(sum(unconfined)) OVER (PARTITION BY team) DESC, team, release
        """,
    ),
    FleetView(
        "by_repository",
        "By repository",
        "A row for each target and each release that it was judged for. A target that could not be judged has no numbers.",
        f"""
        SELECT target, team, status, release, workloads, rejected, take_node, containers, unconfined
        FROM (SELECT scan, target, team, status FROM targets WHERE {_LATEST}) LEFT JOIN numbers USING (scan, target, team)
        ORDER BY max(rejected) OVER (PARTITION BY target) DESC NULLS LAST, max(unconfined) OVER (PARTITION BY target) DESC, target, release
        """,
    ),
    FleetView(
        "rejected",
        "Rejected",
        "Workloads that a release rejects, with the releases that admit them. A workload breaks on a release if an earlier release admits it: "
        "`breaks_on` is the first such release. These workloads come first.",
        f"""
        WITH judged AS (
          SELECT {_POD}, release, bool_or(result = 'rejected') AS rejected, bool_and(result IN ('admitted', 'skipped')) AS admitted,
            list(unit ORDER BY unit) FILTER (result = 'rejected') AS units,
            arg_min({{'by': rejected_by, 'why': why}}, unit) FILTER (result = 'rejected') AS reason
          FROM workloads WHERE {_LATEST} GROUP BY ALL
        ), since AS (
          SELECT *, min(CASE WHEN admitted THEN release END) OVER (PARTITION BY {_POD}) AS first_admitted FROM judged
        )
        SELECT {_POD}, coalesce(min(release) FILTER (rejected AND release > first_admitted), '') AS breaks_on,
          list(release ORDER BY release) FILTER (rejected) AS rejected_on,
          coalesce(list(release ORDER BY release) FILTER (admitted), []) AS admitted_on,
          (arg_min(reason, release) FILTER (rejected)).by AS rejected_by, (arg_min(reason, release) FILTER (rejected)).why AS why,
          list_sort(list_distinct(flatten(list(units)))) AS units
        FROM since GROUP BY ALL HAVING bool_or(rejected)
        ORDER BY breaks_on = '', breaks_on, target, kind, namespace, name, part, file, line
        """,
    ),
    FleetView(
        "unconfined",
        "Unconfined",
        "Containers that run without a seccomp profile, and on which releases. `new` is true if the scan before did not find the container "
        "unconfined. These containers come first.",
        f"""
        WITH before AS (
          SELECT target, max(scan) AS scan FROM targets WHERE NOT {_LATEST} AND status <> 'failed' GROUP BY target
        ), known AS (
          SELECT target, unnest(releases) AS release FROM targets JOIN before USING (target, scan)
        ), old AS (
          FROM placed_containers JOIN before USING (target, scan) WHERE unconfined
        )
        SELECT now.target, now.team, now.kind, now.namespace, now.name, now.part, now.file, now.line, now.container,
          list_sort(list_distinct(list(now.release))) AS unconfined_on, min(now.source) AS source,
          bool_or(
            (SELECT count(*) FROM scans) > 1 AND old.target IS NULL
            AND (known.target IS NOT NULL OR now.target NOT IN (SELECT target FROM before))
          ) AS new,
          list_sort(list_distinct(list(now.unit))) AS units
        FROM placed_containers AS now
        LEFT JOIN known ON known.target = now.target AND known.release = now.release
        LEFT JOIN old ON old.target = now.target AND old.release = now.release AND old.unit = now.unit AND old.kind = now.kind
          AND old.namespace = now.namespace AND old.name = now.name AND coalesce(old.part, '') = now.part AND old.container = now.container
        WHERE now.{_LATEST} AND now.unconfined
        GROUP BY ALL
        ORDER BY new DESC, target, kind, namespace, name, part, file, line, container
        """,
    ),
    FleetView(
        "grants_that_open_the_node",
        "Grants that open the node",
        "Who may use an SCC that lets a container take over its node. A row is a grant to a subject, with all such SCCs that it grants. Groups "
        "come first.",
        f"""
        SELECT target, team, binding, role, subject_kind, subject_namespace, subject, list_sort(list_distinct(list(scc))) AS sccs,
          list_sort(list_distinct(list(release))) AS releases, scope, list_sort(list_distinct(flatten(list(opens)))) AS opens,
          list_sort(list_distinct(list(unit))) AS units, file, line
        FROM grants WHERE {_LATEST} AND takes_node GROUP BY ALL
        ORDER BY subject_kind, target, file, line, binding, role, subject_namespace, subject, scope
        """,
    ),
    FleetView(
        "findings_by_rule",
        "Findings by rule",
        "How many findings of each rule the latest scan has, and in how many targets and teams. Suppressed findings do not count.",
        f"""
        SELECT severity, rule, rule_name, count(*) AS findings, count(DISTINCT target) AS targets,
          count(DISTINCT nullif(team, '')) AS teams
        FROM findings WHERE {_LATEST} AND suppressed_by = '' GROUP BY ALL
        ORDER BY min(list_position(['error', 'warning', 'access', 'gap', 'advice'], severity)), targets DESC, findings DESC, rule
        """,
    ),
    FleetView(
        "scc_share_by_team",
        "SCC share by team",
        "How many workloads of each team an SCC admits, and their share. Those that no SCC admits count as rejected, exempt or unknown.",
        f"""
        SELECT team, release, scc, workloads, round(workloads / sum(workloads) OVER (PARTITION BY team, release), 3) AS share
        FROM (
          SELECT team, release, CASE WHEN scc = '' THEN result ELSE scc END AS scc,
            count(DISTINCT (target, kind, namespace, name, part, file, line)) AS workloads
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
    FleetView(
        "trend",
        "Trend over scans",
        "A row for each scan and release: the targets that were judged, and what was found in them.",
        f"""
        SELECT scan, release, count(*) AS targets, any_value(failed) AS failed, {_OF_TARGETS},
          coalesce(any_value(errors), 0) AS errors, coalesce(any_value(warnings), 0) AS warnings,
          coalesce(any_value(access), 0) AS access
        FROM numbers JOIN (SELECT scan, count(*) FILTER (status = 'failed') AS failed FROM targets GROUP BY scan) USING (scan)
        LEFT JOIN (
          SELECT scan, release, count(*) FILTER (severity = 'error') AS errors, count(*) FILTER (severity = 'warning') AS warnings,
            count(*) FILTER (severity = 'access') AS access
          FROM (
            SELECT findings.scan, severity,
              unnest(CASE WHEN len(findings.releases) = 0 THEN targets.releases ELSE findings.releases END) AS release
            FROM findings JOIN targets USING (scan, target) WHERE suppressed_by = ''
          )
          GROUP BY ALL
        ) USING (scan, release)
        GROUP BY scan, release ORDER BY scan, release
        """,
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
    yield f"CREATE VIEW placed_containers AS {_PLACED}"
    yield f"CREATE VIEW numbers AS {_NUMBERS}"
    for view in VIEWS:
        yield f"CREATE VIEW {view.name} AS {view.sql}"
