"""A report as lines of JSON, and back. What they hold may come from anywhere: a wrong one is a ValueError or TypeError."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from scclint.engine.report import Report
from scclint.files.store import digest
from scclint.finding import Finding, Notice, Related, Severity, Subject, Suppression, Tally
from scclint.registry import Registry
from scclint.source import Span


def pack(*parts: Any) -> list[bytes]:
    """The parts, a line each, behind a line by which `unpack` knows that none is damaged."""
    from json import dumps

    lines = [dumps(part, separators=(",", ":"), default=_plain).encode() for part in parts]
    return [_checksum(lines).encode(), *lines]


def unpack(lines: Sequence[bytes]) -> list[Any]:
    """The parts that were packed, with lists for records. Raises ValueError for other lines."""
    from json import loads

    if not lines or lines[0].decode("ascii", "replace") != _checksum(lines[1:]):
        raise ValueError("not what was packed")
    return [loads(line) for line in lines[1:]]


def parts_of(report: Report) -> list[Any]:
    """Of a report what is not to be had otherwise."""
    return [report.findings, report.notices, report.tally, report.platform]


def report_of(parts: Any, registry: Registry) -> Report:
    """The report of these parts, without texts."""
    findings, notices, tally, platform = parts
    return Report(
        findings=tuple(map(_finding, findings)),
        notices=tuple(Notice(*notice) for notice in notices),
        tally=Tally(*tally),
        platform=platform,
        rules=registry.rules,
    )


def _checksum(lines: Iterable[bytes]) -> str:
    return digest(b"\n".join(lines).decode("utf-8", "replace"))


def _plain(value: Any) -> Any:
    """A record as the list of its fields, a severity as its word."""
    return value.value if isinstance(value, Enum) else [getattr(value, name) for name in value.__match_args__]


def _finding(fields: Any) -> Finding:
    rule_id, name, severity, message, span, subject, path, related, settle, flow, releases, suppression, notes = fields
    return Finding(
        *(rule_id, name, Severity(severity), message, Span(*span), Subject(*subject), tuple(path), _related(related), settle),
        *(_related(flow), tuple(releases), None if suppression is None else _suppression(*suppression), tuple(notes)),
    )


def _related(places: Any) -> tuple[Related, ...]:
    return tuple(Related(message, Span(*span)) for message, span in places)


def _suppression(by: str, reason: str, span: Any) -> Suppression:
    return Suppression(by, reason, None if span is None else Span(*span))
