"""Resolve a profile in the containers/common format to the OCI seccomp object that runc gets, as CRI-O does.

The behaviour is that of containers/common `pkg/seccomp` as vendored by CRI-O 1.24 to 1.36. It ignores `minKernel`, which only
Docker supports.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from scclint.errors import LoadError
from scclint.seccomp.tables import errno_number
from scclint.text import whole_number

Profile = dict[str, Any]
"""A seccomp profile as plain JSON. A resolved profile is in the OCI format."""

NATIVE = {
    "amd64": "SCMP_ARCH_X86_64",
    "arm64": "SCMP_ARCH_AARCH64",
    "ppc64le": "SCMP_ARCH_PPC64LE",
    "riscv64": "SCMP_ARCH_RISCV64",
    "s390x": "SCMP_ARCH_S390X",
}
"""The architectures of nodes in Go's names, each with its libseccomp token."""

_MAPPED = ("amd64", "arm64", "s390x")


def resolve_profile(profile: Mapping[str, Any], caps: Iterable[str] = (), arch: str = "amd64") -> Profile | None:
    """Return the OCI seccomp object for a container with the bounding set `caps` (`CAP_SYS_ADMIN`, ...) on `arch`.

    The result is None if the profile has neither a default action nor syscalls: CRI-O then applies no filter.
    Raises LoadError if CRI-O would not create the container.
    """
    rules = profile.get("syscalls") or ()
    if not profile.get("defaultAction") and not rules:
        return None
    bounding_set = frozenset(caps)
    resolved: Profile = {"defaultAction": profile.get("defaultAction", "")}
    errno = _errno(profile.get("defaultErrno"), profile.get("defaultErrnoRet"))
    if errno is not None:
        resolved["defaultErrnoRet"] = errno
    if architectures := _architectures(profile, arch):
        resolved["architectures"] = architectures
    for key in ("flags", "listenerPath", "listenerMetadata"):
        if profile.get(key):
            resolved[key] = profile[key]
    if applied_rules := [_rule(rule) for rule in rules if _applies(rule, bounding_set, arch)]:
        resolved["syscalls"] = [rule for rule in applied_rules if rule["names"]]
    return resolved


def _architectures(profile: Mapping[str, Any], arch: str) -> list[str]:
    listed: list[str] = list(profile.get("architectures") or ())
    mapped = profile.get("archMap") or ()
    if listed and mapped:
        raise LoadError("the profile has both 'architectures' and 'archMap', which CRI-O rejects: use one of them")
    if arch in _MAPPED:
        for entry in mapped:
            if entry.get("architecture") == NATIVE[arch]:
                return [NATIVE[arch], *(entry.get("subArchitectures") or ())]
    return listed


def _applies(rule: Mapping[str, Any], bounding_set: Collection[str], arch: str) -> bool:
    """Return whether a rule applies. Capabilities are compared exactly, so an entry without `CAP_` matches none."""
    excludes, includes = rule.get("excludes") or {}, rule.get("includes") or {}
    if arch in (excludes.get("arches") or ()) or any(cap in bounding_set for cap in excludes.get("caps") or ()):
        return False
    if (arches := includes.get("arches")) and arch not in arches:
        return False
    return all(cap in bounding_set for cap in includes.get("caps") or ())


def _rule(rule: Mapping[str, Any]) -> Profile:
    name, names = rule.get("name"), rule.get("names")
    if name and names:
        raise LoadError("a rule of the profile has both 'name' and 'names', which CRI-O rejects: use one of them")
    resolved: Profile = {"names": [name] if name else list(names or ()), "action": rule.get("action", "")}
    errno = _errno(rule.get("errno"), rule.get("errnoRet"))
    if errno is not None:
        resolved["errnoRet"] = errno
    if args := rule.get("args"):
        resolved["args"] = [_arg(arg) for arg in args]
    return resolved


def _arg(arg: Mapping[str, Any]) -> Profile:
    resolved: Profile = {"index": arg.get("index", 0), "value": arg.get("value", 0)}
    if arg.get("valueTwo"):
        resolved["valueTwo"] = arg["valueTwo"]
    return resolved | {"op": arg.get("op", "")}


def _errno(name: object, number: int | None) -> int | None:
    """Return the errno number: a name or quoted number overrides the plain number."""
    if not name:
        return number
    text = str(name)
    code = whole_number(text) if text.isascii() and text.isdecimal() else errno_number(text)
    if code is None:
        raise LoadError(f"unknown errno {text}")
    return code
