"""Fails when scclint is a fifth slower or larger than its targets: ratios of commands that take turns in one run, on an idle machine.

    python benchmarks/ratios.py [--corpus FOLDER] [--kube-linter PROGRAM] [--overlays FOLDER]

The Python that runs this must have scclint installed as users have it, and PyYAML. A target whose folder or program is not given is
left out. `--overlays` is a git repository of kustomizations, which kustomize on PATH builds.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from generate import counted, write
from measure import Cost, once
from run import CLEAN, HERE, JUDGE, PYTHON, SCCLINT, table

TOLERANCE = 1.2
"""A ratio differs by less from run to run, even on an idle machine."""
VIEWS = ((("review",), 0.3), (("who-can", "anyuid"), 0.3), (("units",), 0.3), (("controls",), 0.4))
"""Commands that read what `check` stored, each with the target of its first run after `check`. `controls` applies more rules than that."""


class Ratio(NamedTuple):
    """A target: what is compared, what was measured, and the most that it should be."""

    name: str
    measured: float
    most: float

    @property
    def lost(self) -> bool:
        """Whether the target is missed by more than the tolerance."""
        return self.measured > self.most * TOLERANCE


def in_turns(times: int, *commands: Sequence[str]) -> list[Cost]:
    """The least that each command took of CPU time, wall time and memory; the commands take turns."""
    runs = zip(*[[once(command) for command in commands] for _ in range(times)], strict=True)
    return [Cost(min(c.cpu for c in costs), min(c.wall for c in costs), min(c.memory for c in costs), 0) for costs in runs]


def deployments(folder: str, name: str, number: int, user: str = "") -> str:
    """Write Deployments to a file each, and return their folder. A `user` is an ID that no SCC allows."""
    files = os.path.join(folder, name)
    os.mkdir(files)
    field = f"          securityContext:\n            runAsUser: {user}\n"
    for index, text in enumerate(filter(None, counted(workloads=number, sccs=0, bindings=0, others=0))):
        changed = text.replace("          securityContext:\n", field) if user else text
        write(os.path.join(files, f"{index}.yaml"), iter([changed]))
    return files


def start_up(folder: str) -> Iterator[Ratio]:
    path = os.path.join(folder, "clean.yaml")
    write(path, iter([CLEAN]))
    nothing, one = in_turns(15, [PYTHON, "-c", "pass"], [SCCLINT, "check", path])
    yield Ratio("one file without findings / `python -c pass`", one.cpu / nothing.cpu, 9)


def many(folder: str, kube_linter: str) -> Iterator[Ratio]:
    judge = [*JUDGE, "--no-cache", "--jobs"]
    clean, refused = deployments(folder, "clean", 1_000), deployments(folder, "refused", 1_000, "5")
    one, other = in_turns(3, [*judge, "1", clean], [*judge, "1", refused])
    yield Ratio("1,000 Deployments with a refusal each / without", other.cpu / one.cpu, 2)
    if kube_linter:
        files = deployments(folder, "2,000", 2_000)
        peer, one, two = in_turns(3, [kube_linter, "lint", files], [*judge, "1", files], [*judge, "2", files])
        yield Ratio("2,000 Deployments / kube-linter", one.cpu / peer.cpu, 4)
        yield Ratio("2,000 Deployments with two processes / kube-linter, wall time", two.wall / peer.wall, 3)
    files = deployments(folder, "10,000", 10_000)
    yield Ratio("10,000 Deployments in MB", once([*judge, "1", files]).memory, 250)


def throughput(corpus: str) -> Iterator[Ratio]:
    compose = [PYTHON, os.path.join(HERE, "compose.py"), "--pyyaml", corpus]
    composed, judged = in_turns(3, compose, [*JUDGE, "--no-cache", "--jobs", "1", corpus])
    yield Ratio("the corpus / PyYAML's compose of it", judged.cpu / composed.cpu, 2.3)


def views(overlays: str) -> Iterator[Ratio]:
    check = [SCCLINT, "check", overlays]
    cold = in_turns(2, [*check, "--no-cache"])[0]
    once(check)
    for view, most in VIEWS:
        command, name = [SCCLINT, *view, overlays], " ".join(view)
        yield Ratio(f"a first `{name}` after `check` / a first `check`", once(command).cpu / cold.cpu, most)
        yield Ratio(f"a second `{name}` / a first `check`", in_turns(2, command)[0].cpu / cold.cpu, 0.3)


def main() -> int:
    parser = argparse.ArgumentParser(description="Fail when a ratio is a fifth worse than its target.")
    parser.add_argument("--corpus", default="")
    parser.add_argument("--kube-linter", default="")
    parser.add_argument("--overlays", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.path.join(folder, "cache")
        ratios = [*start_up(folder), *many(folder, args.kube_linter)]
        ratios += throughput(os.path.abspath(args.corpus)) if args.corpus else ()
        ratios += views(os.path.abspath(args.overlays)) if args.overlays else ()
    rows = [(ratio.name, f"{ratio.measured:.2f}", f"{ratio.most:g}", "lost" if ratio.lost else "") for ratio in ratios]
    table(("", "measured", "target", ""), rows)
    return int(any(ratio.lost for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
