"""Fields of an object as people name and quote them."""

from collections.abc import Iterable
from typing import Any

from scclint.api import Field

Path = tuple[str | int, ...]

_VAGUE = frozenset(("capabilities", "flexVolume", "seLinuxOptions", "seccompProfile", "sysctls"))


def quoted(field: Field[Any]) -> str:
    """A field as `key: value`, or the key where the value is no scalar: `runAsUser: 1001`, `emptyDir`, `hostPath /dev`.

    A key that says little by itself has its mapping's name in front, `capabilities.add: NET_ADMIN`.
    """
    names = [step for step in field.path if isinstance(step, str)]
    key = ".".join(names[-2:] if names[-2:-1] and names[-2] in _VAGUE else names[-1:])
    if isinstance(field.value, dict):
        # Of a volume source the path is what people know it by.
        return f"{key} {field.value['path']}" if isinstance(field.value.get("path"), str) else key
    return key if isinstance(field.value, list) else f"{key}: {plain(field.value)}"


def plain(value: Any) -> str:
    """A scalar as YAML writes it bare."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def dotted(path: Iterable[str | int]) -> str:
    """`spec.containers[0].name`; an annotation's key, which has dots of its own, in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int) or "." in step or "/" in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
