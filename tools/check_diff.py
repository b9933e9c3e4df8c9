"""Check `scclint diff` on real pairs: python tools/check_diff.py FOLDER...

Each FOLDER has two versions of the same manifests, `before` and `after`. Both are judged on their own with `scclint review --format json`.
The workloads whose entries there differ are compared with those that `scclint diff` reports: none may be missing. A workload that only
`scclint diff` reports must differ in a fact that the review does not show.
"""

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from scclint.cli import main

Json = dict[str, Any]
Key = tuple[str, str, str]


def run(*words: str) -> Json:
    """Return what a command prints as JSON."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = main([words[0], "--isolated", "--render", "never", "--format", "json", *words[1:]])
    if status not in (0, 1):
        raise SystemExit(f"{' '.join(words)} ended with {status}")
    found: Json = json.loads(out.getvalue())
    return found


def review(folder: Path, namespace: str = "") -> dict[Key, Json]:
    """Return what each workload of a folder gets, without its place and without words that name the version of an operator.

    `namespace` is that of objects that name none.
    """
    found: dict[Key, Json] = {}
    for entry in run("review", str(folder), *(("-n", namespace) if namespace else ()))["workloads"]:
        key = (entry["kind"], entry["namespace"], entry["name"])
        security = entry.get("podSecurity") or {}
        found.setdefault(
            key,
            {
                "allowed": entry["allowed"],
                "scc": entry["scc"],
                "subject": entry["subject"],
                "unknown": entry["unknown"],
                "containers": sorted(
                    (one["name"], json.dumps(one["seccomp"])) for one in entry["containers"] if entry["allowed"]
                ),
                "pod security": security.get("meets"),
                "denied": bool(security.get("message")),
            },
        )
    return found


def only_namespace(one: dict[Key, Json], other: dict[Key, Json]) -> str:
    """Return the namespace that the other side names for workloads for which this one names none; empty if there are several."""
    unnamed = {(kind, name) for kind, namespace, name in one.keys() - other.keys() if not namespace}
    found = {namespace for kind, namespace, name in other.keys() - one.keys() if namespace and (kind, name) in unnamed}
    return found.pop() if len(found) == 1 else ""


def check(folder: Path) -> tuple[int, list[str]]:
    """Return how many workloads differ, and what the two ways do not agree on."""
    before, after = review(folder / "before"), review(folder / "after")
    if namespace := only_namespace(before, after):
        before = review(folder / "before", namespace)
    if namespace := only_namespace(after, before):
        after = review(folder / "after", namespace)
    expected = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    reported = {}
    for change in run("diff", "--fail-if", "never", str(folder / "before"), str(folder / "after"))["workloads"]:
        reported[change["kind"], change["namespace"], change["name"]] = change
    wrong = [f"{folder.name}: missed: {' '.join(key)}" for key in sorted(expected - reported.keys())]
    for key in sorted(reported.keys() - expected):
        change = reported[key]
        sides = (change["before"], change["after"])
        if None in sides or all(sides[0][name] == sides[1][name] for name in ("fsGroup", "access", "containers", "grant")):
            wrong.append(f"{folder.name}: reported without a difference: {' '.join(key)}")
    return len(reported), wrong


def check_all(folders: list[str]) -> int:
    """Print the result for each folder, and return the number of disagreements."""
    total, wrong = 0, []
    for name in folders:
        changed, found = check(Path(name))
        print(f"{Path(name).name}: {changed} changed, {len(found)} wrong")
        total += changed
        wrong += found
    print("\n".join([*wrong, f"{len(folders)} pairs, {total} workloads changed, {len(wrong)} disagreements"]))
    return len(wrong)


if __name__ == "__main__":
    sys.exit(1 if check_all(sys.argv[1:]) else 0)
