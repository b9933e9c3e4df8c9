"""Read what nodes and the API report about running containers, from captures in files, folders and must-gathers.

These captures are supported:

- `crictl inspect`: one container, an array, or several outputs in one file
- the output of `jq .info.runtimeSpec.linux.seccomp` on it: `null` or a profile
- `crictl ps -o json`
- `/proc/PID/status`: the whole file, several files, or lines that grep prints
- `oc get pod -o yaml` or `-o json`, including lists

The labels in a capture identify its container. Without labels, the container ID or the PID identifies it, if another capture has the
same. Otherwise the file name does: `NAMESPACE_POD_CONTAINER.ext`, `POD_CONTAINER.ext` or `CONTAINER-ID.ext`. Kubernetes names have no
underscore.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scclint.admission.admit import SUBJECT_TYPE, VALIDATED_SCC
from scclint.errors import LoadError, UsageError
from scclint.files import read, walk
from scclint.files.dump import has_files, is_archive, pod_in_dump, read_dump
from scclint.objects.documents import load_text
from scclint.record import record, replace
from scclint.text import whole_number
from scclint.yaml.json import parse_json_stream
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_mapping, mappings

PROFILE_ANNOTATION = "io.kubernetes.cri-o.SeccompProfilePath"

_LABEL = "io.kubernetes."
_ID = re.compile(r"[0-9a-f]{12,64}")
_STATUS_LINE = re.compile(r"(?:/proc/(\d+)/(?:task/\d+/)?status:)?([A-Za-z_]+):[ \t]*(.*)")


class Identity(NamedTuple):
    """The name of a container in the cluster. A part that is unknown is empty."""

    namespace: str = ""
    pod: str = ""
    container: str = ""


class SeccompRequest(NamedTuple):
    """A `seccompProfile` field of the API. `localhost_profile` is empty unless the profile has a path."""

    type: str
    localhost_profile: str = ""


@record
class Observation:
    """What one capture shows about one container.

    `source` is `crictl`, `proc` or `pod`, and `file` is the file of the capture. If `has_profile` is True, `profile` is the seccomp
    object that the runtime got, or None for an unconfined container. `profile_name` is CRI-O's name of the profile (`RuntimeDefault`
    or a path). `mode` is the `Seccomp:` line of `/proc/PID/status`: 0 none, 1 strict, 2 filter. `scc`, `scc_subject` (`user` or
    `serviceaccount`) and `requested` are those of the pod after admission, and `owner` is the kind and name of its controller.
    `caps` is the bounding set.
    """

    identity: Identity
    source: str
    file: str
    has_profile: bool = False
    profile: Mapping[str, Any] | None = None
    profile_name: str = ""
    mode: int | None = None
    privileged: bool | None = None
    caps: frozenset[str] | None = None
    scc: str = ""
    scc_subject: str = ""
    requested: SeccompRequest | None = None
    owner: tuple[str, str] = ("", "")
    container_id: str = ""
    pid: int = 0


def captures(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the captures in `paths`, each as path and text; of a plain folder every file, in order of path.

    Raises UsageError for a path that is missing, and LoadError for what cannot be read.
    """
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"no such evidence: {path}")
        is_folder = os.path.isdir(path)
        gathered = has_files(path, pod_in_dump) if is_folder else is_archive(path)
        if gathered:
            yield from _gathered(path)
        elif is_folder:
            below = (os.path.join(folder, name) for folder, _, names in walk(path) for name in names)
            yield from ((file, read(file)) for file in sorted(below))
        else:
            yield path, read(path)


def _gathered(path: str) -> Iterator[tuple[str, str]]:
    has_pods = False
    for file in read_dump(path, path, pod_in_dump):
        if isinstance(file, LoadError):
            raise file
        has_pods = True
        yield file.name, file.text
    if not has_pods:
        raise LoadError("has no pods of a must-gather", path)


def read_evidence(files: Iterable[tuple[str, str]]) -> list[Observation]:
    """Return the observations of captures given as (path, text), in order, each with its container if the captures identify it.

    Raises LoadError for a text that is not a supported capture.
    """
    observations: list[Observation] = []
    names: dict[str, Identity] = {}
    for path, text in files:
        for item in _read(path, text):
            if isinstance(item, Observation):
                observations.append(item)
            else:
                names |= item
    for observation in observations:
        if observation.container_id and observation.identity.pod:
            names.setdefault(observation.container_id, observation.identity)
    pids = {
        observation.pid: observation.identity
        for observation in observations
        if observation.pid and observation.identity.pod and observation.source == "crictl"
    }
    return [_named(observation, names, pids) for observation in observations]


def _read(path: str, text: str) -> Iterator[Observation | dict[str, Identity]]:
    stripped = text.lstrip("\ufeff \t\r\n")
    if _STATUS_LINE.match(stripped) and re.search(r"(?m)^(?:/proc/\S+:)?Seccomp:[ \t]*\d", stripped):
        yield from _status(path, stripped)
        return
    for value in _values(path, text, stripped):
        yield from _value(path, value)


def _values(path: str, text: str, stripped: str) -> Iterator[Any]:
    if stripped.startswith(("{", "[", "null")):
        yield from (to_data(root) for _, root in parse_json_stream(text.removeprefix("\ufeff"), path, 1))
        return
    for document in load_text(path, text, frozenset()):
        if document.error is not None:
            raise document.error
        if document.root is not None:
            yield to_data(document.root)


