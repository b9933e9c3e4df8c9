"""A bug in what is only done for the sake of findings must not take them with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from scclint.errors import ScclintError
from scclint.finding import Crash, Subject


@contextmanager
def guard(stage: str, doing: str, crashes: list[Crash]) -> Iterator[None]:
    """What fails within as nothing should is left there, as one more of `crashes`; `doing` says what was tried.

    Errors that are not scclint's own fault go on.
    """
    try:
        yield
    except ScclintError:
        raise
    except Exception as error:
        crashes.append(Crash(stage, Subject(), f"{doing}: {type(error).__name__}: {error}"))
