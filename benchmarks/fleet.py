"""What a fleet costs: generated targets on one process, on two, and on Dask, for the first time and with no change.

python -m benchmarks.fleet --targets 10000
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

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


def on_dask(out: str, listed: str) -> None:
    """Print, as JSON, what the start of a Dask cluster costs, and two scans on it."""
    import dask
    from distributed import LocalCluster

    from scclint.cli import main

    scan = ["fleet", "run", "-q", "--out", out, "--targets", listed, "--scheduler"]
    meter = Meter()
    costs = []
    with (
        dask.config.set({"distributed.logging.distributed": "critical"}),
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=True) as cluster,
    ):
        costs.append(meter.lap(0))
        costs += [meter.lap(main([*scan, cluster.scheduler_address])) for _ in range(2)]
    print(json.dumps(costs))


class Meter:
    """Measures stages of this process and the processes that it has started, which go on."""

    def __init__(self) -> None:
        self._cpu, self._wall = 0.0, time.monotonic()

    def lap(self, status: int) -> Cost:
        """The cost since the last call, or since Python started."""
        import psutil

        me = psutil.Process()
        processes = [me, *me.children(recursive=True)]
        cpu, wall = sum(sum(process.cpu_times()[:2]) for process in processes), time.monotonic()
        memory = max(process.memory_info().rss for process in processes) / 2**20
        cost = Cost(cpu - self._cpu, wall - self._wall, memory, status)
        self._cpu, self._wall = cpu, wall
        return cost


def measure(number: int) -> None:
    folder = tempfile.mkdtemp()
    try:
        listed = generate(folder, number)
        print(f"### Fleet of {number:,} targets\n")
        print("|  | CPU | wall | memory | targets a second of CPU |\n|---|--:|--:|--:|--:|", flush=True)
        for jobs in (1, WORKERS):
            out = os.path.join(folder, f"jobs-{jobs}")
            scan = [
                sys.executable,
                "-m",
                "scclint",
                "fleet",
                "run",
                "-q",
                "--jobs",
                str(jobs),
                "--out",
                out,
                "--targets",
                listed,
            ]
            _print(f"{jobs} process{'es' if jobs > 1 else ''}", once(scan), once(scan), number)
        command = [
            sys.executable,
            "-m",
            "benchmarks.fleet",
            "--dask",
            "--listed",
            listed,
            "--out",
            os.path.join(folder, "dask"),
        ]
        printed = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        start, first, again = (Cost(*values) for values in json.loads(printed.splitlines()[-1]))
        print(_row(f"Dask, start of {WORKERS} workers", start, 0))
        _print(f"Dask, {WORKERS} workers", first, again, number)
    finally:
        shutil.rmtree(folder)


def _print(name: str, first: Cost, again: Cost, number: int) -> None:
    print(_row(f"{name}, the first scan", first, number))
    print(_row(f"{name}, nothing changed", again, number))
    ratios = f"{again.cpu / first.cpu:.1%} of the CPU time, {again.wall / first.wall:.1%} of the wall time"
    print(f"<!-- {name}: a scan without changes takes {ratios} -->", flush=True)


def _row(name: str, cost: Cost, number: int) -> str:
    assert cost.status == 0, f"{name} ended with {cost.status}"
    rate = f"{number / cost.cpu:.0f}" if number else ""
    return f"| {name} | {cost.cpu:.1f} s | {cost.wall:.1f} s | {cost.memory:.0f} MB | {rate} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=10_000)
    parser.add_argument("--dask", action="store_true", help="scan on a cluster that is started for it")
    parser.add_argument("--listed")
    parser.add_argument("--out")
    args = parser.parse_args()
    if args.dask:
        on_dask(args.out, args.listed)
    else:
        measure(args.targets)


if __name__ == "__main__":
    main()
