"""Count which pods of some manifests Pod Security admission allows, as written and as SCC admission leaves them.

Usage: `python tools/pod_security_figures.py PATH...`. docs/corpus.md shows the output for the corpus. A pod that several units share
is counted once for each place where it is written.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from scclint.config.model import Config
from scclint.files.sources import find_sources
from scclint.model.releases import DEFAULT
from scclint.outcome.chain import Outcome
from scclint.registry import builtin
from scclint.run.judge import open_units
from scclint.run.run import prepare

ENFORCING = "5.0"
"""A release that enforces `restricted` by default."""


def main(paths: Sequence[str]) -> None:
    """Print the figures as a Markdown table."""
    print(f"| Pods | OpenShift {DEFAULT} | OpenShift {ENFORCING} |\n|---|---:|---:|")
    columns = [figures(paths, release) for release in (DEFAULT, ENFORCING)]
    for title in columns[0]:
        print(f"| {title} | {' | '.join(str(column[title]) for column in columns)} |")


def figures(paths: Sequence[str], release: str) -> dict[str, int]:
    """Return the number of pods by what happens to them on a release."""
    counts: Counter[str] = Counter()
    for outcome, violates_as_written in outcomes(paths, release):
        counts["all"] += 1
        found = outcome.pod_security
        if outcome.verdict is None:
            counts["unknown"] += 1
        elif not outcome.verdict.allowed:
            counts["rejected by SCC admission"] += 1
        elif found is None:
            counts["rejected by validation"] += 1
        else:
            counts["admitted"] += 1
            counts[f"meets {found.meets}"] += 1
            counts["violates as written"] += violates_as_written
            counts["filled in"] += violates_as_written and found.meets == "restricted"
            counts["level unknown"] += bool(found.unknown)
            counts["refused"] += bool(found.answer.denial)
            counts["relaxed"] += found.meets != "restricted" and not found.unknown and not found.answer.denial
    return {
        "pods in the manifests": counts["all"],
        "no verdict": counts["unknown"],
        "rejected by SCC admission": counts["rejected by SCC admission"],
        "rejected by validation": counts["rejected by validation"],
        "admitted by an SCC, or not subject to SCC admission": counts["admitted"],
        "- that meet `restricted` as SCC admission leaves them": counts["meets restricted"],
        "- that meet `baseline` at most": counts["meets baseline"],
        "- that meet only `privileged`": counts["meets privileged"],
        "- that violate `restricted` as written": counts["violates as written"],
        "- that violate `restricted` as written and meet it after SCC admission": counts["filled in"],
        "- that violate `restricted` after SCC admission, in a namespace that allows it": counts["relaxed"],
        "- that Pod Security admission rejects": counts["refused"],
        "- in a namespace whose level is not known": counts["level unknown"],
    }


def outcomes(paths: Sequence[str], release: str) -> Iterator[tuple[Outcome, bool]]:
    """Yield the outcome of each workload, once for each place, and whether its pod violates `restricted` as written."""
    config = Config(openshift=(release,))
    seen = set()
    for unit in open_units(prepare(find_sources(paths, config), config, builtin())):
        for workload in unit.workloads:
            place = (workload.file, workload.place.span, workload.named)
            if place in seen:
                continue
            seen.add(place)
            (world,) = unit.worlds.values()
            outcome = world.outcome(workload)
            violates = outcome.admitted and not world.cluster.pod_security(workload.pod.manifest).allowed
            yield outcome, violates


if __name__ == "__main__":
    main(sys.argv[1:])
