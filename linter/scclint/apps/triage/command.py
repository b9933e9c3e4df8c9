"""`scclint triage`."""

import json
import os
from argparse import Namespace
from collections import Counter
from typing import Any

from scclint.apps.triage.triage import Triaged, suppressed, triage
from scclint.console.arguments import judged_workloads, open_units, settings_of_one_cluster, terminal_columns, write_formats
from scclint.console.status import BUG, status_of_units
from scclint.errors import UsageError
from scclint.files import not_there, read
from scclint.report.markdown import from_template
from scclint.report.table import table_with_remarks
from scclint.report.text import dump, line_place, visible_line
from scclint.run.views import input_status
from scclint.text import counted

_SIGNS = {"filled in": "🟢", "forbidden": "🔴", "left": "⚪"}


def run(args: Namespace) -> int:
    """Say what admission makes of each result of other scanners."""
    words: list[str] = args.words
    logs = [_log(word) for word in words if os.path.isfile(word) and word.endswith((".sarif", ".json"))]
    args.paths = [word for word in words if not (os.path.isfile(word) and word.endswith((".sarif", ".json")))] or ["."]
    if not logs:
        for word in words:
            if word.endswith(".sarif") and not os.path.exists(word):
                raise not_there(word)
        raise UsageError("say which results: the SARIF file of a scanner, before the manifests")
    config, registry = settings_of_one_cluster(args)
    opened_run, opened = open_units(args, config, registry)
    judged, broke = judged_workloads(opened)
    rows = [(row, outcome) for _, _, outcome, row in judged]
    log: dict[str, Any] = {**logs[0], "runs": [run for scanner_log in logs for run in scanner_log["runs"]]}
    triaged = list(triage(log, rows, {unit.unit.name: unit.unit.files for unit in opened}))

    def render(form: str, output: str | None) -> str:
        if form == "sarif":
            return dump(suppressed(log, triaged)) + "\n"
        if form == "markdown":
            about = [item for item in triaged if item.fate != "other"]
            return from_template("triage", summary=_summary(triaged), results=about, signs=_SIGNS)
        return _text(triaged, None if output else terminal_columns())

    write_formats(args, render)
    return BUG if broke else status_of_units(opened_run, map(input_status, opened))


def _log(file: str) -> Any:
    """Return a SARIF log. Raises UsageError for another file."""
    try:
        log = json.loads(read(file))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: not JSON: {error}") from error
    if not isinstance(log, dict) or not isinstance(log.get("runs"), list):
        raise UsageError(f"{file}: not SARIF, because it has no runs")
    return log


def _summary(triaged: list[Triaged]) -> str:
    counts = Counter[str](item.fate for item in triaged)
    words = {
        "filled in": "filled in by admission",
        "forbidden": "forbidden by it",
        "left": "left",
        "other": "about something else",
    }
    parts = ", ".join(f"{counts[fate]:,} {text}" for fate, text in words.items() if counts[fate])
    return f"{counted(len(triaged), 'result')}{': ' if parts else ''}{parts}"


def _text(triaged: list[Triaged], columns: int | None) -> str:
    # Scanners of rendered charts report all containers of a template at its first line.
    same = Counter((item.tool, item.rule, line_place(item.file, item.line), item.fate, item.why) for item in triaged)
    rows = [
        ((visible_line(tool), visible_line(rule), place, fate if number == 1 else f"{fate} ({number:,} results)"), (why,))
        for (tool, rule, place, fate, why), number in same.items()
        if fate != "other"
    ]
    table = [table_with_remarks(("TOOL", "RULE", "PLACE", "ADMISSION"), rows, columns), ""] if rows else []
    return "\n".join([*table, f"{_summary(triaged)}."]) + "\n"
