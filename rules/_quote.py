"""Fields of an object as text for messages."""

from typing import Any

from scclint.api import Field, plain

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
