"""The violations that a message of Pod Security lists: what each is about, what to write, and the level that allows it."""

import re
from collections.abc import Sequence

from scclint.message.clean import dense
from scclint.record import grouped, record
from scclint.text import listed

_FIXES = {
    "allowPrivilegeEscalation != false": "`allowPrivilegeEscalation: false`",
    "unrestricted capabilities": '`capabilities: {drop: ["ALL"]}`',
    "runAsNonRoot != true": "`runAsNonRoot: true`",
    "seccompProfile": "`seccompProfile: {type: RuntimeDefault}`",
    "runAsUser=0": "no `runAsUser: 0`",
}
"""What a container's securityContext needs, by the name of the check (policy/ of k8s.io/pod-security-admission)."""

_RESTRICTED = frozenset((*_FIXES, "restricted volume types"))
"""The checks of level restricted. Level baseline has the others."""


_TITLES = {dense(title): title for title in _RESTRICTED}
"""The names of checks by what is left of them without white space, which a terminal may have added."""
_QUOTED = re.compile(r'"[^"]*+"')


@record
class PolicyViolation:
    """A violated check. `text` is what the message says in parentheses.

    `fix` is what to write in the securityContext of `containers`, or of each container if there are none; empty if a field must go.
    """

    title: str
    text: str
    fix: str = ""
    containers: tuple[str, ...] = ()


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
                found.append(PolicyViolation(title, about, _FIXES.get(title, ""), _containers(about)))
                start = position + 1
    if depth:
        # The message is cut off within the parentheses.
        found.append(PolicyViolation(title, text[start:], _FIXES.get(title, ""), _containers(text[start:])))
    return tuple(found)


def label_level(found: Sequence[PolicyViolation]) -> str:
    """Return the least level at which a namespace admits a pod with these violations."""
    baseline = any(each.title not in _RESTRICTED or "hostPath" in each.text for each in found)
    return "privileged" if baseline else "baseline"


def fixes(found: Sequence[PolicyViolation]) -> list[str]:
    """Return what to write, as phrases: the fields of each container together."""
    by_containers = grouped((each.containers, each.fix) for each in found if each.fix)
    return [
        f"{listed(list(dict.fromkeys(fields)))} in the securityContext of "
        + (f"container{'s' * (len(names) > 1)} {listed(names)}" if names else "each container")
        for names, fields in by_containers.items()
    ]


def _containers(about: str) -> tuple[str, ...]:
    return tuple(re.findall(r'"([a-z0-9][a-z0-9-]*)"', re.split(r"\bmust\b", about, maxsplit=1)[0]))
