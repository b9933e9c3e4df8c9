"""A bug in a step that only helps findings must not cost the findings."""

from collections.abc import Iterator
from contextlib import contextmanager

from scclint.errors import ScclintError
from scclint.finding import Crash, Subject


@contextmanager
def guard(stage: str, doing: str, crashes: list[Crash]) -> Iterator[None]:
    """Add an exception of the block to `crashes`, and go on after the block. `doing` says what was tried.

    Errors that are not scclint's own fault are raised.
    """
    try:
        yield
    except ScclintError:
        raise
    except Exception as error:
        crashes.append(Crash(stage, Subject(), f"{doing}: {type(error).__name__}: {error}"))
