"""The seccomp profiles that objects of the input hold: looked up as the kubelet does, and checked where they are written."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scclint.admission.decoding import check_object
from scclint.cluster.ignition import NodeFile, files_of
from scclint.errors import LoadError
from scclint.finding import Path, Severity
from scclint.model.node_config import (
    MachineConfig,
    MachineConfigPool,
    ProfileBinding,
    ProfileSource,
    SeccompProfile,
    SeccompProfileFile,
)
from scclint.model.object import ApiObject
from scclint.profiles.lint import ANY, Target, invalid_json, lint_data, lint_startup, lint_text, sound_part
from scclint.profiles.problem import BROKEN, ProfileProblem
from scclint.profiles.providers import SECCOMP_ROOT, TOO_MUCH, Objects, Provider, Resolution, bases_of, resolve_localhost
from scclint.profiles.resolve import NATIVE
from scclint.record import record, replace
from scclint.source import Span
from scclint.yaml.locate import locate

Object = Mapping[str, Any]

_STARTUP = frozenset(("cannot-start", "missing-essential", "missing-runtime-setup", "clone3-refused"))
"""What only the whole profile can tell: its base profiles may allow what it does not."""
_SPEC = frozenset(("defaultAction", "architectures", "syscalls", "flags", "listenerPath", "listenerMetadata"))
_ABOUT_THE_OBJECT = frozenset(("baseProfileName", "state", "disabled"))
_RULE = frozenset(("names", "action", "errnoRet", "args"))
_LARGE_BASE = "Take out of the base profiles what stands there more than once."
_CLONE3 = "Add a rule that answers clone3 with errnoRet 38 (ENOSYS): a SeccompProfile has no defaultErrnoRet."


OPEN = Target(arches=())
"""Nodes of whatever architecture the profile is written for."""


@record
class Flaw:
    """A problem of a profile that an object holds. `path` leads to the place within the object; `span` is set where none does.

    `where` is the place within a text that the object holds encoded: `/path/on/node.json, line 3, column 7`; else empty.
    """

    problem: ProfileProblem
    path: Path
    where: str = ""
    span: Span | None = None


class Profiles:
    """The profiles among the objects of a run and in `directories`, which are laid out as the kubelet's on the node."""

    def __init__(self, objects: Iterable[ApiObject], directories: Sequence[str] = ()) -> None:
        kinds = (SeccompProfile, MachineConfig, MachineConfigPool, ProfileBinding)
        objects = list(objects)
        sound = [o for o in objects if isinstance(o, kinds) and not o.partial and not check_object(o.manifest)]
        self._sound = {id(o): o for o in sound}
        self._by_manifest = {id(o.manifest): o for o in reversed(sound)}
        self._manifests = Objects(o.manifest for o in sound)
        based = (o.field("spec", "baseProfileName").value for o in sound if isinstance(o, SeccompProfile))
        self._bases = {name for name in based if isinstance(name, str)}
        self._files = [o for o in objects if isinstance(o, SeccompProfileFile)]
        self._ends: dict[int, dict[str, list[SeccompProfileFile]]] = {}
        self._directories = directories
        self._resolved: dict[str, Resolution] = {}
        self._parts: dict[int, dict[str, Any]] = {}

    def resolve(self, localhost_profile: str) -> Resolution:
        """What provides the file. A profile file of the input whose own path ends in this one counts, too."""
        found = self._resolved.get(localhost_profile)
        if found is None:
            found = resolve_localhost(localhost_profile, self._manifests, self._directories)
            known = {os.path.abspath(p.name) for p in found.providers if p.kind == "file"}
            files = [o for o in self._ending(localhost_profile) if os.path.abspath(o.file) not in known]
            more = tuple(Provider("file", "", o.file, o.data) for o in files)
            found = self._resolved[localhost_profile] = replace(found, providers=found.providers + more)
        return found

    def _ending(self, path: str) -> list[SeccompProfileFile]:
        """The profile files whose own path ends in this one."""
        names = path.count("/") + 1
        if names not in self._ends:
            ends = self._ends[names] = {}
            for file in self._files:
                ends.setdefault("/".join(f"/{file.file}".rsplit("/", names)[1:]), []).append(file)
        return self._ends[names].get(path, [])

    def written(self, manifest: Object | None) -> ApiObject | None:
        """The object whose manifest this is."""
        return self._by_manifest.get(id(manifest))

    def provided(self, localhost_profile: str) -> set[int | str]:
        """What provides the file, each by `key_of`; of several files on disk the first."""
        providers = self.resolve(localhost_profile).providers
        files = [os.path.abspath(p.name) for p in providers if p.kind == "file"]
        return {id(p.source) for p in providers if p.source is not None}.union(files[:1])

    def flaws(self, source: ProfileSource, target: Target = OPEN, *, used: bool = True) -> Iterator[Flaw]:
        """The problems of what the source holds. `used`: containers use it as it is, not only as the base of other profiles."""
        if isinstance(source, SeccompProfileFile):
            yield from _not_json(source)
            for problem in lint_data(source.data, _for_nodes(source.data, target)):
                yield Flaw(problem, problem.path)
        elif isinstance(source, SeccompProfile):
            for problem in self._of_operator(source, target, used):
                yield Flaw(problem, ("spec", *problem.path))
        elif isinstance(source, MachineConfig) and id(source) in self._sound:
            for file in files_of(source.manifest):
                yield from _of_node_file(file, target)

    def _of_operator(self, source: SeccompProfile, target: Target, used: bool) -> Iterator[ProfileProblem]:
        spec = source.manifest.get("spec")
        if not isinstance(spec, dict):
            message = "it has no spec, so no profile" if spec is None else "its spec is no mapping"
            yield ProfileProblem("wrong-type", BROKEN, Severity.ERROR, message, "Write the profile under `spec`.")
            return
        yield from _dropped(spec)
        kept = _as_kept(spec)
        target = _for_nodes(kept, target)
        labels = source.field("metadata", "labels").value
        part = isinstance(labels, dict) and "spo.x-k8s.io/partial" in labels
        based = bool(spec.get("baseProfileName"))
        for problem in lint_data(kept, target):
            if problem.id not in _STARTUP:
                yield problem
            elif not (part or based or (not used and source.name in self._bases)):
                yield _as_operator_could(problem)
        if based and not part and id(source) in self._sound:
            bases, problem_of_bases = bases_of(source.manifest, self._manifests)
            if problem_of_bases == TOO_MUCH:
                message = f"what containers need to start is not looked for: {TOO_MUCH}"
                yield ProfileProblem("large-base", BROKEN, Severity.WARNING, message, _LARGE_BASE, ("baseProfileName",))
            elif not problem_of_bases:
                rules = [rule for part in (*reversed(bases), source.manifest) for rule in self._sound_part(part)["syscalls"]]
                for problem in lint_startup({**self._sound_part(source.manifest), "syscalls": rules}, target):
                    yield _as_operator_could(problem)

    def _sound_part(self, manifest: Object) -> dict[str, Any]:
        """What is well-formed in the spec of a SeccompProfile, worked out once however many are based on it."""
        part = self._parts.get(id(manifest))
        if part is None:
            spec = manifest.get("spec")
            part = self._parts[id(manifest)] = sound_part(_as_kept(spec if isinstance(spec, dict) else {}))
        return part


