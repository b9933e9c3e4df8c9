"""Git-style globs over `/`-separated paths relative to a root, without negation.

`*` and `?` stay within one name, `**` spans folders, `[...]` is a set of characters. A glob without a slash (other than a
trailing one) matches the name at any depth; with one it is anchored at the root. A glob that matches a folder takes
everything below it; a trailing slash makes it match folders only.

Globs can come from an untrusted repository, so each must be fast. The text between two wildcards is searched once, from the left (the
atomic groups). A later match would only leave less text for the rest of the glob.
"""

import re
from collections.abc import Callable, Iterator, Sequence

_TOKEN = re.compile(r"\*+|\?|\[[!^]?+(?:\][^\]]*|[^\]]+)\]|[^*?\[]+|\[")
_TOKEN_WITHOUT_SETS = re.compile(r"\*+|\?|\[|[^*?\[]+")


def path_filter(globs: Sequence[str]) -> Callable[[str], bool]:
    """A test whether any of the globs takes the file at a path (relative, with `/`), compiled once for all paths."""
    if not globs:
        return lambda path: False
    taking = re.compile("|".join(map(_pattern, globs)), re.DOTALL)
    return lambda path: taking.match(path) is not None


def _pattern(glob: str) -> str:
    body = glob.removeprefix("./")
    end = "/" if body.endswith("/") else r"(?:/|\Z)"
    body = body.rstrip("/")
    anywhere = "/" not in body
    names = body.lstrip("/").split("/") if body.lstrip("/") not in ("", ".") else ["**"]
    first, *later = _between_folders(names)
    pattern = "(?:.*/)?" if anywhere and first else ""
    pattern += first + ("/" if first and later else "")
    for names_between in later[:-1]:
        pattern += f"(?>(?:[^/]*/)*?{names_between}/)"
    if later:
        pattern += f"(?:.*/)?{later[-1]}" if later[-1] else ".+"
    return pattern + end


def _between_folders(names: Sequence[str]) -> Iterator[str]:
    """Regular expressions for the names between each `**` and the next; of several `**` in a row one counts."""
    start = 0
    for index, name in enumerate(names):
        if name == "**":
            if index > start or index == 0:
                yield "/".join(map(name_pattern, names[start:index]))
            start = index + 1
    yield "/".join(map(name_pattern, names[start:]))


def name_pattern(glob: str) -> str:
    """A regular expression for one name without slashes."""
    pieces = [""]
    # Behind the last `]`, each `[` would search for one up to the end of the name.
    end = glob.rfind("]") + 1
    for token in (*_TOKEN.findall(glob, 0, end), *_TOKEN_WITHOUT_SETS.findall(glob, end)):
        if token[0] == "*":
            pieces.append("")
        elif token == "?":
            pieces[-1] += "[^/]"
        elif token[0] == "[" and len(token) > 1:
            pieces[-1] += _set(token[1:-1])
        else:
            pieces[-1] += re.escape(token)
    first, *middle = pieces
    if not middle:
        return first
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle[:-1]) + "[^/]*" + middle[-1]


def _set(inner: str) -> str:
    negated = inner.startswith(("!", "^"))
    members = re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", inner[negated:])
    try:
        re.compile(f"[{members}]")
    except re.error:  # a range that runs backwards holds nothing
        return "(?!)"
    return f"(?!/)[{'^' if negated else ''}{members}]"
