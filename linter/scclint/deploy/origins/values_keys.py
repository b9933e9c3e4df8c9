"""Which value of a chart a rendered field comes from, proved: the chart is rendered again with probes in place of values.

Whatever templates do with a value, the field in the rendered object shows which probe it got. A chart is rendered once for all fields that
are asked for together, and once more for those that were lost, because a probe changed what the templates make.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scclint.finding import Path
from scclint.limits import MAX_PROBE_RENDERINGS, MAX_PROBED
from scclint.objects.documents.document import Document
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import copied, has, value_at

_WEAK = frozenset(("", "0", "1", "true", "false", "none"))
"""Texts that too many values have."""
_SHORTEST_PART = 4
"""Characters of a value that is looked for within another."""
_FIRST_NUMBER = 700_001
"""Below a million, which Helm would write with an exponent."""
_STEP = 13
_OF_POD = 3
"""Steps of a path that lead to no more than the pod of a workload."""

_DocumentKey = tuple[str, str, int]


class FieldKey(NamedTuple):
    """The values key that a field comes from; `whole` if its value is the field and no part of it.

    `replaces`: the field is a default of the templates, in a mapping that the mapping around the key takes the place of.
    """

    keys: Path
    whole: bool = True
    replaces: bool = False


class _Probe(NamedTuple):
    """The text by which a probe is found, the key that it stands for, and what is written there in place of the value.

    `holder` says that the text is the key of one more entry of a mapping, and `item` that it is one more item of a list.
    """

    mark: str
    keys: Path
    value: Any
    holder: bool = False


class _Wanted(NamedTuple):
    """A field that is asked for: the document that it is in, by what finds it in another rendering, its path, and its value."""

    document: _DocumentKey
    path: Path
    value: Any


class FieldKeys:
    """Answers which values keys the fields of a chart's documents come from, also of documents that were read again from the same text.

    `render` renders the chart with values laid over its own.
    """

    def __init__(
        self,
        values: Callable[[], Mapping[str, Any]],
        documents: Sequence[Document],
        render: Callable[[Mapping[str, Any]], Sequence[Document]],
    ) -> None:
        self._values = values
        self._render = render
        self._keys = {document.line: key for key, document in _numbered(documents)}
        self._answers: dict[tuple[_DocumentKey, Path], FieldKey | None] = {}
        self._renderings_left = MAX_PROBE_RENDERINGS

    def learn(self, fields: Iterable[tuple[Document, Path]]) -> None:
        """Find out what the fields come from, with as few renderings as possible."""
        wanted = []
        for document, path in fields:
            key = self._keys.get(document.line)
            if key is not None and path and (key, path) not in self._answers:
                self._answers[key, path] = None
                wanted.append(_Wanted(key, path, value_at(to_data(document.root), path)))
        data = self._values() if wanted else {}
        leaves = list(_leaves(data)) if data else []
        for narrow in (False, True):
            candidates = dict.fromkeys(keys for field in wanted for keys in _candidates(field, leaves, narrow=narrow))
            if not candidates or not self._renderings_left:
                return
            self._renderings_left -= 1
            probes = list(_probes([*candidates][:MAX_PROBED], data, wanted))
            made = dict(_numbered(self._render(_overlay(probes, data))))
            lost = []
            for field in wanted:
                with_probes = to_data(made[field.document].root) if field.document in made else None
                found = _found(field, with_probes, probes, data)
                if found:
                    self._answers[field.document, field.path] = found
                elif with_probes is None or (field.value is not None and value_at(with_probes, field.path) is None):
                    lost.append(field)
                    self._answers[field.document, field.path] = _replaced(field, with_probes, probes, data)
            wanted = lost

    def key(self, document: Document, path: Path) -> FieldKey | None:
        """The values key of a field, or the key that would set it if it is not there; None if none is proved."""
        key = self._keys.get(document.line)
        if key is None:
            return None
        if (key, path) not in self._answers:
            self.learn([(document, path)])
        return self._answers[key, path]


def _numbered(documents: Iterable[Document]) -> Iterator[tuple[_DocumentKey, Document]]:
    """The documents, each with what finds it in another rendering: its template, its kind, and its number among those of both."""
    numbers: dict[tuple[str, str], int] = {}
    for document in documents:
        if document.root is not None:
            alike = document.source, document.kind
            numbers[alike] = numbers.get(alike, -1) + 1
            yield (*alike, numbers[alike]), document


def _leaves(value: Any, keys: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All values below a value with the keys that lead to them, mappings and lists included."""
    items: Iterable[tuple[Any, Any]] = enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, Mapping):
        items = value.items()
    for step, item in items:
        yield (*keys, step), item
        yield from _leaves(item, (*keys, step))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _name(path: Path) -> str:
    """The last name in a path: the field, or the list that has an item."""
    return next((step for step in reversed(path) if isinstance(step, str)), "").casefold()


def _is_named(keys: Path, name: str) -> bool:
    """Whether values keys are called like a field: `runAsUser`, or `hostNetwork.enabled`."""
    return any(isinstance(step, str) and name in step.casefold() for step in keys[-2:])


def _candidates(field: _Wanted, leaves: Sequence[tuple[Path, Any]], *, narrow: bool) -> Iterator[Path]:
    """The values keys that a field may come from. `narrow`: only those with the name and the value of the field, which is no mapping."""
    if narrow and (field.value is None or isinstance(field.value, Mapping | list)):
        return
    if isinstance(field.value, Mapping | list):
        yield from (keys for keys, leaf in leaves if _may_hold(keys, leaf, field))
    elif field.value is None:
        name = _name(field.path)
        for keys, leaf in leaves:
            if (not leaf and _name(keys) == name) or _may_hold(keys, leaf, field):
                yield keys
    else:
        yield from (keys for keys, leaf in leaves if _may_be(keys, leaf, field, narrow=narrow))


