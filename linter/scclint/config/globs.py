"""Git-style globs over `/`-separated paths relative to a root.

`*` and `?` stay within one name, `**` spans folders, `[...]` is a set of characters. A glob without a slash (other than a
trailing one) matches the name at any depth; with one it is anchored at the root. A glob that matches a folder takes
everything below it; a trailing slash makes it match folders only.
"""

import re
from collections.abc import Iterable
from functools import lru_cache


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether any of the globs takes the file at `path` (relative, with `/`)."""
    return any(_compiled(glob).match(path) for glob in globs)


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    body = glob.removeprefix("./")
    folder_only = body.endswith("/")
    body = body.rstrip("/")
    anchored = "/" in body
    body = body.lstrip("/")
    body = re.sub(r"(\*\*/)(?:\*\*/)+", r"\1", body)
    parts = body.split("/") if body not in ("", ".") else ["**"]
    pattern = "" if anchored else "(?:.*/)?"
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            pattern += ".+" if last else "(?:.*/)?"
        else:
            pattern += name_pattern(part) + ("" if last else "/")
    return re.compile(pattern + ("/" if folder_only else r"(?:/|\Z)"), re.DOTALL)


def name_pattern(glob: str) -> str:
    """A regular expression for one name without slashes."""
    out = ""
    index = 0
    while index < len(glob):
        char = glob[index]
        index += 1
        if char == "*":
            out += "" if out.endswith("[^/]*") else "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "[" and (end := glob.find("]", index + 2 if glob[index : index + 1] == "!" else index + 1)) > 0:
            chars = glob[index:end]
            negated = chars.startswith("!")
            inner = re.sub(r"([\\\[\]^&~|])", r"\\\1", chars[1:] if negated else chars)
            out += f"(?!/)[{'^' if negated else ''}{inner}]"
            index = end + 1
        else:
            out += re.escape(char)
    return out
