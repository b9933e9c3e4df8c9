"""Kills a scan of a fleet with all its processes at random moments, goes on each time, and compares its tables with those of a whole scan.

python tools/check_fleet_resume.py --targets 300 --kills 10 --seed 1
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scclint.apps.fleet.store import Store
from scclint.apps.fleet.tables import TABLES

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: 'registry.example/web:%d'}]}\n"
TIMES = ("scan", "seconds", "judged_at")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=300)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return check(Path(folder), args.targets, args.kills, random.Random(args.seed))


def check(folder: Path, targets: int, kills: int, moments: random.Random) -> int:
    """Return 0 if the tables are the same, and no target is there twice."""
    for number in range(targets):
        target = folder / "targets" / f"{number:05}"
        target.mkdir(parents=True)
        (target / "web.yaml").write_text(POD % number)
    begin = time.monotonic()
    assert start(folder / "whole", folder).wait() == 0
    seconds = time.monotonic() - begin
    expected, rounds, killed = tables(folder / "whole"), 0, 0
    while killed < kills:
        # A scan that was finished before all kills is followed by one in another folder.
        out = folder / f"killed-{rounds}"
        process = start(out, folder)
        try:
            process.wait(moments.uniform(0.1, 0.9) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            print(f"kill {killed}: {len(Store(str(out)).done(scan_of(out)))} of {targets} targets have a row", flush=True)
        else:
            assert compare(out, expected, targets)
            rounds += 1
    assert start(out, folder).wait() == 0
    return 0 if compare(out, expected, targets) else 1


def start(out: Path, folder: Path) -> "subprocess.Popen[bytes]":
    targets = sorted(map(str, (folder / "targets").iterdir()))
    command = [sys.executable, "-m", "scclint", "fleet", "run", "-q", "--jobs", "2", "--out", str(out), *targets]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)


def scan_of(out: Path) -> str:
    scans = Store(str(out)).scans()
    return scans[0].id if scans else ""


def tables(out: Path) -> dict[str, list[str]]:
    """The rows of each table as text, sorted and without times."""
    store = Store(str(out))
    found = {name: store.dataset(table).to_table() for name, table in TABLES.items()}
    return {
        name: sorted(map(repr, table.drop_columns([c for c in TIMES if c in table.column_names]).to_pylist()))
        for name, table in found.items()
    }


def compare(out: Path, expected: dict[str, list[str]], targets: int) -> bool:
    found = tables(out)
    same, scans = found == expected, Store(str(out)).scans()
    once = len(Store(str(out)).done(scans[0].id)) == len(found["targets"]) == targets
    print(f"same tables: {same}; each target once: {once}; scans: {len(scans)}")
    return same and once


if __name__ == "__main__":
    sys.exit(main())
