"""The incidents in a text that people paste: each error of a cluster once, with the pod that it is about and the facts that it names."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from string import Formatter

from scclint.files.package_data import read_json
from scclint.message.clean import DENIAL, dense, records
from scclint.message.denial import Denial, read_denial
from scclint.platform.releases import DEFAULT, ORDER, is_within
from scclint.record import EMPTY, record, replace

_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?-?"
_OWNER_KINDS = {
    "daemonset": "DaemonSet",
    "deployment": "Deployment",
    "job": "Job",
    "cronjob": "CronJob",
    "replicaset": "ReplicaSet",
    "replicationcontroller": "ReplicationController",
    "statefulset": "StatefulSet",
    "taskrun": "TaskRun",
    "build": "Build",
    "pod": "Pod",
}
_OWNER = re.compile(
    rf"(?<![\w./-])(?:[a-z0-9-]{{1,63}}/)?({'|'.join(_OWNER_KINDS)})s?(?:\.[a-z0-9.]{{1,60}})?/({_NAME})", re.IGNORECASE
)
_IN_OWNER = re.compile(
    rf"\b(?:in |kind: ?(?=\w+ name: ))({'|'.join(kind for kind in _OWNER_KINDS.values() if kind != 'Pod')}) (?:name: )?({_NAME})"
)
_EVENT_OF = re.compile(rf'\bobject="(?:[a-z0-9-]{{1,63}}/)?({_NAME})"(?: fieldPath="[^"]{{0,99}}")? kind="(\w{{1,63}})"')
"""How the controller manager logs an event."""
CONTROLLERS = frozenset((
    "CronJob", "DaemonSet", "Deployment", "DeploymentConfig", "Job", "ReplicaSet", "ReplicationController", "StatefulSet",
))  # fmt: skip
"""The kinds of objects with a pod template that are judged as such."""
_HASH = r"-[bcdf-hj-np-tv-z2-9]{6,10}"
"""What a Deployment adds to its name for its ReplicaSet."""
_RANDOM = r"-[bcdf-hj-np-tv-z2-9]{5}"
"""What controllers add to their names for their pods."""
_MAKERS = (
    ("Job", re.compile(r"-(?:\d{8}|\d{10})$"), "CronJob"),
    ("ReplicationController", re.compile(r"-\d{1,9}$"), "DeploymentConfig"),
)
"""The kinds of objects that others make, what these add to their own name, and their kind."""
_COMMAND = re.compile(r"\b(?:oc|kubectl) (?:logs|get|describe|events) ")
_APPLIED = re.compile(r"/[\w.-]{1,253}+ (?:created|configured|unchanged|serverside-applied)\b")
_DESCRIBED = re.compile(r"(?:Name|Namespace|Priority|Node|Controlled By|Service Account):\s")
_CONTROLLER = re.compile(r"\b(daemonset|replicaset|statefulset|job|replication)-controller\b")
_SUBJECTS: Mapping[str, re.Pattern[str]] = {
    "pod": re.compile(
        rf'(?:[Pp]ods? "?|")({_NAME})"? is forbidden|\(pod: "({_NAME}|[a-z0-9.<>-]+)_[a-z0-9-]+\(|\bpods?/({_NAME})(?=[\s\'"]|$)'
        rf"|\bcreate Pod ({_NAME}) in\b|kind: Pod name: ({_NAME})|\bName: ({_NAME}) Namespace: \S{{1,63}} (?:Priority|Node|Service Account): "
        rf"|\b(?:oc|kubectl) logs (?:pods?/)?({_NAME})(?=\s|$)"
    ),
    "namespace": re.compile(
        r"\b(?:oc|kubectl) (?:logs|get|describe|events) [^|;`]{0,200}?(?<=\s)(?:-n|--namespace)[ =]([a-z0-9-]+)"
        r'|\(pod: "[a-z0-9.<>-]+_([a-z0-9-]+)\(|\bns/([a-z0-9-]+)|\b[Nn]amespaces?[":=/ ]+"?([a-z0-9][a-z0-9-]+)"?'
        r'|system:serviceaccount:([a-z0-9-]+):|\bobjectRef"?: "?([a-z0-9-]+)/|\bobject="([a-z0-9-]+)/[^"]+" (?:fieldPath|kind)='
        r"|^([a-z][a-z0-9-]*) (?:<unknown>|\d+[smhd]\S{0,30}) (?:\([^)]{1,40}\) )?(?:Warning|Normal) "
    ),
    "account": re.compile(
        r"system:serviceaccount:[a-z0-9-]+:([a-z0-9.-]+)|Service Account: ([a-z0-9.-]+)|serviceAccountName: ([a-z0-9.-]+)"
    ),
    "container": re.compile(
        r'\blogs [a-z0-9./-]{1,253} -c ([a-z0-9-]+)|(?:(?:^|[,(] ?)container: "?|\bcontainer\s")([a-z0-9][a-z0-9-]{0,62})(?![\w-])'
        r"|spec\.(?:initC|c)ontainers\{([a-z0-9-]+)\}"
    ),
}
"""What tells the subject of a record. The first group that matches counts."""

_ERROR_NUMBERS = frozenset(("eacces", "enosys", "eperm"))
"""Messages that are names of error numbers, which other words contain."""
_OF_MANY_FOLDERS = frozenset(
    (
        "/home", "/mnt", "/opt", "/run", "/srv", "/usr", "/usr/local", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log",
        "/var/run", "/var/spool",
    )
)  # fmt: skip
"""Folders of an image with a folder for each program."""
_OF_MANY_FILES = frozenset(
    (
        "/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local/bin", "/usr/local/sbin",
        "/usr/sbin",
    )
)  # fmt: skip
"""Folders of an image over which nothing can be mounted, because programs need their other files."""

_ENTRY_ALONE = "Forbidden: not usable by user or serviceaccount"
_QUOTES = "\"'` "
_REASON, _RULE = "Invalid value: ", "SCC101"
"""What reasons of SCCs have, and the rule of the kinds that they are of."""
_POLICY = re.compile(r'(?P<would>would )?violates? PodSecurity "(?P<level>[a-z]+):(?P<version>[a-z0-9.]+)": (?P<violations>.*)')


@record
class ErrorKind:
    """A kind of error that clusters, kubelets and programs report, of `errors.json`: how it is recognised, what it means and what to do.

    `messages` are fixed parts of it, and `pattern` a regular expression whose named groups are facts. `meaning`, `fix` and `ask` are
    Markdown; of a kind with a pattern they are format strings, in which `{path}` stands for the fact `path`. The entries of `fix` are
    alternatives, the best first. `ask` is the command that shows what the text does not. `rules` report the cause in manifests.
    A kind that is `common` counts only in a record that has no other.
    """

    title: str
    messages: tuple[str, ...]
    meaning: tuple[str, ...]
    fix: tuple[str, ...]
    rules: tuple[str, ...]
    common: bool = False
    pattern: str = ""
    ask: str = ""


@record
class Incident:
    """One error: its `kinds`, the best first, the record that it is in, and whom it is about, as far as the text says.

    `facts` are those of the first kind. `denial` is what SCC admission says, `policy` the Pod Security level that is violated
    (`restricted:latest`), `violations` what violates it, and `enforced` is False if that is only a warning. `owner` is the kind and
    name of the object whose pods these are. `since` and `until` are the releases with this wording. `count` is how often the text has it,
    and `other_paths` are those of the same folder.
    """

    kinds: tuple[ErrorKind, ...]
    text: str
    facts: Mapping[str, str] = EMPTY
    denial: Denial | None = None
    policy: str = ""
    violations: str = ""
    enforced: bool = False
    pod: str = ""
    namespace: str = ""
    owner: tuple[str, str] = ("", "")
    account: str = ""
    container: str = ""
    since: str = ""
    until: str = ""
    count: int = 1
    other_paths: tuple[str, ...] = ()


def incidents(text: str) -> tuple[Incident, ...]:
    """Return the incidents in a text, in its order; those that are equal but for the pod of one owner or a path in one folder are one."""
    found: list[Incident] = []
    context = described = ""
    for line in records(text):
        here = [*_of_record(line)]
        if _DESCRIBED.match(line):
            # `oc describe` names the object before its events.
            described = line if line.startswith("Name:") else f"{described} {line}"
        elif _COMMAND.search(line):
            described = line
        if here:
            found += [_with_subject(incident, f"{line} {context} {described}") for incident in here]
            context = ""
        elif found and not described:
            # The line after an error often names its pod. kubectl names the objects in the order of its warnings.
            place = next((place for place, each in enumerate(found) if not each.owner[1]), -1) if _APPLIED.search(line) else -1
            found[place] = _with_subject(found[place], line)
        else:
            context = line
    alike: dict[object, list[Incident]] = {}
    for incident in filter(lambda incident: not _is_side_effect(incident, found), found):
        facts = tuple((name, value) for name, value in incident.facts.items() if name not in ("path", "dir", "mount"))
        same = (
            incident.kinds[:1],
            facts,
            incident.denial,
            incident.policy,
            incident.violations,
            _pods_of(incident),
            incident.namespace,
            incident.container,
        )
        alike.setdefault(same, []).append(incident)
    return tuple(merged for group in alike.values() for merged in _by_folder(group))


def _is_side_effect(incident: Incident, found: Sequence[Incident]) -> bool:
    """Return whether a common error of a pod stands beside one that says more."""
    pods = ("", incident.pod)
    return _is_common(incident) and any(not _is_common(other) and (incident.pod == "" or other.pod in pods) for other in found)


def _is_common(incident: Incident) -> bool:
    return incident.denial is None and all(kind.common for kind in incident.kinds)


def owner_of(incident: Incident) -> tuple[str, str]:
    """Return the kind and name of the workload that a person wrote: the Deployment of a ReplicaSet, the object whose pods are named."""
    kind, name = incident.owner
    name = name or incident.pod.rstrip("-")
    for made, suffix, maker in _MAKERS:
        if kind == made and suffix.search(name):
            return maker, suffix.sub("", name)
    if kind in ("ReplicaSet", "") and (kind or incident.pod.endswith("-")) and re.search(rf"{_HASH}$", name):
        return "Deployment", re.sub(rf"{_HASH}$", "", name)
    if not kind and re.search(rf"{_HASH}{_RANDOM}$", name):
        return "Deployment", re.sub(rf"{_HASH}{_RANDOM}$", "", name)
    return (kind, name) if kind in CONTROLLERS else ("Pod", name)


def _pods_of(incident: Incident) -> tuple[str, str]:
    """Return what pods of one controller have in common."""
    kind, name = owner_of(incident)
    return (kind, re.sub(rf"(?:{_RANDOM}|-\d+)$", "", name)) if kind == "Pod" else (kind, name)


def _by_folder(alike: Sequence[Incident]) -> Iterator[Incident]:
    """Yield the incidents that differ in their paths at most: those of one folder as one, which has the first path and the others."""
    groups: list[list[Incident]] = []
    for incident in alike:
        group = next((group for group in groups if any(_are_near(incident, other) for other in group)), None)
        if group is None:
            groups.append(group := [])
        group.append(incident)
    for group in groups:
        others = dict.fromkeys(path for incident in group if (path := incident.facts.get("path", "")))
        yield replace(group[0], count=len(group), other_paths=tuple(others)[1:])


def _are_near(one: Incident, other: Incident) -> bool:
    first, second = (incident.facts.get("path", "") for incident in (one, other))
    folders = (one.facts.get("dir"), other.facts.get("dir"))
    return folders[0] == folders[1] or any(
        path.startswith(f"{folder.rstrip('/')}/") for path, folder in ((first, second), (second, first)) if folder
    )


@cache
def kinds() -> tuple[ErrorKind, ...]:
    """Return the kinds of errors.json, in its order."""
    entries = (entry for section in read_json(__file__, "errors.json")["sections"] for entry in section["entries"])
    return tuple(
        ErrorKind(
            entry["title"],
            tuple(entry["messages"]),
            tuple(entry["meaning"]),
            tuple(entry["fix"]),
            tuple(entry["rules"]),
            entry.get("common", False),
            entry.get("pattern", ""),
            entry.get("ask", ""),
        )
        for entry in entries
    )


def release_of(incident: Incident) -> str:
    """Return the release to judge for: the default one, or the one that is nearest to it and writes such a message."""
    if not is_within(DEFAULT, until=incident.until):
        return incident.until
    return DEFAULT if is_within(DEFAULT, incident.since) else incident.since


def _of_record(line: str) -> Iterator[Incident]:
    """Yield the incidents of a record. A denial by SCC admission or Pod Security is one, and so is the most exact kind of other errors."""
    since, until = _releases(line)
    if dense(DENIAL) not in dense(line) and _has_reasons(line):
        # The beginning of the denial is missing.
        line = f"{DENIAL}: [{line.strip(_QUOTES)}"
    if dense(DENIAL) in dense(line):
        denial = read_denial(line)
        closest = denial.closest
        reasons = " ".join(reason.text for reason in closest.reasons) if closest else line
        yield Incident(_kinds_in(reasons) or _kinds_in(line), line, denial=denial, since=since, until=until)
        return
    policy = _POLICY.search(line)
    here = _kinds_in(line)
    if policy:
        named = f"{policy['level']}:{policy['version']}"
        yield Incident(
            here, line, policy=named, violations=policy["violations"], enforced=not policy["would"], since=since, until=until
        )
    elif here:
        yield Incident(here, line, facts=_facts(here[0], line), since=since, until=until)


def _has_reasons(line: str) -> bool:
    """Return whether a record has reasons of SCCs. Those of PodSecurityPolicy read alike, and are a kind of their own."""
    return _ENTRY_ALONE in line or (_REASON in line and any(_RULE in kind.rules for kind in _kinds_in(line)))


def _kinds_in(text: str) -> tuple[ErrorKind, ...]:
    """Return the kinds in a text: those with facts before the others, and common ones only where there is no other."""
    packed = dense(text)
    named = [
        kind
        for message, kind in _messages()
        if message in packed and (message not in _ERROR_NUMBERS or message in _words(text))
    ]
    here = [kind for kind in kinds() if kind in named and (not kind.pattern or re.search(kind.pattern, text))]
    here = [kind for kind in here if kind.pattern or kind.common or not any(other.pattern for other in here)]
    here.sort(key=lambda kind: not kind.pattern)
    return tuple([kind for kind in here if not kind.common] or here)


@cache
def _messages() -> tuple[tuple[str, ErrorKind], ...]:
    """Return each message as it stands in dense text, with its kind."""
    return tuple((dense(message), kind) for kind in kinds() for message in kind.messages)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _facts(kind: ErrorKind, text: str) -> Mapping[str, str]:
    match = re.search(kind.pattern, text) if kind.pattern else None
    if match is None:
        return EMPTY
    facts = {name.rstrip("234"): value for name, value in match.groupdict().items() if value}
    if path := facts.get("path", "").rstrip("."):
        facts["path"] = path
        facts["dir"] = _folder_of(path.rstrip("/"))
        if path.startswith("/") and posixpath.dirname(path) not in _OF_MANY_FILES:
            facts["mount"] = facts["dir"]
    return facts


def _folder_of(path: str) -> str:
    """Return the folder that holds a file, but not one of the system: then the folder or file itself."""
    if not path.startswith("/"):
        return "DIRECTORY"
    folder, name = posixpath.split(path)
    if folder in _OF_MANY_FOLDERS and "." in name:
        return folder
    return path if folder.strip("/") == "" or folder in _OF_MANY_FOLDERS | _OF_MANY_FILES else folder


def _with_subject(incident: Incident, text: str) -> Incident:
    """Return the incident with whom the text is about, where it does not know that yet."""
    changes: dict[str, object] = {}
    for field, pattern in _SUBJECTS.items():
        match = pattern.search(text)
        if match and not getattr(incident, field):
            changes[field] = next(filter(None, match.groups()))
    owner = _OWNER.search(text) or _IN_OWNER.search(text)
    controller, logged = _CONTROLLER.search(text), _EVENT_OF.search(text)
    if not incident.owner[0] and owner and owner[1].lower() != "pod":
        changes["owner"] = (_OWNER_KINDS[owner[1].lower()], owner[2])
    elif not incident.owner[0] and logged and logged[2].lower() in _OWNER_KINDS:
        changes["owner"] = (logged[2], logged[1])
    elif not incident.owner[0] and controller:
        kind = _OWNER_KINDS.get(controller[1], "ReplicationController")
        changes["owner"] = (kind, "")
    return replace(incident, **changes) if changes else incident


def _releases(line: str) -> tuple[str, str]:
    """Return the oldest and newest release with this wording; empty if it does not show."""
    bounds: dict[str, list[str]] = {"since": [], "until": []}
    for wording in _wordings():
        if re.search(wording["pattern"], line):
            for bound in bounds:
                bounds[bound] += [wording[bound]] if bound in wording else []
    since = max(bounds["since"], key=ORDER.__getitem__, default="")
    until = min(bounds["until"], key=ORDER.__getitem__, default="")
    return (since, until) if not since or is_within(since, until=until) else ("", "")


@cache
def _wordings() -> tuple[Mapping[str, str], ...]:
    return tuple(read_json(__file__, "errors.json")["releases"])


def filled(kind: ErrorKind, markdown: str, facts: Mapping[str, str]) -> str:
    """Return a text of a kind with its facts filled in. A sentence whose fact the message lacks is left out.

    `dir` is the folder of the path, or a word for it, and `mount` the same if a volume can be mounted over it.
    """
    if not kind.pattern:
        return markdown
    sentences = re.split(r"(?<=[.])\s+(?=[A-Z`])", markdown)
    kept = (
        text for text in sentences if all(name in facts or name == "dir" for _, name, _, _ in Formatter().parse(text) if name)
    )
    return " ".join(kept).format_map(facts if "dir" in facts else {"dir": "DIRECTORY", **facts})


def without_links(markdown: str) -> str:
    """Return a text of the table without the addresses of its links."""
    return re.sub(r"\[([^\]\[]{1,100})\]\([^()\s]{1,200}\)", r"\1", markdown)
