"""A baseline: the findings at the time it was written, so that only new findings are live.

`scclint.suppress.identity` says how a finding is recognised.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scclint.admission.access import ANYTHING
from scclint.errors import ConfigError
from scclint.finding import Finding, Suppression
from scclint.record import record, replace
from scclint.rule import retired
from scclint.suppress.apply import Ran
from scclint.suppress.identity import Key, as_written_now, key_of, match

VERSION = 3
"""Version 1 had no `subjects`, and versions 1 and 2 had no `opens`. They are read as well, and so is version 3 without `part`."""

_LISTS = ("subjects", "opens")
"""The fields of a key that are lists."""


@record
class Baseline:
    """How many findings of each key are accepted. Files of keys are relative to `folder`, that of the baseline, or "" for this one.

    `former` are the ids of retired rules in the file. In the keys, their successors stand in their place.
    """

    counts: Mapping[Key, int]
    folder: str
    former: tuple[str, ...] = ()


def write_baseline(findings: Iterable[Finding], folder: str, *, previous: Baseline | None, ran: Ran) -> str:
    """The text of a baseline that accepts those findings, for a file in `folder`. The same findings give the same bytes.

    Findings that something else suppresses are left out. Of a `previous` baseline the entries stay that this run did not judge.
    """
    accepted = [f for f in findings if f.suppression is None or f.suppression.by == "baseline"]
    counts = Counter(key_of(finding, folder) for finding in accepted)
    if previous is not None:
        counts.update({key: n for key, n in previous.counts.items() if not ran(key.rule, _from_here(key.file, folder))})
    return _dump(counts)


def load_baseline(text: str, file: str) -> Baseline:
    """The baseline in the text of `file`. Raises ConfigError where it is none, or of a version that is not known."""
    import json

    try:
        data = json.loads(text)
    except ValueError as error:
        place = f"{error.lineno}:{error.colno}: " if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigError(f"{file}:{place or ' '}the baseline is not JSON; `--write-baseline` writes it anew") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: the baseline is nested too deeply; `--write-baseline` writes it anew") from error
    if isinstance(data, dict) and isinstance(data.get("version"), int) and data["version"] not in range(1, VERSION + 1):
        raise ConfigError(f"{file}: the baseline has version {data['version']}, this scclint reads versions 1 to {VERSION}")
    if not _is_baseline(data):
        from scclint.config.schema import load_schema, mistakes, written

        wrong = next(mistakes(data, load_schema("baseline")), None)
        if wrong is not None:
            at = f"{written(wrong.path)}: " if wrong.unknown else ""
            raise ConfigError(f"{file}: {at}{wrong.message}; `--write-baseline` writes it anew")
    counts: Counter[Key] = Counter()
    former: dict[str, None] = {}
    for entry in data["findings"]:
        fields = {field: value for field, value in entry.items() if field not in ("count", *_LISTS)}
        if "path" in fields:
            fields["path"] = as_written_now(fields["path"])
        if (rule := retired(entry["rule"])) is not None:
            former[rule.id] = None
            fields["rule"] = rule.successor
        opens = entry.get("opens", () if data["version"] == VERSION else (ANYTHING,))
        counts[Key(**fields, subjects=tuple(entry.get("subjects", ())), opens=tuple(opens))] += int(entry.get("count", 1))
    return Baseline({key: n for key, n in counts.items() if key.rule}, os.path.dirname(file), tuple(former))


def _is_baseline(data: Any) -> bool:
    """Return whether plain data is a baseline as `write_baseline` writes it.

    `jsonschema` takes a second for 20,000 entries. It is asked only about what this does not know, and words what is wrong.
    """
    return (
        isinstance(data, dict)
        and data.keys() == {"version", "findings"}
        and data["version"] is not True
        and data["version"] in range(1, VERSION + 1)
        and isinstance(data["findings"], list)
        and all(isinstance(entry, dict) and _is_entry(entry) for entry in data["findings"])
    )


def _is_entry(entry: Mapping[str, Any]) -> bool:
    count, lists = entry.get("count", 1), [entry.get(field, []) for field in _LISTS]
    return (
        {"rule", "file"} <= entry.keys() <= {*Key._fields, "count"}
        and all(isinstance(value, str) for field, value in entry.items() if field not in ("count", *_LISTS))
        and all(isinstance(values, list) and all(isinstance(value, str) for value in values) for values in lists)
        and all(entry[field] for field in ("rule", "file"))
        and type(count) is int
        and count >= 1
    )


def apply(findings: Sequence[Finding], baseline: Baseline, *, ran: Ran) -> tuple[list[Finding], list[Key]]:
    """Mark the findings that the baseline accepts, and list the keys that accept more than is still there.

    Of several findings with one key, the first are accepted, up to the count. A finding about fewer subjects, or whose
    object opens less, is accepted as well.
    A key is stale only where this run judged it.
    The findings come back in their order; those that something else suppresses are neither marked nor counted.
    """
    mine = [index for index, finding in enumerate(findings) if finding.suppression is None]
    acceptors, left = match([key_of(findings[index], baseline.folder) for index in mine], baseline.counts)
    marked = list(findings)
    for index, recorded in zip(mine, acceptors, strict=True):
        if recorded is not None:
            marked[index] = replace(findings[index], suppression=Suppression("baseline"))
    stale = [key for key, n in left.items() if n > 0 and ran(key.rule, _from_here(key.file, baseline.folder))]
    return marked, sorted(stale)


def _dump(counts: Mapping[Key, int]) -> str:
    """One entry a line, so that a changed finding is a changed line."""
    import json

    entries = []
    for key, count in sorted(counts.items()):
        fields: dict[str, Any] = {field: value for field, value in key._asdict().items() if value}
        if count > 1:
            fields["count"] = count
        entries.append(json.dumps(fields, ensure_ascii=False))
    body = "\n    " + ",\n    ".join(entries) + "\n  " if entries else ""
    return f'{{\n  "version": {VERSION},\n  "findings": [{body}]\n}}\n'


def _from_here(file: str, folder: str) -> str:
    """A file that a key names, relative to the working directory."""
    return os.path.relpath(os.path.join(folder, file)).replace(os.sep, "/")
