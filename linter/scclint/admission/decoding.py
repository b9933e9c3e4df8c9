"""Whether an object has the shape that the API server can decode, for the fields that admission reads.

The tables say what Go types Kubernetes' and OpenShift's API packages give those fields; the wording of an error is that of
Go's JSON decoder. Fields that admission does not read are not looked at, null is the same as absent everywhere, and a number
is whole if its value is (`1000.0`), as it is once the cluster has it.
"""

from collections.abc import Mapping
from typing import Any

from scclint.admission.field import Path
from scclint.errors import ModelError


class Scalar:
    """A `string`, `bool`, `int32` or `int64`, or one of Kubernetes' named strings. `go_type` is `v1.Capability`."""

    __slots__ = ("go_type",)

    def __init__(self, go_type: str) -> None:
        self.go_type = go_type


class Struct:
    """An object with known fields; others are ignored. `go_type` is `v1.Pod`, `name` the same without its package."""

    __slots__ = ("fields", "go_type", "name")

    def __init__(self, go_type: str, fields: Mapping[str, "Shape"]) -> None:
        self.go_type = go_type
        self.fields = fields
        self.name = go_type.rpartition(".")[2]


class Slice:
    """A list whose elements are all of one shape."""

    __slots__ = ("element", "go_type")

    def __init__(self, element: "Shape") -> None:
        self.element = element
        self.go_type: str = f"[]{element.go_type}"


class StringMap:
    """An object with any keys, whose values are strings."""

    __slots__ = ()
    go_type = "map[string]string"


Shape = Scalar | Struct | Slice | StringMap

STRING = Scalar("string")
BOOL = Scalar("bool")
INT32 = Scalar("int32")
INT64 = Scalar("int64")
STRINGS = Slice(STRING)

