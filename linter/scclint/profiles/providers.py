"""Find what provides the file that a `localhostProfile` names.

The kubelet looks for the file in `/var/lib/kubelet/seccomp` on the node. The Security Profiles Operator (from a SeccompProfile), a
MachineConfig or an administrator puts it there; a local directory can represent the node's. Up to 0.8.4, SeccompProfiles are
namespaced, and the operator writes `operator/<namespace>/<name>.json`. From 0.9.0 on they are cluster-scoped, and it writes
`operator/<name>.json`. apiVersion v1 exists since 1.0.0.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scclint.errors import LoadError
from scclint.files import Reach, read
from scclint.finding import Path
from scclint.limits import MAX_INHERITED
from scclint.objects.ignition import MACHINE_CONFIG, file_of, paths_of, role_of
from scclint.record import Memo, grouped, record
from scclint.yaml.untyped import Object, as_list, as_mapping

SECCOMP_ROOT = "/var/lib/kubelet/seccomp"
OPERATOR_GROUP = "security-profiles-operator.x-k8s.io"
PARTIAL = "spo.x-k8s.io/partial"
"""The label of a SeccompProfile that is merged into another one, and not written itself."""
DEPTH = 15
"""The number of base profiles that the operator follows."""

TOO_MUCH = f"its base profiles have more than {MAX_INHERITED:,} rules, names and conditions"

_OPERATOR_PATH = re.compile(r"operator/(?:([^/]+)/)?([^/]+)\.json")
_ON_DISK = ("defaultAction", "architectures", "flags", "listenerPath", "listenerMetadata", "syscalls")


@record
class ProfileProvider:
    """An object or a file that puts the profile file on nodes.

    `kind` is `SeccompProfile`, `MachineConfig` or `file`. `name` is the name of the object or the path of the file. `content` is the
    profile as plain JSON if an object contains it, its text if a file does, and None if the input does not show it. `source` is the
    object, and `path` is the place of the content within it. `role` is the machine config role, empty for every node. `problem` is
    the reason why the content is unknown, incomplete or not delivered. `delivered` is False if the file does not get to the node.
    """

    kind: str
    namespace: str
    name: str
    content: Mapping[str, Any] | str | None
    source: Object | None = None
    path: Path = ()
    role: str = ""
    problem: str = ""
    delivered: bool = True


@record
class Resolution:
    """The result of looking up one `localhostProfile`.

    `providers` has everything that provides it; a provider for every node comes first. If no SeccompProfile matches the path but one
    has the name, `meant` is that object, `expected` is its path, and `mismatch` is a clause that ends before the path. Otherwise
    these are empty.
    """

    localhost_profile: str
    providers: tuple[ProfileProvider, ...]
    mismatch: str = ""
    expected: str = ""
    meant: Object | None = None


class ProfileObjects:
    """The API objects of the input, indexed for the lookups of this module."""

    def __init__(self, objects: Iterable[Object]) -> None:
        objects = list(objects)
        self.named: dict[str, list[Object]] = {}
        """The SeccompProfiles that the operator may write as `KEY.json`: a name that ends in `.json` is used as it is."""
        self._bases: dict[tuple[str, str], Object] = {}
        for profile in objects:
            if profile.get("kind") == "SeccompProfile" and str(profile.get("apiVersion")).startswith(f"{OPERATOR_GROUP}/"):
                name = _name(profile)
                for file in {name, name.removesuffix(".json")}:
                    self.named.setdefault(file, []).append(profile)
                self._bases["" if _is_v1(profile) else _namespace(profile), name] = profile
        self._sizes = Memo()
        configs = sorted((o for o in objects if o.get("kind") == MACHINE_CONFIG), key=_name)
        self.files = grouped((path, (config, index)) for config in configs for index, path in paths_of(config))
        """The MachineConfigs that write a file, by its path and sorted by name, each with the index of its entry."""

    def base(self, profile: Object, name: str) -> Object | None:
        """Return the SeccompProfile that the `baseProfileName` of `profile` names."""
        return self._bases.get((_namespace(profile), name)) or self._bases.get(("", name))

    def size(self, profile: Object) -> int:
        """Return the number of rules, names and conditions of a SeccompProfile."""
        rules = _spec(profile).get("syscalls") or ()
        listed = (as_list(as_mapping(rule).get(key)) for rule in rules for key in ("names", "args"))
        return self._sizes(id(profile), lambda: len(rules) + sum(map(len, listed)))


def resolve_localhost(localhost_profile: str, objects: ProfileObjects, profile_dirs: Sequence[str] = ()) -> Resolution:
    """Return what provides `localhost_profile`, among API objects and in directories with the node's layout."""
    providers = [*_from_machine_configs(localhost_profile, objects), *_from_directories(localhost_profile, profile_dirs)]
    match = _OPERATOR_PATH.fullmatch(localhost_profile)
    if match is None:
        return Resolution(localhost_profile, tuple(providers))
    namespace, name = match[1], match[2]
    named = objects.named.get(name, [])
    fitting = [p for p in named if _fits(p, namespace)]
    providers = [_provider(p, objects) for p in fitting] + providers
    if fitting or not named:
        return Resolution(localhost_profile, tuple(providers))
    meant = named[0]
    return Resolution(localhost_profile, tuple(providers), _mismatch(meant, namespace), localhost_path(meant), meant)