def key_of(source: ProfileSource) -> int | str:
    """How `Profiles.provided` names a source."""
    return os.path.abspath(source.file) if isinstance(source, SeccompProfileFile) else id(source.manifest)


def _not_json(source: SeccompProfileFile) -> Iterator[Flaw]:
    """What YAML lets pass and the runtime does not, in a file that is meant as JSON: a comma too much, a comment, bare words."""
    document = source.document
    if not document.text.lstrip().startswith("{"):
        return
    from scclint.yaml.json import parse_json_stream

    try:
        for _ in parse_json_stream(document.text, document.file, document.line):
            pass
    except LoadError as error:
        problem = invalid_json(error)
        yield Flaw(replace(problem, span=None), (), span=problem.span)


def _dropped(spec: Object) -> Iterator[ProfileProblem]:
    """Fields that files may have and SeccompProfiles do not: the API server drops them without a word."""
    settle = "Take it out: the operator never sees it."
    for key in (key for key in spec if key not in _SPEC and key not in _ABOUT_THE_OBJECT):
        message = f"`{key}` is no field of a SeccompProfile's spec"
        yield ProfileProblem("unknown-key", BROKEN, Severity.WARNING, message, settle, (key,))
    rules = spec.get("syscalls")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        for key in [key for key in rule if key not in _RULE] if isinstance(rule, dict) else ():
            message = f"syscalls[{index}]: `{key}` is no field of a SeccompProfile's rules"
            yield ProfileProblem("unknown-key", BROKEN, Severity.WARNING, message, settle, ("syscalls", index, key))


def _as_kept(spec: Object) -> dict[str, Any]:
    """The spec as the operator gets it, as far as it makes the file."""
    kept = {key: value for key, value in spec.items() if key in _SPEC}
    if isinstance(rules := kept.get("syscalls"), list):
        kept["syscalls"] = [{k: v for k, v in r.items() if k in _RULE} if isinstance(r, dict) else r for r in rules]
    return kept


def _as_operator_could(problem: ProfileProblem) -> ProfileProblem:
    return replace(problem, settle=_CLONE3) if problem.id == "clone3-refused" else problem


def _of_node_file(file: NodeFile, target: Target) -> Iterator[Flaw]:
    text = file.text
    below = file.path.startswith(f"{SECCOMP_ROOT}/")
    if text is None:
        if below and file.broken:
            settle = "Write the file as a data: URL, in base64 or percent-encoded."
            yield Flaw(ProfileProblem("no-content", BROKEN, Severity.ERROR, file.problem, settle), file.at, file.path)
        return
    if not below and not ('"defaultAction"' in text and "SCMP_ACT_" in text):
        return
    from scclint.yaml.json import parse_json
    from scclint.yaml.nodes import to_data

    try:
        root = parse_json(text, file.path)
    except LoadError:
        root = None
    for problem in lint_text(text, file.path, _for_nodes(to_data(root), target)):
        span = problem.span or (locate(root, problem.path)[0] if root is not None else None)
        place = f", line {span.line}, column {span.column}" if span else ""
        yield Flaw(problem, file.at, f"{file.path}{place}")


def _for_nodes(profile: object, target: Target) -> Target:
    """The target, where it names no nodes with those that the profile is written for; where that does not say, the usual ones."""
    if target.arches:
        return target
    listed = profile.get("architectures") if isinstance(profile, Mapping) else None
    tokens = listed if isinstance(listed, list) else []
    return replace(target, arches=tuple(arch for arch, token in NATIVE.items() if token in tokens) or ANY.arches)
