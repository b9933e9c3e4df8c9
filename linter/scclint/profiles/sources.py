"""Find the seccomp profiles in the input, look them up as the kubelet does, and check each where it is written."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scclint.admission.decoding import decode_object
from scclint.errors import LoadError
from scclint.finding import Path
from scclint.objects.ignition import NodeFile, files_of
from scclint.objects.types import (
    ApiObject,
    MachineConfig,
    ProfileSource,
    SeccompProfile,
    SeccompProfileFile,
)
from scclint.profiles.lint import ANY, Target, lint_data, lint_profile, lint_startup
from scclint.profiles.problem import ProfileProblem, problem
from scclint.profiles.providers import (
    PARTIAL,
    SECCOMP_ROOT,
    TOO_MUCH,
    ProfileObjects,
    ProfileProvider,
    Resolution,
    bases_of,
    resolve_localhost,
)
from scclint.profiles.resolve import NATIVE
from scclint.profiles.schema import check_shape, valid_part
from scclint.record import Memo, grouped, record, replace
from scclint.source import Span
from scclint.yaml.json import parse_json, parse_json_stream
from scclint.yaml.nodes import locate, to_data
from scclint.yaml.untyped import Object, as_list, as_mapping, as_mappings

_STARTUP = frozenset(("cannot-start", "missing-essential", "missing-runtime-setup", "clone3-refused"))
"""Problems that need the whole profile: its base profiles may allow what the profile itself does not."""
_OF_THE_FILE = _STARTUP | {"missing-architectures", "architecture-of-no-node", "allows-by-default", "notify-by-default"}
"""Problems of the file that the operator writes. A profile inherits only the rules of its base profiles."""
_SPEC = frozenset(("defaultAction", "architectures", "syscalls", "flags", "listenerPath", "listenerMetadata"))
_ABOUT_THE_OBJECT = frozenset(("baseProfileName", "state", "disabled"))
_RULE = frozenset(("names", "action", "errnoRet", "args"))
_EXTENDING = re.compile(r"^runtime[-_.]?default|default[-_.](?:plus|with)", re.I)
_OF_A_RUNTIME = re.compile(r"(?:crun|runc)-v[0-9]")
"""What the operator calls the profiles that others take as their base: the syscalls of a container runtime.
Source: security-profiles-operator, examples/baseprofile-runc.yaml."""
_CLONE3 = "Add a rule that answers clone3 with errnoRet 38 (ENOSYS): a SeccompProfile has no defaultErrnoRet."


OPEN = Target(arches=())
"""The target for which the profile itself chooses the architectures."""


@record
class Flaw:
    """A problem of a profile that an object contains.

    `path` is the place within the object; `span` is set if no path can name it. `where` is the place within a text that the
    object contains in encoded form (`/path/on/node.json, line 3, column 7`), else empty.
    """

    problem: ProfileProblem
    path: Path
    where: str = ""
    span: Span | None = None


ANY_MINOR = 0
"""The Kubernetes minor by which these kinds are decoded: their fields are the same in all."""


class Profiles:
    """The profiles among the objects of a run and in `directories`, which have the layout of the kubelet's directory."""

    def __init__(self, objects: Iterable[ApiObject], directories: Sequence[str] = ()) -> None:
        objects = list(objects)
        whole = (o for o in objects if isinstance(o, SeccompProfile | MachineConfig) and not o.partial)
        well_formed = [o for o in whole if not decode_object(o.manifest, ANY_MINOR).errors]
        self._well_formed = {id(o): o for o in well_formed}
        self._by_manifest = {id(o.manifest): o for o in reversed(well_formed)}
        self._manifests = ProfileObjects(o.manifest for o in well_formed)
        based = (o.field("spec", "baseProfileName").value for o in well_formed if isinstance(o, SeccompProfile))
        self._bases = {name for name in based if isinstance(name, str)}
        self._files = [o for o in objects if isinstance(o, SeccompProfileFile)]
        self._directories = directories
        self._memo = Memo()

    def resolve(self, localhost_profile: str) -> Resolution:
        """Return what provides the file. A profile file in the input counts if its path ends in `localhost_profile`."""
        return self._memo((Profiles.resolve, localhost_profile), lambda: self._resolve(localhost_profile))

    def _resolve(self, localhost_profile: str) -> Resolution:
        resolution = resolve_localhost(localhost_profile, self._manifests, self._directories)
        listed = {os.path.abspath(p.name) for p in resolution.providers if p.kind == "file"}
        names = localhost_profile.count("/") + 1
        files = self._memo((Profiles._by_ending, names), lambda: self._by_ending(names)).get(localhost_profile, ())
        more = (ProfileProvider("file", "", o.file, o.data) for o in files if os.path.abspath(o.file) not in listed)
        return replace(resolution, providers=(*resolution.providers, *more))

    def _by_ending(self, names: int) -> dict[str, list[SeccompProfileFile]]:
        """Return the profile files by the last so many names of their paths."""
        return grouped(("/".join(f"/{file.file}".rsplit("/", names)[1:]), file) for file in self._files)

    def written(self, manifest: Object | None) -> ApiObject | None:
        """Return the object with this manifest."""
        return self._by_manifest.get(id(manifest))

    def provided(self, localhost_profile: str) -> set[int | str]:
        """Return the `key_of` of everything that provides the file; of several files on disk, only the first."""
        providers = self.resolve(localhost_profile).providers
        files = [os.path.abspath(p.name) for p in providers if p.kind == "file"]
        return {id(p.source) for p in providers if p.source is not None}.union(files[:1])

    def flaws(self, source: ProfileSource, target: Target = OPEN, *, used: bool = True) -> Iterator[Flaw]:
        """Yield the problems of the profiles in `source`.

        `used` is False if containers use the profile only as the base of other profiles.
        """
        name = os.path.basename(source.file) if isinstance(source, SeccompProfileFile) else source.name
        target = _as_named(target, name)
        if isinstance(source, SeccompProfileFile):
            yield from _not_json(source)
            yield from (Flaw(flaw, flaw.path) for flaw in lint_data(source.data, _for_nodes(source.data, target)))
        elif isinstance(source, SeccompProfile):
            yield from (Flaw(flaw, ("spec", *flaw.path)) for flaw in self._of_operator(source, target, used))
        elif isinstance(source, MachineConfig) and id(source) in self._well_formed:
            for file in files_of(source.manifest):
                yield from _of_node_file(file, target)

    def _of_operator(self, source: SeccompProfile, target: Target, used: bool) -> Iterator[ProfileProblem]:
        spec = source.manifest.get("spec")
        if not isinstance(spec, dict):
            message = "it has no spec, so it has no profile" if spec is None else "its spec is not a mapping"
            yield problem("wrong-type", message=message, help="Write the profile under `spec`.")
            return
        yield from _dropped(spec)
        profile = _as_kept(spec)
        target = _for_nodes(profile, target)
        labels = source.field("metadata", "labels").value
        part = isinstance(labels, dict) and PARTIAL in labels
        based = bool(spec.get("baseProfileName"))
        base_only = not used and (source.name in self._bases or _OF_A_RUNTIME.match(source.name) is not None)
        problems = list(lint_data(profile, target))
        starts = all(flaw.id != "cannot-start" for flaw in problems)
        for flaw in problems:
            if flaw.id == "missing-architectures" and not starts:
                continue  # Nothing runs that could make a syscall.
            if flaw.id not in _OF_THE_FILE:
                yield flaw
            elif not base_only and not (flaw.id in _STARTUP and (part or based)):
                yield _with_operator_fix(flaw)
        if based and not part and id(source) in self._well_formed:
            yield from self._of_bases(source, target)

    def _of_bases(self, source: SeccompProfile, target: Target) -> Iterator[ProfileProblem]:
        """Yield why containers cannot start with the rules of a profile and of its bases together."""
        bases, problem_of_bases = bases_of(source.manifest, self._manifests)
        if problem_of_bases == TOO_MUCH:
            yield problem("large-base", ("baseProfileName",), why=TOO_MUCH)
        elif not problem_of_bases:
            rules = [rule for part in (*reversed(bases), source.manifest) for rule in self._valid_part(part)["syscalls"]]
            yield from map(_with_operator_fix, lint_startup({**self._valid_part(source.manifest), "syscalls": rules}, target))

    def _valid_part(self, manifest: Object) -> dict[str, Any]:
        """Return the valid part of the spec of a SeccompProfile, cached because many profiles may be based on it."""
        profile = _as_kept(as_mapping(manifest.get("spec")))
        return self._memo((Profiles._valid_part, id(manifest)), lambda: valid_part(profile, list(check_shape(profile))))


