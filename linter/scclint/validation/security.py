"""Rules of the API server about security contexts: profiles of seccomp and AppArmor, options of Windows, sysctls.

As `validatePodSpecSecurityContext`, `ValidateSecurityContext` and the functions that they call in pkg/apis/core/validation of Kubernetes
1.31 to 1.36 apply them, with their words. Values of a wrong type are left to the walk over the schema: here they count as absent.
"""

import re
from collections.abc import Iterator, Set
from typing import Any

from scclint.finding import Path
from scclint.text import field_path
from scclint.validation.names import dns_errors
from scclint.validation.problem import FieldProblem, Problems, duplicate, invalid, required, size, too_long, unsupported
from scclint.yaml.untyped import Object, as_mapping, as_mappings, as_text

PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
"""The types of seccomp and AppArmor profiles."""

_LONGEST_PATH = 4095
_LONGEST_SYSCTL = 253
_SYSCTL_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL = rf"^({_SYSCTL_SEGMENT}[\./])*{_SYSCTL_SEGMENT}$"
_SYSCTL_SEPARATORS = str.maketrans("./", "/.")
_SYSCTLS_OF_IPC = frozenset(
    (
        *("kernel.sem", "kernel.shm", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"),
        *("kernel.msg", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni"),
    )
)

_LONGEST_CREDENTIALS = 64 * 1024
_LONGEST_USER, _LONGEST_DOMAIN = 104, 255
_DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_WINDOWS_DOMAIN = rf"""[^\\/:*?"<>|.][^\\/:*?"<>|]{{0,14}}|{_DNS_LABEL}(?:\.{_DNS_LABEL})*"""

_FIELDS = {
    "securityContext": (
        *("capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot"),
        *("readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount", "seccompProfile", "appArmorProfile"),
    ),
    "appArmorProfile": ("type", "localhostProfile"),
    "capabilities": ("add", "drop"),
    "seLinuxOptions": ("user", "role", "type", "level"),
    "seccompProfile": ("type", "localhostProfile"),
    "windowsOptions": ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName", "hostProcess"),
}
"""The fields of the API server's own structs, in their order."""
_NAMES = {
    "gmsaCredentialSpec": "GMSACredentialSpec",
    "gmsaCredentialSpecName": "GMSACredentialSpecName",
    "seLinuxOptions": "SELinuxOptions",
}
_TEXTS = ("level", "role", "type", "user")
"""Fields whose absent value is an empty text."""


def check_pod_context(spec: Object, path: Path, minor: int, gates: Set[str]) -> Problems:
    """The securityContext of a pod: sysctls, profiles, Windows options, and the values of `seLinuxChangePolicy`.

    `path` leads to the `spec` of the pod, and `gates` are those that are off.
    """
    context, path = as_mapping(spec.get("securityContext")), (*path, "securityContext")
    yield from _check_sysctls(context, spec, path)
    yield from _check_profiles(context, path, minor)
    policy = context.get("seLinuxChangePolicy")
    supported = ("Recursive",) if "SELinuxMount" in gates else ("MountOption", "Recursive")
    if isinstance(policy, str) and policy not in supported:
        yield unsupported((*path, "seLinuxChangePolicy"), policy, supported)


def check_container_context(context: Object, path: Path, minor: int, *, host_users: bool) -> Problems:
    """The securityContext of a container: fields that exclude each other, profiles and Windows options.

    `host_users`: the pod has no user namespace of its own.
    """
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged") is True:
            yield _contradiction(context, path, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        added = as_mapping(context.get("capabilities")).get("add")
        if isinstance(added, list) and "CAP_SYS_ADMIN" in added:
            yield _contradiction(
                context, path, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            )
    if host_users and context.get("procMount") == "Unmasked":
        yield invalid((*path, "procMount"), "Unmasked", "`hostUsers` must be false to use `Unmasked`")
    yield from _check_profiles(context, path, minor)


def check_local_path(local: str, path: Path, named: str = "") -> Problems:
    """`validateLocalDescendingPath`: a path is relative and has no `..`.

    `named` is the path as the API server prints it, if it differs.
    """
    if local.startswith("/"):
        yield invalid(path, local, "must be a relative path", named=named, secures=True)
    if ".." in local.split("/"):
        yield invalid(path, local, "must not contain '..'", named=named, secures=True)


def _contradiction(context: Object, path: Path, detail: str) -> FieldProblem:
    """The API server names the whole security context; the place to look at is the field that denies what the others ask."""
    return invalid((*path, "allowPrivilegeEscalation"), _internal(context, "securityContext"), detail, named=field_path(path))


def _internal(value: Any, field: str) -> Any:
    """Return the value of a field with the names and order of the API server's own structs, as it prints them."""
    fields = _FIELDS.get(field)
    if fields is None or not isinstance(value, dict):
        return "" if value is None and field in _TEXTS else value
    return {_NAMES.get(name, f"{name[:1].upper()}{name[1:]}"): _internal(value.get(name), name) for name in fields}


def _check_profiles(context: Object, path: Path, minor: int) -> Problems:
    """The profiles and Windows options of a pod or a container."""
    yield from _check_seccomp_profile(context.get("seccompProfile"), (*path, "seccompProfile"))
    yield from _check_windows_options(as_mapping(context.get("windowsOptions")), (*path, "windowsOptions"))
    yield from _check_app_armor_profile(context.get("appArmorProfile"), (*path, "appArmorProfile"), minor)


def _check_type(profile: Any, path: Path) -> Problems:
    """The type of a profile is set, and one of three."""
    type_ = profile.get("type")
    if type_ is None or type_ == "":
        yield required((*path, "type"), f"type is required when {path[-1]} is set")
    elif isinstance(type_, str) and type_ not in PROFILE_TYPES:
        yield unsupported((*path, "type"), type_, PROFILE_TYPES)


def _check_seccomp_profile(profile: Any, path: Path) -> Problems:
    """`validateSeccompProfileField`: the type is required and one of three, and only Localhost goes with a path."""
    if not isinstance(profile, dict):
        return
    yield from _check_type(profile, path)
    type_, local, local_path = profile.get("type"), profile.get("localhostProfile"), (*path, "localhostProfile")
    if type_ == "Localhost":
        if local is None:
            yield required(local_path, "must be set when seccomp type is Localhost")
        elif isinstance(local, str):
            yield from check_local_path(local, local_path)
    elif local is not None and (type_ is None or isinstance(type_, str)):
        yield invalid(local_path, _internal(profile, "seccompProfile"), "can only be set when seccomp type is Localhost")


def _check_app_armor_profile(profile: Any, path: Path, minor: int) -> Problems:
    """`ValidateAppArmorProfileField`: the type is one of three, and only Localhost goes with a path, which is not padded."""
    if not isinstance(profile, dict):
        return
    yield from _check_type(profile, path)
    type_, local, local_path = profile.get("type"), profile.get("localhostProfile"), (*path, "localhostProfile")
    if type_ == "Localhost" and (local is None or isinstance(local, str)):
        if not local:
            yield required(local_path, "must be set when AppArmor type is Localhost")
        elif local.strip() != local:
            yield invalid(local_path, local, "must not be padded with whitespace")
        if size(as_text(local)) > _LONGEST_PATH:
            yield too_long(local_path, _LONGEST_PATH, minor, "may not be longer than {}")
    elif type_ in PROFILE_TYPES and isinstance(local, str):
        yield invalid(local_path, local, "can only be set when AppArmor type is Localhost")


def _check_sysctls(context: Object, spec: Object, path: Path) -> Problems:
    """`validateSysctls`: the form of each name, no name twice, and none of a namespace that the pod shares with the host."""
    names = set()
    for index, sysctl in enumerate(as_mappings(context.get("sysctls"))):
        name, at = sysctl.get("name"), (*path, "sysctls", index, "name")
        if not isinstance(name, str) or not name:
            continue
        if size(name) > _LONGEST_SYSCTL or not re.fullmatch(_SYSCTL, name):
            yield invalid(at, name, f"must have at most {_LONGEST_SYSCTL} characters and match regex {_SYSCTL}")
        elif name in names:
            yield duplicate(at, name)
        names.add(name)
        field = _host_namespace(name)
        if field and spec.get(field) is True:
            yield invalid(at, name, f"may not be specified when '{field}' is true")


def _host_namespace(sysctl: str) -> str:
    """Return the field of a pod that shares the namespace of a sysctl with the host; empty if the sysctl has no namespace."""
    separator = re.search(r"[./]", sysctl)
    name = sysctl.translate(_SYSCTL_SEPARATORS) if separator and separator[0] == "/" else sysctl
    name = name.partition("*")[0]
    if name.startswith("net."):
        return "hostNetwork"
    return "hostIPC" if name in _SYSCTLS_OF_IPC or name.startswith("fs.mqueue.") else ""


def _check_windows_options(options: Object, path: Path) -> Problems:
    """`validateWindowsSecurityContextOptions`: the user, and the name and size of the credentials."""
    name, credentials, user = (
        options.get(field) for field in ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName")
    )
    for error in dns_errors("subdomain", name) if isinstance(name, str) else ():
        yield invalid((*path, "gmsaCredentialSpecName"), name, error)
    if credentials == "":
        yield invalid((*path, "gmsaCredentialSpec"), "", "gmsaCredentialSpec cannot be an empty string")
    elif size(as_text(credentials)) > _LONGEST_CREDENTIALS:
        yield invalid((*path, "gmsaCredentialSpec"), credentials, "gmsaCredentialSpec size must be under 64 KiB")
    for error in _windows_user_errors(user) if isinstance(user, str) else ():
        yield invalid((*path, "runAsUserName"), user, f"runAsUserName{error}")


def _windows_user_errors(text: str) -> Iterator[str]:
    domain, backslash, user = text.rpartition("\\")
    if not text:
        yield " cannot be an empty string"
    elif re.search(r"[\x00-\x1f\x7f]", text):
        yield " cannot contain control characters"
    elif "\\" in domain:
        yield " cannot contain more than one backslash"
    else:
        if size(domain) > _LONGEST_DOMAIN:
            yield "'s Domain length must be under 256 characters"
        if backslash and not re.fullmatch(_WINDOWS_DOMAIN, domain):
            yield "'s Domain doesn't match the NetBios nor the DNS format"
        if not user:
            yield "'s User cannot be empty"
        elif size(user) > _LONGEST_USER:
            yield f"'s User length must not be longer than {_LONGEST_USER} characters"
        if re.fullmatch(r"[. ]+", user):
            yield "'s User cannot contain only periods or spaces"
        if re.search(r'["/\\:;|=,+*?<>@\[\]]', user):
            yield "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"
