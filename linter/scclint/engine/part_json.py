"""Parts as lines of JSON, and back. What they hold may come from anywhere: a wrong one is a ValueError or TypeError."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum
from hashlib import blake2b
from typing import Any

from scclint.finding import Finding, Ignore, Notice, Related, Severity, Subject, Suppression, Tally
from scclint.judge.part import Part, Unjudged
from scclint.source import Span


def pack(parts: Iterable[Any]) -> list[bytes]:
    """Return one line for each part, behind a line by which `unpack` knows that none is damaged."""
    from json import dumps

    lines = [dumps(part, separators=(",", ":"), default=_plain).encode() for part in parts]
    return [_checksum(lines).encode(), *lines]


def unpack(lines: Sequence[bytes]) -> list[Any]:
    """Return the parts that were packed, with lists for records. Raises ValueError for other lines."""
    from json import loads

    if not lines or lines[0].decode("ascii", "replace") != _checksum(lines[1:]):
        raise ValueError("not what was packed")
    return [loads(line) for line in lines[1:]]


def fields_of(part: Part) -> list[Any]:
    """Return what of a part cannot be had otherwise."""
    return [
        part.findings,
        part.ignores,
        part.notices,
        part.unjudged,
        dict(part.tallies),
        part.files,
        part.platform,
        part.nothing,
        part.judged,
    ]


def part_of(unit: str, fields: Any) -> Part:
    """Return the part of a unit that has these fields, without texts and outcomes."""
    findings, ignores, notices, seen, tallies, files, platform, nothing, judged = fields
    return Part(
        str(unit),
        findings=tuple(map(_finding, findings)),
        ignores=tuple(map(_ignore, ignores)),
        notices=tuple(Notice(*notice) for notice in notices),
        unjudged=tuple(Unjudged(*item) for item in seen),
        tallies={file: Tally(*tally) for file, tally in tallies.items()},
        files=tuple(files),
        platform=platform,
        nothing=bool(nothing),
        judged=tuple(judged),
    )


def _checksum(lines: Iterable[bytes]) -> str:
    return blake2b(b"\n".join(lines), digest_size=32).hexdigest()


def _plain(value: Any) -> Any:
    """A record as the list of its fields, a severity as its word, a day as text."""
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else [getattr(value, name) for name in value.__match_args__]


def _finding(fields: Any) -> Finding:
    (
        rule_id,
        name,
        severity,
        message,
        span,
        subject,
        path,
        related,
        settle,
        flow,
        releases,
        suppression,
        notes,
        units,
        subjects,
        subjects_in_message,
        *_,
    ) = fields
    return Finding(
        *(rule_id, name, Severity(severity), message, Span(*span), Subject(*subject), tuple(path), _related(related), settle),
        *(_related(flow), tuple(releases), None if suppression is None else _suppression(*suppression)),
        *(tuple(notes), tuple(units), tuple(subjects)),
        subjects_in_message=subjects_in_message,
    )


def _related(places: Any) -> tuple[Related, ...]:
    return tuple(Related(message, Span(*span)) for message, span in places)


def _suppression(by: str, reason: str, span: Any) -> Suppression:
    return Suppression(by, reason, None if span is None else Span(*span))


def _ignore(fields: Any) -> Ignore:
    by, rules, span, path, reason, until, region, about, paths, *rest, uses, unused, expired = fields
    return Ignore(
        *(by, tuple(rules), Span(*span), tuple(path), reason, date.fromisoformat(until) if until else None),
        *(
            Span(*region) if region else None,
            tuple(about) if about else None,
            tuple(paths),
            *rest,
            uses,
            tuple(unused),
            expired,
        ),
    )