def _may_be(keys: Path, leaf: Any, field: _Wanted, *, narrow: bool) -> bool:
    """Whether a value may become the value of a field, or a part of it."""
    if leaf is None or isinstance(leaf, Mapping | list):
        return False
    name, text = _name(field.path), _text(field.value)
    common = text in _WEAK
    if _text(leaf) == text:
        return _is_named(keys, name) or not (common or narrow)
    if narrow:
        return False
    within = isinstance(leaf, str) and not common and len(leaf) >= _SHORTEST_PART and leaf in text
    return within or _name(keys) == name or _has_entry(leaf, field)


def _may_hold(keys: Path, leaf: Any, field: _Wanted) -> bool:
    """Whether a mapping or list of values may become the one around a field, or the field itself. Null may be a mapping that is not set."""
    if not (leaf is None or isinstance(leaf, Mapping | list)):
        return False
    if isinstance(leaf, list):
        # A template asks an item that is a mapping for its keys.
        return not any(isinstance(item, Mapping | list) for item in leaf) and _name(keys).endswith(_name(field.path))
    name = _name(keys)
    behind = (*field.path[1:], "")
    steps = [
        step.casefold()
        for step, after in zip(field.path[_OF_POD:], behind[_OF_POD:], strict=True)
        if isinstance(step, str) and not isinstance(after, int)
    ]
    return any(name.endswith(step) for step in steps) or (bool(leaf) and leaf == field.value)


def _has_entry(leaf: Any, field: _Wanted) -> bool:
    return isinstance(leaf, str) and ":" in leaf and _entry(field).search(leaf) is not None


def _entry(field: _Wanted) -> "re.Pattern[str]":
    """What finds a field with its value in a text that is YAML, as of a template in values."""
    return re.compile(rf"(?im)(\b{re.escape(_name(field.path))}[\"']?\s*:\s*[\"']?){re.escape(_text(field.value))}(?![\w.])")


def _probes(keys: Iterable[Path], data: Mapping[str, Any], wanted: Sequence[_Wanted]) -> Iterator[_Probe]:
    """A probe for each key, with a text that the values do not have."""
    known = json.dumps(data, default=str)
    number = _FIRST_NUMBER
    for at, path in enumerate(keys):
        value = value_at(data, path)
        number += _STEP
        while str(number) in known:
            number += _STEP
        mark = f"zq{at:03}qz"
        if isinstance(value, Mapping | list) or (value is None and any(_may_hold(path, value, field) for field in wanted)):
            yield _Probe(mark, path, value, holder=True)
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            yield _Probe(mark, path, mark)
        elif not isinstance(value, str) or value.isdecimal():
            yield _Probe(str(number), path, type(value)(number))
        else:
            inner = next((field for field in wanted if _has_entry(value, field)), None)
            within = _entry(inner).sub(rf"\g<1>{number}", value) if inner else ""
            yield _Probe(str(number), path, within) if within else _Probe(mark, path, value + mark)


def _overlay(probes: Sequence[_Probe], data: Mapping[str, Any]) -> dict[str, Any]:
    """Values that set all probes, those of outer mappings first. A list is written whole, because Helm does not merge lists."""
    overlay: dict[str, Any] = {}
    for probe in sorted(probes, key=lambda probe: len(probe.keys)):
        holder: Any = overlay
        below: Any = data
        for step in probe.keys[:-1]:
            below = value_at(below, (step,))
            if isinstance(holder, dict) and not isinstance(holder.get(step), dict | list):
                holder[step] = copied(below) if isinstance(below, list) else {}
            holder = holder[step]
        last = probe.keys[-1]
        if not probe.holder:
            holder[last] = probe.value
        elif isinstance(probe.value, list):
            holder[last] = [*copied(probe.value), probe.mark]
        elif isinstance(holder, dict):
            holder.setdefault(last, {})[probe.mark] = probe.mark
        else:
            holder[last][probe.mark] = probe.mark
    return overlay


def _replaced(field: _Wanted, made: Any, probes: Sequence[_Probe], data: Mapping[str, Any]) -> FieldKey | None:
    """The key below the mapping of values that took the place of the one around a field, as where a helper has defaults for an empty one."""
    around = value_at(made, field.path[:-1])
    for probe in probes:
        if probe.holder and isinstance(around, Mapping) and probe.mark in around and not value_at(data, probe.keys):
            return FieldKey((*probe.keys, field.path[-1]), replaces=True)
    return None


def _found(field: _Wanted, made: Any, probes: Sequence[_Probe], data: Mapping[str, Any]) -> FieldKey | None:
    """The key whose probe a field shows, in the object that was rendered with probes."""
    now = value_at(made, field.path)
    if not isinstance(now, Mapping | list):
        text = _text(now)
        shown = [probe for probe in probes if not probe.holder and probe.mark in text]
        if shown:
            # With several parts, the one that has most of the value.
            best = max(shown, key=lambda probe: len(_text(value_at(data, probe.keys))))
            return FieldKey(best.keys, text == _text(best.value))
    for length in range(len(field.path), _OF_POD - 1, -1):
        around = value_at(made, field.path[:length])
        held = (probe for probe in probes if probe.holder and isinstance(around, Mapping | list) and probe.mark in around)
        for probe in held:
            keys = (*probe.keys, *field.path[length:])
            if field.value is None or length == len(field.path) or has(data, keys):
                return FieldKey(keys)
    return None
