"""Values that the input does not give: Template parameters without a value, and placeholders."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from scclint.finding import Path
from scclint.platform.terms import CONTAINER_LISTS


class Unknown:
    """An unknown value in plain data. `text` is the text in the manifest, such as `${TAG}`; empty if that is not known.

    It equals only itself, so a check cannot mistake it for a value.
    """

    __slots__ = ("text",)

    def __init__(self, text: str = "") -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text or "UNKNOWN"


UNKNOWN = Unknown()

_BRACKETS = (("${", "}"), ("{{", "}}"), ("<<", ">>"))
_MARKS = re.compile(r"\$\(\w+\)|(?<![^:])\$\w+$|^\(.+\)$|@\w+@|%\w+%|%%%|__[A-Z0-9_]+__|\{\w*+\}|[\ue000-\ue0ff]")
_WORDS = (
    r"<[A-Za-z][\w -]*>|\b(REPLACE|CHANGE)[_-]?ME\b|\b(REPLACE|CHANGE|INSERT|ENTER|YOUR)(_[A-Z0-9]+)+\b"
    r"|\bFILLED[_ ](IN[_ ])?BY(?![a-z])|\bFILL[_ ]?ME[_ ]?IN\b|\b[A-Z0-9]+_PLACEHOLDER\b|\bPLACEHOLDER_[A-Z0-9]+\b"
    r"|(?<![\w${(%@])([A-Z0-9]+_)*(NAMESPACE|PROJECT_NAME)\b"
)
"""What other tools fill in: `${X}`, `{{ x }}`, `<<X>>`; `$(X)`, `$X`, `@X@`, `%X%`, `%%%`, `__X__`, `{x}`, and `($x)` in the assertions
of tests. The last are the characters of expressions in what was read from a template (`scclint.objects.documents.templates`)."""


def is_open(value: Any) -> bool:
    """Whether a value is not known, or is text with a placeholder in it that is still to be filled in."""
    return isinstance(value, Unknown) or (isinstance(value, str) and _has_placeholder(value))


def _has_placeholder(text: str) -> bool:
    # No expression for the brackets, which would look for the end anew from each of many that open.
    for opening, closing in _BRACKETS:
        start = text.find(opening)
        if start >= 0 and text.find(closing, start + len(opening)) >= 0:
            return True
    return _MARKS.search(text) is not None


def in_plain_words(value: Any) -> bool:
    """Whether a value is text that asks to be replaced: `<namespace>`, `WATCH_NAMESPACE`, `CHANGEME`, `FILLED BY THE OPERATOR`.

    No tool defines these words, so the API server gets them if the author forgets to replace them.
    """
    return isinstance(value, str) and re.search(_WORDS, value) is not None


def stands_for_a_name(namespace: str) -> bool:
    """Whether the name of a namespace is only in place of one: a placeholder, a word to replace, or `system`, which kubebuilder writes."""
    return namespace == "system" or is_open(namespace) or in_plain_words(namespace)


def is_unfilled_user(name: str) -> bool:
    """Whether a text in `users` of an SCC is in place of the name of a user. No service account has a space in its name."""
    return " " in name or is_open(name) or in_plain_words(name)


def is_expression(key: str) -> bool:
    """Whether a key is no field's name but an expression, `(status.replicas == spec.replicas)`, as in assertions of tests."""
    return key.startswith("(")


def first_unknown(data: Any) -> Path | None:
    """The way to the first unknown value within `data`, in the order of the data; None where all is known."""
    return next(_unknowns(data, ()), None)


DECISIVE = frozenset(
    ("securityContext", "volumes", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "serviceAccountName", "os", "hostPort")
)
"""The fields of a pod spec and its containers that can decide admission or the seccomp profile."""


def decisive_unknown(pod: dict[str, Any], apart: str = "") -> Path | None:
    """The way to the first unknown value of a v1 Pod on which its verdict can depend; None where there is none. Fields called `apart` do
    not count.

    The image, the environment and the like may be unknown; so may a volume's name and the names within its source.
    """
    return next((path for path in _unknowns(pod, ()) if _decides(path) and path[-1] != apart), None)


def _decides(path: Path) -> bool:
    if path[:2] == ("metadata", "annotations"):
        return len(path) == 2 or "seccomp" in str(path[2]) or "required-scc" in str(path[2])
    if path[0] != "spec" or len(path) == 1 or any(step in DECISIVE for step in path[2:] or path):
        return path[0] == "spec"
    # A template may fill in any field in place of a key that is an expression.
    if path[1] in ("volumes", *CONTAINER_LISTS):
        return len(path) <= 3 or (len(path) == 4 and is_open(path[3]))
    return len(path) == 2 and is_open(path[1])


def _unknowns(data: Any, path: Path) -> Iterator[Path]:
    if isinstance(data, Unknown):
        yield path
    items: Iterable[tuple[Any, Any]] = enumerate(data) if isinstance(data, list) else ()
    if isinstance(data, dict):
        items = data.items()
    for step, value in items:
        yield from _unknowns(value, (*path, step))


def known(data: Any) -> Any:
    """The data with each unknown value replaced by the text that was written; the data itself where all is known."""
    return data if first_unknown(data) is None else _known(data)


def _known(data: Any) -> Any:
    if isinstance(data, Unknown):
        return data.text
    if isinstance(data, dict):
        return {key: _known(value) for key, value in data.items()}
    return [_known(value) for value in data] if isinstance(data, list) else data
