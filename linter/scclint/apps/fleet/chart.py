"""The trend of a fleet as charts: a line for each release, and a dot for each scan."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from scclint.apps.fleet.query import Database
from scclint.apps.fleet.totals import scan_time
from scclint.record import grouped

MOST_SCANS = 60
"""Scans of a chart, the newest ones. `scclint fleet sql` has all."""

_CHARTS = {"rejected": "Workloads that are rejected", "unconfined": "Containers that run unconfined"}

_WIDTH, _HEIGHT, _MARGIN = 1000, 160, 10
"""The units of a drawing. It is stretched to the width of the page."""


def charts(database: Database) -> list[dict[str, object]]:
    """Return a chart for each number that matters; none if there are fewer than two scans."""
    scans = [scan for (scan,) in database.ask(f"SELECT scan FROM scans ORDER BY scan DESC LIMIT {MOST_SCANS}").rows][::-1]
    if len(scans) < 2:
        return []
    return [_chart(column, title, scans, database) for column, title in _CHARTS.items()]


def _chart(column: str, title: str, scans: Sequence[str], database: Database) -> dict[str, object]:
    """Return the texts of a chart, and its lines as paths of SVG."""
    answer = database.ask(f"SELECT release, scan, {column} FROM trend WHERE scan >= $1 ORDER BY release, scan", [scans[0]])
    numbers = {release: dict(values) for release, values in grouped((row[0], row[1:]) for row in answer.rows).items()}
    most = max((number for values in numbers.values() for number in values.values()), default=0)
    return {
        "title": title,
        "first": scan_time(scans[0]),
        "last": scan_time(scans[-1]),
        "most": f"{most:,}",
        "lines": [_line(release, values, scans, most or 1, index) for index, (release, values) in enumerate(numbers.items())],
    }


def _line(release: str, values: Mapping[str, int], scans: Sequence[str], most: int, index: int) -> dict[str, str]:
    """Return the line of a release. It has a gap where a scan did not judge the release."""
    places = {
        scan: f"{_MARGIN + round(place * (_WIDTH - 2 * _MARGIN) / (len(scans) - 1))} "
        f"{_HEIGHT - _MARGIN - round(values[scan] * (_HEIGHT - 2 * _MARGIN) / most)}"
        for place, scan in enumerate(scans)
        if scan in values
    }
    first, *_, last = (*values.values(), *values.values())
    return {
        "release": release,
        "tone": f"part-{index % 8}",
        "line": "".join(f"M{places[a]}L{places[b]}" for a, b in pairwise(scans) if a in places and b in places),
        "dots": "".join(f"M{place}h0" for place in places.values()),
        "words": f"{last:,}" if first == last else f"{first:,}, then {last:,}",
    }
