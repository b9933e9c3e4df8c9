"""Packs CRI-O's base seccomp tables into linter/scclint/seccomp/data/runtime_default.json. Development only.

    python tools/runtime_default_tables.py 1.24=a.json 1.25=b.json ... > linter/scclint/seccomp/data/runtime_default.json

Each argument is the first CRI-O release that vendors a table, and that table: `seccomp.json` of containers/common in its own
(containers-common) form, before CRI-O's own edits. The bases share nearly all of their content, so they are written as one
list of rules in which a rule, or a name within a rule, that not every base has carries the range of bases it lives in:
`fchmodat2@2-4` stands in bases 2 to 4 of `bases`, counted from 0.
"""

import json
import sys
from typing import Any

Json = dict[str, Any]


def _shape(rule: Json) -> str:
    """What must be equal for two rules to share an entry: everything but the names."""
    kept = {key: rule[key] for key in ("action", "errnoRet") if rule.get(key) is not None}
    args = [{k: v for k, v in arg.items() if k != "valueTwo" or v} for arg in rule.get("args") or ()]
    if args:
        kept["args"] = args
    for key in ("includes", "excludes"):
        if rule.get(key):
            kept[key] = rule[key]
    return json.dumps(kept, sort_keys=True)


def _range(bases: list[int]) -> str:
    """`first-last`, for bases in ascending order."""
    if bases != list(range(bases[0], bases[-1] + 1)):
        raise SystemExit(f"bases {bases} are no range: extend the format")
    return f"{bases[0]}-{bases[-1]}"


def _merge(sequences: list[list[str]]) -> list[tuple[str, list[int]]]:
    """A sequence that contains every given one in its own order, each item with the indices of those it belongs to.

    Where two order the same items differently an item comes twice, for different ones of them.
    """
    merged: list[tuple[str, list[int]]] = []
    rest = [list(sequence) for sequence in sequences]
    while any(rest):
        heads = sorted({r[0] for r in rest if r})
        ready = [h for h in heads if not any(h in r[1:] for r in rest)]
        best = ready[0] if ready else max(heads, key=lambda h: sum(r[:1] == [h] for r in rest))
        merged.append((best, [i for i, r in enumerate(rest) if r[:1] == [best]]))
        rest = [r[1:] if r[:1] == [best] else r for r in rest]
    return merged


def pack(tables: dict[str, Json]) -> Json:
    """All bases as one object."""
    count = len(tables)
    keyed: list[dict[str, Json]] = []
    for table in tables.values():
        rules: dict[str, Json] = {}
        for rule in table["syscalls"]:
            shape, big = _shape(rule), len(rule["names"]) > 20
            key = f"{shape} {'' if big else ' '.join(rule['names'])}"
            while key in rules:
                key += " again"
            rules[key] = rule
        keyed.append(rules)
    packed = []
    for key, bases in _merge([list(rules) for rules in keyed]):
        having = {i: keyed[i][key] for i in bases}
        names = _names({i: rule["names"] for i, rule in having.items()})
        entry: Json = {"names": " ".join(names), **json.loads(_shape(having[bases[0]]))}
        packed.append(entry if len(having) == count else {"bases": _range(bases), **entry})
    first = next(iter(tables.values()))
    for table in tables.values():
        if any(table[key] != first[key] for key in ("defaultAction", "defaultErrnoRet", "archMap")):
            raise SystemExit("the bases differ outside of `syscalls`: extend the format")
    head = {key: first[key] for key in ("defaultAction", "defaultErrnoRet")}
    arches = {entry["architecture"]: entry["subArchitectures"] for entry in first["archMap"]}
    return {"bases": list(tables), **head, "archMap": arches, "rules": packed}


def _names(lists: dict[int, list[str]]) -> list[str]:
    """The names of one rule in every base that has it, those that not all have with their range."""
    bases = list(lists)
    merged = _merge(list(lists.values()))
    return [name if len(at) == len(bases) else f"{name}@{_range([bases[i] for i in at])}" for name, at in merged]


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    loaded = {}
    for release, path in given.items():
        with open(path, encoding="utf-8") as file:
            loaded[release] = json.load(file)
    result = pack(loaded)
    rules = result.pop("rules")
    lines = ",\n  ".join(json.dumps(rule) for rule in rules)
    print(json.dumps(result)[:-1] + ',\n "rules": [\n  ' + lines + "\n ]}")
