"""Finds the fields of an object that a release does not have, cannot decode, or misses: one pass over the data and its shape.

The walk is our own rather than a JSON Schema validator's: it finds unknown fields in the same pass, knows the decoder's own
rules (null is absent, 1000.0 is an integer, quantities), skips unknown values, and pays for a field's path only on a problem.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from scclint.finding import Path
from scclint.objects.unknown import Unknown, is_expression, is_open
from scclint.platform.releases import first_with_kubernetes
from scclint.platform.schema import Shape, Shapes, Type
from scclint.text import closest_match, field_path
from scclint.validation.problem import FieldProblem, invalid, required, unknown, unsupported, wrong_type
from scclint.validation.resources import QUANTITY

PATCH_DIRECTIVES = ("$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/")
"""Keys of strategic merge patches. They are instructions for the tool that applies the patch, not fields."""

HOMES: dict[str, dict[str, str]] = {
    "PodSpec": {"PodSecurityContext": "securityContext", "Container": "containers[]"},
    "PodSecurityContext": {
        "SecurityContext": "the securityContext of a container",
        "PodSpec": "the pod's spec",
        "Container": "a container",
    },
    "Container": {"SecurityContext": "securityContext", "PodSpec": "the pod's spec"},
    "SecurityContext": {"PodSecurityContext": "the pod's securityContext", "Container": "the container itself"},
    "Capabilities": {"SecurityContext": "the securityContext of a container"},
    "DeploymentSpec": {"PodSpec": "template.spec"},
    "StatefulSetSpec": {"PodSpec": "template.spec"},
    "DaemonSetSpec": {"PodSpec": "template.spec"},
    "JobSpec": {"PodSpec": "template.spec"},
    "PodTemplateSpec": {"PodSpec": "spec"},
}
"""The right place of a field that is often written one level too high or too low."""

OTHER_NAMES = {"DeploymentSpec": ("updateStrategy", "strategy")} | dict.fromkeys(
    ("DaemonSetSpec", "StatefulSetSpec"), ("strategy", "updateStrategy")
)
"""A field that other kinds have under another name: its name there, and the right one."""

POD_SECURITY_POLICY_FIELDS = frozenset((
    "allowedCSIDrivers", "allowedHostPaths", "allowedProcMountTypes", "hostIPC", "hostNetwork", "hostPID", "hostPorts", "privileged",
    "runAsGroup", "runtimeClass", "seLinux",
))  # fmt: skip
"""The fields of a PodSecurityPolicy that an SCC does not have. No field of an SCC means quite the same."""

_MOST_EDITS = 2
"""A name that differs in more letters is another word, as `allowedHostPaths` is not `allowHostPorts`."""

_TIME = r"(?i)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_MODE = 0o777
_RANGES = {"weight": "must be in the range 1-100", "maxSkew": "must be greater than zero"}
_MISSING = {"nodeSelectorTerms": "must have at least one node selector term"}
"""What the API server says of some fields, for a value out of range and for none."""
_UNSET_AT_ZERO = ("containerPort", "hostPort")
"""Ports of a container whose zero the API server reads as unset."""


def walk(root: Mapping[str, Any], shape: Shape, book: Shapes, kind: str) -> list[FieldProblem]:
    """The problems of an object of that kind and shape, in the order of its fields. `book` is where the shape comes from."""
    run = _Walk(book, kind)
    run.object(root, shape)
    return run.problems


class _Walk:
    """One pass over an object. `trail` is the path to where the walk is, kept in place so that a right field costs no tuple."""

    def __init__(self, book: Shapes, kind: str) -> None:
        self.book = book
        self.kind = kind
        self.trail: list[str | int] = []
        self.mappings: list[tuple[Mapping[str, Any], Shape, int]] = []
        self.problems: list[FieldProblem] = []

    def object(self, data: Mapping[str, Any], shape: Shape) -> None:
        fields = shape.fields
        trail = self.trail
        self.mappings.append((data, shape, len(trail)))
        before = ""
        for key, value in data.items():
            field = fields.get(key)
            if field is None:
                self.unknown_field(key, shape, before)
            elif type(value) is not field.accepts and value is not None:
                trail.append(key)
                self.value(value, field)
                trail.pop()
            before = key
        for key in shape.required:
            value = data.get(key)
            empty = value is None or value in ("", []) or (key == "containerPort" and value == 0)
            # The API server names the whole claim. An image trigger may fill the image in.
            if empty and shape.name != "ResourceClaim" and not (key == "image" and self.kind == "DeploymentConfig"):
                self.problems.append(required((*trail, key), _MISSING.get(key, "")))
        self.mappings.pop()

    def value(self, value: Any, shape: Shape) -> None:
        """Check a value that is neither null nor plainly right."""
        kind = shape.type
        if type(value) is Unknown:
            return
        if kind in (Type.OBJECT, Type.MAP) and not isinstance(value, dict):
            self.mismatch("a mapping", value)
        elif kind is Type.ARRAY and not isinstance(value, list):
            self.mismatch("a list", value)
        elif kind is Type.OBJECT:
            self.object(value, shape)
        elif kind is Type.ARRAY:
            self.items(enumerate(value), shape.item)
        elif kind is Type.MAP:
            self.items(value.items(), shape.item)
        elif kind is Type.INTEGER:
            self.integer(value, shape)
        elif kind is Type.STRING:
            self.string(value, shape)
        else:
            self.special(value, kind)

    def items(self, items: Iterable[tuple[str | int, Any]], shape: Shape | None) -> None:
        if shape is None:
            return
        trail = self.trail
        for key, value in items:
            if type(value) is not shape.accepts and value is not None:
                trail.append(key)
                self.value(value, shape)
                trail.pop()

    def string(self, value: Any, shape: Shape) -> None:
        if not isinstance(value, str):
            self.mismatch("a string", value)
        elif shape.enum is not None and (value or shape.pointer) and value not in shape.enum:
            self.problems.append(_not_in(shape.enum, value, tuple(self.trail)))

    def integer(self, value: Any, shape: Shape) -> None:
        if not _is_integer(value):
            self.mismatch("an integer", value)
            return
        half = 2 ** (shape.bits - 1)
        if not -half <= value < half:
            self.mismatch(f"an integer of {shape.bits} bits", value)
        elif not shape.low <= value <= shape.high and not (value == 0 and self.trail[-1] in _UNSET_AT_ZERO):
            detail = _RANGES.get(str(self.trail[-1])) or _range_detail(shape, half - 1)
            self.problems.append(invalid(tuple(self.trail), int(value), detail))

    def special(self, value: Any, kind: Type) -> None:
        """Check a value whose type has rules of its own in the decoder, or must be what `Shape.accepts` already ruled out."""
        if kind is Type.BOOLEAN:
            self.mismatch("true or false", value)
        elif kind is Type.ANY_OBJECT:
            self.mismatch("a mapping", value)
        elif kind is Type.INT_OR_STRING:
            if not isinstance(value, str) and not (_is_integer(value) and -(2**31) <= value < 2**31):
                self.mismatch("an integer of 32 bits or a string", value)
        elif kind is Type.QUANTITY:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                self.mismatch("a quantity", value)
            elif isinstance(value, str) and not re.fullmatch(QUANTITY, value.strip()):
                self.mismatch("a quantity such as 500m, 2 or 1Gi", value)
        elif not isinstance(value, str) or not re.fullmatch(_TIME, value):
            self.mismatch("a time such as 2006-01-02T15:04:05Z", value)

    def mismatch(self, wanted: str, value: Any) -> None:
        if isinstance(value, dict) and any(map(is_expression, value)):
            return
        self.problems.append(wrong_type(tuple(self.trail), wanted, value))

    def unknown_field(self, key: str, shape: Shape, before: str) -> None:
        if key.startswith(PATCH_DIRECTIVES) or is_expression(key) or is_open(key):
            return
        path = (*self.trail, key)
        since, until = shape.lifetime(key)
        if since is not None and since > self.book.minor:
            self.problems.append(unknown(path, f" before {self.release(since)}"))
        elif until is not None:
            self.problems.append(unknown(path, f" since {self.release(until + 1)}"))
        elif home := self.home(key, shape, before):
            self.problems.append(unknown(path, hint=f"it belongs in {home}", secures="securityContext" in home))
        elif self.kind == "SecurityContextConstraints" and not self.trail and key in POD_SECURITY_POLICY_FIELDS:
            self.problems.append(unknown(path, hint="it is a field of PodSecurityPolicy, which SCCs do not have"))
        elif shape.name in ("PodSecurityContext", "SecurityContext") and key == "runAsRoot":
            self.problems.append(unknown(path, hint="the field for it is runAsNonRoot, which means the opposite"))
        else:
            there, here = OTHER_NAMES.get(shape.name, ("", ""))
            self.problems.append(unknown(path, suggestion=here if key == there else nearest(key, shape.fields)))

    def home(self, key: str, shape: Shape, before: str) -> str:
        """Return where a field belongs: where its name often does, in a field beside it, or in the mapping around; empty if nowhere.

        `before` is the field in front of it.
        """
        homes = HOMES.get(shape.name, {}).items()
        if place := next((place for name, place in homes if key in self.book.definition(name).fields), ""):
            return place
        data, _, _ = self.mappings[-1]
        for name, field in shape.fields.items():
            value = data.get(name)
            if field.type is Type.OBJECT and isinstance(value, dict) and key in field.fields and key not in value:
                return name + _form(data.get(key), field.fields[key])
            if name == before and field.type is Type.MAP and value is None and not nearest(key, shape.fields):
                return f"{name}, with more indentation"
        above, around, depth = self.mappings[-2] if self.mappings[1:] else ({}, shape, 0)
        if around is not shape and key in around.fields and key not in above:
            return field_path(tuple(self.trail[:depth])) or "the object itself"
        absent = [(name, field) for name, field in shape.fields.items() if field.type is Type.OBJECT and key in field.fields]
        if len(absent) == 1 and data.get(absent[0][0]) is None and not nearest(key, shape.fields):
            name, field = absent[0]
            return name + _form(data.get(key), field.fields[key])
        is_misspelled = nearest(key, shape.fields) or not isinstance(data.get(key), str)
        return "" if is_misspelled else _only_map(shape)

    def release(self, minor: int) -> str:
        openshift_kind = self.kind == "SecurityContextConstraints"
        return f"OpenShift {first_with_kubernetes(minor)}" if openshift_kind else f"Kubernetes 1.{minor}"


def nearest(key: str, names: Mapping[str, object]) -> str:
    """Return the known field name of which `key` is most likely a misspelling; empty if there is none.

    Without a blank or line break behind its colon, a key has the text that follows in it: `metadata:name`.
    """
    spelled = key.partition(":")[0].replace("_", "").replace("-", "")
    match = closest_match(spelled, names)
    return match if match and _edits(spelled.lower(), match.lower()) <= _MOST_EDITS else ""


def _only_map(shape: Shape) -> str:
    """Return the one field of an object that anything may be a key of, such as matchLabels of a selector; empty without one."""
    maps = [name for name, field in shape.fields.items() if field.type is Type.MAP]
    return maps[0] if len(maps) == 1 else ""


def _form(value: Any, shape: Shape) -> str:
    """Return as a clause the form that a value must have to be that of a field, if it has another one."""
    lacks_list = shape.type is Type.ARRAY and not isinstance(value, list)
    lacks_mapping = shape.type in (Type.MAP, Type.OBJECT) and not isinstance(value, dict)
    if value is None or not (lacks_list or lacks_mapping):
        return ""
    return ", as a list" if lacks_list else ", as a mapping"


def _edits(one: str, other: str) -> int:
    """Return how many letters have to be changed, added or removed to turn one name into the other."""
    from difflib import SequenceMatcher

    changes = SequenceMatcher(None, one, other).get_opcodes()
    return sum(max(end - start, last - first) for tag, start, end, first, last in changes if tag != "equal")


def _is_integer(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _not_in(enum: list[str], value: str, path: Path) -> FieldProblem:
    """A value outside of the closed list of its field, in the words of the API server."""
    if path[-1] == "operator" and "nodeAffinity" in path:
        return invalid(path, value, "not a valid selector operator")
    # The operators that compare numbers need a feature gate.
    return unsupported(
        path, value, enum if "tolerations" not in path else [choice for choice in enum if choice not in ("Gt", "Lt")]
    )


def _range_detail(shape: Shape, widest: int) -> str:
    """The API server's words for the bounds of a field."""
    if shape.high == _MODE:
        return "must be a number between 0 and 0777 (octal), both inclusive"
    if shape.high < widest or shape.low > 1:
        return f"must be between {shape.low} and {shape.high}, inclusive"
    return "must be greater than or equal to 0" if shape.low == 0 else "must be greater than 0"