def localhost_path(profile: Object) -> str:
    """Return the `localhostProfile` of a SeccompProfile. It includes the namespace if one is set and the apiVersion allows one."""
    name = _name(profile)
    file = name if name.endswith(".json") else f"{name}.json"
    namespace = "" if _is_v1(profile) else _namespace(profile)
    return f"operator/{namespace}/{file}" if namespace else f"operator/{file}"


def operator_profile(profile: Object, objects: ProfileObjects) -> tuple[dict[str, Any], str]:
    """Return the file that the operator writes for a SeccompProfile, and the problem of its base profiles.

    The file has the spec, with the syscalls of the base profiles before its own. The problem is a clause, empty if there is none: a
    base profile is not in the input or in a registry, or the base profiles form a cycle, are too deep or too large. `objects` must
    include the base profiles.
    """
    spec = _spec(profile)
    written = {key: spec[key] for key in _ON_DISK if spec.get(key) is not None}
    bases, problem = bases_of(profile, objects)
    syscalls = [rule for part in (*reversed(bases), profile) for rule in _spec(part).get("syscalls") or ()]
    if syscalls:
        written["syscalls"] = syscalls
    return written, problem


def bases_of(profile: Object, objects: ProfileObjects) -> tuple[list[Object], str]:
    """Return the base profiles of a SeccompProfile, the nearest first, and the problem that ended the search, or an empty text."""
    names, size = {_name(profile)}, 0
    bases: list[Object] = []
    while base := _spec(bases[-1] if bases else profile).get("baseProfileName"):
        if str(base).startswith("oci://"):
            return bases, f"its base profile {base} is in a registry"
        if base in names:
            return bases, f"its base profiles form a cycle at {base!r}"
        if len(names) > DEPTH:
            return bases, f"its base profiles are more than {DEPTH} deep"
        next_base = objects.base(profile, base)
        if next_base is None:
            return bases, f"its base profile {base!r} is not in the input"
        size += objects.size(next_base)
        if size > MAX_INHERITED:
            return bases, TOO_MUCH
        names.add(base)
        bases.append(next_base)
    return bases, ""


def _fits(profile: Object, namespace: str | None) -> bool:
    """Return whether the path can be that of the profile. A v1beta1 profile without a namespace may have either scope."""
    if _is_v1(profile):
        return namespace is None
    return _namespace(profile) in ("", namespace) if namespace else not _namespace(profile)


def _mismatch(profile: Object, namespace: str | None) -> str:
    """Return why the operator does not write the path, as a clause that ends before the path it writes."""
    name = _name(profile)
    if namespace is None:
        return f"SeccompProfile {name} is in namespace {_namespace(profile)}, so it needs an operator up to 0.8, which writes"
    if _is_v1(profile):
        return f"SeccompProfile {name} has version v1 and is cluster-scoped, so its operator (1.0 and newer) writes"
    return f"SeccompProfile {name} is in namespace {_namespace(profile)}, not {namespace}, so the operator writes"


def _provider(profile: Object, objects: ProfileObjects) -> ProfileProvider:
    content, problem = operator_profile(profile, objects)
    spec = _spec(profile)
    labels = (profile.get("metadata") or {}).get("labels") or {}
    is_disabled, is_partial = spec.get("disabled") is True or spec.get("state") == "Disabled", PARTIAL in labels
    state = f"it has the label {PARTIAL}" if is_partial else ""
    if is_disabled:
        state = "it is disabled"
    why_not = f"{state}, so the operator does not write it" if state else ""
    names = _namespace(profile), _name(profile)
    return ProfileProvider("SeccompProfile", *names, content, profile, ("spec",), "", why_not or problem, not why_not)


def _from_machine_configs(localhost_profile: str, objects: ProfileObjects) -> Iterator[ProfileProvider]:
    """Yield one provider per role: of several MachineConfigs of a role, the last one by name takes effect."""
    last = {role_of(config): (config, index) for config, index in objects.files.get(f"{SECCOMP_ROOT}/{localhost_profile}", ())}
    for role, (config, index) in sorted(last.items(), key=lambda item: item[0]):
        file = file_of(config, index)
        yield ProfileProvider(MACHINE_CONFIG, "", _name(config), file.text, config, file.at, role, file.problem)


def _from_directories(localhost_profile: str, profile_dirs: Sequence[str]) -> Iterator[ProfileProvider]:
    if localhost_profile.startswith("/") or ".." in localhost_profile.split("/"):
        return
    for directory in profile_dirs:
        path = os.path.join(directory, *localhost_profile.split("/"))
        if not os.path.isfile(path) or not Reach(directory).has(path):
            continue
        try:
            yield ProfileProvider("file", "", path, read(path))
        except LoadError as error:
            yield ProfileProvider("file", "", path, None, problem=f"reading it failed: {error.message}")


def _is_v1(item: Object) -> bool:
    return str(item.get("apiVersion", "")).partition("/")[2] == "v1"


def _spec(item: Object) -> Mapping[str, Any]:
    return as_mapping(item.get("spec"))


def _name(item: Object) -> str:
    return str((item.get("metadata") or {}).get("name") or "")


def _namespace(item: Object) -> str:
    return str((item.get("metadata") or {}).get("namespace") or "")
