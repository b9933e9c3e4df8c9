"""Measures everything that README.md reports, in one run, and prints its tables.

    python benchmarks/run.py --corpus FOLDER [--tools FOLDER] [--schemas FOLDER] [--overlays FOLDER]

The Python that runs this must have scclint installed, as users have it (from a wheel). `--tools` has whatever of
checkov, kube-linter, kubeconform, kube-score and an earlier scclint is to be compared; `--schemas` the JSON schemas that kubeconform
would fetch; `--overlays` is a repository of kustomizations, which kustomize on PATH builds.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from generate import counted, sized, write
from measure import Cost, cheapest, once

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = sys.executable
SCCLINT = os.path.join(os.path.dirname(PYTHON), "scclint")
JUDGE = (SCCLINT, "check", "--render", "never")
"""The same work wherever it runs: without the renderers that a machine may have."""

CLEAN = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
"""
BROKEN = CLEAN + "          securityContext: {runAsUser: 1000}\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|---" + "|--:" * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def cost_table(names: Iterable[str], costs: Sequence[Cost]) -> None:
    """A row for each command, with its CPU time as a multiple of that of the first."""
    rows = [
        (name, f"{cost.cpu:.2f} s", f"{cost.wall:.2f} s", f"{cost.memory:.0f} MB", f"{cost.cpu / costs[0].cpu:.2f}")
        for name, cost in zip(names, costs, strict=True)
    ]
    table(("", "CPU", "wall", "memory", "CPU ratio"), rows)


def startup(folder: str) -> None:
    for name, text in (("clean.yaml", CLEAN), ("broken.yaml", BROKEN)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    commands = {
        "`python -c pass`": [PYTHON, "-c", "pass"],
        "`scclint check` on one Deployment, nothing found": [SCCLINT, "check", "clean.yaml"],
        "`scclint check` on one Deployment, two findings": [SCCLINT, "check", "broken.yaml"],
        "the same with `--format json`": [SCCLINT, "check", "--format", "json", "broken.yaml"],
    }
    costs = cheapest(list(commands.values()), 15, folder)
    print("### Start-up\n")
    rows = [(name, f"{c.cpu * 1000:.0f} ms", f"{c.cpu / costs[0].cpu:.1f}") for name, c in zip(commands, costs, strict=True)]
    table(("", "CPU", "ratio"), rows)


def throughput(folder: str, corpus: str, tools: str, schemas: str) -> None:
    # A copy of which one file changes before each run.
    (changing,) = copies(folder, corpus, 1)
    with open(os.path.join(changing, "changing.yaml"), "w", encoding="utf-8") as file:
        file.write(BROKEN)
    change = f'echo "# $$" >> "{changing}/changing.yaml" && exec {" ".join(JUDGE)} "{changing}"'
    commands = {
        "scclint, no cache": [*JUDGE, "--no-cache", corpus],
        "scclint, nothing changed since the last run": [*JUDGE, corpus],
        "scclint, one file changed since the last run": ["sh", "-c", change],
        "ruamel.yaml, scanner in C, compose only": [PYTHON, os.path.join(HERE, "compose.py"), corpus],
        **dict(others(corpus, tools, schemas)),
    }
    once([*JUDGE, corpus])
    once([*JUDGE, changing])
    costs = cheapest(list(commands.values()), 3)
    print("### Throughput\n")
    cost_table(commands, costs)
    print("`scclint check --no-cache --timings`:\n\n```text")
    shown = subprocess.run([*JUDGE, "--no-cache", "--timings", corpus], capture_output=True, text=True, check=False)
    print(shown.stderr[shown.stderr.index("timings:") :].replace(corpus, "CORPUS").rstrip() + "\n```\n", flush=True)


def others(corpus: str, tools: str, schemas: str) -> Iterator[tuple[str, list[str]]]:
    template = os.path.join(schemas, "{{ .ResourceKind }}{{ .KindSuffix }}.json")
    for name, *arguments in (
        ("checkov", "--framework", "kubernetes", "--quiet", "--compact", "--skip-download", "-d", corpus),
        ("kube-linter", "lint", corpus),
        ("kubeconform", "-schema-location", template, "-ignore-missing-schemas", "-n", "2", corpus),
        ("kube-score", "score", "--output-format", "ci", *_manifests(corpus)),
        ("scclint", "check", corpus),
    ):
        program = os.path.join(tools, name)
        if tools and os.path.exists(program) and (schemas or name != "kubeconform"):
            yield name, [program, *arguments]


def _manifests(folder: str) -> list[str]:
    """The files that kube-score takes, which looks into no folder."""
    found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.endswith((".yaml", ".yml")))


