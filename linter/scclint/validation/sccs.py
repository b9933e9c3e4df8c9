"""What the API server refuses of a SecurityContextConstraints beyond its schema.

As the validating plugin of the OpenShift API server does (openshift/kubernetes, customresourcevalidation), with its words,
after the defaulting that fills in what is left out.
"""

import re
from typing import Any, TypeGuard

from scclint.validation.problem import Problems, forbidden, invalid, required, unsupported
from scclint.yaml.untyped import Object, as_list, as_mapping, as_mappings, as_text, texts

RUN_AS_USER_TYPES = ("MustRunAs", "MustRunAsNonRoot", "MustRunAsRange", "RunAsAny")
TWO_TYPES = ("MustRunAs", "RunAsAny")

SYSCTL_MAX_LENGTH = 253
_SYSCTL_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
SYSCTL_PATTERN = rf"({_SYSCTL_SEGMENT}\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]"


def check_scc(root: Object) -> Problems:
    """The problems of one SecurityContextConstraints. Values of a wrong type are left to the walk over its schema."""
    priority = root.get("priority")
    if _is_integer(priority) and priority < 0:
        yield invalid(("priority",), priority, "priority cannot be negative")
    yield from _check_strategy(root, "runAsUser", RUN_AS_USER_TYPES)
    uid = as_mapping(root.get("runAsUser")).get("uid")
    if _is_integer(uid) and uid < 0:
        yield invalid(("runAsUser", "uid"), uid, "uid cannot be negative")
    yield from _check_strategy(root, "seLinuxContext", TWO_TYPES)
    for name in ("fsGroup", "supplementalGroups"):
        yield from _check_groups(root, name)
    yield from _check_capabilities(root)
    if root.get("defaultAllowPrivilegeEscalation") is True and root.get("allowPrivilegeEscalation") is False:
        text = "Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true"
        yield invalid(("defaultAllowPrivilegeEscalation",), True, text)
    yield from _check_volumes(root)
    yield from _check_sysctls(root)


def _check_strategy(root: Object, name: str, types: tuple[str, ...]) -> Problems:
    """A strategy that defaulting does not fill in: it must be there, with a known type."""
    strategy = root.get(name)
    text = f"invalid strategy type.  Valid values are {', '.join(types)}"
    if strategy is None:
        yield required((name, "type"), text)
    elif isinstance(strategy, dict):
        value = strategy.get("type")
        if value is None or value == "":
            yield required((name, "type"), text)
        elif isinstance(value, str) and value not in types:
            yield invalid((name, "type"), value, text)


def _check_groups(root: Object, name: str) -> Problems:
    strategy = as_mapping(root.get(name))
    value = as_text(strategy.get("type"))
    if value and value not in TWO_TYPES:
        yield unsupported((name, "type"), value, TWO_TYPES)
    for index, id_range in enumerate(as_mappings(strategy.get("ranges"))):
        low, high = (0 if id_range.get(bound) is None else id_range[bound] for bound in ("min", "max"))
        if not _is_integer(low) or not _is_integer(high):
            continue
        path = (name, "ranges", index)
        if low < 0:
            yield invalid((*path, "min"), low, "min cannot be negative")
        if high < 0:
            yield invalid((*path, "max"), high, "max cannot be negative")
        if low > high:
            yield invalid((*path, "min"), id_range, "min cannot be greater than max")


def _check_capabilities(root: Object) -> Problems:
    drops = texts(root.get("requiredDropCapabilities"))
    for name in ("defaultAddCapabilities", "allowedCapabilities"):
        for index, capability in enumerate(as_list(root.get(name))):
            if capability in drops:
                text = f"capability is listed in {name} and requiredDropCapabilities"
                yield invalid((name, index), capability, text, named=name)
    if drops and "*" in texts(root.get("allowedCapabilities")):
        text = "required capabilities must be empty when all capabilities are allowed by a wildcard"
        yield invalid(("requiredDropCapabilities",), drops, text)


def _check_volumes(root: Object) -> Problems:
    volumes = _effective_volumes(root)
    if "none" in volumes and len(volumes) > 1:
        yield invalid(("volumes",), sorted(volumes), "if 'none' is specified, no other values are allowed")
    drivers = as_list(root.get("allowedFlexVolumes"))
    if drivers and not {"flexVolume", "*"} & volumes:
        text = "volumes does not include 'flexVolume' or '*', so no flex volumes are allowed"
        yield invalid(("allowedFlexVolumes",), drivers, text)
        return
    for index, driver in enumerate(drivers):
        if isinstance(driver, dict) and driver.get("driver") in (None, ""):
            yield required(("allowedFlexVolumes", index, "driver"), "must specify a driver")


def _effective_volumes(root: Object) -> set[str]:
    """Return the volume types after defaulting. `*` is not replaced by the types that it means."""
    if root.get("volumes") is None:
        return {"*"}
    host_path = root.get("allowHostDirVolumePlugin") is True
    volumes = set(texts(root.get("volumes")))
    if not volumes:
        return {"hostPath"} if host_path else {"none"}
    if not host_path:
        return volumes - {"hostPath"}
    return volumes if "*" in volumes else volumes | {"hostPath"}


def _check_sysctls(root: Object) -> Problems:
    for name in ("allowedUnsafeSysctls", "forbiddenSysctls"):
        sysctls = as_list(root.get(name))
        for index, sysctl in enumerate(sysctls):
            if sysctl == "":
                yield invalid((name, index), sysctl, "empty sysctl not allowed")
            elif isinstance(sysctl, str) and (len(sysctl) > SYSCTL_MAX_LENGTH or not re.fullmatch(SYSCTL_PATTERN, sysctl)):
                text = f"must have at most {SYSCTL_MAX_LENGTH} characters and match regex {SYSCTL_PATTERN}"
                yield invalid((name, index), sysctl, text)
        if len(sysctls) > 1 and "*" in texts(sysctls):
            yield forbidden((name,), "if '*' is present, must not specify other sysctls")
    for i, allowed in enumerate(texts(root.get("allowedUnsafeSysctls"))):
        for j, refused in enumerate(texts(root.get("forbiddenSysctls"))):
            if _covers(refused, allowed):
                yield invalid(("allowedUnsafeSysctls", i), allowed, f"sysctl overlaps with {refused}")
            elif _covers(allowed, refused):
                yield invalid(("forbiddenSysctls", j), refused, f"sysctl overlaps with {allowed}")


def _covers(pattern: str, sysctl: str) -> bool:
    """Return whether `pattern` matches a sysctl or pattern. A `*` at the end of `pattern` matches any text."""
    return sysctl.removesuffix("*").startswith(pattern[:-1]) if pattern.endswith("*") else pattern == sysctl


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