_METADATA = Struct(
    "v1.ObjectMeta",
    {"name": STRING, "generateName": STRING, "namespace": STRING, "labels": StringMap(), "annotations": StringMap()},
)
_SE_LINUX = Struct("v1.SELinuxOptions", {"user": STRING, "role": STRING, "type": STRING, "level": STRING})
_PROFILE = Struct("v1.SeccompProfile", {"type": Scalar("v1.SeccompProfileType"), "localhostProfile": STRING})
_CAPABILITIES = Slice(Scalar("v1.Capability"))
_SECURITY_CONTEXT = Struct(
    "v1.SecurityContext",
    {
        "capabilities": Struct("v1.Capabilities", {"add": _CAPABILITIES, "drop": _CAPABILITIES}),
        "privileged": BOOL,
        "seLinuxOptions": _SE_LINUX,
        "runAsUser": INT64,
        "runAsNonRoot": BOOL,
        "readOnlyRootFilesystem": BOOL,
        "allowPrivilegeEscalation": BOOL,
        "seccompProfile": _PROFILE,
    },
)
_POD_SECURITY_CONTEXT = Struct(
    "v1.PodSecurityContext",
    {
        "seLinuxOptions": _SE_LINUX,
        "runAsUser": INT64,
        "runAsNonRoot": BOOL,
        "supplementalGroups": Slice(INT64),
        "fsGroup": INT64,
        "sysctls": Slice(Struct("v1.Sysctl", {"name": STRING, "value": STRING})),
        "seccompProfile": _PROFILE,
    },
)
_CONTAINER_FIELDS: Mapping[str, Shape] = {
    "name": STRING,
    "ports": Slice(Struct("v1.ContainerPort", {"hostPort": INT32, "containerPort": INT32})),
    "volumeMounts": Slice(Struct("v1.VolumeMount", {"name": STRING, "mountPath": STRING})),
    "securityContext": _SECURITY_CONTEXT,
}
_CONTAINERS = Slice(Struct("v1.Container", _CONTAINER_FIELDS))
_KEYS_TO_PATHS = Slice(Struct("v1.KeyToPath", {"key": STRING, "path": STRING}))
_DOWNWARD_ITEM = Struct(
    "v1.DownwardAPIVolumeFile",
    {"path": STRING, "fieldRef": Struct("v1.ObjectFieldSelector", {"apiVersion": STRING, "fieldPath": STRING})},
)
_PROJECTION = Struct(
    "v1.VolumeProjection",
    {
        "serviceAccountToken": Struct("v1.ServiceAccountTokenProjection", {"audience": STRING, "path": STRING}),
        "configMap": Struct("v1.ConfigMapProjection", {"name": STRING, "items": _KEYS_TO_PATHS}),
        "downwardAPI": Struct("v1.DownwardAPIProjection", {"items": Slice(_DOWNWARD_ITEM)}),
    },
)
_SOURCES = {
    "hostPath": "HostPathVolumeSource",
    "emptyDir": "EmptyDirVolumeSource",
    "gcePersistentDisk": "GCEPersistentDiskVolumeSource",
    "awsElasticBlockStore": "AWSElasticBlockStoreVolumeSource",
    "gitRepo": "GitRepoVolumeSource",
    "secret": "SecretVolumeSource",
    "nfs": "NFSVolumeSource",
    "iscsi": "ISCSIVolumeSource",
    "glusterfs": "GlusterfsVolumeSource",
    "persistentVolumeClaim": "PersistentVolumeClaimVolumeSource",
    "rbd": "RBDVolumeSource",
    "cinder": "CinderVolumeSource",
    "cephfs": "CephFSVolumeSource",
    "flocker": "FlockerVolumeSource",
    "downwardAPI": "DownwardAPIVolumeSource",
    "fc": "FCVolumeSource",
    "azureFile": "AzureFileVolumeSource",
    "configMap": "ConfigMapVolumeSource",
    "vsphereVolume": "VsphereVirtualDiskVolumeSource",
    "quobyte": "QuobyteVolumeSource",
    "azureDisk": "AzureDiskVolumeSource",
    "photonPersistentDisk": "PhotonPersistentDiskVolumeSource",
    "portworxVolume": "PortworxVolumeSource",
    "scaleIO": "ScaleIOVolumeSource",
    "storageos": "StorageOSVolumeSource",
    "csi": "CSIVolumeSource",
    "ephemeral": "EphemeralVolumeSource",
    "image": "ImageVolumeSource",
}
_VOLUME = Struct(
    "v1.Volume",
    {
        "name": STRING,
        **{field: Struct(f"v1.{name}", {}) for field, name in _SOURCES.items()},
        "flexVolume": Struct("v1.FlexVolumeSource", {"driver": STRING}),
        "projected": Struct("v1.ProjectedVolumeSource", {"sources": Slice(_PROJECTION)}),
    },
)
POD = Struct(
    "v1.Pod",
    {
        "metadata": _METADATA,
        "spec": Struct(
            "v1.PodSpec",
            {
                "volumes": Slice(_VOLUME),
                "initContainers": _CONTAINERS,
                "containers": _CONTAINERS,
                "ephemeralContainers": Slice(Struct("v1.EphemeralContainer", _CONTAINER_FIELDS)),
                "serviceAccountName": STRING,
                "serviceAccount": STRING,
                "automountServiceAccountToken": BOOL,
                "hostNetwork": BOOL,
                "hostPID": BOOL,
                "hostIPC": BOOL,
                "hostUsers": BOOL,
                "os": Struct("v1.PodOS", {"name": Scalar("v1.OSName")}),
                "securityContext": _POD_SECURITY_CONTEXT,
            },
        ),
    },
)