def _value(path: str, value: Any) -> Iterator[Observation | dict[str, Identity]]:
    if isinstance(value, list):
        for item in value:
            yield from _value(path, item)
    elif value is None:
        yield Observation(Identity(), "crictl", path, has_profile=True)
    elif not isinstance(value, dict):
        raise _unknown(path)
    elif "info" in value or "runtimeSpec" in value:
        yield _inspected(path, value)
    elif isinstance(value.get("containers"), list) and "kind" not in value:
        yield {str(c.get("id", "")): _labelled(c) for c in value["containers"] if isinstance(c, dict)}
    elif isinstance(value.get("items"), list):
        for item in value["items"]:
            yield from _value(path, {"kind": str(value.get("kind", "")).removesuffix("List"), **as_mapping(item)})
    elif value.get("kind") == "Pod":
        yield from _pod(path, value)
    elif "defaultAction" in value:
        yield Observation(Identity(), "crictl", path, has_profile=True, profile=value)
    elif "kind" not in value:
        raise _unknown(path)


def _unknown(path: str) -> LoadError:
    forms = "crictl inspect, crictl ps -o json, a seccomp object, /proc/PID/status or oc get pod -o yaml"
    return LoadError(f"{path}: not a supported capture: expected the output of {forms}", path)


def _inspected(path: str, value: Mapping[str, Any]) -> Observation:
    info, status = as_mapping(value.get("info")) or value, as_mapping(value.get("status"))
    spec = as_mapping(info.get("runtimeSpec"))
    annotations, process = as_mapping(spec.get("annotations")), as_mapping(spec.get("process"))
    identity = _labelled(status) if status else Identity()
    if not identity.pod:
        identity = Identity(
            *(str(annotations.get(f"{_LABEL}{key}", "")) for key in ("pod.namespace", "pod.name", "container.name"))
        )
    bounding = as_mapping(process.get("capabilities")).get("bounding")
    privileged = info.get("privileged")
    linux = spec.get("linux")
    profile = as_mapping(linux).get("seccomp")
    return Observation(
        identity,
        "crictl",
        path,
        has_profile=isinstance(linux, Mapping),
        profile=profile if isinstance(profile, Mapping) else None,
        profile_name=str(annotations.get(PROFILE_ANNOTATION, "")).removeprefix("localhost/"),
        privileged=privileged if isinstance(privileged, bool) else None,
        caps=frozenset(map(str, bounding)) if isinstance(bounding, list) else None,
        container_id=str(status.get("id", "")),
        pid=info["pid"] if isinstance(info.get("pid"), int) else 0,
    )


def _labelled(container: Mapping[str, Any]) -> Identity:
    labels = as_mapping(container.get("labels"))
    name = labels.get(f"{_LABEL}container.name") or as_mapping(container.get("metadata")).get("name") or ""
    return Identity(str(labels.get(f"{_LABEL}pod.namespace", "")), str(labels.get(f"{_LABEL}pod.name", "")), str(name))


def _status(path: str, text: str) -> Iterator[Observation]:
    """Yield one observation per `Seccomp:` line. A `Pid:` line before it, or the path that grep prints, gives the PID."""
    pid = 0
    for line in text.splitlines():
        match = _STATUS_LINE.match(line)
        if match is None:
            continue
        key, value = match[2], match[3].strip()
        if key == "Name":
            pid = 0
        elif key == "Pid" and value.isdecimal():
            pid = whole_number(value)
        elif key == "Seccomp" and value.isdecimal():
            yield Observation(
                Identity(), "proc", path, mode=whole_number(value), pid=whole_number(match[1]) if match[1] else pid
            )


def _pod(path: str, pod: Mapping[str, Any]) -> Iterator[Observation]:
    metadata, spec, status = (as_mapping(pod.get(key)) for key in ("metadata", "spec", "status"))
    ids = {}
    for key in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for entry in mappings(status.get(key)):
            ids[str(entry.get("name"))] = str(entry.get("containerID") or "").rpartition("://")[2]
    controller = next((o for o in mappings(metadata.get("ownerReferences")) if o.get("controller")), {})
    annotations = as_mapping(metadata.get("annotations"))
    pod_wide = _requested(as_mapping(spec.get("securityContext")))
    for key in ("initContainers", "containers", "ephemeralContainers"):
        for container in mappings(spec.get(key)):
            context = as_mapping(container.get("securityContext"))
            name = str(container.get("name", ""))
            yield Observation(
                Identity(str(metadata.get("namespace", "")), str(metadata.get("name", "")), name),
                "pod",
                path,
                privileged=context.get("privileged") is True,
                scc=str(annotations.get(VALIDATED_SCC, "")),
                scc_subject=str(annotations.get(SUBJECT_TYPE, "")),
                requested=_requested(context) or pod_wide,
                owner=(str(controller.get("kind", "")), str(controller.get("name", ""))),
                container_id=ids.get(name, ""),
            )


def _requested(context: Mapping[str, Any]) -> SeccompRequest | None:
    profile = as_mapping(context.get("seccompProfile"))
    return SeccompRequest(str(profile["type"]), str(profile.get("localhostProfile") or "")) if profile.get("type") else None


def _named(observation: Observation, names: Mapping[str, Identity], pids: Mapping[int, Identity]) -> Observation:
    if observation.identity.pod:
        return observation
    identity = names.get(observation.container_id) or pids.get(observation.pid) or _by_file_name(observation.file, names)
    return replace(observation, identity=identity) if identity else observation


def _by_file_name(path: str, names: Mapping[str, Identity]) -> Identity | None:
    stem = os.path.basename(path).partition(".")[0]
    if _ID.fullmatch(stem):
        return next((identity for id, identity in names.items() if id.startswith(stem)), None)
    parts = stem.split("_")
    if len(parts) == 3:
        return Identity(*parts)
    return Identity("", *parts) if len(parts) == 2 else None
