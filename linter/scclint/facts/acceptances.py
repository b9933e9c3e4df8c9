"""The facts that a repository accepts, as `.scclint-accepted.yaml` beside the settings has them.

The file groups facts by object. A fact is known by its key, so that it stays accepted wherever it is written.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from scclint.errors import ConfigError
from scclint.facts.difference import COUNTED, beyond
from scclint.facts.keys import numbers
from scclint.finding import Finding, Key, Suppression
from scclint.objects.documents import load_text
from scclint.record import grouped, record, replace
from scclint.source import Span
from scclint.yaml import round_trip
from scclint.yaml.nodes import locate, to_data

_HEADER = """\
# The facts that this repository accepts. `scclint accept` writes them, and keeps your comments and reasons.
# Give the file an owner in CODEOWNERS.
"""

NO_OBJECT = "no object"
"""The group of facts about documents that are no objects."""

Identity = tuple[str, str, str, str, str]
"""Rule, object, part, access word or field, and who gets the access."""

OF_SUPPRESSIONS = "SUP"
"""What the IDs of the rules about suppressions begin with."""

_FIELDS = ("rule", "part", "what", "who")


@record
class Acceptance:
    """An accepted fact: the fields of its key, how often it may be there, why, and where that is written."""

    rule: str
    object: str
    part: str
    what: str
    who: str
    count: int
    reason: str
    span: Span

    @property
    def identity(self) -> Identity:
        """What the fact is known by."""
        return self.rule, self.object, self.part, self.what, self.who

    @property
    def words(self) -> str:
        """The fact in a few words: `SCC102 privileged of apps/DaemonSet monitoring/agent`."""
        about = f" of {self.object}" if self.object != NO_OBJECT else ""
        who = f" for {self.who}" if self.who else ""
        return f"{self.rule} {self.what}{about}{who}"


def identity(key: Key) -> Identity:
    """Return what the file knows a fact by."""
    return key.rule, key.object or NO_OBJECT, key.part, key.what, key.who


def parse(text: str, file: str) -> tuple[Acceptance, ...]:
    """Return the entries of the file. Raises ConfigError with the place of the first mistake."""
    documents = [document for document in load_text(file, text, frozenset()) if document.status != "empty"]
    if not documents:
        return ()
    first = documents[0]
    if first.error is not None:
        raise ConfigError(f"{file}:{first.error.line or 1}: {first.error.message}")
    if len(documents) > 1 or first.root is None:
        raise ConfigError(f"{file}:{documents[-1].line}: the file is one document with the key `accepted`")
    data = to_data(first.root)

    def wrong(path: tuple[str | int, ...], what: str) -> ConfigError:
        return ConfigError(f"{file}:{locate(first.root, path)[0].line if first.root else 1}: {what}")

    objects = data.get("accepted", {}) if isinstance(data, dict) else None
    if not isinstance(objects, dict) or data.keys() - {"accepted"}:
        raise wrong((), "the file has the key `accepted` alone, a mapping of objects")
    entries = []
    for name, group in objects.items():
        if not isinstance(group, dict) or group.keys() - {"reason", "facts"} or not isinstance(group.get("facts"), list):
            raise wrong(("accepted", name), "an object has the list `facts`, and may have a `reason`")
        for index, fact in enumerate(group["facts"]):
            path = ("accepted", name, "facts", index)
            if mistake := _mistake(fact):
                raise wrong(path, mistake)
            fields = [str(fact.get(field, "")) for field in _FIELDS]
            reason = str(fact.get("reason", group.get("reason", "")) or "")
            rule, part, what, who = fields
            entries.append(Acceptance(rule, name, part, what, who, fact.get("count", 1), reason, locate(first.root, path)[0]))
    return tuple(entries)


def _mistake(fact: Any) -> str:
    """Return what is wrong with an entry; empty if nothing is."""
    if not isinstance(fact, dict) or not fact.get("rule"):
        return "a fact is a mapping with a `rule`"
    if unknown := fact.keys() - {*_FIELDS, "count", "reason"}:
        return f"unknown field {min(unknown)!r} of a fact"
    count = fact.get("count", 1)
    return "" if isinstance(count, int) and not isinstance(count, bool) and count > 0 else "`count` is a number from 1"


def apply(findings: Sequence[Finding], accepted: Sequence[Acceptance]) -> tuple[list[Finding], list[Acceptance]]:
    """Return the facts with those marked that are accepted, and the entries that no fact matches any more.

    A fact that is there more often than accepted is live as often as that.
    """
    entries = {entry.identity: entry for entry in accepted}
    counts: Counter[Identity] = Counter()
    for entry in accepted:
        counts[entry.identity] += entry.count
    open_ones = [finding for finding in findings if finding.suppression is None and finding.kind in COUNTED]
    surplus = set(beyond(lambda key: counts[identity(key)], open_ones))
    marked = []
    for finding in findings:
        known = entries.get(identity(finding.key))
        if known is None or finding.suppression is not None or finding.kind not in COUNTED or finding in surplus:
            marked.append(finding)
        else:
            marked.append(replace(finding, suppression=Suppression("accepted", known.reason, known.span)))
    there = {identity(finding.key) for finding in findings}
    return marked, [entry for entry in accepted if entry.identity not in there]


@record
class Update:
    """The new text of the file, and how many facts it has beyond the earlier one, and without."""

    text: str
    added: int
    removed: int


def updated(text: str, file: str, findings: Iterable[Finding], reason: str, *, whole: bool) -> Update:
    """Return the text of the file with the facts that are there now. `whole` is False if others may be there, which stay then.

    Comments, reasons and the order of what stays are kept; new objects and facts are sorted in.
    """
    # What is said of acceptances cannot be accepted.
    said = (f for f in findings if f.kind in COUNTED and not f.rule_id.startswith(OF_SUPPRESSIONS))
    counted = [f for f in said if f.suppression is None or f.suppression.by == "accepted"]
    now: dict[Identity, int] = {}
    for (key, _), number in numbers(counted).items():
        now[identity(key)] = max(number, now.get(identity(key), 0))
    before = {entry.identity for entry in parse(text, file)}
    data = round_trip.load(text or f"{_HEADER}accepted: {{}}\n")
    objects = data.get("accepted")
    if not objects:
        objects = data["accepted"] = round_trip.block()
    if whole:
        _remove(objects, now.keys())
    for name, of_object in sorted(grouped((key[1], key) for key in now).items()):
        if name not in objects:
            made = round_trip.block()
            if reason:
                made["reason"] = reason
            made["facts"] = round_trip.items()
            objects.insert(sum(other < name for other in objects), name, made)
        _add(objects[name], of_object, now, reason)
    written = round_trip.dump(data)
    after = {entry.identity for entry in parse(written, file)}
    return Update(written, len(after - before), len(before - after))


def _remove(objects: Any, now: Set[Identity]) -> None:
    """Remove the facts that are not there any more, and the objects without any."""
    for name in list(objects):
        facts = objects[name]["facts"]
        for index in reversed(range(len(facts))):
            if _identity_of(name, facts[index]) not in now:
                del facts[index]
        if not facts:
            del objects[name]


def _add(group: Any, keys: Iterable[Identity], now: Mapping[Identity, int], reason: str) -> None:
    """Add the facts of one object that it lacks, sorted in, and set the numbers of the others."""
    facts = group["facts"]
    for key in sorted(keys):
        rule, name, part, what, who = key
        number = now[key]
        found = next((fact for fact in facts if _identity_of(name, fact) == key), None)
        if found is not None:
            if number != found.get("count", 1):
                found["count"] = number
            continue
        fields: dict[str, Any] = {"rule": rule, "part": part, "what": what, "who": who}
        fields = {field: value for field, value in fields.items() if value}
        fields |= {"count": number} if number > 1 else {}
        fields |= {"reason": reason} if reason and reason != group.get("reason") else {}
        facts.insert(sum(_identity_of(name, fact) < key for fact in facts), round_trip.flow(fields))


def _identity_of(name: str, fact: Mapping[str, Any]) -> Identity:
    rule, part, what, who = (str(fact.get(field, "")) for field in _FIELDS)
    return rule, name, part, what, who
