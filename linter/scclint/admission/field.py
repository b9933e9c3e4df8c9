"""Field errors and their wording, as Kubernetes' apimachinery prints them (`field.Error`, `errors.Aggregate`).

The API server's denial is a list of such errors. Each also remembers which field of the pod decided, because the path it
prints is the plugin's own way of naming things and often no path into the pod at all.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from scclint.record import record

Path = tuple[str | int, ...]


@record
class FieldError:
    """One entry of a denial.

    `message` is the entry as the denial prints it, of a list no more than `LISTED` values; `text` is the same without the leading
    `provider NAME: `.
    `path` leads to the decisive field within the pod, `value` is what stands there (None where it is absent), and `allowed`
    says what would be accepted, for people.
    """

    message: str
    text: str
    path: Path
    value: object
    allowed: str


class Where:
    """A place in a pod, under both its names: as the plugin prints it, and as a path into the pod.

    `lead` is printed before the plugin's name for the place (`provider NAME: `), and left out of `FieldError.text`.
    """

    __slots__ = ("lead", "path", "shown")

    def __init__(self, lead: str, shown: str, path: Path = ()) -> None:
        self.lead = lead
        self.shown = shown
        self.path = path

    def invalid(
        self, name: str, value: object, detail: str, allowed: str, *, at: Path | None = None, shown: str | None = None
    ) -> FieldError:
        """`NAME: Invalid value: VALUE: DETAIL` for the field `name` below this place, or for the place itself if `name` is empty.

        The field at `at` decides. `shown` is the value as it is printed, for values that releases print differently.
        """
        field = f"{self.shown}.{name}" if name else self.shown
        printed = go_value(value) if shown is None else shown
        return self._error(f"{field}: Invalid value: {printed}", detail, allowed, value, at)

    def required(self, name: str, detail: str, allowed: str, *, at: Path | None = None) -> FieldError:
        """`NAME: Required value: DETAIL`."""
        return self._error(f"{self.shown}.{name}: Required value", detail, allowed, None, at)

    def forbidden(self, detail: str, allowed: str, *, value: object = None, at: Path | None = None) -> FieldError:
        """`PLACE: Forbidden: DETAIL`."""
        return self._error(f"{self.shown}: Forbidden", detail, allowed, value, at)

    def _error(self, text: str, detail: str, allowed: str, value: object, at: Path | None) -> FieldError:
        text = f"{text}: {detail}" if detail else text
        return FieldError(self.lead + text, text, self.path if at is None else at, value, allowed)


def go_value(value: object) -> str:
    """A number, boolean or string as `field.Error` prints it on every release."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return go_quote(value)
        case _:
            return str(value)


LISTED = 100
"""Values of a list that are printed: there are some forty capabilities. The plugin prints them all, and the list again for each
value that it refuses, so that a few kilobytes would fill the memory."""

_ESCAPES = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 34: '\\"', 92: "\\\\"}


def go_quote(text: str) -> str:
    """`text` as Go's `%q` verb prints it."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = ['"']
    for char in text:
        code = ord(char)
        if code in _ESCAPES:
            out.append(_ESCAPES[code])
        elif char.isprintable():
            out.append(char)
        elif code < 0x80:
            out.append(f"\\x{code:02x}")
        else:
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    out.append('"')
    return "".join(out)


def aggregate(messages: Iterable[str]) -> str:
    """Errors as Kubernetes' `Aggregate` prints them: duplicates dropped, bracketed unless only one is left."""
    unique = list(dict.fromkeys(messages))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def listed(names: Sequence[str]) -> str:
    """What would be accepted, for people."""
    return ", ".join(_first(names))


def _first(values: Sequence[Any], printed: Callable[[Any], str] = str) -> list[str]:
    """The values as they are printed; of more than anyone would read the first, and how many there are besides."""
    more = len(values) - LISTED
    return [*map(printed, values[:LISTED]), *([f"... {more} more"] if more > 0 else ())]


def first(errors: Iterable[FieldError]) -> list[FieldError]:
    """Of the errors about the values of one list as many as are printed of a list."""
    return list(islice(errors, LISTED))


def plain_list(values: Sequence[Any]) -> str:
    """A slice of strings as Go's `%v` prints it: `[a b]`."""
    return f"[{' '.join(_first(values))}]"
