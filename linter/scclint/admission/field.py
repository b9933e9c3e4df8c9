"""Field errors and their wording, as Kubernetes' apimachinery prints them (`field.Error`, `errors.Aggregate`).

The API server's denial is a list of such errors. Each also holds the path of the pod's field that decides, because the path that
the plugin prints often does not exist in the pod.
"""

from collections.abc import Iterable
from typing import NamedTuple

from scclint.admission.wording import Wording
from scclint.finding import Path
from scclint.limits import MAX_DENIAL
from scclint.record import record

INVALID, REQUIRED, FORBIDDEN = "Invalid value", "Required value", "Forbidden"


@record
class FieldError:
    """One entry of a denial.

    `place` is what the plugin prints for the place, after the name of the SCC if `names_scc`, and `kind` is the kind of error. `detail`
    says what is wrong, followed by `entries` as a Go slice if there are any. `path` leads to the deciding field in the pod, `value` is
    its value (None if it is absent), and `allowed` says what the SCC accepts, in words for people.
    """

    wording: Wording
    names_scc: bool
    place: str
    kind: str
    value: object
    detail: str
    path: Path
    allowed: str
    entries: tuple[str, ...] = ()

    # Texts are made when they are asked for: a list may hold thousands of errors that each print the whole list.
    @property
    def text(self) -> str:
        """The entry without the name of the SCC."""
        printed = f": {self.wording.value(self.value)}" if self.kind == INVALID else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.place}: {self.kind}{printed}{reason}"

    @property
    def reason(self) -> str:
        """What is wrong, in the words of the plugin."""
        return self.detail + (f"[{' '.join(self.entries)}]" if self.entries else "")

    def message(self, scc: str) -> str:
        """Return the entry as a denial by the SCC named `scc` prints it."""
        return f"provider {scc}: {self.text}" if self.names_scc else self.text


class Where(NamedTuple):
    """A place in a pod: as the plugin prints it (`shown`, after the SCC if `names_scc`), and as the path of the field in the pod."""

    wording: Wording
    shown: str
    path: Path = ()
    names_scc: bool = False

    def invalid(self, name: str, value: object, detail: str, allowed: str, *, at: Path | None = None) -> FieldError:
        """Return `NAME: Invalid value: VALUE: DETAIL` for the field `name` below this place, or for the place if `name` is empty.

        The field at `at` decides if it is given, else the field `name`.
        """
        return self._error(INVALID, name, value, detail, allowed, at)

    def required(self, name: str, detail: str, allowed: str, *, at: Path | None = None) -> FieldError:
        """Return `NAME: Required value: DETAIL`."""
        return self._error(REQUIRED, name, None, detail, allowed, at)

    def forbidden(
        self, detail: str, allowed: str, *, value: object = None, at: Path | None = None, entries: tuple[str, ...] = ()
    ) -> FieldError:
        """Return `PLACE: Forbidden: DETAIL`, with `entries` behind the detail."""
        return self._error(FORBIDDEN, "", value, detail, allowed, at, entries)

    def _error(
        self,
        kind: str,
        name: str,
        value: object,
        detail: str,
        allowed: str,
        at: Path | None,
        entries: tuple[str, ...] = (),
    ) -> FieldError:
        place, path = (f"{self.shown}.{name}", (*self.path, name)) if name else (self.shown, self.path)
        return FieldError(
            self.wording, self.names_scc, place, kind, value, detail, path if at is None else at, allowed, entries
        )


def most_repeated(values: int) -> int:
    """Return how often a denial repeats so many values: as often as the plugin does up to a limit, and then at least once."""
    return max(MAX_DENIAL // max(values, 1), 1)


def aggregate(messages: Iterable[str]) -> str:
    """Return errors as Kubernetes' `Aggregate` prints them: duplicates dropped, in brackets unless only one is left."""
    unique = list(dict.fromkeys(messages))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"
