"""What is wrong with one field of an API object, and the words for it."""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from scclint.finding import Path
from scclint.platform.go_text import quote
from scclint.platform.releases import BYTES_MAY_NOT_BE_MORE
from scclint.record import record, replace
from scclint.text import field_path

Code: TypeAlias = Literal[
    "invalid", "unsupported", "forbidden", "duplicate", "not-found", "required", "wrong-type", "unknown",
    "annotation-differs", "selector-differs", "not-on-windows",
]  # fmt: skip
"""What is wrong with a field: the kinds of error of the API server, and three errors that rules treat on their own."""

_SHOWN = 100
_UNICODE = "15.0.0"
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""The characters that Go's encoder of JSON escapes."""


@record
class FieldProblem:
    """A field that the API server rejects, does not know, or requires and does not find.

    `path` leads to the field within the object; for `required`, to where it is missing. `code` says what is wrong; a partial
    object, such as a kustomize patch, may lack required fields. `message` begins with the path as the API server prints it, and
    shows at most 100 characters of the value; `whole` is the message with the whole value, empty if nothing is cut.
    `suggestion` is the closest field name that the object may have, for an unknown field only. `hint` is a clause that leads to
    the right field, or for a selector that differs, the label that the pod template misses. `expected` describes the values of
    the field, for a wrong type only.
    `in_security_context` is True if the field decides what a container may do: it belongs to a securityContext or to a
    SecurityContextConstraints, or is a seccomp annotation, or was most likely meant as one of these.
    """

    path: Path
    code: Code
    message: str
    suggestion: str = ""
    in_security_context: bool = False
    hint: str = ""
    expected: str = ""
    whole: str = ""

    @property
    def server_message(self) -> str:
        """The message with the whole value, as the API server prints it."""
        return self.whole or self.message


Problems = Iterator[FieldProblem]


def size(text: str) -> int:
    """Return how many bytes a text takes."""
    return len(text.encode("utf-8", "surrogatepass"))


class Printed(str):
    """A value as the API server prints it."""


def printed(value: Any) -> str:
    """Return a value as `field.Error` prints it: text as Go's `%q` verb does, lists and mappings as Go's JSON."""
    if isinstance(value, Printed):
        return value
    if isinstance(value, str):
        return quote(value, _UNICODE)
    import json

    try:
        return json.dumps(value, ensure_ascii=False, default=repr, separators=(",", ":")).translate(_HTML)
    except ValueError:  # Python refuses to print integers of several thousand digits.
        return "(too long to show)"


def shown(value: Any) -> str:
    """Return a value as `field.Error` prints it, cut where it is long."""
    text = printed(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def invalid(
    path: Path, value: Any, detail: str, *, code: Code = "invalid", named: str = "", secures: bool = False, hint: str = ""
) -> FieldProblem:
    """A rejected value, worded as Kubernetes' `field.Invalid`; `named` is the path as the API server prints it, if it differs."""
    return _valued(path, code, "Invalid value", value, f": {detail}", named=named, secures=secures, hint=hint)


def unsupported(path: Path, value: Any, supported: tuple[str, ...] | list[str], *, named: str = "") -> FieldProblem:
    """A value outside of a closed list, worded as `field.NotSupported`."""
    detail = f": supported values: {', '.join(map(shown, supported))}"
    return _valued(path, "unsupported", "Unsupported value", value, detail, named=named)


def forbidden(path: Path, detail: str, *, code: Code = "forbidden", named: str = "") -> FieldProblem:
    """A field that may not be set here, worded as `field.Forbidden`. `named` is the path as the API server prints it, if it differs."""
    return _problem(path, code, f"Forbidden: {detail}", named=named)


def duplicate(path: Path, value: Any, *, named: str = "") -> FieldProblem:
    """A value that another item of the list has, worded as `field.Duplicate`."""
    return _valued(path, "duplicate", "Duplicate value", value, "", named=named)


def not_found(path: Path, value: Any, detail: str = "") -> FieldProblem:
    """A reference to something that does not exist, worded as `field.NotFound`."""
    return _valued(path, "not-found", "Not found", value, f": {detail}" if detail else "")


def required(path: Path, detail: str = "") -> FieldProblem:
    """A field that must be set, worded as `field.Required`."""
    return _problem(path, "required", f"Required value: {detail}" if detail else "Required value")


def too_long(path: Path, most: int, minor: int, before_1_32: str = "must have at most {} bytes") -> FieldProblem:
    """A text of too many bytes, worded as `field.TooLong`. `before_1_32` is the text of Kubernetes 1.31 and older."""
    detail = "may not be more than {} bytes" if BYTES_MAY_NOT_BE_MORE.holds(minor) else before_1_32
    return _problem(path, "invalid", f"Too long: {detail.format(most)}")


def wrong_type(path: Path, expected: str, value: Any) -> FieldProblem:
    """A value that the API server cannot decode; `expected` describes one that it can."""
    return _problem(path, "wrong-type", f"must be {expected}, is {_described(value)}", expected=expected)


def unknown(path: Path, detail: str = "", *, suggestion: str = "", hint: str = "", secures: bool = False) -> FieldProblem:
    """A field that the object does not have in the release; `secures` if it was meant for a securityContext."""
    if suggestion:
        hint = f"did you mean {suggestion}?"
    secures = secures or suggestion == "securityContext"
    return _problem(path, "unknown", f"unknown field{detail}", suggestion=suggestion, hint=hint, secures=secures)


def _valued(
    path: Path, code: Code, kind: str, value: Any, detail: str, *, named: str = "", secures: bool = False, hint: str = ""
) -> FieldProblem:
    problem = _problem(path, code, f"{kind}: {shown(value)}{detail}", named=named, secures=secures, hint=hint)
    text = printed(value)
    if len(text) <= _SHOWN:
        return problem
    return replace(problem, whole=f"{named or field_path(path)}: {kind}: {text}{detail}")


def _problem(
    path: Path,
    code: Code,
    text: str,
    *,
    named: str = "",
    suggestion: str = "",
    hint: str = "",
    expected: str = "",
    secures: bool = False,
) -> FieldProblem:
    message = f"{named or field_path(path)}: {text}"
    return FieldProblem(path, code, message, suggestion, secures or "securityContext" in path, hint, expected)


def _described(value: Any) -> str:
    if noun := {bool: "boolean", int: "number", float: "number", str: "string"}.get(type(value)):
        return f"the {noun} {shown(value)}"
    return "a list" if isinstance(value, list) else "a mapping"
