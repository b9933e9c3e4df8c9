"""Build CRI-O's RuntimeDefault profile for a CRI-O release, a capability bounding set and an architecture.

CRI-O takes the default profile of containers/common and edits it (CRI-O `internal/config/seccomp`). When it creates a container, it
filters the rules by the container's capabilities. `RELEASES` says which CRI-O an OpenShift release has.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from scclint.cluster.cluster import Cluster
from scclint.errors import UsageError
from scclint.platform.releases import RELEASES, minor_release, release_of
from scclint.profiles.resolve import NATIVE, Profile, resolve_profile
from scclint.seccomp.tables import table
from scclint.text import whole_number

OLDEST, NEWEST = min(release.crio for release in RELEASES.values()), max(release.crio for release in RELEASES.values())
"""The oldest and newest known minor release of CRI-O 1."""

_NEWEST_PATCH = 1_000
_SYS_ADMIN = {"caps": ["CAP_SYS_ADMIN"]}
_NEW_NAMESPACE_FLAGS = (0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x02000000)
"""CLONE_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET, _NEWCGROUP, in CRI-O's order."""


class Variant(NamedTuple):
    """One of the distinct RuntimeDefaults.

    `base` is the index of the base table. `namespaces` is True if `clone` may create namespaces without CAP_SYS_ADMIN. `crio` is
    one release with this variant, and `releases` describes all of them.
    """

    base: int
    namespaces: bool
    crio: str
    releases: str


VARIANTS = (
    Variant(0, True, "1.24.0", "CRI-O 1.24 (OpenShift 4.11)"),
    Variant(1, True, "1.25.0", "CRI-O 1.25.0 to 1.29.8 and 1.30.0 to 1.30.5 (OpenShift 4.12 to 4.15, early 4.16 and 4.17)"),
    Variant(1, False, "1.29.9", "CRI-O 1.29.9 and later, 1.30.6 and later (OpenShift 4.16 and 4.17)"),
    Variant(2, False, "1.31.0", "CRI-O 1.31 and 1.32 (OpenShift 4.18 and 4.19)"),
    Variant(3, False, "1.33.0", "CRI-O 1.33, 1.34 and 1.35.0 (OpenShift 4.20 and 4.21)"),
    Variant(4, False, "1.35.1", "CRI-O 1.35.1 and later (OpenShift 4.22, 4.23 and 5.0)"),
)
"""CRI-O 1.36 vendors the same version of go.podman.io/common as 1.35, so its profile is the same."""


def resolve(crio: str, caps: Iterable[str] = (), arch: str = "amd64") -> Profile:
    """Return the OCI seccomp object of RuntimeDefault for a CRI-O release, a bounding set and an architecture.

    `crio` is `1.29.8`, or `1.29` for its newest patch release; `caps` are full names (see `scclint.seccomp.capabilities`);
    `arch` is a key of `scclint.profiles.resolve.NATIVE`. Raises UsageError for an unknown release or architecture.
    """
    return resolve_variant(variant_of(crio), caps, arch)


def resolve_variant(variant: Variant, caps: Iterable[str] = (), arch: str = "amd64") -> Profile:
    """Return the same as `resolve`, for one of `VARIANTS`."""
    if arch not in NATIVE:
        raise UsageError(f"unknown architecture {arch!r}: use one of {', '.join(NATIVE)}")
    profile = resolve_profile(_edited(variant, arch), caps, arch)
    assert profile is not None
    return profile


_FIRST_OF_BASE = ((25, 0), (31, 0), (33, 0), (35, 1))
"""The releases of CRI-O, as minor and patch, from which each next base holds."""

_FIRST_RESTRICTED = {29: 9, 30: 6}
"""By minor of CRI-O, the first patch release without the syscalls that make namespaces. Older minors have none, newer ones all."""


def variant_of(crio: str) -> Variant:
    """Return the variant of a CRI-O release. Raises UsageError for an unknown release."""
    minor, patch = _parse(crio)
    base = sum((minor, patch) >= first for first in _FIRST_OF_BASE)
    restricted = minor > max(_FIRST_RESTRICTED) or patch >= _FIRST_RESTRICTED.get(minor, patch + 1)
    return next(v for v in VARIANTS if (v.base, v.namespaces) == (base, not restricted))


