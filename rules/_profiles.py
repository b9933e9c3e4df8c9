"""The mistakes in seccomp profiles, as problems of the objects that contain them."""

from collections.abc import Iterator

from scclint.api import MAX_PROFILE_USERS, Place, Problem, ProfileSource, Related, SeccompProfileFile, World


def problems(source: ProfileSource, world: World, rule_id: str, *, users: bool = False) -> Iterator[Problem]:
    """Yield the problems of a rule. With `users`, each lists the workloads that run with the profile."""
    related: dict[Related, None] = {}
    uses = world.profile_uses.of(source) if users else ()
    for number, use in enumerate(uses):
        workload = use.outcome.workload
        if len(related) == MAX_PROFILE_USERS:
            related[Related(f"{len(uses) - number} more containers run with it, the first is here", workload.place.span)] = None
            break
        related[Related(f"{workload.named} runs with it", workload.place.span)] = None
    for flaw in world.profile_uses.flaws(source):
        if flaw.problem.rule == rule_id:
            # The place of a finding in a profile file already names the profile.
            whose = "" if isinstance(source, SeccompProfileFile) else f"{source.named}: "
            where = f"{flaw.where}: " if flaw.where else ""
            yield Problem(
                f"{whose}{where}{flaw.problem.message}",
                at=Place(flaw.span) if flaw.span else source.field(*flaw.path),
                related=tuple(related),
                help=flaw.problem.help,
                severity=flaw.problem.severity,
            )
