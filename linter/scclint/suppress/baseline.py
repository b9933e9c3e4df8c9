"""A baseline: the consequences of the findings at the time it was written, so that only new ones are live.

How consequences are compared is in `scclint.suppress.consequences`. A finding is accepted if all of its consequences are.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from scclint.config.schema import load_schema, mistakes, written
from scclint.errors import ConfigError
from scclint.finding import Applied, Finding, Suppression
from scclint.record import grouped, record, replace
from scclint.suppress.apply import Ran
from scclint.suppress.consequences import APPLIED, Consequence, Recorded, Slot, new_among, news_of, slots

VERSION = 1

_OBJECT = ("group", "kind", "namespace", "name", "subject")
"""The optional fields of an entry that are texts."""


class Key(NamedTuple):
    """A consequence that is accepted, and the file it was found in, which says whether a run judges it again."""

    consequence: Consequence
    applied: Applied
    file: str


@record
class Baseline:
    """How many of each consequence are accepted. Files of keys are relative to `folder`, that of the baseline, or "" for this one."""

    counts: Mapping[Key, int]
    folder: str

    @property
    def recorded(self) -> Recorded:
        """How many of each consequence are accepted, in any file."""
        total: Counter[tuple[Consequence, Applied]] = Counter()
        for key, count in self.counts.items():
            total[key.consequence, key.applied] += count
        return total


def write_baseline(
    findings: Iterable[Finding], views: Mapping[str, str], folder: str, *, previous: Baseline | None, ran: Ran
) -> str:
    """The text of a baseline that accepts those findings, for a file in `folder`. The same findings give the same bytes.

    Findings that something else suppresses are left out. Of a `previous` baseline the entries stay that this run did not judge.
    """
    accepted = [f for f in findings if f.suppression is None or f.suppression.by == "baseline"]
    counts = Counter(
        Key(slot.consequence, slot.applied, _from_folder(accepted[slot.findings[0]], folder)) for slot in slots(accepted, views)
    )
    if previous is not None:
        counts.update({key: n for key, n in previous.counts.items() if not ran(key.consequence.code, _from_here(key, folder))})
    return _dump(counts)


def load_baseline(text: str, file: str) -> Baseline:
    """The baseline in the text of `file`. Raises ConfigError where it is none, or of another version."""
    try:
        data = json.loads(text)
    except ValueError as error:
        place = f"{error.lineno}:{error.colno}: " if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigError(f"{file}:{place or ' '}the baseline is not JSON; `--write-baseline` writes it anew") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: the baseline is nested too deeply; `--write-baseline` writes it anew") from error
    if not _is_baseline(data):
        wrong = next(mistakes(data, load_schema("baseline")), None)
        if wrong is not None:
            at = f"{written(wrong.path)}: " if wrong.unknown else ""
            raise ConfigError(f"{file}: {at}{wrong.message}; `--write-baseline` writes it anew")
    counts: Counter[Key] = Counter()
    for entry in data["consequences"]:
        group, kind, namespace, name, subject = (entry.get(field, "") for field in _OBJECT)
        for opens, count in entry["opens"].items():
            consequence = Consequence(entry["code"], group, kind, namespace, name, opens, subject)
            counts[Key(consequence, entry["applied"], entry["file"])] += int(count)
    return Baseline(counts, os.path.dirname(file))


def _is_baseline(data: Any) -> bool:
    """Return whether plain data is a baseline as `write_baseline` writes it.

    `jsonschema` takes a second for 20,000 entries. It is asked only about what this does not know, and words what is wrong.
    """
    return (
        isinstance(data, dict)
        and data.keys() == {"version", "consequences"}
        and data["version"] is not True
        and data["version"] == VERSION
        and isinstance(data["consequences"], list)
        and all(isinstance(entry, dict) and _is_entry(entry) for entry in data["consequences"])
    )


def _is_entry(entry: Mapping[str, Any]) -> bool:
    opens = entry.get("opens")
    return (
        {"code", "file", "applied", "opens"} <= entry.keys() <= {"code", "file", "applied", "opens", *_OBJECT}
        and all(isinstance(value, str) for field, value in entry.items() if field != "opens")
        and all(entry[field] for field in ("code", "file"))
        and entry["applied"] in APPLIED
        and isinstance(opens, dict)
        and all(type(count) is int and count >= 1 for count in opens.values())
    )


def apply(
    findings: Sequence[Finding], views: Mapping[str, str], baseline: Baseline, *, ran: Ran
) -> tuple[list[Finding], list[Key]]:
    """Mark the findings that the baseline accepts, and list the keys that accept more than is still there.

    A key is stale only where this run judged it.
    The findings come back in their order; those that something else suppresses are neither marked nor counted.
    """
    live = [index for index, finding in enumerate(findings) if finding.suppression is None]
    files = {(key.consequence, key.file) for key in baseline.counts}

    def is_known(slot: Slot) -> bool:
        return any((slot.consequence, _from_folder(findings[live[n]], baseline.folder)) in files for n in slot.findings)

    found = slots([findings[index] for index in live], views)
    new, remainder = new_among(found, baseline.recorded, is_known)
    news = news_of(new)
    marked = list(findings)
    for number, index in enumerate(live):
        if number not in news:
            marked[index] = replace(findings[index], suppression=Suppression("baseline"))
    stale = [
        key
        for key in baseline.counts
        if (key.consequence, key.applied) in remainder and ran(key.consequence.code, _from_here(key, baseline.folder))
    ]
    return marked, sorted(stale)


def _dump(counts: Mapping[Key, int]) -> str:
    """One entry a line, so that a changed object is a changed line."""
    opens = grouped(
        (key._replace(consequence=key.consequence._replace(opens="")), (key.consequence.opens, n)) for key, n in counts.items()
    )
    entries = []
    for key, some in sorted(opens.items()):
        consequence = key.consequence
        fields: dict[str, Any] = {"code": consequence.code, "file": key.file}
        fields |= {field: value for field in _OBJECT if (value := getattr(consequence, field))}
        fields |= {"applied": key.applied, "opens": dict(sorted(some))}
        entries.append(json.dumps(fields, ensure_ascii=False))
    body = "\n    " + ",\n    ".join(entries) + "\n  " if entries else ""
    return f'{{\n  "version": {VERSION},\n  "consequences": [{body}]\n}}\n'


def _from_folder(finding: Finding, folder: str) -> str:
    """The file of a finding, relative to `folder`."""
    return os.path.relpath(finding.span.file, folder or os.curdir).replace(os.sep, "/")


def _from_here(key: Key, folder: str) -> str:
    """The file that a key names, relative to the working directory."""
    return os.path.relpath(os.path.join(folder, key.file)).replace(os.sep, "/")