def key_of(source: ProfileSource) -> int | str:
    """Return the key by which `Profiles.provided` names a source."""
    return os.path.abspath(source.file) if isinstance(source, SeccompProfileFile) else id(source.manifest)


def _not_json(source: SeccompProfileFile) -> Iterator[Flaw]:
    """Yield what YAML accepts but the runtime rejects in a JSON file: a trailing comma, a comment, an unquoted word."""
    document = source.document
    if not document.text.lstrip().startswith("{"):
        return
    try:
        for _ in parse_json_stream(document.text, document.file, document.line):
            pass
    except LoadError as error:
        flaw, span = invalid_json(error)
        yield Flaw(flaw, (), span=span)


def invalid_json(error: LoadError) -> tuple[ProfileProblem, Span]:
    """Return the problem of a text that is not JSON, and its place."""
    line, column = max(error.line, 1), max(error.column, 1)
    return problem("invalid-json", error=error.message), Span(error.file, line, column, line, column)


def _dropped(spec: Object) -> Iterator[ProfileProblem]:
    """Yield the fields that profile files may have but SeccompProfiles may not: the API server drops them without a warning."""
    help = "Remove it: the API server drops it, so the operator never reads it."
    for key in (key for key in spec if key not in _SPEC and key not in _ABOUT_THE_OBJECT):
        message = f"`{key}` is not a field of a SeccompProfile's spec"
        yield problem("unknown-key", (key,), message=message, help=help)
    for index, rule in enumerate(as_mappings(spec.get("syscalls"))):
        for key in (key for key in rule if key not in _RULE):
            message = f"syscalls[{index}]: `{key}` is not a field of a SeccompProfile's rules"
            yield problem("unknown-key", ("syscalls", index, key), message=message, help=help)


