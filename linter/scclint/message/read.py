"""Reads a message that was copied from a terminal, an event or a log: which errors of a cluster it has, and what it reveals."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from scclint.data import read_json
from scclint.model.releases import ORDER
from scclint.record import EMPTY, record

_DENIAL = "unable to validate against any security context constraint"
_NOT_USABLE = "Forbidden: not usable by user or serviceaccount"
_NEXT = re.compile(
    r"(?<!:)[, ]{1,2}(?=provider |\.spec\.|\.(?:initC|c|ephemeralC)ontainers\[|spec\.|(?:pod\.)?metadata\.annotations\[|no access to scc"
    r"|fsGroup: |securityContext\.|capabilities\.add: )"
)
"""What is between two entries of a denial. Releases before 4.11 have no comma."""

_OF_SCC = re.compile(r'provider "?([a-z0-9.-]+)"?: ?(.*)')
_POD = re.compile(r'pods? "([a-z0-9.-]+)" is forbidden|\(pod: "([a-z0-9.-]+)_([a-z0-9-]+)\(')
_RANGE = re.compile(r"must be in the ranges: \[(\d+), (\d+)\]")
_LEVEL = re.compile(r"must be (s0:c\d+,c\d+)")
_POLICY = re.compile(r'violates? PodSecurity "([a-z]+:[a-z0-9.]+)"')


@record
class ClusterError:
    """An error that clusters report: its meaning and fix as Markdown, and the rules that report its cause.

    `messages` are fixed parts of it. An error that is `common` counts only if the message has no other.
    """

    title: str
    messages: tuple[str, ...]
    meaning: tuple[str, ...]
    fix: str
    rules: tuple[str, ...]
    common: bool = False


@record
class Message:
    """What a pasted message says.

    `errors` are the known errors in it, those of the cause alone. For a denial by SCCs, `rejections` are the reasons of each SCC that the
    pod may use, by name (empty for reasons that name none), `scc` is the SCC whose reasons are the cause, and `denied` are the SCCs
    that the pod may not use. `pod` is the name of the pod, or its beginning. `uid_range` (first and last user ID) and `level` are those of
    the namespace, and `policy` is the Pod Security level that it enforces. `since` and `until` are the releases with this wording.
    `cut` is True if the end of the list of SCCs is missing. What the message does not say is empty.
    """

    errors: tuple[ClusterError, ...]
    pod: str = ""
    namespace: str = ""
    rejections: Mapping[str, tuple[str, ...]] = EMPTY
    scc: str = ""
    denied: tuple[str, ...] = ()
    uid_range: tuple[str, ...] = ()
    level: str = ""
    policy: str = ""
    since: str = ""
    until: str = ""
    cut: bool = False


def explain_message(text: str) -> Message:
    """Return what a message says. It may be wrapped, cut off, or quoted in JSON, and other text may be around it."""
    line = " ".join(text.replace('\\"', '"').replace("\\n", " ").split())
    # Of several events, the first counts.
    after = (*line.split(_DENIAL, 2), "")[1] if _DENIAL in line else ""
    rejections, denied = _by_scc(after)
    scc = min(rejections, key=lambda name: _distance(name, rejections[name]), default="")
    pod, uid_range, level, policy = _POD.search(line), _RANGE.search(line), _LEVEL.search(line), _POLICY.search(line)
    since, until = _releases(line)
    return Message(
        errors=_errors(" ".join(rejections[scc]) if rejections else line),
        pod=(pod[1] or pod[2]) if pod else "",
        namespace=(pod[3] or "") if pod else "",
        rejections=rejections,
        scc=scc,
        denied=denied,
        uid_range=uid_range.groups() if uid_range else (),
        level=level[1] if level else "",
        policy=policy[1] if policy else "",
        since=since,
        until=until,
        cut="[" in after and "]" not in after[-40:],
    )


@cache
def known_errors() -> tuple[ClusterError, ...]:
    """Return the errors of errors.json, in its order."""
    entries = (entry for section in read_json(__file__, "errors.json")["sections"] for entry in section["entries"])
    return tuple(
        ClusterError(
            entry["title"],
            tuple(entry["messages"]),
            tuple(entry["meaning"]),
            entry["fix"],
            tuple(entry["rules"]),
            entry.get("common", False),
        )
        for entry in entries
    )


def _errors(text: str) -> tuple[ClusterError, ...]:
    """Return the known errors in a text."""
    dense = _dense(text)
    errors = [error for error in known_errors() if any(_dense(message) in dense for message in error.messages)]
    return tuple([error for error in errors if not error.common] or errors)


def _dense(text: str) -> str:
    """Return a text without white space, which a terminal may have added within words, in lower case."""
    return "".join(text.split()).lower()


def _by_scc(denial: str) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the reasons in a denial by the SCC that has them, and the SCCs that the pod may not use."""
    rejections: dict[str, tuple[str, ...]] = {}
    denied: dict[str, None] = {}
    scc = ""
    for text in _NEXT.split(denial.lstrip(": [")):
        # The list ends with a bracket of its own.
        entry = text[:-1] if text.endswith("]") and text.count("]") > text.count("[") else text
        of_scc = _OF_SCC.match(entry)
        name, reason = of_scc.groups() if of_scc else (_owner(entry, scc), entry)
        if of_scc and (reason.startswith(_NOT_USABLE) or _NOT_USABLE.startswith(reason.rstrip(".…"))):
            denied[name] = None
        elif ": " in reason:
            rejections[name] = (*rejections.get(name, ()), reason)
            scc = name
    return rejections, tuple(denied)


