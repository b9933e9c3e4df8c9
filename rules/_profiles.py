"""What is wrong with seccomp profiles, as problems of the objects that hold them."""

from collections.abc import Iterator

from scclint.api import Place, Problem, ProfileSource, Related, SeccompProfileFile, World

MOST_USERS = 100
"""Workloads that are named beside a problem: each problem of each profile has them all."""


def problems(source: ProfileSource, world: World, rule_id: str, *, users: bool = False) -> Iterator[Problem]:
    """Those that belong to a rule. `users`: name the workloads that run with the profile beside each."""
    related: dict[Related, None] = {}
    uses = world.uses_of(source) if users else ()
    for number, use in enumerate(uses):
        workload = use.outcome.workload
        if len(related) == MOST_USERS:
            related[Related(f"{len(uses) - number} more containers run with it, here the first", workload.place.span)] = None
            break
        related[Related(f"{workload.named} runs with it", workload.place.span)] = None
    for flaw in world.profile_flaws(source):
        if flaw.problem.rule == rule_id:
            # A profile file is about nothing else, so it need not be named.
            whose = "" if isinstance(source, SeccompProfileFile) else f"{source.named}: "
            where = f"{flaw.where}: " if flaw.where else ""
            yield Problem(
                f"{whose}{where}{flaw.problem.message}",
                at=Place(flaw.span) if flaw.span else source.field(*flaw.path),
                related=tuple(related),
                settle=flaw.problem.settle,
                severity=flaw.problem.severity,
            )
