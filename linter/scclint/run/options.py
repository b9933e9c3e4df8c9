"""How a run goes, apart from its settings, and how it tells the caller how far it is."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from scclint.errors import LoadError
from scclint.record import EMPTY, record

if TYPE_CHECKING:
    from datetime import date

    from scclint.files.revision import Changes

Progress = Callable[[str, int, int], None]
"""Called for every step with the stage (`read`, `rendered`, `judged`, `fixed`), how many steps are done, and of how many (0: not known yet)."""


def silent(stage: str, done: int, total: int) -> None:
    """Report no progress."""


Lap = Callable[[str], None]
"""Called when a stage of the run is over, with its name."""


def no_lap(stage: str) -> None:
    """Take no time."""


@record
class RunOptions:
    """How a run goes, apart from its settings.

    `overlay` has the texts that hold in place of files, by path as displayed: standard input, unsaved buffers of an editor. Without
    `ignores`, what comments, annotations, the configuration and acceptances suppress is reported as well. `today` decides
    whether a suppression has expired. `review` asks for the outcome of every workload as well, and `with_applied` for the manifests
    of each unit. `lap` is called with the name of each stage when it is over. `units` are globs: only units whose names they match
    are judged; empty for all units. `jobs` is the number of processes that judge units, and of renderers that work
    at the same time; 0 for as many as the size of the input justifies, and as there are cores.
    `accepted` is the text of the acceptances of the base of a review; None for those beside the settings.
    `changes` limits a run to the units that they concern; None for no limit. `cache_scope` identifies the cache of earlier results:
    the working directory and the paths; empty for no cache. `force_generated` allows fixes of files that say that they are generated.
    """

    overlay: Mapping[str, str | LoadError] = EMPTY
    ignores: bool = True
    today: "date | None" = None
    review: bool = False
    with_applied: bool = False
    units: tuple[str, ...] = ()
    jobs: int = 1
    accepted: str | None = None
    changes: "Changes | None" = None
    cache_scope: tuple[str, ...] = ()
    force_generated: bool = False
    progress: Progress = silent
    lap: Lap = no_lap


DEFAULTS = RunOptions()


def cores() -> int:
    """The number of cores that this process may use."""
    with suppress(AttributeError):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
