"""What is wrong with one field of an API object, and the words for it."""

import re
from typing import Any, Literal, TypeAlias

from scclint.finding import Path
from scclint.record import record

Kind: TypeAlias = Literal["invalid", "unknown", "missing"]

_PLAIN_KEY = r"[A-Za-z_$][A-Za-z0-9_$-]*"
_SHOWN = 100


@record
class FieldProblem:
    """One field that the API server refuses, does not know, or requires and does not find.

    `path` leads to it within the object (for `missing`: to where it should stand). `kind` is `invalid`, `unknown` or `missing`;
    a partial object, such as a kustomize patch, may well lack required fields. `message` begins with the path as users write
    it. `suggestion` is the nearest field name that the object may have, for an unknown one; else empty.
    `in_security_context` tells whether it bears on what a container may do: it stands in a securityContext or in a
    SecurityContextConstraints, or is a seccomp annotation, or was most likely meant as one of these.
    """

    path: Path
    kind: Kind
    message: str
    suggestion: str = ""
    in_security_context: bool = False


def field_path(path: Path) -> str:
    """`spec.containers[0].name`; a key that is no plain word stands in brackets, `metadata.labels[app.kubernetes.io/name]`."""
    text = ""
    for step in path:
        if isinstance(step, str) and re.fullmatch(_PLAIN_KEY, step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text


def shown(value: Any) -> str:
    """A value as JSON on one line, cut where it is long."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except ValueError:  # Python refuses to print integers of several thousand digits.
        return "(too long to show)"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def invalid(path: Path, value: Any, detail: str) -> FieldProblem:
    """A refused value, worded as Kubernetes' `field.Invalid`."""
    return _problem(path, "invalid", f"Invalid value: {shown(value)}: {detail}")


def unsupported(path: Path, value: Any, supported: tuple[str, ...] | list[str]) -> FieldProblem:
    """A value outside of a closed list, worded as `field.NotSupported`."""
    return _problem(path, "invalid", f"Unsupported value: {shown(value)}: supported values: {', '.join(map(shown, supported))}")


def forbidden(path: Path, detail: str) -> FieldProblem:
    """A field that may not be set here, worded as `field.Forbidden`."""
    return _problem(path, "invalid", f"Forbidden: {detail}")


def duplicate(path: Path, value: Any) -> FieldProblem:
    """A value that another item of the list has, worded as `field.Duplicate`."""
    return _problem(path, "invalid", f"Duplicate value: {shown(value)}")


def not_found(path: Path, value: Any) -> FieldProblem:
    """A reference to what is not there, worded as `field.NotFound`."""
    return _problem(path, "invalid", f"Not found: {shown(value)}")


def required(path: Path, detail: str = "") -> FieldProblem:
    """A field that must be set, worded as `field.Required`."""
    return _problem(path, "missing", f"Required value: {detail}" if detail else "Required value")


def wrong_type(path: Path, wanted: str, value: Any) -> FieldProblem:
    """A value that the API server cannot decode."""
    return _problem(path, "invalid", f"must be {wanted}, is {_described(value)}")


def unknown(path: Path, detail: str, suggestion: str, *, secures: bool = False) -> FieldProblem:
    """A field that the object does not have in the release; `secures` where it was meant for a securityContext."""
    hint = f"; did you mean {suggestion}?" if suggestion else ""
    return _problem(path, "unknown", f"unknown field{detail}{hint}", suggestion, secures or suggestion == "securityContext")


def _problem(path: Path, kind: Kind, text: str, suggestion: str = "", secures: bool = False) -> FieldProblem:
    secures = secures or "securityContext" in path
    return FieldProblem(path, kind, f"{field_path(path)}: {text}", suggestion, secures)


def _described(value: Any) -> str:
    if isinstance(value, bool):
        return f"the boolean {shown(value)}"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    if isinstance(value, str):
        return f"the string {shown(value)}"
    return "a list" if isinstance(value, list) else "a mapping"