def _owner(entry: str, before: str) -> str:
    """Return the SCC of an entry that names none: that of the entry before, except for annotations, which can be the first of an SCC."""
    return "" if "annotations[" in entry or entry.startswith("no access") else before


def _distance(scc: str, reasons: Iterable[str]) -> tuple[bool, bool, bool, int]:
    """Return by what the SCC is chosen that is the easiest to satisfy. One that demands user namespaces is seldom meant."""
    reasons = list(reasons)
    return not scc, any("Host Users" in reason for reason in reasons), scc != "restricted-v2", len(reasons)


def _releases(line: str) -> tuple[str, str]:
    """Return the oldest and newest release with this wording; empty if it does not show."""
    bounds: dict[str, list[str]] = {"since": [], "until": []}
    for wording in read_json(__file__, "errors.json")["releases"]:
        if re.search(wording["pattern"], line):
            for bound in bounds:
                bounds[bound] += [wording[bound]] if bound in wording else []
    since = max(bounds["since"], key=ORDER.__getitem__, default="")
    until = min(bounds["until"], key=ORDER.__getitem__, default="")
    return (since, until) if not (since and until) or ORDER[since] <= ORDER[until] else ("", "")


def without_links(markdown: str) -> str:
    """Return a text of the table without the addresses of its links."""
    return re.sub(r"\[([^\]\[]{1,100})\]\([^()\s]{1,200}\)", r"\1", markdown)


def facts(message: Message) -> Iterator[str]:
    """Yield what a message reveals beside the errors, in sentences."""
    if message.denied:
        yield f"Neither the service account nor the creator of the pod may use {', '.join(message.denied)}."
    if message.uid_range:
        yield f"The user IDs of the namespace are {' to '.join(message.uid_range)}."
    if message.level:
        yield f"The SELinux level of the namespace is {message.level}."
    if message.policy:
        yield f"The namespace has the Pod Security level {message.policy}."
    if message.since or message.until:
        releases = dict.fromkeys(filter(None, (message.since, message.until)))
        words = " to ".join(releases) + (
            "" if message.since and message.until else " or newer" if message.since else " or older"
        )
        yield f"OpenShift {words} writes such a message."
    if message.cut:
        yield "The message is cut off: it may name more SCCs."