def deployments(folder: str, number: int, tools: str, schemas: str) -> None:
    """Deployments with nothing to find, each in a file."""
    files = os.path.join(folder, "deployments")
    os.mkdir(files)
    for index, text in enumerate(filter(None, counted(workloads=number, sccs=0, bindings=0, others=0))):
        write(os.path.join(files, f"{index}.yaml"), iter([text]))
    commands = {
        **{f"scclint, `--jobs {jobs}`": [*JUDGE, "--no-cache", "--jobs", str(jobs), files] for jobs in (1, 2)},
        **dict(others(files, tools, schemas)),
    }
    costs = cheapest(list(commands.values()), 1)
    print(f"### {number:,} Deployments\n")
    cost_table(commands, costs)


def rendering(overlays: str) -> None:
    """What `check` costs beside the builds of all kustomizations alone."""
    judge = [SCCLINT, "check", "--no-cache", "--fixes", "never", "--format", "json"]
    listed = [SCCLINT, "units", "--render", "never", "--format", "json", overlays]
    units = json.loads(subprocess.run(listed, capture_output=True, text=True, check=False).stdout)["units"]
    folders = [os.path.join(overlays, unit["path"]) for unit in units if unit["kind"] == "kustomize"]
    builds = "; ".join(f"kustomize build {shlex.quote(folder)}" for folder in folders)
    commands = {
        "`scclint check --render never`": [*judge, "--render", "never", overlays],
        f"`kustomize build` for each of the {len(folders)}": ["sh", "-c", builds],
        "`scclint check --jobs 1`": [*judge, "--jobs", "1", overlays],
        "`scclint check`": [*judge, overlays],
    }
    costs = cheapest(list(commands.values()), 2)
    print("### Rendering\n")
    cost_table(commands, costs)


def growth(folder: str) -> None:
    path = os.path.join(folder, "growth.yaml")

    def cost(**kinds: int) -> Cost:
        write(path, counted(**{"workloads": 0, "sccs": 0, "bindings": 0, "others": 0, **kinds}))
        return once([*JUDGE, "--no-cache", path])

    print("### Growth\n")
    base = cost(others=1)
    rows = []
    for number in (10, 100, 1_000, 10_000, 100_000, 1_000_000):
        others = _in_folders(folder, "others", number, 10_000)
        one_unit = cost(workloads=number) if number <= 10_000 else None
        units = _in_folders(folder, "workloads", number, 100) if 100 < number <= 100_000 else None
        cells = [
            cell for spent in (others, one_unit, units) for cell in (_each(spent, base, number) if spent else ("", "", ""))
        ]
        rows.append((f"{number:,} documents", *cells))
    head = ("other kinds", "workloads, one unit", "workloads, 100 in a unit")
    table(("", *(title for name in head for title in (name, "each", "memory"))), rows)
    rows = []
    for kinds in (
        {"workloads": 500, "sccs": 200, "bindings": 2_000},
        {"workloads": 1_000, "sccs": 200, "bindings": 2_000},
        {"workloads": 2_000, "sccs": 50, "bindings": 2_000},
        {"workloads": 2_000, "sccs": 100, "bindings": 2_000},
        {"workloads": 2_000, "sccs": 200, "bindings": 500},
        {"workloads": 2_000, "sccs": 200, "bindings": 1_000},
        {"workloads": 2_000, "sccs": 200, "bindings": 2_000},
    ):
        measured = cost(**kinds)
        rows.append((*(f"{number:,}" for number in kinds.values()), f"{measured.cpu:.2f} s", f"{measured.memory:.0f} MB"))
    table(("workloads", "SCCs", "bindings", "CPU", "memory"), rows)