_RANGES = Slice(Struct("v1.IDRange", {"min": INT64, "max": INT64}))
SCC = Struct(
    "v1.SecurityContextConstraints",
    {
        "metadata": _METADATA,
        "priority": INT32,
        "allowPrivilegedContainer": BOOL,
        "defaultAddCapabilities": _CAPABILITIES,
        "requiredDropCapabilities": _CAPABILITIES,
        "allowedCapabilities": _CAPABILITIES,
        "allowHostDirVolumePlugin": BOOL,
        "volumes": Slice(Scalar("v1.FSType")),
        "allowedFlexVolumes": Slice(Struct("v1.AllowedFlexVolume", {"driver": STRING})),
        "allowHostNetwork": BOOL,
        "allowHostPorts": BOOL,
        "allowHostPID": BOOL,
        "allowHostIPC": BOOL,
        "userNamespaceLevel": Scalar("v1.NamespaceLevelType"),
        "defaultAllowPrivilegeEscalation": BOOL,
        "allowPrivilegeEscalation": BOOL,
        "seLinuxContext": Struct(
            "v1.SELinuxContextStrategyOptions",
            {"type": Scalar("v1.SELinuxContextStrategyType"), "seLinuxOptions": _SE_LINUX},
        ),
        "runAsUser": Struct(
            "v1.RunAsUserStrategyOptions",
            {"type": Scalar("v1.RunAsUserStrategyType"), "uid": INT64, "uidRangeMin": INT64, "uidRangeMax": INT64},
        ),
        "supplementalGroups": Struct(
            "v1.SupplementalGroupsStrategyOptions",
            {"type": Scalar("v1.SupplementalGroupsStrategyType"), "ranges": _RANGES},
        ),
        "fsGroup": Struct("v1.FSGroupStrategyOptions", {"type": Scalar("v1.FSGroupStrategyType"), "ranges": _RANGES}),
        "readOnlyRootFilesystem": BOOL,
        "users": STRINGS,
        "groups": STRINGS,
        "seccompProfiles": STRINGS,
        "allowedUnsafeSysctls": STRINGS,
        "forbiddenSysctls": STRINGS,
    },
)

_REQUIREMENT = Struct("v1.LabelSelectorRequirement", {"key": STRING, "operator": STRING, "values": STRINGS})
_SELECTOR = Struct("v1.LabelSelector", {"matchLabels": StringMap(), "matchExpressions": Slice(_REQUIREMENT)})
_RULES = Slice(
    Struct(
        "v1.PolicyRule",
        {"verbs": STRINGS, "apiGroups": STRINGS, "resources": STRINGS, "resourceNames": STRINGS},
    )
)
_BINDING_FIELDS: Mapping[str, Shape] = {
    "metadata": _METADATA,
    "subjects": Slice(Struct("v1.Subject", {"kind": STRING, "apiGroup": STRING, "name": STRING, "namespace": STRING})),
    "roleRef": Struct("v1.RoleRef", {"apiGroup": STRING, "kind": STRING, "name": STRING, "namespace": STRING}),
    "userNames": STRINGS,
    "groupNames": STRINGS,
}
SHAPES: Mapping[str, Struct] = {
    "Pod": POD,
    "SecurityContextConstraints": SCC,
    "Namespace": Struct("v1.Namespace", {"metadata": _METADATA}),
    "ServiceAccount": Struct("v1.ServiceAccount", {"metadata": _METADATA, "automountServiceAccountToken": BOOL}),
    "Role": Struct("v1.Role", {"metadata": _METADATA, "rules": _RULES}),
    "ClusterRole": Struct(
        "v1.ClusterRole",
        {
            "metadata": _METADATA,
            "rules": _RULES,
            "aggregationRule": Struct("v1.AggregationRule", {"clusterRoleSelectors": Slice(_SELECTOR)}),
        },
    ),
    "RoleBinding": Struct("v1.RoleBinding", _BINDING_FIELDS),
    "ClusterRoleBinding": Struct("v1.ClusterRoleBinding", _BINDING_FIELDS),
    "KubeletConfig": Struct(
        "v1.KubeletConfig",
        {
            "metadata": _METADATA,
            "spec": Struct(
                "v1.KubeletConfigSpec",
                {
                    "machineConfigPoolSelector": _SELECTOR,
                    "kubeletConfig": Struct("config.KubeletConfiguration", {"seccompDefault": BOOL}),
                },
            ),
        },
    ),
    "MachineConfigPool": Struct(
        "v1.MachineConfigPool",
        {
            "metadata": _METADATA,
            "spec": Struct("v1.MachineConfigPoolSpec", {"nodeSelector": _SELECTOR, "machineConfigSelector": _SELECTOR}),
        },
    ),
    "MachineConfig": Struct("v1.MachineConfig", {"metadata": _METADATA, "spec": Struct("v1.MachineConfigSpec", {})}),
    "SeccompProfile": Struct(
        "v1.SeccompProfile",
        {
            "metadata": _METADATA,
            "spec": Struct(
                "v1.SeccompProfileSpec",
                {"baseProfileName": STRING, "disabled": BOOL, "state": STRING, "syscalls": Slice(Struct("v1.Syscall", {}))},
            ),
        },
    ),
    "ProfileBinding": Struct(
        "v1.ProfileBinding",
        {
            "metadata": _METADATA,
            "spec": Struct(
                "v1.ProfileBindingSpec",
                {"profileRef": Struct("v1.ProfileRef", {"kind": STRING, "name": STRING}), "image": STRING},
            ),
        },
    ),
}
"""What is read of each kind of object that has a bearing on admission."""

