"""How a run tells the caller how far it is, so that the caller can tell a person."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called for every step with the stage (`read`, `rendered`, `judged`, `fixed`), how many steps are done, and of how many (0: not known yet)."""


def silent(stage: str, done: int, total: int) -> None:
    """Report no progress."""


Lap = Callable[[str], None]
"""Called when a stage of the run is over, with its name."""


def no_lap(stage: str) -> None:
    """Take no time."""
