"""Field paths in the notation of the API server's own messages."""

import re

from scclint.finding import Path

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def field_path(path: Path) -> str:
    """`spec.containers[0].name`; a key that is no plain word stands in brackets, `metadata.annotations[openshift.io/scc]`."""
    text = ""
    for step in path:
        if isinstance(step, str) and _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text
