"""Rules of the API server about the volumes of a pod, and about the mounts of its containers.

As `validateVolumeSource` and `ValidateVolumeMounts` in pkg/apis/core/validation of Kubernetes 1.31 to 1.36 apply them, with their words,
for hostPath, csi and image volumes.
"""

from scclint.finding import Path
from scclint.platform.releases import MISSING_DRIVER_IS_INVALID
from scclint.text import field_path
from scclint.validation.details import check_pull_policy
from scclint.validation.names import dns_errors
from scclint.validation.problem import Problems, forbidden, invalid, required, size, too_long, unsupported
from scclint.validation.security import check_local_path
from scclint.yaml.untyped import Object, as_mapping, as_mappings, as_text

PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
READ_ONLY = ("Disabled", "Enabled", "IfPossible")

_LONGEST_DRIVER = 63
_HOST_PATH_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")


def check_volumes(spec: Object, path: Path, minor: int, *, is_pod: bool) -> Problems:
    """`validateVolumeSource`: a volume has one source, and in a pod, an image volume has a reference.

    `path` leads to the spec of a pod, or of a pod template that is no pod.
    """
    for index, volume in enumerate(as_mappings(spec.get("volumes"))):
        at = (*path, "volumes", index)
        # A volume has one source. Which of two the API server names depends on its own order; here it is the later one.
        sources = [key for key, value in volume.items() if isinstance(value, dict)]
        for extra in sources[1:]:
            yield forbidden((*at, extra), "may not specify more than 1 volume type")
        source = volume.get(sources[0]) if sources else None
        match sources[:1]:
            case ["hostPath"]:
                yield from _check_host_path(as_mapping(source), (*at, "hostPath"))
            case ["csi"]:
                yield from _check_csi(as_mapping(source), (*at, "csi"), minor)
            case ["image"]:
                if is_pod and not as_mapping(source).get("reference"):
                    yield required((*at, "image", "reference"))
                yield from check_pull_policy(as_mapping(source), (*at, "image"))


def _check_host_path(source: Object, at: Path) -> Problems:
    """`validateHostPathVolumeSource`: the path has no `..`, and the type is one of the list."""
    path, type_ = source.get("path"), source.get("type")
    if not isinstance(path, str) or not path:
        return
    if ".." in path.split("/"):
        yield invalid((*at, "path"), path, "must not contain '..'")
    if isinstance(type_, str) and type_ not in _HOST_PATH_TYPES:
        yield unsupported((*at, "type"), type_, _HOST_PATH_TYPES)


def _check_csi(source: Object, at: Path, minor: int) -> Problems:
    """`validateCSIVolumeSource`: the form and length of the name of the driver, and the name of the secret.

    Up to Kubernetes 1.33, a missing name is also reported as an invalid one.
    """
    driver = source.get("driver") or ""
    if isinstance(driver, str) and (driver or MISSING_DRIVER_IS_INVALID.holds(minor)):
        if size(driver) > _LONGEST_DRIVER:
            yield too_long((*at, "driver"), _LONGEST_DRIVER, minor)
        for error in dns_errors("subdomain", driver.lower()):
            yield invalid((*at, "driver"), driver, error)
    secret = source.get("nodePublishSecretRef")
    if isinstance(secret, dict):
        if not secret.get("name"):
            yield required((*at, "nodePublishSecretRef", "name"))
        for error in dns_errors("subdomain", as_text(secret.get("name"))) if secret.get("name") else ():
            yield invalid((*at, "nodePublishSecretRef", "name"), secret["name"], error, named=f"{field_path(at)}.name")


def check_mounts(container: Object, path: Path, *, whole: bool) -> Problems:
    """`ValidateVolumeMounts`: paths that are used once, sub-paths, mount propagation and recursive read-only mounts.

    `path` leads to the container. The API server leaves the index of a mount out of some paths.
    """
    privileged = as_mapping(container.get("securityContext")).get("privileged")
    devices = as_mappings(container.get("volumeDevices"))
    names, paths = ([device.get(field) for device in devices] for field in ("name", "devicePath"))
    mount_paths = set()
    for index, mount in enumerate(as_mappings(container.get("volumeMounts"))):
        at, of_all = (*path, "volumeMounts", index), field_path((*path, "volumeMounts"))
        where = as_text(mount.get("mountPath"))
        if where and where in mount_paths:
            yield invalid((*at, "mountPath"), where, "must be unique")
        mount_paths.add(where)
        if mount.get("name") and mount["name"] in names:
            yield invalid((*at, "name"), mount["name"], "must not already exist in volumeDevices")
        if where and where in paths:
            yield invalid((*at, "mountPath"), where, "must not already exist as a path in volumeDevices")
        sub, expression = as_text(mount.get("subPath")), as_text(mount.get("subPathExpr"))
        if sub and expression:
            yield invalid((*at, "subPathExpr"), expression, "subPathExpr and subPath are mutually exclusive")
        for field in ("subPath", "subPathExpr"):
            yield from check_local_path(as_text(mount.get(field)), (*at, field), f"{of_all}.{field}")
        propagation, read_only = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
        if isinstance(propagation, str) and propagation not in PROPAGATIONS:
            yield unsupported((*at, "mountPropagation"), propagation, PROPAGATIONS, named=f"{of_all}.mountPropagation")
        if propagation == "Bidirectional" and (privileged is False or (whole and privileged is None)):
            detail = "Bidirectional mount propagation is available only to privileged containers"
            yield forbidden((*at, "mountPropagation"), detail, named=f"{of_all}.mountPropagation")
        named = f"{of_all}.recursiveReadOnly"
        if isinstance(read_only, str) and read_only not in READ_ONLY:
            yield unsupported((*at, "recursiveReadOnly"), read_only, READ_ONLY, named=named)
        if read_only in ("Enabled", "IfPossible"):
            if whole and mount.get("readOnly") in (None, False):
                yield forbidden((*at, "recursiveReadOnly"), "may only be specified when readOnly is true", named=named)
            if propagation not in (None, "None"):
                detail = "may only be specified when mountPropagation is None or not specified"
                yield forbidden((*at, "recursiveReadOnly"), detail, named=named)
