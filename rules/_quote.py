"""Fields of an object as text for messages."""

from collections.abc import Iterable
from typing import Any

from scclint.api import Field

Path = tuple[str | int, ...]

_VAGUE = frozenset(("capabilities", "flexVolume", "seLinuxOptions", "seccompProfile", "sysctls"))


def quoted(field: Field[Any]) -> str:
    """Return a field as `key: value`, or its key if the value is not a scalar: `runAsUser: 1001`, `emptyDir`, `hostPath /dev`.

    A key that is unclear on its own has the name of its mapping in front: `capabilities.add: NET_ADMIN`.
    """
    names = [step for step in field.path if isinstance(step, str)]
    key = ".".join(names[-2:] if names[-2:-1] and names[-2] in _VAGUE else names[-1:])
    if isinstance(field.value, dict):
        # The path identifies a hostPath volume.
        return f"{key} {field.value['path']}" if isinstance(field.value.get("path"), str) else key
    return key if isinstance(field.value, list) else f"{key}: {plain(field.value)}"


def plain(value: Any) -> str:
    """Return a scalar as unquoted YAML text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def dotted(path: Iterable[str | int]) -> str:
    """Return a path as text: `spec.containers[0].name`. Keys with dots or slashes are in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int) or "." in step or "/" in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