_LIMITS = {"int32": 2**31, "int64": 2**63}
# A check against dict alone is much quicker than one against Mapping, and nearly always decides.
_OBJECT = (dict, Mapping)
_NO_STRINGS = frozenset(("bool", *_LIMITS))


def check_pod(pod: object) -> list[ModelError]:
    """What the API server could not decode of a Pod, in the order in which the pod has it."""
    return _check(POD, pod, (), POD.name, "")


def check_scc(scc: object) -> list[ModelError]:
    """What the API server could not decode of a SecurityContextConstraints object."""
    return _check(SCC, scc, (), SCC.name, "")


def check_object(item: Mapping[str, Any]) -> list[ModelError]:
    """What the API server could not decode of an object, a list's elements included.

    Kinds that are not in `SHAPES` are not looked at.
    """
    kind = item.get("kind")
    items = item.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        element = {} if kind == "List" else {"kind": kind.removesuffix("List")}
        return [
            ModelError(error.message, ("items", index, *error.path))
            for index, one in enumerate(items)
            if isinstance(one, Mapping)
            for error in check_object({**element, **one})
        ]
    shape = SHAPES.get(kind) if isinstance(kind, str) else None
    return [] if shape is None else _check(shape, item, (), shape.name, "")


def _check(shape: Shape, value: object, path: Path, struct: str, field: str) -> list[ModelError]:
    """Compare a value with its shape. `struct` and `field` are Go's names for the place: innermost struct, path of keys."""
    errors: list[ModelError] = []
    if value is None or (isinstance(shape, Scalar) and _fits(shape.go_type, value)):
        return errors
    if isinstance(shape, Struct) and isinstance(value, _OBJECT):
        for key, child in value.items():
            known = shape.fields.get(key)
            # Most fields are good scalars: they need no path.
            if known is None or child is None or (isinstance(known, Scalar) and _fits(known.go_type, child)):
                continue
            errors += _check(known, child, (*path, key), shape.name, f"{field}.{key}" if field else key)
    elif isinstance(shape, Slice) and isinstance(value, list):
        for index, child in enumerate(value):
            errors += _check(shape.element, child, (*path, index), struct, field)
    elif isinstance(shape, StringMap) and isinstance(value, _OBJECT):
        for key, child in value.items():
            if child is not None and not isinstance(child, str):
                errors.append(_refuse(STRING, child, (*path, key), struct, field))
    else:
        errors.append(_refuse(shape, value, path, struct, field))
    return errors


def _fits(go_type: str, value: object) -> bool:
    if isinstance(value, str):
        return go_type not in _NO_STRINGS
    if go_type == "bool":
        return isinstance(value, bool)
    limit = _LIMITS.get(go_type)
    if limit is None:
        return False
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value // 1 and -limit <= value < limit


def _refuse(shape: Shape, value: object, path: Path, struct: str, field: str) -> ModelError:
    place = f"Go struct field {struct}.{field}" if field else "Go value"
    return ModelError(f"json: cannot unmarshal {_json_type(value, shape.go_type)} into {place} of type {shape.go_type}", path)


def _json_type(value: object, wanted: str) -> str:
    """A value's type in the words of Go's decoder, which quotes a number only where another number would do."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return f"number {value}" if wanted in _LIMITS else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