def _in_folders(folder: str, kind: str, number: int, size: int) -> Cost:
    """The cost of so many documents, `size` of them in a folder of its own. A folder of workloads is a unit."""
    with tempfile.TemporaryDirectory(dir=folder) as top:
        texts = filter(None, counted(**{"workloads": 0, "sccs": 0, "bindings": 0, "others": 0, kind: number}))
        for at in range(0, number, size):
            part = os.path.join(top, str(at))
            os.mkdir(part)
            write(os.path.join(part, "all.yaml"), islice(texts, size))
            if kind == "workloads":
                write(os.path.join(part, "kustomization.yaml"), iter(["resources: [all.yaml]\n"]))
        return once([*JUDGE, "--no-cache", "--jobs", "1", top])


def _each(cost: Cost, base: Cost, number: int) -> tuple[str, str, str]:
    # The share of a few documents is lost in the noise of starting up.
    spent = cost.cpu - base.cpu
    each = f"{spent / number * 1e6:.0f} µs" if spent > base.cpu else ""
    return f"{cost.cpu:.2f} s", each, f"{cost.memory:.0f} MB"


def memory(folder: str, corpus: Sequence[str]) -> None:
    print("### Memory\n")
    rows = []
    for label, megabytes, share in (
        ("20 MB, one document in 20 a workload", 20, 0.05),
        ("100 MB, one document in 20 a workload", 100, 0.05),
        ("100 MB, one document in 200 a workload", 100, 0.005),
        ("10 MB of workloads", 10, 1.0),
        ("20 MB of workloads", 20, 1.0),
        ("100 MB of workloads", 100, 1.0),
    ):
        with tempfile.TemporaryDirectory(dir=folder) as parts:
            for part in range(megabytes // 10):
                write(os.path.join(parts, f"{part}.yaml"), sized(10, share))
            rows.append(_memory_row(label, once([SCCLINT, "check", "--no-cache", parts])))
    rows.append(_memory_row(f"the corpus {len(corpus)} times over", once([SCCLINT, "check", "--no-cache", *corpus])))
    table(("", "CPU", "memory"), rows)


def _memory_row(label: str, cost: Cost) -> tuple[str, str, str]:
    return label, f"{cost.cpu:.1f} s", f"{cost.memory:.0f} MB"


def copies(folder: str, corpus: str, number: int) -> list[str]:
    """The corpus under so many new names."""
    parent = tempfile.mkdtemp(dir=folder)
    names = [os.path.join(parent, f"corpus-{i}") for i in range(number)]
    for name in names:
        shutil.copytree(corpus, name)
    return names


def admissions() -> None:
    print("### Admissions\n")
    done = subprocess.run([PYTHON, os.path.join(HERE, "admissions.py")], capture_output=True, text=True, check=True)
    print(f"{int(done.stdout):,} pods a second, on one core, ServiceAccount plugin included.\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure everything that README.md reports.")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--tools", default="")
    parser.add_argument("--schemas", default="")
    parser.add_argument("--deployments", type=int, default=10_000)
    parser.add_argument("--overlays", default="")
    args = parser.parse_args()
    corpus = os.path.abspath(args.corpus)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.path.join(folder, "cache")
        startup(folder)
        throughput(folder, corpus, os.path.abspath(args.tools) if args.tools else "", args.schemas)
        deployments(folder, args.deployments, os.path.abspath(args.tools) if args.tools else "", args.schemas)
        if args.overlays:
            rendering(os.path.abspath(args.overlays))
        admissions()
        growth(folder)
        memory(folder, copies(folder, corpus, 7))


if __name__ == "__main__":
    main()