def crio_of(openshift: str) -> str:
    """Return the CRI-O minor release of an OpenShift release: `1.29` for `4.16`. Raises UsageError except for a known release."""
    openshift = openshift.removeprefix("v")
    minor = minor_release(openshift)
    if minor != openshift and minor in RELEASES:
        raise UsageError(f"OpenShift {openshift}: use the minor release ({minor}), or set the CRI-O release with --crio 1.NN.P")
    return f"1.{release_of(openshift).crio}"


def crio_on(cluster: Cluster) -> str:
    """Return the CRI-O minor release (`1.35`) of a cluster's nodes; the closest known one on plain Kubernetes."""
    if cluster.release:
        return crio_of(cluster.release)
    return f"1.{min(max(cluster.kubernetes_minor, OLDEST), NEWEST)}"


def openshift_of(crio: str) -> str:
    """Return the oldest OpenShift release that ships a CRI-O release: `4.16` for `1.29.8`. Raises UsageError as `resolve` does."""
    minor, _ = _parse(crio)
    return next(name for name, release in RELEASES.items() if release.crio == minor)


def deciding_capabilities(crio: str) -> frozenset[str]:
    """Return the capabilities that change what RuntimeDefault allows on that release."""
    rules = _edited(variant_of(crio), "amd64")["syscalls"]
    filters = (rule.get(side) or {} for rule in rules for side in ("includes", "excludes"))
    return frozenset(cap for chosen in filters for cap in chosen.get("caps", ()))


def _parse(crio: str) -> tuple[int, int]:
    parts = crio.split(".")
    if len(parts) in (2, 3) and parts[0] == "1" and all(p.isascii() and p.isdecimal() for p in parts):
        minor, patch = whole_number(parts[1]), whole_number(parts[2]) if len(parts) == 3 else _NEWEST_PATCH
        if OLDEST <= minor <= NEWEST:
            return minor, patch
    raise UsageError(f"unknown CRI-O release {crio!r}: use 1.{OLDEST} to 1.{NEWEST}, optionally with a patch release (1.29.8)")


@cache
def _base(index: int) -> tuple[Profile, ...]:
    """Return the rules of a base table in the containers/common format."""
    rules = []
    for packed in table("runtime_default")["rules"]:
        if _includes(packed.get("bases", ""), index):
            marked = [name.partition("@") for name in packed["names"].split()]
            names = [name for name, _, bases in marked if _includes(bases, index)]
            rules.append({key: value for key, value in packed.items() if key != "bases"} | {"names": names})
    return tuple(rules)


def _includes(bases: str, index: int) -> bool:
    """Return whether a range of base tables (`1-3`) includes one; an empty range includes all."""
    first, _, last = bases.partition("-")
    return not bases or int(first) <= index <= int(last)


@cache
def _edited(variant: Variant, arch: str) -> dict[str, Any]:
    """Return a base table after CRI-O's edits, as a profile in the containers/common format."""
    data = table("runtime_default")
    removed = ("unshare",) if variant.namespaces else ("clone", "clone3", "unshare")
    rules = list(_base(variant.base))
    # CRI-O overwrites each of the removed names with the last name and keeps the length, so the last name repeats.
    names = [rules[1]["names"][-1] if name in removed else name for name in rules[1]["names"]]
    rules[1] = {**rules[1], "names": names}
    rules.append({"names": list(removed), "action": "SCMP_ACT_ALLOW", "includes": _SYS_ADMIN})
    if not variant.namespaces:
        rules += _namespace_rules(1 if arch == "s390x" else 0)
    arch_map = [{"architecture": main, "subArchitectures": subs} for main, subs in data["archMap"].items()]
    return {
        "defaultAction": data["defaultAction"],
        "defaultErrnoRet": data["defaultErrnoRet"],
        "archMap": arch_map,
        "syscalls": rules,
    }


def _namespace_rules(flags_index: int) -> list[Profile]:
    """Return the rules that allow `clone` unless it creates a namespace, and deny `clone3` so that libc falls back to `clone`.

    The flags are the first argument of `clone`, and the second on s390x. runc combines several conditions on one argument with OR.
    """
    every = sum(_NEW_NAMESPACE_FLAGS)
    none = {"index": flags_index, "value": every, "op": "SCMP_CMP_MASKED_EQ"}
    flag_rule = {"index": flags_index, "op": "SCMP_CMP_MASKED_EQ"}
    each = [{**flag_rule, "value": flag, "valueTwo": flag} for flag in _NEW_NAMESPACE_FLAGS]
    return [
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [none]},
        {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": each, "excludes": _SYS_ADMIN},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": _SYS_ADMIN},
    ]
