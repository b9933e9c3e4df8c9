"""Go decoding: what the API server makes of an object before admission looks at it.

The types come from the schemas of the release (`scclint.platform.schema`); the wording of an error is that of Go's JSON decoder. A
field that the release does not have is dropped, a null in a list or a map is the zero value, and a whole number may be written
as a float (`1000.0`), as YAML turns it into an integer. Only fields that admission reads are decoded. The others stay as they are.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from scclint.errors import ModelError
from scclint.platform.schema import Shape, Type, shapes

_EVERY = frozenset(
    (
        *("AggregationRule", "AllowedFlexVolume", "Capabilities", "ClusterRole", "FSGroupStrategyOptions", "IDRange"),
        *("KeyToPath", "LabelSelector", "LabelSelectorRequirement", "ObjectFieldSelector", "PolicyRule", "Role"),
        *("RunAsUserStrategyOptions", "SELinuxContextStrategyOptions", "SELinuxOptions", "SeccompProfile"),
        *("SecurityContextConstraints", "Subject", "SupplementalGroupsStrategyOptions", "Sysctl", "Volume"),
    )
)
"""The definitions whose fields admission reads completely."""

_CONTAINER = (
    *("lifecycle", "livenessProbe", "name", "ports", "readinessProbe", "securityContext", "startupProbe", "volumeMounts"),
)
_HANDLER = ("httpGet", "tcpSocket")
_SOME = {
    "AppArmorProfile": ("type",),
    "ConfigMapProjection": ("items", "name"),
    "Container": _CONTAINER,
    "ContainerPort": ("containerPort", "hostPort"),
    "DownwardAPIProjection": ("items",),
    "DownwardAPIVolumeFile": ("fieldRef", "path"),
    "EphemeralContainer": _CONTAINER,
    "FlexVolumeSource": ("driver",),
    "HTTPGetAction": ("host",),
    "Lifecycle": ("postStart", "preStop"),
    "LifecycleHandler": _HANDLER,
    "Namespace": ("metadata",),
    "ObjectMeta": ("annotations", "generateName", "labels", "name", "namespace"),
    "Pod": ("metadata", "spec"),
    "PodOS": ("name",),
    "PodSecurityContext": (
        *("appArmorProfile", "fsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile"),
        *("supplementalGroups", "sysctls", "windowsOptions"),
    ),
    "PodSpec": (
        *("automountServiceAccountToken", "containers", "ephemeralContainers", "hostIPC", "hostNetwork", "hostPID"),
        *("hostUsers", "initContainers", "os", "runtimeClassName", "securityContext", "serviceAccount", "serviceAccountName"),
        "volumes",
    ),
    "Probe": _HANDLER,
    "ProjectedVolumeSource": ("sources",),
    "SecurityContext": (
        *("allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount"),
        *("readOnlyRootFilesystem", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile", "windowsOptions"),
    ),
    "ServiceAccount": ("automountServiceAccountToken", "metadata"),
    "ServiceAccountTokenProjection": ("audience", "path"),
    "TCPSocketAction": ("host",),
    "VolumeMount": ("mountPath", "name"),
    "VolumeProjection": ("configMap", "downwardAPI", "serviceAccountToken"),
    "WindowsSecurityContextOptions": ("hostProcess",),
}
"""The fields that admission reads of other definitions. Of a definition that is not here it reads none."""


class Decoded(NamedTuple):
    """An object as the API server has it, and why it cannot be decoded: `errors` are in the order of its fields."""

    value: Any
    errors: tuple[ModelError, ...] = ()

    def valid(self) -> Any:
        """Return the value. Raises the first of the errors, a ModelError."""
        for error in self.errors:
            raise error
        return self.value


def decode_pod(pod: object, minor: int) -> Decoded:
    """Decode a Pod as Kubernetes 1.`minor` does."""
    return _decode(pod, "Pod", minor)


def decode_object(item: Mapping[str, Any], minor: int) -> Decoded:
    """Decode an object as Kubernetes 1.`minor` does, the elements of a list included; kinds without a schema stay as they are."""
    kind, items = item.get("kind"), item.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        return _decode_list(item, items, kind, minor)
    return _decode(item, kind, minor) if isinstance(kind, str) else Decoded(item)


def _decode_list(item: Mapping[str, Any], items: list[Any], kind: str, minor: int) -> Decoded:
    # The elements of a typed list need not repeat their kind.
    element = {} if kind == "List" else {"kind": kind.removesuffix("List")}
    errors: list[ModelError] = []
    values = []
    for index, entry in enumerate(items):
        if isinstance(entry, Mapping):
            decoded = decode_object({**element, **entry}, minor)
            errors += [ModelError(error.message, ("items", index, *error.path)) for error in decoded.errors]
            values.append(decoded.value)
        else:
            values.append(entry)
    return Decoded({**item, "items": values}, tuple(errors))


def _decode(value: object, kind: str, minor: int) -> Decoded:
    codec = _codec_of(kind, minor)
    if codec is None:
        return Decoded(value)
    run = _Decoding()
    if isinstance(value, dict | Mapping):
        value = run.struct(codec, value)
    else:
        run.refuse(codec, value, "")
    return Decoded(value, tuple(run.errors))


class _Scalar(NamedTuple):
    """Decodes a string, boolean or integer.

    `accepts` is the Python type whose values are all valid, None if each value must be checked. `zero` makes the value of null.
    `bits` is the size of an integer.
    """

    kind: Type
    go_type: str
    zero: type
    accepts: type | None
    bits: int = 0


class _Struct(NamedTuple):
    """Decodes an object with known fields: `read` are those that are decoded, `known` all of them, None if others may be there."""

    go_type: str
    read: "dict[str, _Codec]"
    known: Mapping[str, object] | None
    zero: type = dict
    accepts: None = None


class _List(NamedTuple):
    """Decodes a list whose elements are all of one type."""

    element: "_Codec"
    go_type: str
    zero: type = list
    accepts: None = None


class _StringMap(NamedTuple):
    """Decodes an object with any keys, whose values are strings."""

    element: "_Codec"
    go_type: str = "map[string]string"
    zero: type = dict
    accepts: None = None


_Codec: TypeAlias = _Scalar | _Struct | _List | _StringMap


@cache
def _codec_of(kind: str, minor: int) -> _Struct | None:
    """Return the codec of a kind's objects; None for a kind without a schema."""
    shape = shapes(minor).decoded(kind)
    if shape is None or not (shape.open or shape.name in _EVERY or shape.name in _SOME):
        return None
    return _struct(shape)


