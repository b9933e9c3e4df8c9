"""Path patterns in the manner of gitignore, without negation."""

import re
from collections.abc import Callable, Sequence


def path_filter(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test for POSIX paths (relative, no leading `./`) against any of the patterns.

    `*` and `?` stay within a path element, `**` crosses them, `[...]` is a set. A pattern with a slash other than at its end
    is anchored at the root, any other may match at every depth. What matches a folder matches all below it.
    """
    if not patterns:
        return lambda path: False
    matcher = re.compile("|".join(_translate(pattern) for pattern in patterns), re.S)
    return lambda path: matcher.match(path) is not None


def _translate(pattern: str) -> str:
    body = pattern.removeprefix("./")
    folder = body.endswith("/")
    body = body.rstrip("/")
    anchored = "/" in body
    return ("" if anchored else "(?:.*/)?") + _elements(body.lstrip("/")) + ("/" if folder else r"(?:/|\Z)")


_WILD = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_PART = re.compile(r"(\*\*/|/\*\*\Z|\*\*|\*|\?|\[[!^]?+(?:\][^\]/]*|[^\]/]+)\])")


def _elements(body: str) -> str:
    # Splitting at a group gives the text between the wildcards and the wildcards in turn.
    parts = _PART.split(body)
    parts[::2] = [re.escape(text) for text in parts[::2]]
    parts[1::2] = [_WILD.get(wildcard) or _set(wildcard) for wildcard in parts[1::2]]
    return "".join(parts)


def _set(part: str) -> str:
    inner = part[1:-1]
    negated = inner.startswith(("!", "^"))
    members = re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", inner[negated:])
    try:
        re.compile(f"[{members}]")
    except re.error:  # a range that runs backwards holds nothing
        return "(?!)"
    return f"(?!/)[{'^' if negated else ''}{members}]"
