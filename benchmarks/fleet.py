"""What a fleet costs: generated targets on one process, on two, and on Dask, for the first time and with no change.

python -m benchmarks.fleet --targets 10000
"""

import argparse
import os
import shutil
import sys
import tempfile

from benchmarks.generate import BINDING, NAMESPACES, OTHER, ROLE, WORKLOAD
from benchmarks.measure import Cost, once

WORKERS = 2


def generate(folder: str, number: int) -> str:
    """Write so many folders with a Deployment, a grant and a ConfigMap each, and return the file that lists them."""
    listed = os.path.join(folder, "targets.csv")
    with open(listed, "w", encoding="utf-8") as targets:
        targets.write("target,team\n")
        for index in range(number):
            target = os.path.join(folder, "targets", f"{index:06}")
            os.makedirs(target)
            values = {"i": index, "n": index % NAMESPACES}
            for name, text in (("web.yaml", WORKLOAD), ("grant.yaml", ROLE + BINDING), ("settings.yaml", OTHER)):
                with open(os.path.join(target, name), "w", encoding="utf-8") as file:
                    file.write(text.format(**values))
            targets.write(f"{target},team-{index % 20}\n")
    return listed


def on_dask(out: str, listed: str) -> int:
    """Scan on a Dask cluster that this process starts."""
    import dask
    from distributed import LocalCluster

    from scclint.cli import main

    with (
        dask.config.set({"distributed.logging.distributed": "critical"}),
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=True) as cluster,
    ):
        return main(["fleet", "run", "-q", "--out", out, "--scheduler", cluster.scheduler_address, "--targets", listed])


def commands(out: str, listed: str) -> dict[str, list[str]]:
    scan = [sys.executable, "-m", "scclint", "fleet", "run", "-q", "--targets", listed]
    dask = [sys.executable, "-m", "benchmarks.fleet", "--dask", "--listed", listed]
    return {
        "1 process": [*scan, "--jobs", "1", "--out", f"{out}-1"],
        f"{WORKERS} processes": [*scan, "--jobs", str(WORKERS), "--out", f"{out}-2"],
        f"Dask, {WORKERS} workers": [*dask, "--out", f"{out}-dask"],
    }


def measure(number: int) -> None:
    folder = tempfile.mkdtemp()
    try:
        listed = generate(folder, number)
        print(f"### Fleet of {number:,} targets\n")
        print("|  | CPU | wall | memory | targets a second of CPU |\n|---|--:|--:|--:|--:|", flush=True)
        for name, command in commands(os.path.join(folder, "fleet"), listed).items():
            first = once(command)
            again = once(command)
            print(_row(f"{name}, the first scan", first, number), flush=True)
            print(_row(f"{name}, nothing changed", again, number), flush=True)
            ratios = f"{again.cpu / first.cpu:.1%} of the CPU time, {again.wall / first.wall:.1%} of the wall time"
            print(f"<!-- {name}: a scan without changes takes {ratios} -->", flush=True)
    finally:
        shutil.rmtree(folder)


def _row(name: str, cost: Cost, number: int) -> str:
    assert cost.status == 0, f"{name} ended with {cost.status}"
    return f"| {name} | {cost.cpu:.1f} s | {cost.wall:.1f} s | {cost.memory:.0f} MB | {number / cost.cpu:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=10_000)
    parser.add_argument("--dask", action="store_true", help="scan on a cluster that is started for it")
    parser.add_argument("--listed")
    parser.add_argument("--out")
    args = parser.parse_args()
    if args.dask:
        sys.exit(on_dask(args.out, args.listed))
    measure(args.targets)


if __name__ == "__main__":
    main()
