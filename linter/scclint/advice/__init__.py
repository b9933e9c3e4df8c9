"""Advice: what removes a problem of a workload, tried on its pod, and what then becomes different, as data and in words.

A rule asks for a goal. There is one ladder for each goal, with the smallest change first. Nothing here knows files: `remedy` writes the
operations of a remedy into the manifest and proves them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scclint.finding import Path, Remedy
from scclint.objects.types import Workload
from scclint.outcome.chain import Misfit
from scclint.outcome.world import World

if TYPE_CHECKING:
    from scclint.advice.ladders import Goal


def advise(goal: "Goal", workload: Workload, world: World, paths: Iterable[Path] = ()) -> tuple[Remedy, ...]:
    """Return at most three remedies, the best first; none if the verdict is unknown. `world` is the one that their words are about.

    `paths` are those of the fields of the pod that the rule names, for a goal that is about them.
    """
    from scclint.advice.ladders import remedies

    return remedies(goal, workload, world, paths)


def what_fits(misfit: Misfit, workload: Workload, world: World) -> tuple[Remedy, ...]:
    """Return at most three remedies after which the program of an image can do what it needs, the best first. Each was tried on the pod."""
    from scclint.advice.images import remedies

    return remedies(misfit, workload, world)


def with_fs_group(workload: Workload, world: World, user: int | str) -> tuple[Remedy, ...]:
    """Return the remedy that sets `fsGroup` for a container that runs as a user; nothing if the pod is then rejected."""
    from scclint.advice.images import fs_group

    return fs_group(workload, world, user)
