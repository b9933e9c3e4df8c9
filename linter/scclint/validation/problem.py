"""What is wrong with one field of an API object, and the words for it."""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from scclint.finding import Path
from scclint.record import record
from scclint.text import field_path

Code: TypeAlias = Literal[
    "invalid", "unsupported", "forbidden", "duplicate", "not-found", "required", "wrong-type", "unknown",
    "annotation-differs", "selector-differs", "not-on-windows",
]  # fmt: skip
"""What is wrong with a field: the kinds of error of the API server, and three errors that rules treat on their own."""

_SHOWN = 100


@record
class FieldProblem:
    """A field that the API server rejects, does not know, or requires and does not find.

    `path` leads to the field within the object; for `required`, to where it is missing. `code` says what is wrong; a partial
    object, such as a kustomize patch, may lack required fields. `message` begins with the path as users write it.
    `suggestion` is the closest field name that the object may have, `hint` a clause that leads to the right field, both for
    an unknown field only. `expected` describes the values of the field, for a wrong type only.
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


Problems = Iterator[FieldProblem]


def shown(value: Any) -> str:
    """A value as JSON on one line, cut where it is long."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except ValueError:  # Python refuses to print integers of several thousand digits.
        return "(too long to show)"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def invalid(
    path: Path, value: Any, detail: str, *, code: Code = "invalid", named: str = "", secures: bool = False
) -> FieldProblem:
    """A rejected value, worded as Kubernetes' `field.Invalid`; `named` is the path as the API server prints it, if it differs."""
    return _problem(path, code, f"Invalid value: {shown(value)}: {detail}", named=named, secures=secures)


def unsupported(path: Path, value: Any, supported: tuple[str, ...] | list[str]) -> FieldProblem:
    """A value outside of a closed list, worded as `field.NotSupported`."""
    text = f"Unsupported value: {shown(value)}: supported values: {', '.join(map(shown, supported))}"
    return _problem(path, "unsupported", text)


def forbidden(path: Path, detail: str, *, code: Code = "forbidden", named: str = "") -> FieldProblem:
    """A field that may not be set here, worded as `field.Forbidden`. `named` is the path as the API server prints it, if it differs."""
    return _problem(path, code, f"Forbidden: {detail}", named=named)


def duplicate(path: Path, value: Any) -> FieldProblem:
    """A value that another item of the list has, worded as `field.Duplicate`."""
    return _problem(path, "duplicate", f"Duplicate value: {shown(value)}")


def not_found(path: Path, value: Any) -> FieldProblem:
    """A reference to something that does not exist, worded as `field.NotFound`."""
    return _problem(path, "not-found", f"Not found: {shown(value)}")


def required(path: Path, detail: str = "") -> FieldProblem:
    """A field that must be set, worded as `field.Required`."""
    return _problem(path, "required", f"Required value: {detail}" if detail else "Required value")


def wrong_type(path: Path, expected: str, value: Any) -> FieldProblem:
    """A value that the API server cannot decode; `expected` describes one that it can."""
    return _problem(path, "wrong-type", f"must be {expected}, is {_described(value)}", expected=expected)


def unknown(path: Path, detail: str = "", *, suggestion: str = "", hint: str = "", secures: bool = False) -> FieldProblem:
    """A field that the object does not have in the release; `secures` if it was meant for a securityContext."""
    if suggestion:
        hint = f"did you mean {suggestion}?"
    secures = secures or suggestion == "securityContext"
    return _problem(path, "unknown", f"unknown field{detail}", suggestion=suggestion, hint=hint, secures=secures)


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
