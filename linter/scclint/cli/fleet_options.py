"""The commands of `scclint fleet`: their options, usage and help."""

import argparse

from scclint.cli.options import add_cluster, add_configuration, add_help, add_list, number
from scclint.cli.parser import Commands, Parser, add_action, add_actions


def add_fleet(parser: Parser) -> None:
    """Add the command's own commands."""
    below = add_actions(parser)
    _run(below)
    _report(below)
    _sql(below)
    _export(below)


def _run(below: Commands) -> None:
    run = add_action(
        below, "fleet", "run", "judge every target that has changed since the last scan", "[OPTIONS] --out DIR TARGET ..."
    )
    group = run.add_argument_group("targets")
    group.add_argument("targets", nargs="*", metavar="TARGET", default=[], help="folder, archive or URL to judge")
    add_list(group, "--targets", "FILE", "CSV file with the columns target and team; may repeat", "target_files")
    _add_out(group)
    how = run.add_argument_group("execution")
    how.add_argument("--jobs", metavar="N", type=number, help="processes on this machine (default: one for each core)")
    how.add_argument(
        "--scheduler", metavar="ADDRESS", help="judge on a Dask cluster: address of its scheduler, tcp://host:8786"
    )
    how.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    add_cluster(run)
    add_configuration(run)


def _report(below: Commands) -> None:
    report = add_action(below, "fleet", "report", "write one HTML page about the latest scan", "[OPTIONS] --out DIR")
    _add_out(report)
    report.add_argument("-o", "--output", metavar="FILE", help="write the page there (default: standard output)")
    add_help(report)


def _sql(below: Commands) -> None:
    sql = add_action(below, "fleet", "sql", "query the results in SQL", "[OPTIONS] --out DIR SQL")
    sql.description = (
        "Answers a query in the SQL of DuckDB over the tables and views of the finished\n"
        "scans. A query can read nothing else, and write nothing."
    )
    sql.add_argument("sql", metavar="SQL", help='the query: "SELECT target, status FROM targets"')
    _add_out(sql)
    sql.add_argument("--format", choices=("table", "json", "csv"), default="table", help="table (default), json or csv")
    sql.add_argument("-o", "--output", metavar="FILE", help="write the answer there (default: standard output)")
    add_help(sql)


def _export(below: Commands) -> None:
    export = add_action(
        below,
        "fleet",
        "export",
        "write the findings of the latest scan for other programs",
        "[OPTIONS] --out DIR --format FORMAT",
    )
    _add_out(export)
    export.add_argument(
        "--format",
        choices=("policyreport", "openreports", "ocsf"),
        required=True,
        metavar="FORMAT",
        help="policyreport, openreports (objects for kubectl apply) or ocsf",
    )
    export.add_argument("-o", "--output", metavar="FILE", help="write there (default: standard output)")
    add_help(export)


def _add_out(group: "argparse._ActionsContainer") -> None:
    group.add_argument("--out", required=True, metavar="DIR", help="folder of the fleet, with its Parquet files")
