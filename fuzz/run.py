"""Runs the harnesses: `python -m fuzz.run --seconds 20` for a moment in CI, `--seconds 36000` over a night.

Each target runs in a process of its own, side by side up to `--jobs`. With atheris (`pip install -e '.[fuzz]'`) the coverage
of scclint's own code guides the mutation of the seeds; without, Hypothesis generates. What breaks a target is kept in
`--artifacts`, to become a file below tests/fuzz_regressions/ once it is understood. The exit status is 1 if anything broke.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fuzz import NAMES

HERE = Path(__file__).parent
ENGINES = ("atheris", "hypothesis")


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    if args.child:
        _child(args)
        return 0
    engine = args.engine or ("atheris" if _has_atheris() else "hypothesis")
    waiting = [name for name in NAMES if name in (args.target or NAMES)]
    running: list[tuple[str, subprocess.Popen[str]]] = []
    broken = False
    args.artifacts.mkdir(parents=True, exist_ok=True)
    while waiting or running:
        while waiting and len(running) < args.jobs:
            name = waiting.pop(0)
            running.append((name, _start(name, engine, args)))
        name, process = running.pop(0)
        output, _ = process.communicate()
        print(f"{name:<14} {engine}: {_summary(output)}")
        if process.returncode:
            broken = True
            print(output[-6000:])
    return int(broken)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz.run", description="Fuzz scclint.")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--target", action="append", choices=NAMES, help="only this one; repeatable")
    parser.add_argument("--engine", choices=ENGINES, help="atheris where it is installed, else hypothesis")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets side by side")
    parser.add_argument("--corpus", type=Path, help="folder that keeps what atheris finds worth mutating; a temporary one")
    parser.add_argument("--artifacts", type=Path, default=HERE / "artifacts", help="where inputs that break a target go")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser


def _has_atheris() -> bool:
    from importlib.util import find_spec

    return find_spec("atheris") is not None


def _start(name: str, engine: str, args: argparse.Namespace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fuzz.run", "--child", "--target", name, "--engine", engine]
    command += ["--seconds", str(args.seconds), "--artifacts", str(args.artifacts)]
    if args.corpus:
        command += ["--corpus", str(args.corpus)]
    return subprocess.Popen(command, cwd=HERE.parent, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _summary(output: str) -> str:
    """What a child says it did: libFuzzer's closing statistics, or our own line."""
    found = re.search(r"Done (\d+) runs in (\d+) second", output)
    if found:
        covered = re.findall(r"cov: (\d+)", output)
        return f"{int(found[1]):,} executions in {found[2]} s, {covered[-1] if covered else 0} branches covered"
    return next((line for line in output.splitlines() if "executions in" in line), "broke; see below")


def _child(args: argparse.Namespace) -> None:
    (_atheris if args.engine == "atheris" else _hypothesis)(args.target[0], args)


def _atheris(name: str, args: argparse.Namespace) -> None:
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["scclint"]):
        import scclint.cli.explain
        import scclint.cli.review
        import scclint.report.markdown  # noqa: F401
        from fuzz.targets import TARGETS
        from scclint.apps.evidence import captures, verify  # noqa: F401
        from scclint.apps.evidence import report as evidence_report  # noqa: F401
        from scclint.config import build, raw, show  # noqa: F401
        from scclint.profiles import lint  # noqa: F401
        from scclint.report import full, github, gitlab, html, sarif  # noqa: F401
        from scclint.yaml import comments, json  # noqa: F401
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(args.corpus or scratch) / name
        corpus.mkdir(parents=True, exist_ok=True)
        seeds = [str(folder) for folder in (HERE / "seeds" / name, HERE.parent / "tests" / "fuzz_regressions" / name)]
        limits = [f"-max_total_time={args.seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=8192"]
        options = [*limits, f"-artifact_prefix={args.artifacts}/{name}-", f"-dict={HERE / 'tokens.dict'}"]
        # The corpus is kept in folders that exist only; libFuzzer writes to the first of them.
        folders = [str(corpus), *(seed for seed in seeds if os.path.isdir(seed))]
        atheris.Setup([sys.argv[0], *options, *folders], TARGETS[name])
        atheris.Fuzz()


def _hypothesis(name: str, args: argparse.Namespace) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from fuzz.strategies import INPUTS
    from fuzz.targets import TARGETS

    end = time.monotonic() + args.seconds
    runs = 0
    failed = b""

    def attempt(data: bytes) -> None:
        nonlocal runs, failed
        if time.monotonic() < end or failed:
            runs += 1
            try:
                TARGETS[name](data)
            except BaseException:
                failed = data
                raise

    checks = settings(
        max_examples=500,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    round_number = time.time_ns()
    try:
        while time.monotonic() < end:
            round_number += 1
            seed(round_number)(checks(given(INPUTS[name])(attempt)))()
    finally:
        print(f"{runs:,} executions in {args.seconds} s")
        if failed:
            path = args.artifacts / f"{name}-hypothesis"
            path.write_bytes(failed)
            print(f"the input is in {path}")


if __name__ == "__main__":
    sys.exit(main())
