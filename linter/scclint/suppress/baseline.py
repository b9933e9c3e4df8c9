"""A baseline: the findings at the time it was written, so that only new findings are live; and how a finding is recognised.

The identity of a finding is its rule, file, object with the part of it, and field, never a line, and two sets: the subjects that
it is about, and what its object opens. A finding is old if both are subsets of those recorded. Containers are known by their names, and
the subjects of a binding or SCC by theirs, so that neither a moved line nor an added item makes an old finding new, or hides a new one
behind an old one.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from scclint.admission.access import ANYTHING
from scclint.errors import ConfigError
from scclint.finding import Finding, Path, Suppression
from scclint.groups import grouped
from scclint.model.terms import CONTAINER_LISTS
from scclint.record import record, replace
from scclint.suppress.apply import Ran

SUBJECT_LISTS = ("subjects", "users", "groups", "userNames", "groupNames")
"""Lists at the top of a binding or SCC whose items are subjects."""


class Key(NamedTuple):
    """What a finding is recognised by. `message` is set, with its line and column numbers blanked, where there is no object.

    A recorded key without `subjects` accepts findings about any, and one without `part` those about any part of the object.
    `opens` has `ANYTHING` where it was not recorded.
    """

    rule: str
    file: str
    kind: str = ""
    namespace: str = ""
    name: str = ""
    part: str = ""
    container: str = ""
    path: str = ""
    message: str = ""
    subjects: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()

    @property
    def alike(self) -> "Key":
        """The key without the part of the object, the subjects and what the object opens."""
        return self._replace(part="", subjects=(), opens=())

    def accepts(self, other: "Key") -> bool:
        """Whether a finding of the `other` key, which is alike, has no other part or subject, and opens nothing that this key does not have.

        A recorded text that ends with `*` has all that begin with it.
        """
        if self.part and other.part != self.part:
            return False
        if self.subjects and not set(other.subjects) <= set(self.subjects):
            return False
        beginnings = tuple(text[:-1] for text in self.opens if text.endswith(ANYTHING))
        return all(text in self.opens or text.startswith(beginnings) for text in other.opens)

    def opens_less(self, recorded: "Key") -> bool:
        """Whether the object opens less than that of a recorded key, if that accepts this key."""
        return ANYTHING not in recorded.opens and len(self.opens) < len(recorded.opens)


def match(keys: Sequence[Key], recorded: Mapping[Key, int]) -> tuple[list[Key | None], Counter[Key]]:
    """Return for each key the recorded key that accepts it, or None, and how many of each recorded key are left.

    `recorded` says how many findings each of its keys accepts. Equal keys are matched first. If an object opens less than recorded, its
    finding may be at another field.
    """
    remainder = Counter(recorded)
    alike = grouped((group, key) for key in recorded for group in (key.alike, key.alike._replace(path=ANYTHING)))
    acceptors: list[Key | None] = [None] * len(keys)
    for index, key in enumerate(keys):
        equal = key if remainder[key] > 0 else key._replace(opens=(ANYTHING,))
        if remainder[equal] > 0:
            remainder[equal] -= 1
            acceptors[index] = equal
    for index, key in enumerate(keys):
        if acceptors[index] is None:
            here, anywhere = alike.get(key.alike, ()), alike.get(key.alike._replace(path=ANYTHING), ())
            candidates = chain(here, (old for old in anywhere if key.opens_less(old)))
            wider = next((old for old in candidates if remainder[old] > 0 and old.accepts(key)), None)
            if wider is not None:
                remainder[wider] -= 1
                acceptors[index] = wider
    return acceptors, remainder


def key_of(finding: Finding, folder: str = ".") -> Key:
    """Return the key of a finding, with its file relative to `folder`."""
    subject = finding.subject
    file = os.path.relpath(finding.span.file, folder).replace(os.sep, "/")
    if not subject.kind:
        return Key(finding.rule_id, file, message=without_lines(finding.message))
    path = stable_path(finding.path, subject.container)
    return Key(
        *(finding.rule_id, file, subject.kind, subject.namespace, subject.name, subject.part, subject.container, path, ""),
        *(finding.subjects, finding.opens),
    )


def without_lines(message: str) -> str:
    """Return a message without the numbers of lines and columns."""
    return re.sub(r"\b(line|column) \d+", r"\1", message)


def stable_path(path: Path, container: str) -> str:
    """Return a path within its object as text, with names instead of indices where items have names.

    The place of the object within a list or template is left out: `("items", 3, "spec", "containers", 1, "image")` for the
    container `web` is `spec.containers[web].image`.
    """
    while len(path) >= 2 and path[0] in ("items", "objects") and isinstance(path[1], int):
        path = path[2:]
    out = ""
    for depth, (before, part) in enumerate(zip(("", *path), path, strict=False)):
        if isinstance(part, str):
            out += f"{'.' if out else ''}{part}"
        elif before in CONTAINER_LISTS and container:
            out += f"[{container}]"
        elif before == "deployments" or (depth == 1 and before in SUBJECT_LISTS):
            out += "[]"
        else:
            out += f"[{part}]"
    return out


def as_written_now(path: str) -> str:
    """Return a path that an earlier version of scclint recorded as `stable_path` writes it."""
    return re.sub(rf"^({'|'.join(SUBJECT_LISTS)})\[\d+\]", r"\1[]", path)


VERSION = 3
"""Version 1 had no `subjects`, and versions 1 and 2 had no `opens`. They are read as well, and so is version 3 without `part`."""

_LISTS = ("subjects", "opens")
"""The fields of a key that are lists."""


@record
class Baseline:
    """How many findings of each key are accepted. Files of keys are relative to `folder`, that of the baseline, or "" for this one."""

    counts: Mapping[Key, int]
    folder: str


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
    for entry in data["findings"]:
        fields = {field: value for field, value in entry.items() if field not in ("count", *_LISTS)}
        if "path" in fields:
            fields["path"] = as_written_now(fields["path"])
        opens = entry.get("opens", () if data["version"] == VERSION else (ANYTHING,))
        counts[Key(**fields, subjects=tuple(entry.get("subjects", ())), opens=tuple(opens))] += int(entry.get("count", 1))
    return Baseline(counts, os.path.dirname(file))


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
    acceptors, remainder = match([key_of(findings[index], baseline.folder) for index in mine], baseline.counts)
    # A finding that is reported in a template now was reported in the rendered file, which it still names.
    for number in range(max((len(findings[index].related) for index in mine), default=0)):
        at = [n for n, index in enumerate(mine) if acceptors[n] is None and len(findings[index].related) > number]
        moved = (replace(findings[mine[n]], span=findings[mine[n]].related[number].span) for n in at)
        accepting, remainder = match([key_of(finding, baseline.folder) for finding in moved], remainder)
        for n, acceptor in zip(at, accepting, strict=True):
            acceptors[n] = acceptor
    marked = list(findings)
    for index, recorded in zip(mine, acceptors, strict=True):
        if recorded is not None:
            marked[index] = replace(findings[index], suppression=Suppression("baseline"))
    stale = [key for key, n in remainder.items() if n > 0 and ran(key.rule, _from_here(key.file, baseline.folder))]
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
