"""A denial by SCC admission as data: which SCC rejects which field and value, and which SCCs the pod may not use."""

import re
from collections.abc import Iterable, Iterator, Sequence

from scclint.message.clean import DENIAL
from scclint.platform.terms import RESTRICTED
from scclint.record import record, replace

_NOT_USABLE = "Forbidden: not usable by user or serviceaccount"
_ENTRY = re.compile(
    r"(?:^|(?<=[^:\s][\s,]))(?=(?:\.\.\.)?provider\s|\.spec\.|\.?(?:initC|c|ephemeralC)ontainers\[|spec\.|(?:pod\.)?metadata\.annotations"
    r"|no access to scc|fsGroup: |supplementalGroups: |securityContext\.|capabilities\.(?:add|drop): |failed to retrieve"
    r"|error creating provider|unable to find )"
)
"""The beginning of an entry in the list of a denial."""

_BEHIND = re.compile(r"(?<!\s)[. ]{0,3}Maybe missing ")
"""What Tekton writes behind a list, whether the list is closed or not."""

_OF_SCC = re.compile(r'(?:\.\.\.)?provider "?([a-z0-9.-]+)"?: ?(.*)')
_REASON = re.compile(
    r"(?P<path>(?:[^\s:\[]++|:(?! )|\[[^\]]*+\])*+): "
    r"(?:Invalid value: (?P<value>\[\][\w.]+\{[^}]*+\}|\"[^\"]*+\"|[^\s:]+): |invalid value '(?P<old>[^']*+)': |Forbidden: )?(?P<detail>.*)"
)
_CONTAINER = re.compile(r"(initContainers|containers|ephemeralContainers)\[(\d+)\]")
_STRATEGY = re.compile(r"must be: |must be in the ranges|running with the root UID")
"""What the reasons of one SCC about user IDs have in common."""
_UID_RANGE = re.compile(r"must be in the ranges: \[(\d+), (\d+)\]")
_LEVEL = re.compile(r"must be (s0:c\d+,c\d+)")
_TRIED_FIRST = "anyuid"
"""The standard SCC with the highest priority."""


@record
class Reason:
    """One reason of an SCC. `text` is what the API server says, without the name of the SCC.

    `container` is the list and index of the container, None for a field of the pod. `field` is the last key of the path, such as
    `runAsUser`, or `volumes` for a volume. `value` is the rejected value as text, empty if the message has none.
    """

    text: str
    field: str
    value: str = ""
    container: tuple[str, int] | None = None
    index: int = 0


@record
class Rejection:
    """The reasons of one SCC. `scc` is empty if the message does not name it and it cannot be told, and `named` says whether it does."""

    scc: str
    reasons: tuple[Reason, ...]
    named: bool = True


@record
class Denial:
    """What a denial says. `rejections` are in the order of admission, `denied` are the SCCs that the pod may not use.

    `uid_range` (first and last user ID) and `level` are those of the namespace; empty if no reason has them. `cut` is True if the end of
    the list is missing.
    """

    rejections: tuple[Rejection, ...]
    denied: tuple[str, ...]
    uid_range: tuple[int, int] | None = None
    level: str = ""
    cut: bool = False

    @property
    def closest(self) -> Rejection | None:
        """The SCC that is the easiest to satisfy. One that demands user namespaces is seldom meant."""
        return min(
            self.rejections,
            key=lambda each: (
                any("Host Users" in reason.text for reason in each.reasons),
                each.scc != RESTRICTED,
                not each.scc,
                len(each.reasons),
            ),
            default=None,
        )


def read_denial(text: str) -> Denial:
    """Return what the denial in a record says. `text` has the words of `DENIAL`."""
    listed = re.split(_spaced(DENIAL), text, maxsplit=1, flags=re.IGNORECASE)[1].lstrip(": ")
    listed = re.sub(r" ?\[ ?(\d+) ?\]", r"[\1]", _BEHIND.split(listed)[0])
    entries = [entry.strip(" ,") for entry in _ENTRY.split(listed.removeprefix("[").lstrip())]
    denied: dict[str, None] = {}
    groups: list[tuple[str, list[Reason]]] = []
    before = ""
    for entry in filter(None, (_without_end(entry) for entry in entries)):
        of_scc = _OF_SCC.match(entry)
        scc, said = of_scc.groups() if of_scc else ("", entry)
        if of_scc and (said.startswith(_NOT_USABLE) or _NOT_USABLE.startswith(said.rstrip(".…"))):
            denied[scc] = None
            continue
        reason = _reason(said)
        if reason is None:
            continue
        # Only the first reason of an SCC names it in releases before 4.14, and annotations come before the first one.
        scc = scc or ("" if reason.field == "annotations" else before)
        before = scc
        if not groups or groups[-1][0] != scc or (not scc and _is_next(reason, groups[-1][1])):
            groups.append((scc, []))
        groups[-1][1].append(reason)
    rejections = tuple(_named(_merged(groups), [*denied]))
    uid_range, level = _UID_RANGE.search(listed), _LEVEL.search(listed)
    return Denial(
        rejections,
        tuple(denied),
        (int(uid_range[1]), int(uid_range[2])) if uid_range else None,
        level[1] if level else "",
        cut=_is_cut(listed),
    )