def _as_kept(spec: Object) -> dict[str, Any]:
    """Return the part of the spec that the operator writes to the file."""
    profile = {key: value for key, value in spec.items() if key in _SPEC}
    if isinstance(rules := profile.get("syscalls"), list):
        profile["syscalls"] = [{k: v for k, v in r.items() if k in _RULE} if isinstance(r, dict) else r for r in rules]
    return profile


def _with_operator_fix(flaw: ProfileProblem) -> ProfileProblem:
    return replace(flaw, help=_CLONE3) if flaw.id == "clone3-refused" else flaw


def _of_node_file(file: NodeFile, target: Target) -> Iterator[Flaw]:
    text = file.text
    below = file.path.startswith(f"{SECCOMP_ROOT}/")
    if text is None:
        if below and file.broken:
            yield Flaw(problem("no-content", why=file.problem), file.at, file.path)
        return
    if not below and not ('"defaultAction"' in text and "SCMP_ACT_" in text):
        return
    try:
        root = parse_json(text, file.path)
    except LoadError as error:
        placed = iter([invalid_json(error)])
    else:
        problems = lint_profile(root, _for_nodes(to_data(root), _as_named(target, os.path.basename(file.path))))
        placed = ((flaw, flaw.span or locate(root, flaw.path)[0]) for flaw in problems)
    for flaw, span in placed:
        yield Flaw(flaw, file.at, f"{file.path}, line {span.line}, column {span.column}")


def _as_named(target: Target, name: str) -> Target:
    """Return the target for a profile of this name, which may say what the profile extends: `runtime-default-plus-keyctl`."""
    return replace(target, extends=True) if _EXTENDING.search(name) else target


def _for_nodes(profile: object, target: Target) -> Target:
    """Return the target. If it has no architectures, use those that the profile lists, or else the usual one."""
    if target.arches:
        return target
    tokens = as_list(as_mapping(profile).get("architectures"))
    return replace(target, arches=tuple(arch for arch, token in NATIVE.items() if token in tokens) or ANY.arches)