def _struct(shape: Shape) -> _Struct:
    fields = shape.fields
    reads = fields if shape.open or shape.name in _EVERY else _SOME.get(shape.name, ())
    read = {name: codec for name in reads if name in fields and (codec := _codec(fields[name])) is not None}
    return _Struct(shape.go_type or f"v1.{shape.name}", read, None if shape.open else fields)


def _codec(shape: Shape) -> _Codec | None:
    """Return the codec of a field, None for types that admission reads nowhere."""
    match shape.type:
        case Type.OBJECT:
            return _struct(shape)
        case Type.ANY_OBJECT:
            return _Struct(shape.go_type, {}, None)
        case Type.ARRAY:
            element = None if shape.item is None else _codec(shape.item)
            return None if element is None else _List(element, f"[]{element.go_type}")
        case Type.MAP:
            element = None if shape.item is None else _codec(shape.item)
            return None if element is None or element.accepts is not str else _StringMap(element)
        case Type.STRING:
            return _Scalar(shape.type, shape.go_type or "string", str, str)
        case Type.BOOLEAN:
            return _Scalar(shape.type, "bool", bool, bool)
        case Type.INTEGER:
            return _Scalar(shape.type, f"int{shape.bits}", int, None, shape.bits)
        case _:
            return None


class _Decoding:
    """One pass over an object. `trail` is the path to where it is. A value is copied only if decoding changes it."""

    def __init__(self) -> None:
        self.errors: list[ModelError] = []
        self.trail: list[str | int] = []

    def struct(self, codec: _Struct, value: Mapping[str, Any]) -> Mapping[str, Any]:
        read, field_names = codec.read, codec.known
        changed: dict[str, Any] | None = None
        for key, child in value.items():
            field = read.get(key)
            if field is None:
                if field_names is not None and key not in field_names:
                    changed = dict(value) if changed is None else changed
                    del changed[key]
            elif child is not None and type(child) is not field.accepts:
                self.trail.append(key)
                decoded = self.value(field, child, codec.go_type)
                self.trail.pop()
                if decoded is not child:
                    changed = dict(value) if changed is None else changed
                    changed[key] = decoded
        return value if changed is None else changed

    def value(self, codec: _Codec, value: Any, struct: str) -> Any:
        """Decode a value that is neither null nor plainly right. `struct` is the Go type of the innermost object around it."""
        if isinstance(codec, _Struct):
            # A check against dict alone is much quicker than one against Mapping, and nearly always decides.
            if isinstance(value, dict | Mapping):
                return self.struct(codec, value)
        elif isinstance(codec, _List):
            if isinstance(value, list):
                return self.list(codec, value, struct)
        elif isinstance(codec, _StringMap):
            if isinstance(value, dict | Mapping):
                return self.map(codec, value, struct)
        elif _fits(codec, value):
            return int(value) if isinstance(value, float) else value
        self.refuse(codec, value, struct)
        return value

    def list(self, codec: _List, value: list[Any], struct: str) -> list[Any]:
        element = codec.element
        changed: list[Any] | None = None
        for index, child in enumerate(value):
            if type(child) is element.accepts:
                continue
            if child is None:
                decoded = element.zero()
            else:
                self.trail.append(index)
                decoded = self.value(element, child, struct)
                self.trail.pop()
            if decoded is not child:
                changed = list(value) if changed is None else changed
                changed[index] = decoded
        return value if changed is None else changed

    def map(self, codec: _StringMap, value: Mapping[str, Any], struct: str) -> Mapping[str, Any]:
        changed: dict[str, Any] | None = None
        for key, child in value.items():
            if child is None:
                changed = dict(value) if changed is None else changed
                changed[key] = ""
            elif not isinstance(child, str):
                self.refuse(codec.element, child, struct, key)
        return value if changed is None else changed

    def refuse(self, codec: _Codec, value: object, struct: str, *key: str) -> None:
        """Note that a value cannot be decoded. `key` is the key of a map's value, which Go does not name."""
        field = ".".join(step for step in self.trail if isinstance(step, str))
        place = f"Go struct field {struct.rpartition('.')[2]}.{field}" if field else "Go value"
        message = f"json: cannot unmarshal {_json_type(value, codec)} into {place} of type {codec.go_type}"
        self.errors.append(ModelError(message, (*self.trail, *key)))


def _fits(codec: _Scalar, value: object) -> bool:
    if codec.accepts is not None:
        return isinstance(value, codec.accepts)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    limit = 2 ** (codec.bits - 1)
    return value == value // 1 and -limit <= value < limit


def _json_type(value: object, wanted: _Codec) -> str:
    """Return a value's type in the words of Go's decoder, which quotes a number only where another number would do."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return f"number {value}" if isinstance(wanted, _Scalar) and wanted.kind is Type.INTEGER else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
