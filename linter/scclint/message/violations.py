"""The violations that a message of Pod Security lists: what each is about, what to write, and the level that allows it."""

import re
from collections.abc import Sequence

from scclint.message.clean import dense
from scclint.record import record

_FIXES = {
    "allowPrivilegeEscalation != false": "`allowPrivilegeEscalation: false`",
    "unrestricted capabilities": '`capabilities: {drop: ["ALL"]}`',
    "runAsNonRoot != true": "`runAsNonRoot: true`",
    "seccompProfile": "`seccompProfile: {type: RuntimeDefault}`",
    "runAsUser=0": "",
}
"""What a container's securityContext needs, by the name of the check (policy/ of k8s.io/pod-security-admission)."""

_RESTRICTED = frozenset((*_FIXES, "restricted volume types"))
"""The checks of level restricted. Level baseline has the others."""


_TITLES = {dense(title): title for title in _RESTRICTED}
"""The names of checks by what is left of them without white space, which a terminal may have added."""
_QUOTED = re.compile(r'"[^"]*+"')


@record
class PolicyViolation:
    """A violated check. `text` is what the message says in parentheses, `fix` what to write where; empty if a field must go."""

    title: str
    text: str
    fix: str = ""


def violations(text: str) -> tuple[PolicyViolation, ...]:
    """Return the violations in what follows the level in a message: the name of each check, and in parentheses what violates it."""
    found: list[PolicyViolation] = []
    depth, start, title = 0, 0, ""
    for position, letter in enumerate(text):
        if letter == "(":
            depth += 1
            if depth == 1:
                title, start = text[start:position].strip(" ,"), position + 1
        elif letter == ")" and depth:
            depth -= 1
            if depth == 0:
                about = _QUOTED.sub(lambda quoted: "".join(quoted[0].split()), text[start:position])
                title = _TITLES.get(dense(title), title)
                found.append(PolicyViolation(title, about, _fix(title, about)))
                start = position + 1
    return tuple(found)


def label_level(found: Sequence[PolicyViolation]) -> str:
    """Return the least level at which a namespace admits a pod with these violations."""
    baseline = any(each.title not in _RESTRICTED or "hostPath" in each.text for each in found)
    return "privileged" if baseline else "baseline"


def _fix(title: str, about: str) -> str:
    written = _FIXES.get(title, "")
    if title == "runAsUser=0":
        return "no `runAsUser: 0`"
    if not written:
        return ""
    names = re.findall(r'"([a-z0-9][a-z0-9-]*)"', re.split(r"\bmust\b", about, maxsplit=1)[0])
    where = f"container{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else "each container"
    return f"{written} in the securityContext of {where}"