def _is_cut(listed: str) -> bool:
    """Return whether the list that a denial ends with is not closed, or not there. Some programs print it without brackets."""
    depth = 0
    for letter in listed:
        depth += (letter == "[") - (letter == "]")
        if depth == 0:
            break
    return depth > 0 or not listed.strip() or listed.rstrip().endswith(("...", "…"))


def _spaced(words: str) -> str:
    """Return a pattern for words between whose letters a terminal may have put white space."""
    return r"\s*".join(re.escape(letter) for letter in words if letter != " ")


def _without_end(entry: str) -> str:
    """Return an entry without what follows the list."""
    entry = re.sub(r"^- |\s-$", "", entry)
    if entry.count("'") % 2:
        # The end of the YAML string that the message is.
        entry = entry.rstrip("'")
    depth = 0
    for position, letter in enumerate(entry):
        depth += (letter == "[") - (letter == "]")
        if depth < 0:
            return entry[:position]
    return entry


def _reason(said: str) -> Reason | None:
    """Return a reason as data; None for a text that is none, such as the rest of a cut list."""
    # A path at the end of a cut list has nothing behind it.
    parts = _REASON.match(f"{said} " if said.endswith(":") else said)
    if parts is None:
        return Reason(said, "") if ": " in said else None
    path, value = parts["path"], (parts["value"] or parts["old"] or "").strip('"')
    containers = _CONTAINER.findall(path)
    if "annotations" in path:
        # The annotation of a container ends with its name.
        return Reason(said, "annotations", re.split(r"annotations[.\[]", path, maxsplit=1)[1].rstrip("]"))
    volume = re.search(r"volumes\[(\d+)\]", path)
    if volume:
        return Reason(said, "volumes", value, index=int(volume[1]))
    field = path.rpartition(".")[2]
    if field in ("add", "drop", "level", "type", "role", "user"):
        field = ".".join(path.split(".")[-2:])
    in_container = (containers[-1][0], int(containers[-1][1])) if containers else None
    return Reason(said, field, value, in_container)


_ORDER = {"runAsUser": 0, "seLinuxOptions.level": 1, "privileged": 2, "capabilities.add": 3}
"""The order in which an SCC looks at fields of a container (`provider.go` of openshift/apiserver-library-go)."""


def _is_next(reason: Reason, group: list[Reason]) -> bool:
    """Return whether a reason that names no SCC is of the next one: a field occurs again, or one of the pod follows those of containers."""
    known = {
        (other.field, other.container, other.index)
        for other in group
        if other.field not in ("capabilities.add", "annotations", "hostPort")
    }
    again = (reason.field, reason.container, reason.index) in known
    last = group[-1]
    if reason.container and reason.container == last.container and {reason.field, last.field} <= _ORDER.keys():
        again = again or _ORDER[reason.field] < _ORDER[last.field]
    goes_back = (
        reason.container is None and reason.field in ("annotations", "fsGroup") and any(other.container for other in group)
    )
    strategies = {found[0] for each in (reason, *group) if (found := _STRATEGY.search(each.text))}
    return again or goes_back or len(strategies) > 1


def _merged(groups: Iterable[tuple[str, list[Reason]]]) -> Iterator[Rejection]:
    """Yield the rejection of each SCC once. What names none stays apart."""
    by_name: dict[str, list[Reason]] = {}
    order: list[tuple[str, list[Reason]]] = []
    for scc, reasons in groups:
        if scc and scc in by_name:
            by_name[scc] += reasons
            continue
        order.append((scc, reasons))
        if scc:
            by_name[scc] = reasons
    for scc, reasons in order:
        yield Rejection(scc, tuple(dict.fromkeys(reasons)), bool(scc))


def _named(rejections: Iterable[Rejection], denied: Sequence[str]) -> Iterator[Rejection]:
    """Yield the rejections, with the standard SCC that the reasons are of where the message does not name it.

    Every pod may use restricted-v2, or restricted before 4.11, unless the list says otherwise.
    """
    rejections = list(rejections)
    taken = {*denied, *(each.scc for each in rejections)}
    default = RESTRICTED if "restricted" in denied or any(name.endswith("-v2") for name in taken) else "restricted"
    nameless = [each for each in rejections if not each.scc]
    ranged = next((each for each in nameless if any("must be in the ranges" in reason.text for reason in each.reasons)), None)
    for position, each in enumerate(rejections):
        only_profile = all("seccomp" in reason.text for reason in each.reasons)
        comes_first = position == 0 and len(rejections) > 1 and _TRIED_FIRST not in taken
        if each.scc or any("must be: " in reason.text for reason in each.reasons):
            yield each
        elif only_profile and comes_first:
            yield replace(each, scc=_TRIED_FIRST)
        elif default not in taken and (ranged is None or ranged is each):
            taken.add(default)
            yield replace(each, scc=default)
        else:
            yield each
