"""The answer to a query as text: a table for terminals, JSON, or CSV."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from scclint.apps.fleet.query import QueryResult
from scclint.report.review_table import inert
from scclint.report.sanitize import visible_line
from scclint.report.table import table


def render_table(answer: QueryResult) -> str:
    """Return columns as wide as their widest cell, and the number of rows."""
    rows = [[visible_line(shown(value)) for value in row] for row in answer.rows]
    lines = list(table([visible_line(name) for name in answer.columns], rows)) if answer.columns else []
    number = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    return "\n".join([*lines, "", number]) + "\n"


def render_json(answer: QueryResult) -> str:
    """Return an array with an object for each row, a row a line, in ASCII."""
    rows = [json.dumps(dict(zip(answer.columns, map(_json_value, row), strict=True))) for row in answer.rows]
    return "[" + ",\n".join(rows) + "]\n"


def render_csv(answer: QueryResult) -> str:
    """Return the names of the columns and a line for each row. No cell is a formula for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(visible_line, answer.columns))
    writer.writerows([inert(visible_line(shown(value))) for value in row] for row in answer.rows)
    return out.getvalue()


FORMATS: Mapping[str, Callable[[QueryResult], str]] = {"table": render_table, "json": render_json, "csv": render_csv}


def shown(value: Any) -> str:
    """Return a value as text: a list as its items, and nothing for null."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _json_value(value: Any) -> Any:
    """Return a value of a query as JSON has it, which has no NaN, no infinity and no dates."""
    if isinstance(value, list | tuple):
        return list(map(_json_value, value))
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    is_json = isinstance(value, str | int | None) or (isinstance(value, float) and isfinite(value))
    return value if is_json else str(value)
